//! A decoded request is authorized without its caller being known.

use portcullis_gateway::authorize;
use portcullis_gateway::decode::Decoded;
use portcullis_gateway::sessions::Sessions;
use portcullis_gateway::snapshot::Snapshot;
use portcullis_gateway::trail::Trail;
use portcullis_gateway::upstream::Asker;
use portcullis_identity::Timestamp;

async fn pass(
    snapshot: &Snapshot,
    asker: &Asker<'_>,
    sessions: &Sessions,
    decoded: Decoded,
    now: Timestamp,
    trail: &mut Trail,
) {
    let _ = authorize::call(snapshot, asker, sessions, decoded, now, trail).await;
}

fn main() {}
