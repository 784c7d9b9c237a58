//! An admitted request is sent to the ERP without having been written down.

use portcullis_gateway::limit::Admitted;
use portcullis_gateway::upstream::{self, Asker};

async fn pass(asker: &Asker<'_>, admitted: Admitted) {
    let _ = upstream::forward(asker, admitted).await;
}

fn main() {}
