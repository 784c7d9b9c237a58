//! A stage is made by hand instead of by its room.

use portcullis_gateway::limit::Admitted;

fn main() {
    let _ = Admitted { permitted: todo!(), allowance: None };
}
