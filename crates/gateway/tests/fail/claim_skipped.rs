//! A recorded request is sent to the ERP without its Idempotency-Key having been claimed.

use portcullis_gateway::audit::Recorded;
use portcullis_gateway::trail::Trail;
use portcullis_gateway::upstream::{self, Asker, Keeps};
use portcullis_identity::Timestamp;

async fn pass(asker: &Asker<'_>, keeps: &Keeps<'_>, recorded: Recorded, now: Timestamp, trail: &mut Trail) {
    let _ = upstream::forward(asker, keeps, recorded, now, trail).await;
}

fn main() {}
