//! The ERP's answer is given to the caller without the terms having been applied.

use portcullis_gateway::respond;
use portcullis_gateway::trail::Trail;
use portcullis_gateway::upstream::Answered;

fn pass(answered: Answered, trail: &Trail) {
    let _ = respond::with(answered, trail);
}

fn main() {}
