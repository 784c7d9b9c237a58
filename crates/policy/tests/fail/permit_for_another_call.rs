//! A permit cannot be put to another call than the one that was judged.

use portcullis_erp::Call;
use portcullis_policy::Permit;

fn put(mut permit: Permit, other: Call) -> Permit {
    permit.call = other;
    permit
}

fn change(permit: &mut Permit) {
    permit.next().ids = None;
}

fn main() {}
