//! Migrations are compiled in: a new one must be seen without a change of the code.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
