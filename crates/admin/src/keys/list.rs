//! The keys that somebody may see.

use std::collections::HashMap;

use portcullis_identity::{KeyId, Timestamp};
use portcullis_storage::{KeyRow, KeyState, KeyUse, UserHealth};

use super::describe::Listed;
use crate::installation::Installation;
use crate::may::Leave;
use crate::refusal::Refusal;

/// The keys within a leave, oldest first; those that were revoked or have expired only if
/// `is_all`.
///
/// # Errors
/// When the store does not answer.
pub async fn list(
    at: &Installation,
    leave: &Leave,
    is_all: bool,
    now: Timestamp,
) -> Result<Vec<Listed>, Refusal> {
    let health = at.store.erp_users().health().await?;
    let rows = at.store.keys().all().await?.into_iter().filter(|row| {
        let lives = matches!(row.state(now), KeyState::Valid | KeyState::Suspended);
        (is_all || lives) && leave.has(&row.upstream, &row.erp_login, &row.roles)
    });
    let uses = at.store.keys().uses().await?.into_iter();
    let mut uses: HashMap<KeyId, KeyUse> = uses.map(|each| (each.key, each)).collect();
    Ok(rows
        .map(|row| Listed {
            used: uses.remove(&row.id),
            is_administrator: of(&row, &health).and_then(|user| user.administrator),
            archived: of(&row, &health).and_then(|user| user.archived),
            row,
        })
        .collect())
}

/// One key within a leave.
///
/// # Errors
/// When there is none: what is beyond the leave is not there. Or when the store does not answer.
pub async fn find(at: &Installation, leave: &Leave, id: &KeyId) -> Result<Listed, Refusal> {
    let found = at.store.keys().find(id).await?;
    let row = found
        .filter(|row| leave.has(&row.upstream, &row.erp_login, &row.roles))
        .ok_or_else(|| Refusal::Absent(format!("key {id}")))?;
    let uses = at.store.keys().uses().await?;
    let health = at.store.erp_users().health().await?;
    Ok(Listed {
        used: uses.into_iter().find(|used| used.key == *id),
        is_administrator: of(&row, &health).and_then(|user| user.administrator),
        archived: of(&row, &health).and_then(|user| user.archived),
        row,
    })
}

/// What is known of the ERP user of a key, as far as the ERP has told.
fn of<'a>(row: &KeyRow, health: &'a [UserHealth]) -> Option<&'a UserHealth> {
    let mut users = health.iter();
    users.find(|one| one.upstream == row.upstream && one.login == row.erp_login)
}
