//! The users of the ERPs as whom calls run, each with one sealed credential.

use std::fmt;

use portcullis_identity::{ErpLogin, Timestamp, UpstreamName};

use crate::error::Stored;
use crate::part::Part;

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

/// How an ERP user fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserHealth {
    /// The ERP instance.
    pub upstream: UpstreamName,
    /// The login there.
    pub login: ErpLogin,
    /// Whether the ERP says that it is an administrator, once it was asked.
    pub administrator: Option<bool>,
    /// Since when the ERP is known to have it archived.
    pub archived: Option<Timestamp>,
    /// When its credential was renewed last.
    pub rotated: Option<Timestamp>,
    /// When its credential ends, where the ERP was told.
    pub expires: Option<Timestamp>,
    /// When its credential could not be renewed, since it last was.
    pub failed: Option<Timestamp>,
    /// Why it could not, for people to read.
    pub failure: Option<String>,
}

/// A credential that takes the place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewed {
    /// The new one.
    pub sealed: Sealed,
    /// When the ERP ends it.
    pub expires: Option<Timestamp>,
    /// When it was made.
    pub at: Timestamp,
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

    /// Some of them, by upstream and login.
    fn part<'a>(&'a self, part: &'a Part<(UpstreamName, ErpLogin)>) -> Stored<'a, Vec<ErpUserRow>>;

    /// Removes a user; answers whether it was there.
    fn remove<'a>(&'a self, upstream: &'a UpstreamName, login: &'a ErpLogin) -> Stored<'a, bool>;

    /// How every user fares of which anything is known, those of the configuration too.
    fn health(&self) -> Stored<'_, Vec<UserHealth>>;

    /// Notes what the ERP says of a user.
    fn note_standing<'a>(
        &'a self,
        upstream: &'a UpstreamName,
        login: &'a ErpLogin,
        administrator: bool,
    ) -> Stored<'a, ()>;

    /// Notes since when a user is archived, or that it is not.
    fn note_archived<'a>(
        &'a self,
        upstream: &'a UpstreamName,
        login: &'a ErpLogin,
        since: Option<Timestamp>,
    ) -> Stored<'a, ()>;

    /// Claims the renewal of a user's credential that was put at `put`, unless it was claimed or
    /// has failed since `since`, or another one is there by now. Of several processes that do
    /// this at once, one claims.
    fn claim_renewal<'a>(
        &'a self,
        upstream: &'a UpstreamName,
        login: &'a ErpLogin,
        put: Timestamp,
        since: Timestamp,
        now: Timestamp,
    ) -> Stored<'a, bool>;

    /// Puts a renewed credential in the place of the one that was put at `put`, and ends the
    /// claim. Answers whether it was done: `false` where another was put meanwhile.
    fn renew<'a>(
        &'a self,
        upstream: &'a UpstreamName,
        login: &'a ErpLogin,
        put: Timestamp,
        renewed: &'a Renewed,
    ) -> Stored<'a, bool>;

    /// Notes that a credential could not be renewed, and why; ends the claim.
    fn fail_renewal<'a>(
        &'a self,
        upstream: &'a UpstreamName,
        login: &'a ErpLogin,
        why: &'a str,
        now: Timestamp,
    ) -> Stored<'a, ()>;
}
