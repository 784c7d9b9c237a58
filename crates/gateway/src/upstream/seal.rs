//! What tags the cursors of the façade's lists.

use portcullis_erp::dialect::rest::Seal;
use portcullis_identity::Tagger;

/// Tags cursors with a secret of the vault: they hold over a restart, and in every process
/// that has the same master key.
pub struct CursorSeal(Tagger);

impl CursorSeal {
    /// A seal of this tagger.
    pub fn new(tagger: Tagger) -> Self {
        Self(tagger)
    }
}

impl Seal for CursorSeal {
    fn tag(&self, parts: &[&[u8]]) -> [u8; 16] {
        self.0.tag(parts)
    }
}
