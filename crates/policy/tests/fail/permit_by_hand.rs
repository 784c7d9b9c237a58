//! A permit is made by the policy only.

use portcullis_erp::{Call, Shape};
use portcullis_policy::{Operation, Permit};

fn main() {
    let call = Call::new("res.partner", "read").unwrap();
    let _ = Permit {
        rule: String::new(),
        operation: Operation::Read,
        shape: Shape::default(),
        call,
    };
    let _ = Permit::default();
}
