//! An identified request is admitted without the policy having judged it.

use portcullis_gateway::identify::Identified;
use portcullis_gateway::limit;
use portcullis_identity::Timestamp;

fn pass(identified: Identified, now: Timestamp) {
    let _ = limit::admit(identified, now);
}

fn main() {}
