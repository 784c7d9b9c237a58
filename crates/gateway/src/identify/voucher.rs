//! What vouches for the requests of a batch.

use portcullis_identity::{KeyId, Style};

use crate::keyring::Holder;

/// Says whose key was shown with a batch: what is in it has no credential of its own. Made here
/// only.
#[derive(Clone)]
pub struct Voucher {
    pub(super) key: KeyId,
    pub(super) style: Style,
}

impl Voucher {
    /// What vouches for the requests of a batch. None for sessions and tokens, which they show
    /// themselves: the headers of the batch are theirs.
    pub(super) fn of(holder: &Holder, style: Option<Style>) -> Option<Self> {
        Some(Self {
            key: *holder.principal.key()?,
            style: style?,
        })
    }
}
