//! How a running gateway learns that something changed, and what.

use portcullis_identity::KeyId;

use crate::error::Stored;
use crate::keys::KeyRow;

/// The store's change counter, and its log.
pub trait Changes: Send + Sync {
    /// A number that grows with every committed change of keys, roles and ERP users, whichever
    /// process made it. Cheap enough to be asked five times a second.
    fn version(&self) -> Stored<'_, u64>;

    /// What changed of keys after a point of the log, in the order of the log, `most` entries of
    /// it. None where the store does not know that point: it is older than what the log goes back
    /// to, or of a state that the store has lost. Then everything is to be read anew.
    fn since<'a>(&'a self, point: &'a Point, most: u32) -> Stored<'a, Option<Changed>>;

    /// Forgets what was superseded an hour and more before the last change; some of it, so that
    /// nobody waits for long. Answers how many entries it forgot.
    fn forget_changes(&self) -> Stored<'_, u64>;
}

/// Up to where somebody knows the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// The version that is known as a whole.
    pub version: u64,
    /// The last entry that is known beyond that.
    pub entry: Option<(u64, String)>,
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The keys that were touched, as they are now.
    pub rows: Vec<KeyRow>,
    /// Those that are not there any more.
    pub gone: Vec<KeyId>,
    /// The last of these changes that touched something other than keys.
    pub other: Option<u64>,
    /// Up to where the log is known now. It names no entry where nothing is left.
    pub point: Point,
}

impl Point {
    /// Where a version is known as a whole.
    pub const fn of(version: u64) -> Self {
        Self {
            version,
            entry: None,
        }
    }
}
