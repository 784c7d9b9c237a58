//! A recorded request is let through by an approval without its Idempotency-Key having been claimed.

use std::sync::Arc;

use portcullis_gateway::approve;
use portcullis_gateway::archive::Archive;
use portcullis_gateway::audit::Recorded;
use portcullis_gateway::trail::Trail;
use portcullis_identity::Timestamp;

async fn pass(archive: &Arc<Archive>, recorded: Recorded, now: Timestamp, trail: &mut Trail) {
    let _ = approve::wait(archive, recorded, now, trail).await;
}

fn main() {}
