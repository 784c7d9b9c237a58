//! The ERP's answer is given to the caller without the terms having been applied.

use portcullis_gateway::respond;
use portcullis_gateway::upstream::Answered;

fn pass(answered: Answered) {
    let _ = respond::with(answered);
}

fn main() {}
