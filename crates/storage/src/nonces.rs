//! Nonces: what was signed once and must not be taken again.

use portcullis_identity::{KeyId, Timestamp};

use crate::error::Stored;

/// Something that counts once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nonce {
    /// The key that signed it.
    pub key: KeyId,
    /// A digest of what counts once.
    pub mark: [u8; 32],
    /// Until when it must be remembered.
    pub ends: Timestamp,
}

/// The nonces.
pub trait Nonces: Send + Sync {
    /// Spends a nonce. Answers whether this call did it: of all processes that share the store,
    /// one does, and `false` means that it was spent before.
    fn spend<'a>(&'a self, nonce: &'a Nonce) -> Stored<'a, bool>;

    /// Forgets the nonces that ended before this moment; answers how many there were.
    fn expire(&self, before: Timestamp) -> Stored<'_, u64>;
}
