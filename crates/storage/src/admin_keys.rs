//! Administrative keys: which programs administer the gateway.

use std::net::IpAddr;

use portcullis_identity::{
    AdminKeyId, AdminRole, Administrator, AdministratorName, KeyDigest, Means, Networks,
    PrincipalName, Scope, Timestamp, Unmet,
};

use crate::error::Stored;
use crate::part::Part;

/// What is kept of an administrative key. The key itself is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminKeyRow {
    /// Its public half.
    pub id: AdminKeyId,
    /// The keyed hash.
    pub digest: KeyDigest,
    /// What the operator calls the holder.
    pub name: PrincipalName,
    /// What it may do.
    pub roles: Vec<AdminRole>,
    /// How far that reaches.
    pub scope: Scope,
    /// The administrator who made it, or the maker of the key by which it was made; none for what
    /// was made at the machine, or by a key without a maker.
    pub maker: Option<AdministratorName>,
    /// The networks it may be shown from.
    pub networks: Networks,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it is refused.
    pub expires: Option<Timestamp>,
    /// When it was revoked, if it was.
    pub revoked: Option<Timestamp>,
    /// When others may have read it, if they may.
    pub exposed: Option<Timestamp>,
    /// When it was used last, to the minute, and from where.
    pub used: Option<(Timestamp, IpAddr)>,
}

impl AdminKeyRow {
    /// The holder.
    pub fn administrator(&self) -> Administrator {
        Administrator {
            name: self.name.clone(),
            roles: self.roles.clone(),
            scope: self.scope.clone(),
            by: Means::Key(self.id),
        }
    }

    /// Whether it opens what it opens, now and for whoever comes from there.
    ///
    /// # Errors
    /// Which condition is not met.
    pub fn is_good(&self, now: Timestamp, address: IpAddr) -> Result<(), Unmet> {
        if self.revoked.is_some() {
            return Err(Unmet::Revoked);
        }
        if self.expires.is_some_and(|expires| now >= expires) {
            return Err(Unmet::Expired);
        }
        let met = self.networks.have(address);
        met.then_some(()).ok_or(Unmet::Address)
    }

    /// What it is at a moment, in a word.
    pub fn state(&self, now: Timestamp) -> &'static str {
        match (self.revoked, self.expires) {
            (Some(_), _) => "revoked",
            (None, Some(expires)) if now >= expires => "expired",
            (None, Some(_) | None) => "valid",
        }
    }
}

/// The administrative keys. They are looked up at each request, so that whatever is changed
/// holds at once.
pub trait AdminKeys: Send + Sync {
    /// Adds a key, which the key `by` makes if one does; an id that is taken is refused. Answers
    /// whether it was added: not where its maker was removed, or `by` revoked, meanwhile.
    fn insert<'a>(&'a self, row: &'a AdminKeyRow, by: Option<&'a AdminKeyId>) -> Stored<'a, bool>;

    /// One key, revoked and expired ones too.
    fn find<'a>(&'a self, id: &'a AdminKeyId) -> Stored<'a, Option<AdminKeyRow>>;

    /// Every key, oldest first, revoked and expired ones too.
    fn all(&self) -> Stored<'_, Vec<AdminKeyRow>>;

    /// Some of the keys, oldest first: all of them, or those that are neither revoked nor expired
    /// at `living`.
    fn part<'a>(
        &'a self,
        part: &'a Part<(Timestamp, AdminKeyId)>,
        living: Option<Timestamp>,
    ) -> Stored<'a, Vec<AdminKeyRow>>;

    /// The keys that an administrator made and that are not revoked, oldest first.
    fn made_by<'a>(&'a self, maker: &'a AdministratorName) -> Stored<'a, Vec<AdminKeyRow>>;

    /// Revokes a key. Answers whether this call did it.
    fn revoke<'a>(&'a self, id: &'a AdminKeyId, now: Timestamp) -> Stored<'a, bool>;

    /// Marks that others may have read a key. Answers whether this call did it.
    fn expose<'a>(&'a self, id: &'a AdminKeyId, now: Timestamp) -> Stored<'a, bool>;

    /// Notes that a key was used; once a minute is enough.
    fn used<'a>(&'a self, id: &'a AdminKeyId, now: Timestamp, from: IpAddr) -> Stored<'a, ()>;
}
