//! The users of the ERPs as whom calls run, each with one sealed credential.

use std::fmt;

use portcullis_identity::{ErpLogin, Timestamp, UpstreamName};

use crate::error::Stored;

/// A sealed secret: opaque to everything but the vault that sealed it.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// An ERP user and its credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErpUserRow {
    /// The ERP instance.
    pub upstream: UpstreamName,
    /// The login there.
    pub login: ErpLogin,
    /// Odoo's number of the user, once it is known.
    pub uid: Option<i64>,
    /// The credential.
    pub sealed: Sealed,
    /// When it was put.
    pub updated: Timestamp,
}

/// The ERP users.
pub trait ErpUsers: Send + Sync {
    /// Adds or replaces a user of an upstream.
    fn put<'a>(
        &'a self,
        upstream: &'a UpstreamName,
        login: &'a ErpLogin,
        uid: Option<i64>,
        sealed: &'a Sealed,
        now: Timestamp,
    ) -> Stored<'a, ()>;

    /// One user of an upstream.
    fn find<'a>(
        &'a self,
        upstream: &'a UpstreamName,
        login: &'a ErpLogin,
    ) -> Stored<'a, Option<ErpUserRow>>;

    /// Every user of an upstream, by login.
    fn of<'a>(&'a self, upstream: &'a UpstreamName) -> Stored<'a, Vec<ErpUserRow>>;

    /// Every user of every upstream.
    fn all(&self) -> Stored<'_, Vec<ErpUserRow>>;

    /// Removes a user; answers whether it was there.
    fn remove<'a>(&'a self, upstream: &'a UpstreamName, login: &'a ErpLogin) -> Stored<'a, bool>;
}
