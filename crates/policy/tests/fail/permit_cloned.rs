//! A permit is for one call: it cannot be kept and used again.

use portcullis_erp::Value;
use portcullis_policy::Permit;

fn twice(permit: &Permit) -> Permit {
    permit.clone()
}

fn again(permit: Permit) {
    let _ = permit.apply(Value::Null);
    let _ = permit.apply(Value::Null);
}

fn main() {}
