//! How a running gateway learns that something changed.

use crate::error::Stored;

/// The store's change counter.
pub trait Changes: Send + Sync {
    /// A number that grows with every committed change of keys, roles and ERP users, whichever
    /// process made it. Cheap enough to be asked four times a second.
    fn version(&self) -> Stored<'_, u64>;
}
