//! Recorded exchanges with real servers, and how ours compare with them.
//!
//! The recordings lie beside the checkout (`../shared`, or where `PORTCULLIS_FACTS` says); where
//! they are not, the tests that need them say so and are skipped. They are sent to the bare
//! look-alikes (`crates/sandbox/tests/replay_*.rs`) and through the running gateway
//! (`crates/cli/tests/it/replay.rs`), by the same readers and the same comparison.

pub mod frappe;
pub mod odoo;
mod tally;
pub mod wire;

use std::path::PathBuf;

pub use tally::{Tally, Verdict};

/// Where the recordings of an ERP (`odoo`, `frappe`) lie, if they are at hand.
pub fn folder(erp: &str) -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let facts =
        std::env::var_os("PORTCULLIS_FACTS").map_or_else(|| root.join("../shared"), PathBuf::from);
    let folder = facts.join(erp).join("transcripts");
    folder.is_dir().then_some(folder)
}

/// The recorded files of an ERP.
fn files(erp: &str) -> Option<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder(erp)?)
        .ok()?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "http"))
        .collect();
    files.sort();
    Some(files)
}
