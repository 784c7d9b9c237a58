//! API keys: who holds one, and as whom its calls run.

use portcullis_identity::{
    ErpLogin, KeyDigest, KeyId, Principal, PrincipalName, RoleName, Timestamp, UpstreamName,
};

use crate::error::Stored;

/// What is kept of an API key. The key itself is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// Its public half.
    pub id: KeyId,
    /// The keyed hash.
    pub digest: KeyDigest,
    /// What the operator calls the holder.
    pub name: PrincipalName,
    /// The upstream it opens.
    pub upstream: UpstreamName,
    /// The ERP user as whom its calls run.
    pub erp_login: ErpLogin,
    /// What it may do.
    pub roles: Vec<RoleName>,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it is refused.
    pub expires: Option<Timestamp>,
    /// When it was revoked, if it was.
    pub revoked: Option<Timestamp>,
    /// Its own rate limit, where it differs from the configured one.
    pub limit: Option<RateLimit>,
}

/// How often a caller may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Calls a minute, on average.
    pub per_minute: u32,
    /// Calls at once.
    pub burst: u32,
}

impl KeyRow {
    /// Whether the key opens anything at `now`.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|expires| now < expires)
    }

    /// The holder as a principal.
    pub fn principal(&self) -> Principal {
        Principal::integration(
            self.name.clone(),
            self.id,
            self.upstream.clone(),
            self.erp_login.clone(),
            self.roles.clone(),
        )
    }
}

/// The API keys.
pub trait Keys: Send + Sync {
    /// Adds a key; an id that is taken is refused.
    fn insert<'a>(&'a self, row: &'a KeyRow) -> Stored<'a, ()>;

    /// One key, revoked and expired ones too.
    fn find<'a>(&'a self, id: &'a KeyId) -> Stored<'a, Option<KeyRow>>;

    /// Every key, oldest first, revoked and expired ones too.
    fn all(&self) -> Stored<'_, Vec<KeyRow>>;

    /// Revokes a key. Answers whether this call did it: `false` when there is none, or it was
    /// revoked before (the first moment stays).
    fn revoke<'a>(&'a self, id: &'a KeyId, now: Timestamp) -> Stored<'a, bool>;
}
