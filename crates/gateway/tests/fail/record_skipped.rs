//! An admitted request is claimed, to be sent, without having been written down.

use std::sync::Arc;

use portcullis_gateway::archive::Archive;
use portcullis_gateway::limit::Admitted;
use portcullis_gateway::once;
use portcullis_identity::Timestamp;

async fn pass(archive: &Arc<Archive>, admitted: Admitted, now: Timestamp) {
    let _ = once::claim(archive, admitted, now).await;
}

fn main() {}
