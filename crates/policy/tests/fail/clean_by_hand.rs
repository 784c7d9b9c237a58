//! Only a permit makes an answer clean.

use portcullis_erp::Value;
use portcullis_policy::Clean;

fn main() {
    let _ = Clean { value: Value::Null, removed: false };
}
