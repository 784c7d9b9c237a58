//! Who of the administrators is let in: their sessions, and slips that are taken once.

use portcullis_identity::{AdministratorName, SessionDigest, Timestamp};

use crate::administrators::AdministratorRow;
use crate::erp_users::Sealed;
use crate::error::Stored;

/// What is kept of an administrator's session. Its token is not, and what it may do is always
/// read from the administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdmissionRow {
    /// The keyed hash of its token.
    pub digest: SessionDigest,
    /// Whose it is.
    pub administrator: AdministratorName,
    /// What it opens.
    pub standing: Standing,
    /// When it was opened.
    pub opened: Timestamp,
    /// When it was used last, as far as that was written down.
    pub seen: Timestamp,
    /// When it ends, however much it is used.
    pub ends: Timestamp,
    /// From which network it was opened.
    pub network: String,
    /// A keyed hash of what its client calls itself.
    pub agent: Vec<u8>,
}

/// What a session opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// What its holder may do: a second factor was shown.
    Full,
    /// The enrolment of a second factor, and nothing else.
    Enrolling,
}

/// Something that is taken once: a code for an enrolment, or the gateway's half of a ceremony.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlipRow {
    /// A digest of what is shown for it.
    pub digest: [u8; 32],
    /// Whose it is.
    pub administrator: AdministratorName,
    /// What it is for.
    pub purpose: Purpose,
    /// What must be known when it is taken.
    pub sealed: Sealed,
    /// Until when it can be taken.
    pub ends: Timestamp,
}

/// What a slip is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To enrol a second factor.
    Enrolment,
    /// The enrolment of a TOTP that has begun.
    Totp,
    /// The registration of a passkey that has begun.
    Registration,
    /// The log-in by a passkey that has begun.
    Authentication,
}

/// The sessions and slips.
pub trait Admissions: Send + Sync {
    /// Opens a session, unless its holder was locked out or removed, or the password or a second
    /// factor was changed since it was `seen` so; answers whether it was opened. Of more than
    /// `most` sessions of its holder, those that were not used for longest are ended.
    fn admit<'a>(
        &'a self,
        row: &'a AdmissionRow,
        seen: &'a AdministratorRow,
        most: u32,
    ) -> Stored<'a, bool>;

    /// One session, if it was not ended. Whether it is still good is for the asker to say.
    fn look_up<'a>(&'a self, digest: &'a SessionDigest) -> Stored<'a, Option<AdmissionRow>>;

    /// Notes that a session was used; never moves `seen` back.
    fn touch<'a>(&'a self, digest: &'a SessionDigest, now: Timestamp) -> Stored<'a, ()>;

    /// Ends a session; answers whether it was there.
    fn end<'a>(&'a self, digest: &'a SessionDigest) -> Stored<'a, bool>;

    /// Ends all sessions of one administrator; answers how many there were.
    fn end_of<'a>(&'a self, name: &'a AdministratorName) -> Stored<'a, u64>;

    /// Every session, the newest first.
    fn all(&self) -> Stored<'_, Vec<AdmissionRow>>;

    /// Keeps a slip, unless its holder was locked out or removed; answers whether it is kept. Of
    /// more than `most` slips of its holder, those that end first are forgotten.
    fn put_slip<'a>(&'a self, row: &'a SlipRow, most: u32) -> Stored<'a, bool>;

    /// Takes a slip that has not ended by `now`. Of all processes that share the store, one does.
    fn take_slip<'a>(
        &'a self,
        digest: &'a [u8; 32],
        purpose: Purpose,
        now: Timestamp,
    ) -> Stored<'a, Option<SlipRow>>;

    /// Removes the sessions and slips that ended by `now`, and the sessions that were last seen
    /// before `idle_since`; answers how many there were.
    fn sweep(&self, now: Timestamp, idle_since: Timestamp) -> Stored<'_, u64>;
}

impl Standing {
    /// The standing in a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Enrolling => "enrolling",
        }
    }
}

impl Purpose {
    /// The purpose in a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enrolment => "enrolment",
            Self::Totp => "totp",
            Self::Registration => "registration",
            Self::Authentication => "authentication",
        }
    }
}
