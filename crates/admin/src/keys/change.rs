//! A key is suspended, resumed, revoked.

use portcullis_identity::{KeyId, Timestamp};
use portcullis_storage::KeyRow;
use serde_json::Value;

use super::describe::describe;
use super::list::find;
use crate::installation::Installation;
use crate::may::Leave;
use crate::refusal::Refusal;

/// What became of a key.
pub struct Changed {
    /// The key as it is now.
    pub row: KeyRow,
    /// Whether this did it; else it was so before, or cannot be so any more.
    pub is_done: bool,
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

/// Refuses a key until it is resumed.
///
/// # Errors
/// When there is none within the leave, or the store does not answer.
pub async fn suspend(
    at: &Installation,
    leave: &Leave,
    id: &KeyId,
    now: Timestamp,
) -> Result<Changed, Refusal> {
    find(at, leave, id).await?;
    let is_done = at.store.keys().suspend(id, now).await?;
    changed(at, leave, id, is_done).await
}

/// Takes a key again that was suspended.
///
/// # Errors
/// As for [`suspend`].
pub async fn resume(
    at: &Installation,
    leave: &Leave,
    id: &KeyId,
    now: Timestamp,
) -> Result<Changed, Refusal> {
    find(at, leave, id).await?;
    let is_done = at.store.keys().resume(id, now).await?;
    changed(at, leave, id, is_done).await
}

/// Revokes a key, for good.
///
/// # Errors
/// As for [`suspend`].
pub async fn revoke(
    at: &Installation,
    leave: &Leave,
    id: &KeyId,
    now: Timestamp,
) -> Result<Changed, Refusal> {
    find(at, leave, id).await?;
    let is_done = at.store.keys().revoke(id, now).await?;
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
