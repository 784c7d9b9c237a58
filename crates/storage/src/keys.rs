//! API keys: who holds one, as whom its calls run, and under which conditions.

use std::net::IpAddr;

use portcullis_identity::signing::{PublicKey, Scheme};
use portcullis_identity::{
    CertificateDigest, Conditions, ErpLogin, KeyDigest, KeyId, Principal, PrincipalName, RoleName,
    Timestamp, UpstreamName,
};

use crate::erp_users::Sealed;
use crate::error::Stored;
use crate::part::Part;

/// What is kept of an API key. The key itself is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// Its public half.
    pub id: KeyId,
    /// The keyed hash.
    pub digest: KeyDigest,
    /// Whether its secret was made elsewhere, and names no id: it is found by the hash.
    pub is_foreign: bool,
    /// How it came here.
    pub origin: KeyOrigin,
    /// What the operator calls the holder.
    pub name: PrincipalName,
    /// The upstream it opens.
    pub upstream: UpstreamName,
    /// The ERP user as whom its calls run.
    pub erp_login: ErpLogin,
    /// The ERP user as whom they run while that one is archived; none: they are refused.
    pub stand_in: Option<StandIn>,
    /// What it may do.
    pub roles: Vec<RoleName>,
    /// Who answers for it, for people to read.
    pub owner: Option<String>,
    /// What it is for, for people to read.
    pub purpose: Option<String>,
    /// Under which conditions it is good.
    pub conditions: Conditions,
    /// Its own rate limit, where it differs from the configured one.
    pub limit: Option<RateLimit>,
    /// The client certificate that is shown in its place, if it is one.
    pub certificate: Option<CertificateDigest>,
    /// In which way it signs requests, if it does.
    pub signing: Option<Signing>,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it is refused.
    pub expires: Option<Timestamp>,
    /// Since when it is refused until somebody says otherwise.
    pub suspended: Option<Timestamp>,
    /// When it was first sent where others could read it.
    pub exposed: Option<Timestamp>,
    /// The key that takes over from it.
    pub successor: Option<KeyId>,
    /// When it was revoked, if it was.
    pub revoked: Option<Timestamp>,
}

/// The ERP user as whom a key's calls run while its own is archived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandIn {
    /// The login.
    pub login: ErpLogin,
    /// Whether it may be an administrator of the ERP.
    pub administrator: bool,
}

/// How a key came here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyOrigin {
    /// It was made here.
    Made,
    /// It was taken over from elsewhere.
    Imported,
    /// The configuration declares it.
    Declared,
    /// The configuration declared it once, and was the one to suspend it.
    Undeclared,
}

/// What becomes of keys because of what a configuration declares.
#[derive(Debug, Default)]
pub struct Declaration {
    /// Keys that are new, or other than they were.
    pub rows: Vec<KeyRow>,
    /// Keys that are declared no longer.
    pub gone: Vec<KeyId>,
}

/// In which way a key signs, and with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signing {
    /// With a secret, which is sealed for the key's row.
    Secret(Scheme, Sealed),
    /// With a key pair, of which this is the public half.
    Ed25519(PublicKey),
    /// With the secret half of the key itself, which is sent beside the signature.
    Beside(Scheme),
}

/// How often a caller may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Calls a minute, on average.
    pub per_minute: u32,
    /// Calls at once.
    pub burst: u32,
}

/// What a key is at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// It opens what it opens.
    Valid,
    /// It is refused until somebody says otherwise.
    Suspended,
    /// Its time is over.
    Expired,
    /// It is refused for good.
    Revoked,
}

/// When a key was used last, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUse {
    /// The key.
    pub key: KeyId,
    /// When.
    pub at: Timestamp,
    /// From where.
    pub address: IpAddr,
    /// In which dialect, as records name it.
    pub dialect: String,
}

/// Which keys of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Select<'a> {
    /// Those that run as this user of an ERP; none: as anybody.
    pub user: Option<(&'a UpstreamName, &'a ErpLogin)>,
    /// Those that are neither revoked nor expired at this moment; none: over or not.
    pub living: Option<Timestamp>,
}

impl Signing {
    /// The scheme.
    pub const fn scheme(&self) -> Scheme {
        match self {
            Self::Secret(scheme, _) | Self::Beside(scheme) => *scheme,
            Self::Ed25519(_) => Scheme::Ed25519,
        }
    }
}

impl KeyOrigin {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Made, Self::Imported, Self::Declared, Self::Undeclared];

    /// It in a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Imported => "imported",
            Self::Declared => "declared",
            Self::Undeclared => "undeclared",
        }
    }

    /// Whether the configuration says what the key is.
    pub const fn is_configured(self) -> bool {
        matches!(self, Self::Declared | Self::Undeclared)
    }
}

impl KeyState {
    /// The state in a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Suspended => "suspended",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

impl KeyRow {
    /// A key without conditions that lives until it is revoked.
    pub fn new(id: KeyId, digest: KeyDigest, principal: &Principal, created: Timestamp) -> Self {
        Self {
            id,
            digest,
            is_foreign: false,
            origin: KeyOrigin::Made,
            name: principal.name().clone(),
            upstream: principal.upstream().clone(),
            erp_login: principal.erp_login().clone(),
            stand_in: None,
            roles: principal.roles().to_vec(),
            owner: None,
            purpose: None,
            conditions: Conditions::default(),
            limit: None,
            certificate: None,
            signing: None,
            created,
            expires: None,
            suspended: None,
            exposed: None,
            successor: None,
            revoked: None,
        }
    }

    /// What the key is at `now`. A suspension does not hide that it is over.
    pub fn state(&self, now: Timestamp) -> KeyState {
        if self.revoked.is_some() {
            KeyState::Revoked
        } else if self.expires.is_some_and(|expires| now >= expires) {
            KeyState::Expired
        } else if self.suspended.is_some() {
            KeyState::Suspended
        } else {
            KeyState::Valid
        }
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

    /// Adds keys: all of them, or none where one is refused.
    fn insert_all<'a>(&'a self, rows: &'a [KeyRow]) -> Stored<'a, ()>;

    /// Makes keys what a configuration declares, in one step: what is suspended or revoked stays
    /// so, unless it is declared again after it was not; what is declared no longer is
    /// suspended. A key that has the id, and is revoked or none of a configuration's, is refused.
    fn declare<'a>(&'a self, declaration: &'a Declaration, now: Timestamp) -> Stored<'a, ()>;

    /// One key, revoked and expired ones too.
    fn find<'a>(&'a self, id: &'a KeyId) -> Stored<'a, Option<KeyRow>>;

    /// Every key, oldest first, revoked and expired ones too.
    fn all(&self) -> Stored<'_, Vec<KeyRow>>;

    /// Keys in the order of their ids, revoked and expired ones too: those after one, `most` of
    /// them.
    fn page<'a>(&'a self, after: Option<&'a KeyId>, most: u32) -> Stored<'a, Vec<KeyRow>>;

    /// The keys that the configuration declares, or once did.
    fn configured(&self) -> Stored<'_, Vec<KeyRow>>;

    /// The key whose secret from elsewhere has this keyed hash, revoked or not.
    fn of_secret<'a>(&'a self, digest: &'a KeyDigest) -> Stored<'a, Option<KeyRow>>;

    /// How many keys are neither revoked nor expired at this moment.
    fn count(&self, now: Timestamp) -> Stored<'_, u64>;

    /// Some of the keys, oldest first, each with its last use. By the moment when a key was made,
    /// and its id, the next part is found.
    fn part<'a>(
        &'a self,
        part: &'a Part<(Timestamp, KeyId)>,
        select: Select<'a>,
    ) -> Stored<'a, Vec<(KeyRow, Option<KeyUse>)>>;

    /// Revokes a key. Answers whether this call did it: `false` when there is none, or it was
    /// revoked before (the first moment stays).
    fn revoke<'a>(&'a self, id: &'a KeyId, now: Timestamp) -> Stored<'a, bool>;

    /// Suspends a key. Answers whether this call did it; a key that was revoked stays as it is.
    fn suspend<'a>(&'a self, id: &'a KeyId, now: Timestamp) -> Stored<'a, bool>;

    /// Ends a key's suspension. Answers whether this call did it.
    fn resume<'a>(&'a self, id: &'a KeyId, now: Timestamp) -> Stored<'a, bool>;

    /// Sets as whom a key's calls run while its ERP user is archived. Answers whether there is
    /// such a key; one that was revoked stays as it is.
    fn set_stand_in<'a>(&'a self, id: &'a KeyId, stand_in: Option<&'a StandIn>)
    -> Stored<'a, bool>;

    /// Suspends every key that was neither made, used nor resumed since. Answers which.
    fn suspend_unused(&self, since: Timestamp, now: Timestamp) -> Stored<'_, Vec<KeyId>>;

    /// Notes that a key was sent where others could read it. Answers whether this call did it:
    /// the first moment stays.
    fn expose<'a>(&'a self, id: &'a KeyId, now: Timestamp) -> Stored<'a, bool>;

    /// Adds the key that takes over from another, which ends at `until` at the latest, in one
    /// step. Answers whether it was done: `false`, and nothing is added, when the other is
    /// absent, revoked, suspended, has a successor already, or has not the same stand-in.
    fn succeed<'a>(&'a self, old: &'a KeyId, until: Timestamp, new: &'a KeyRow)
    -> Stored<'a, bool>;

    /// Keeps when keys were used last; an older use does not replace a newer one.
    fn used<'a>(&'a self, uses: &'a [KeyUse]) -> Stored<'a, ()>;

    /// When a key was used last, if it ever was.
    fn last_use<'a>(&'a self, id: &'a KeyId) -> Stored<'a, Option<KeyUse>>;

    /// When each key was used last; keys that never were are not among them.
    fn uses(&self) -> Stored<'_, Vec<KeyUse>>;
}
