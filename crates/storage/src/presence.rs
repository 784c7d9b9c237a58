//! Which processes are there: whose unfinished work still goes on, and whose never will.

use crate::error::Stored;

/// A process that works on the store, for as long as it lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProcessId(pub u64);

/// The processes that work on the store.
pub trait Presence: Send + Sync {
    /// Says that this process is there. It is, until it ends, in whatever way. Asked again, it
    /// answers the same.
    fn enter(&self) -> Stored<'_, ProcessId>;

    /// Whether a process is still there.
    fn is_there(&self, process: ProcessId) -> Stored<'_, bool>;
}
