//! The original errors of ERPs, sealed, under the ids of the requests that met them.

use portcullis_audit::RequestId;
use portcullis_identity::Timestamp;

use crate::erp_users::Sealed;
use crate::error::Stored;

/// What an ERP said of a request that failed there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginalRow {
    /// The request.
    pub request: RequestId,
    /// When the ERP said it.
    pub at: Timestamp,
    /// What it said.
    pub sealed: Sealed,
}

/// The original errors.
pub trait Originals: Send + Sync {
    /// Keeps some.
    fn keep<'a>(&'a self, rows: &'a [OriginalRow]) -> Stored<'a, ()>;

    /// Those of one request, in order.
    fn of(&self, request: RequestId) -> Stored<'_, Vec<OriginalRow>>;

    /// Forgets those from before this moment, and the oldest beyond `most`.
    fn forget(&self, before: Timestamp, most: u32) -> Stored<'_, u64>;
}
