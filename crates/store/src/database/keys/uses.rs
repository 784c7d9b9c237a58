//! When keys were used last, and what becomes of those that are not.

use portcullis_identity::{KeyId, Timestamp};
use portcullis_storage::{KeyUse, StoreError};

use super::{THING, row};
use crate::database::{SqlStore, failed};

/// How many uses are kept in one step: whoever else writes waits for no more.
const AT_ONCE: usize = 500;

pub(super) async fn suspend_unused(
    store: &SqlStore,
    since: Timestamp,
    now: Timestamp,
) -> Result<Vec<KeyId>, StoreError> {
    let what = "suspend unused keys";
    // Looked for before it is written: SQLite has one writer, and there may be a million keys.
    let is_any = store
        .query(
            "SELECT id FROM api_key \
             WHERE revoked IS NULL AND suspended IS NULL AND created < $1 \
             AND COALESCE(resumed, created) < $1 \
             AND NOT EXISTS (SELECT 1 FROM key_use \
                             WHERE key_use.key = api_key.id AND key_use.at >= $1) \
             LIMIT 1",
        )
        .bind(since.micros())
        .fetch_optional()
        .await
        .map_err(failed(what, THING))?;
    if is_any.is_none() {
        return Ok(Vec::new());
    }
    store
        .query(
            "UPDATE api_key SET suspended = $2 \
             WHERE revoked IS NULL AND suspended IS NULL AND created < $1 \
             AND COALESCE(resumed, created) < $1 \
             AND NOT EXISTS (SELECT 1 FROM key_use \
                             WHERE key_use.key = api_key.id AND key_use.at >= $1) \
             RETURNING id",
        )
        .bind(since.micros())
        .bind(now.micros())
        .fetch_all()
        .await
        .map_err(failed(what, THING))?
        .iter()
        .map(row::read_id)
        .collect()
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
