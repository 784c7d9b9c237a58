//! A recorded request is sent to the ERP without its Idempotency-Key having been claimed.

use std::sync::Arc;

use portcullis_gateway::archive::Archive;
use portcullis_gateway::audit::Recorded;
use portcullis_gateway::trail::Trail;
use portcullis_gateway::upstream::{self, Asker};

async fn pass(asker: &Asker<'_>, archive: &Arc<Archive>, recorded: Recorded, trail: &mut Trail) {
    let _ = upstream::forward(asker, archive, recorded, trail).await;
}

fn main() {}
