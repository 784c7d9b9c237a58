//! A key is suspended, resumed, revoked.

use portcullis_identity::{KeyId, Timestamp};
use portcullis_storage::KeyRow;
use serde_json::Value;

use super::describe::describe;
use super::list::find;
use crate::installation::Installation;
use crate::may::Leave;
use crate::refusal::Refusal;

/// What may be done about a key that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is refused until it is resumed.
    Suspend,
    /// It is taken again after it was suspended.
    Resume,
    /// It is revoked, for good.
    Revoke,
}

/// What became of a key.
pub struct Changed {
    /// The key as it is now.
    pub row: KeyRow,
    /// Whether this did it; else it was so before, or cannot be so any more.
    pub is_done: bool,
}

impl Change {
    /// It in a word, as acts are called.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Revoke => "revoke",
        }
    }
}

impl Changed {
    /// The key as JSON, and whether this changed it.
    pub fn told(&self, now: Timestamp) -> Value {
        let mut told = describe(&self.row, None, now);
        if let Some(members) = told.as_object_mut() {
            members.insert("changed".to_owned(), self.is_done.into());
        }
        told
    }
}

/// Does this about a key.
///
/// # Errors
/// When there is none within the leave, or the store does not answer.
pub async fn change(
    at: &Installation,
    leave: &Leave,
    (id, change): (&KeyId, Change),
    now: Timestamp,
) -> Result<Changed, Refusal> {
    find(at, leave, id).await?;
    let keys = at.store.keys();
    let done = match change {
        Change::Suspend => keys.suspend(id, now),
        Change::Resume => keys.resume(id, now),
        Change::Revoke => keys.revoke(id, now),
    };
    let is_done = done.await?;
    changed(at, leave, id, is_done).await
}

pub(super) async fn changed(
    at: &Installation,
    leave: &Leave,
    id: &KeyId,
    is_done: bool,
) -> Result<Changed, Refusal> {
    let row = find(at, leave, id).await?.row;
    Ok(Changed { row, is_done })
}
