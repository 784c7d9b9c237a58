//! Sessions: a cookie's stand-in for what was shown once, at log-in.

use portcullis_identity::{ErpLogin, KeyId, SessionDigest, Style, Timestamp, UpstreamName};

use crate::erp_users::Sealed;
use crate::error::Stored;
use crate::part::Part;

/// What is kept of a session. Its token is not.
///
/// A session has no rights of its own: what a key's may do is always read from the key, and what
/// a person's may do from the configuration, so that whatever happens there happens to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// The keyed hash of its token.
    pub digest: SessionDigest,
    /// Who opened it.
    pub opener: Opener,
    /// In which way the credential was shown that opened it; none if that was not noted.
    pub style: Option<Style>,
    /// When it was opened.
    pub opened: Timestamp,
    /// When it was used last, as far as that was written down.
    pub seen: Timestamp,
    /// When it ends, however much it is used.
    pub ends: Timestamp,
    /// From which network it was opened; empty if that was not noted.
    pub network: String,
    /// A keyed hash of the client's name for itself; empty if that was not noted.
    pub agent: Vec<u8>,
}

/// Who opened a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opener {
    /// The holder of this key.
    Key(KeyId),
    /// A person, with the password of the ERP.
    Person(PersonRow),
}

/// Whose sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// Those that a key opened.
    Key(KeyId),
    /// Those of a person at an ERP.
    Person(UpstreamName, ErpLogin),
}

/// When all sessions of a person were ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonEnd {
    /// The ERP.
    pub upstream: UpstreamName,
    /// The login there.
    pub login: ErpLogin,
    /// When; another moment each time.
    pub at: Timestamp,
}

/// A person who logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// The ERP that checked the password.
    pub upstream: UpstreamName,
    /// The login there.
    pub login: ErpLogin,
    /// Odoo's number of the user.
    pub uid: Option<i64>,
    /// The ERP's own session.
    pub sealed: Sealed,
}

/// The sessions.
pub trait Sessions: Send + Sync {
    /// Adds a session; a digest that is taken is refused. Of more than `most` sessions of its
    /// opener, those that were not used for longest are ended; answers how many there were.
    fn open<'a>(&'a self, row: &'a SessionRow, most: u32) -> Stored<'a, u64>;

    /// One session, if it was not ended. Whether it is still good is for the asker to say.
    fn look_up<'a>(&'a self, digest: &'a SessionDigest) -> Stored<'a, Option<SessionRow>>;

    /// Notes that a session was used; never moves `seen` back.
    fn touch<'a>(&'a self, digest: &'a SessionDigest, now: Timestamp) -> Stored<'a, ()>;

    /// Takes over the ERP's own session, which the ERP has exchanged.
    fn exchange<'a>(&'a self, digest: &'a SessionDigest, sealed: &'a Sealed) -> Stored<'a, ()>;

    /// Ends a session; answers whether it was there.
    fn end<'a>(&'a self, digest: &'a SessionDigest) -> Stored<'a, bool>;

    /// Ends all sessions of one opener; answers which there were. That a person's were is
    /// remembered, for what is kept of the person elsewhere.
    fn end_of<'a>(&'a self, whose: &'a Whose, now: Timestamp) -> Stored<'a, Vec<SessionRow>>;

    /// Whose sessions were all ended, and when, as far as that is remembered.
    fn ends(&self) -> Stored<'_, Vec<PersonEnd>>;

    /// Every session, the newest first.
    fn all(&self) -> Stored<'_, Vec<SessionRow>>;

    /// Some of the sessions that have not ended by `now`, the newest first.
    fn part<'a>(
        &'a self,
        part: &'a Part<(Timestamp, SessionDigest)>,
        now: Timestamp,
    ) -> Stored<'a, Vec<SessionRow>>;

    /// Removes the sessions that ended by `now`, or were last seen before `idle_since`; answers
    /// how many there were.
    fn sweep(&self, now: Timestamp, idle_since: Timestamp) -> Stored<'_, u64>;

    /// Forgets which persons' sessions were all ended before a moment.
    fn forget_ends(&self, before: Timestamp) -> Stored<'_, ()>;
}
