//! The people who administer the gateway, and what they show beside their password.

use portcullis_identity::{
    AdminRole, AdministratorName, RecoveryDigest, Scope, SessionDigest, Timestamp,
};

use crate::erp_users::Sealed;
use crate::error::Stored;

/// What is kept of an administrator. The password is not: what is sealed is its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdministratorRow {
    /// What they log in as.
    pub name: AdministratorName,
    /// What they may do.
    pub roles: Vec<AdminRole>,
    /// How far that reaches.
    pub scope: Scope,
    /// The hash of the password.
    pub password: Sealed,
    /// When the password was set; sessions that are older have ended.
    pub password_set: Timestamp,
    /// By what authenticators know them; it says nothing of them.
    pub handle: [u8; 16],
    /// When they were added.
    pub created: Timestamp,
    /// Since when they are locked out, if they are.
    pub locked: Option<Timestamp>,
    /// How often their second factors were changed.
    pub epoch: i64,
    /// Until when the codes of their app that were wrong count.
    pub tries: Timestamp,
}

/// What an administrator shows beside the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactorRow {
    /// Whose it is.
    pub administrator: AdministratorName,
    /// Its id, among those of the administrator.
    pub id: String,
    /// What it is.
    pub kind: FactorKind,
    /// What its holder calls it.
    pub label: String,
    /// The secret of a TOTP, or what is known of a passkey.
    pub sealed: Sealed,
    /// The last step of a TOTP that was counted; none for a passkey.
    pub step: Option<i64>,
    /// When it was enrolled.
    pub created: Timestamp,
    /// When it was used last.
    pub used: Option<Timestamp>,
}

/// What kind of second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FactorKind {
    /// Codes by the time (RFC 6238).
    Totp,
    /// A passkey (WebAuthn).
    Passkey,
}

/// Which sessions end when a second factor is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending<'a> {
    /// None.
    None,
    /// All of its holder.
    All,
    /// All of its holder, if this one of theirs is there; else nothing is put.
    AllWith(&'a SessionDigest),
}

/// Who removes a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// Its holder: the last one stays, and so do sessions.
    Own,
    /// Whoever has the machine: all sessions of its holder end.
    Any,
}

/// Whether a second factor was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removed {
    /// It was.
    Done,
    /// It is the last one, which stays.
    Last,
    /// There is none of that id.
    Absent,
}

/// What becomes of the administrative keys that somebody made who is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Makes {
    /// They are revoked.
    End,
    /// They go on.
    Stay,
}

/// The administrators.
pub trait Administrators: Send + Sync {
    /// Adds one; a name that is taken is refused.
    fn add<'a>(&'a self, row: &'a AdministratorRow) -> Stored<'a, ()>;

    /// One of them, locked ones too.
    fn find<'a>(&'a self, name: &'a AdministratorName) -> Stored<'a, Option<AdministratorRow>>;

    /// All of them, by name.
    fn all(&self) -> Stored<'_, Vec<AdministratorRow>>;

    /// Sets what one of them may do; answers whether there is such a one.
    fn set_roles<'a>(
        &'a self,
        name: &'a AdministratorName,
        roles: &'a [AdminRole],
        scope: &'a Scope,
    ) -> Stored<'a, bool>;

    /// Sets a password, and ends every session and slip of its holder in the same step; answers
    /// whether there is such a one.
    fn set_password<'a>(
        &'a self,
        name: &'a AdministratorName,
        password: &'a Sealed,
        now: Timestamp,
    ) -> Stored<'a, bool>;

    /// Keeps a password's hash in a newer form, unless it was set anew meanwhile.
    fn rehash<'a>(
        &'a self,
        name: &'a AdministratorName,
        old: &'a Sealed,
        new: &'a Sealed,
    ) -> Stored<'a, bool>;

    /// Locks one of them out, and ends every session and slip of theirs in the same step. Answers
    /// whether this call did it.
    fn lock<'a>(&'a self, name: &'a AdministratorName, now: Timestamp) -> Stored<'a, bool>;

    /// Lets one of them in again. Answers whether this call did it.
    fn unlock<'a>(&'a self, name: &'a AdministratorName) -> Stored<'a, bool>;

    /// Removes one of them with all that is theirs, for good: a backup brings nobody back, and
    /// whoever gets the name later is somebody else. The administrative keys that they made end
    /// with them, or go on as nobody's. Answers whether there was such a one.
    fn remove<'a>(
        &'a self,
        name: &'a AdministratorName,
        makes: Makes,
        now: Timestamp,
    ) -> Stored<'a, bool>;

    /// The second factors of one of them, oldest first.
    fn factors<'a>(&'a self, name: &'a AdministratorName) -> Stored<'a, Vec<FactorRow>>;

    /// Adds a second factor, or replaces the one with its id, and ends sessions in the same step;
    /// answers whether it was put.
    fn put_factor<'a>(&'a self, row: &'a FactorRow, ending: Ending<'a>) -> Stored<'a, bool>;

    /// Takes one of the tries that somebody has for a code. By `pace` each takes so many microseconds, and
    /// so many may be taken ahead. Answers whether there was one; of all processes that
    /// share the store, as many get one as there are.
    fn take_try<'a>(
        &'a self,
        name: &'a AdministratorName,
        pace: (i64, i64),
        now: Timestamp,
    ) -> Stored<'a, bool>;

    /// Gives a try back: its code was right.
    fn give_try_back<'a>(&'a self, name: &'a AdministratorName, every: i64) -> Stored<'a, ()>;

    /// Counts the step of a TOTP. Answers whether this call did it: of all processes that share
    /// the store, one does, and `false` means that this step or a later one was counted before.
    fn count_step<'a>(
        &'a self,
        name: &'a AdministratorName,
        id: &'a str,
        step: i64,
        now: Timestamp,
    ) -> Stored<'a, bool>;

    /// Notes that a passkey was used, and what is known of it since. Answers whether this call
    /// did it: `false` where it was used otherwise meanwhile.
    fn used_passkey<'a>(
        &'a self,
        name: &'a AdministratorName,
        id: &'a str,
        old: &'a Sealed,
        new: &'a Sealed,
        now: Timestamp,
    ) -> Stored<'a, bool>;

    /// Removes a second factor.
    fn remove_factor<'a>(
        &'a self,
        name: &'a AdministratorName,
        id: &'a str,
        removal: Removal,
    ) -> Stored<'a, Removed>;

    /// Puts recovery codes in the place of those that there are; answers whether there is such
    /// an administrator.
    fn put_recovery<'a>(
        &'a self,
        name: &'a AdministratorName,
        codes: &'a [RecoveryDigest],
    ) -> Stored<'a, bool>;

    /// Spends a recovery code. Answers whether this call did it.
    fn spend_recovery<'a>(
        &'a self,
        name: &'a AdministratorName,
        code: &'a RecoveryDigest,
    ) -> Stored<'a, bool>;

    /// How many recovery codes are left.
    fn recovery_left<'a>(&'a self, name: &'a AdministratorName) -> Stored<'a, u64>;
}

impl FactorKind {
    /// The kind in a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Passkey => "passkey",
        }
    }
}
