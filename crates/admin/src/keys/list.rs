//! The keys that somebody may see.

use std::collections::HashMap;

use portcullis_identity::{KeyId, Timestamp};
use portcullis_storage::{KeyRow, KeyState, KeyUse, Part, Select, UserHealth};

use super::describe::Listed;
use crate::installation::Installation;
use crate::may::Leave;
use crate::part::{Parted, and_one};
use crate::refusal::Refusal;

/// How many keys within a scope are read at once to count them.
const COUNTED: u32 = 1_000;

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

/// How many they are, without those that were revoked or have expired.
///
/// # Errors
/// When the store does not answer.
pub async fn count(at: &Installation, leave: &Leave, now: Timestamp) -> Result<u64, Refusal> {
    if matches!(leave, Leave::All) {
        return Ok(at.store.keys().count(now).await?);
    }
    let lives = |row: &KeyRow| matches!(row.state(now), KeyState::Valid | KeyState::Suspended);
    let (mut after, mut count) = (None, 0_u64);
    loop {
        let page = Part {
            after,
            most: COUNTED,
        };
        let found = within(at, leave, &page, Some(now)).await?;
        for (row, _) in &found {
            let is_seen = lives(row) && leave.has(&row.upstream, &row.erp_login, &row.roles);
            count = count.saturating_add(u64::from(is_seen));
        }
        let Some((last, _)) = found.last() else {
            return Ok(count);
        };
        after = Some((last.created, last.id));
    }
}

/// A part of the same list.
///
/// # Errors
/// When the store does not answer.
pub async fn part(
    at: &Installation,
    leave: &Leave,
    is_all: bool,
    part: Part<(Timestamp, KeyId)>,
    now: Timestamp,
) -> Result<Parted<Listed>, Refusal> {
    let most = part.most;
    let wanted = usize::try_from(most).unwrap_or(usize::MAX);
    let mut part = and_one(part);
    let is_seen = |row: &KeyRow| {
        let lives = matches!(row.state(now), KeyState::Valid | KeyState::Suspended);
        (is_all || lives) && leave.has(&row.upstream, &row.erp_login, &row.roles)
    };
    let mut rows = Vec::new();
    // The store does not know all of what makes a key one that is seen: where it takes some out,
    // more are read.
    while rows.len() <= wanted {
        let found = within(at, leave, &part, (!is_all).then_some(now)).await?;
        let is_full = u32::try_from(found.len()).is_ok_and(|count| count == part.most);
        part.after = found.last().map(|(row, _)| (row.created, row.id));
        rows.extend(found.into_iter().filter(|(row, _)| is_seen(row)));
        if !is_full {
            break;
        }
    }
    let Parted { rows, next } = Parted::of(rows, most, |(row, _)| (row.created, row.id));
    let health = at.store.erp_users().health().await?;
    let rows = rows.into_iter().map(|(row, used)| Listed {
        used,
        is_administrator: of(&row, &health).and_then(|user| user.administrator),
        archived: of(&row, &health).and_then(|user| user.archived),
        row,
    });
    Ok(Parted {
        rows: rows.collect(),
        next,
    })
}

/// A part of the keys that run as somebody within a leave, whatever their roles are.
async fn within(
    at: &Installation,
    leave: &Leave,
    part: &Part<(Timestamp, KeyId)>,
    living: Option<Timestamp>,
) -> Result<Vec<(KeyRow, Option<KeyUse>)>, Refusal> {
    let keys = at.store.keys();
    let Leave::Within(scope) = leave else {
        let select = Select { user: None, living };
        return Ok(keys.part(part, select).await?);
    };
    let mut found = Vec::new();
    for user in &scope.users {
        let user = Some((&user.upstream, &user.login));
        found.extend(keys.part(part, Select { user, living }).await?);
    }
    found.sort_by_key(|(row, _)| (row.created, row.id));
    // A scope may name somebody twice.
    found.dedup_by_key(|(row, _)| row.id);
    found.truncate(usize::try_from(part.most).unwrap_or(usize::MAX));
    Ok(found)
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
    let health = at.store.erp_users().health().await?;
    Ok(Listed {
        used: at.store.keys().last_use(id).await?,
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
