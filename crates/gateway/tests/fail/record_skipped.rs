//! An admitted request is sent to the ERP without having been written down.

use portcullis_gateway::limit::Admitted;
use portcullis_gateway::upstream::{self, Links};

async fn pass(links: &Links, admitted: Admitted) {
    let _ = upstream::forward(links, admitted).await;
}

fn main() {}
