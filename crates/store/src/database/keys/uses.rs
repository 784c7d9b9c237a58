//! When keys were used last, and what becomes of those that are not.

use portcullis_identity::{KeyId, Timestamp};
use portcullis_storage::{KeyUse, StoreError};

use super::{THING, row};
use crate::database::{SqlStore, failed};

/// How many keys are written in one step: whoever else writes waits for no more.
const AT_ONCE: usize = 500;

/// Some of them, in the order of their ids. They are looked for before anything is written:
/// SQLite has one writer, who would hold up the others while it looks at a million keys.
const UNUSED: &str = "SELECT id FROM api_key \
    WHERE id > $1 AND revoked IS NULL AND suspended IS NULL AND created < $2 \
    AND COALESCE(resumed, created) < $2 \
    AND NOT EXISTS (SELECT 1 FROM key_use WHERE key_use.key = api_key.id AND key_use.at >= $2) \
    ORDER BY id LIMIT $3";

/// The same again when it is written: one of them may have been used, resumed or revoked since.
const SUSPEND: &str = "UPDATE api_key SET suspended = $4 \
    WHERE id >= $1 AND id <= $3 AND revoked IS NULL AND suspended IS NULL AND created < $2 \
    AND COALESCE(resumed, created) < $2 \
    AND NOT EXISTS (SELECT 1 FROM key_use WHERE key_use.key = api_key.id AND key_use.at >= $2) \
    RETURNING id";

pub(super) async fn suspend_unused(
    store: &SqlStore,
    since: Timestamp,
    now: Timestamp,
) -> Result<Vec<KeyId>, StoreError> {
    let what = "suspend unused keys";
    let (mut suspended, mut after) = (Vec::new(), String::new());
    loop {
        let found = store
            .query(UNUSED)
            .bind(after.as_str())
            .bind(since.micros())
            .bind(i64::try_from(AT_ONCE).unwrap_or(i64::MAX))
            .fetch_all()
            .await
            .map_err(failed(what, THING))?;
        let (Some(first), Some(last)) = (found.first(), found.last()) else {
            return Ok(suspended);
        };
        let (first, last) = (row::read_id(first)?, row::read_id(last)?);
        let done = store
            .query(SUSPEND)
            .bind(first.as_str())
            .bind(since.micros())
            .bind(last.as_str())
            .bind(now.micros())
            .fetch_all()
            .await
            .map_err(failed(what, THING))?;
        for row in &done {
            suspended.push(row::read_id(row)?);
        }
        last.as_str().clone_into(&mut after);
    }
}

pub(super) async fn keep(store: &SqlStore, uses: &[KeyUse]) -> Result<(), StoreError> {
    let what = "keep when keys were used";
    // In one order, so that two processes that do this at once do not wait for each other in
    // turn.
    let mut uses: Vec<&KeyUse> = uses.iter().collect();
    uses.sort_by_key(|each| each.key.as_str());
    for some in uses.chunks(AT_ONCE) {
        let mut all = store.begin().await.map_err(failed(what, THING))?;
        for each in some {
            all.query(
                "INSERT INTO key_use (key, at, address, dialect) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (key) DO UPDATE \
                 SET at = excluded.at, address = excluded.address, dialect = excluded.dialect \
                 WHERE excluded.at > key_use.at",
            )
            .bind(each.key.as_str())
            .bind(each.at.micros())
            .bind(each.address.to_string())
            .bind(each.dialect.as_str())
            .execute()
            .await
            .map_err(failed(what, THING))?;
        }
        all.commit().await.map_err(failed(what, THING))?;
    }
    Ok(())
}

pub(super) async fn last(store: &SqlStore, id: &KeyId) -> Result<Option<KeyUse>, StoreError> {
    let found = store
        .query("SELECT key, at, address, dialect FROM key_use WHERE key = $1")
        .bind(id.as_str())
        .fetch_optional()
        .await
        .map_err(failed("tell when a key was used", THING))?;
    found.as_ref().map(row::read_use).transpose()
}

pub(super) async fn all(store: &SqlStore) -> Result<Vec<KeyUse>, StoreError> {
    store
        .query("SELECT key, at, address, dialect FROM key_use")
        .fetch_all()
        .await
        .map_err(failed("tell when keys were used", THING))?
        .iter()
        .map(row::read_use)
        .collect()
}
