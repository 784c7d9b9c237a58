//! A permitted request is recorded without having been counted.

use portcullis_gateway::audit::{self, Ledger};
use portcullis_gateway::authorize::Permitted;
use portcullis_gateway::snapshot::Snapshot;
use portcullis_gateway::trail::Trail;
use portcullis_identity::Timestamp;

fn pass(ledger: &Ledger, permitted: Permitted, snapshot: &Snapshot, now: Timestamp, trail: &mut Trail) {
    let _ = audit::open(ledger, permitted, snapshot, now, trail);
}

fn main() {}
