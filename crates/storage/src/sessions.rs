//! Sessions: a cookie's stand-in for a key that was shown once, at log-in.

use portcullis_identity::{KeyId, SessionDigest, Timestamp};

use crate::error::Stored;

/// What is kept of a session. Its token is not.
///
/// A session has no rights of its own: who calls, as whom and with which roles is always read
/// from the key, so that whatever happens to the key happens to its sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionRow {
    /// The keyed hash of its token.
    pub digest: SessionDigest,
    /// The key that opened it.
    pub key: KeyId,
    /// When it was opened.
    pub opened: Timestamp,
    /// When it was used last, as far as that was written down.
    pub seen: Timestamp,
    /// When it ends, however much it is used.
    pub ends: Timestamp,
}

/// The sessions.
pub trait Sessions: Send + Sync {
    /// Adds a session; a digest that is taken is refused. Of more than `most` sessions of its
    /// key, those that were not used for longest are ended; answers how many there were.
    fn open<'a>(&'a self, row: &'a SessionRow, most: u32) -> Stored<'a, u64>;

    /// One session, if it was not ended. Whether it is still good is for the asker to say.
    fn look_up<'a>(&'a self, digest: &'a SessionDigest) -> Stored<'a, Option<SessionRow>>;

    /// Notes that a session was used; never moves `seen` back.
    fn touch<'a>(&'a self, digest: &'a SessionDigest, now: Timestamp) -> Stored<'a, ()>;

    /// Ends a session; answers whether it was there.
    fn end<'a>(&'a self, digest: &'a SessionDigest) -> Stored<'a, bool>;

    /// Removes the sessions that ended by `now`, or were last seen before `idle_since`; answers
    /// how many there were.
    fn sweep(&self, now: Timestamp, idle_since: Timestamp) -> Stored<'_, u64>;
}
