//! Keys as they are found: one, some, or all.

use portcullis_identity::{KeyDigest, KeyId, Timestamp};
use portcullis_storage::{KeyRow, StoreError};

use super::{THING, row};
use crate::database::statement::Statement;
use crate::database::{SqlStore, failed};

pub(super) async fn find(store: &SqlStore, id: &KeyId) -> Result<Option<KeyRow>, StoreError> {
    let query = store.query("SELECT * FROM api_key WHERE id = $1");
    let found = read(store, query.bind(id.as_str()), "find a key").await;
    Ok(found?.pop())
}

pub(super) async fn all(store: &SqlStore) -> Result<Vec<KeyRow>, StoreError> {
    let query = store.query("SELECT * FROM api_key ORDER BY created, id");
    read(store, query, "list keys").await
}

pub(super) async fn page(
    store: &SqlStore,
    after: Option<&KeyId>,
    most: u32,
) -> Result<Vec<KeyRow>, StoreError> {
    let query = store.query("SELECT * FROM api_key WHERE id > $1 ORDER BY id LIMIT $2");
    let query = query.bind(after.map_or("", KeyId::as_str));
    read(store, query.bind(i64::from(most)), "read its keys").await
}

pub(super) async fn configured(store: &SqlStore) -> Result<Vec<KeyRow>, StoreError> {
    let query = store.query(
        "SELECT * FROM api_key WHERE origin IN ('declared', 'undeclared') ORDER BY created, id",
    );
    read(store, query, "tell which keys were declared").await
}

pub(super) async fn of_secret(
    store: &SqlStore,
    digest: &KeyDigest,
) -> Result<Option<KeyRow>, StoreError> {
    let query = store.query("SELECT * FROM api_key WHERE digest = $1 AND is_foreign");
    let query = query.bind(digest.as_bytes().as_slice());
    let found = read(store, query, "find a key by its secret").await;
    Ok(found?.pop())
}

pub(super) async fn count(store: &SqlStore, now: Timestamp) -> Result<u64, StoreError> {
    let what = "count keys";
    let count: i64 = store
        .query(
            "SELECT count(*) AS count FROM api_key \
             WHERE revoked IS NULL AND (expires IS NULL OR expires > $1)",
        )
        .bind(now.micros())
        .fetch_one()
        .await
        .and_then(|row| row.get("count"))
        .map_err(failed(what, THING))?;
    u64::try_from(count).map_err(|_| StoreError::Damaged { what: THING })
}

/// The keys that a statement finds; those that were revoked are revoked, whatever it says.
async fn read(
    store: &SqlStore,
    query: Statement<'_>,
    what: &'static str,
) -> Result<Vec<KeyRow>, StoreError> {
    let found = query.fetch_all().await.map_err(failed(what, THING))?;
    let mut found: Vec<KeyRow> = found.iter().map(row::read).collect::<Result<_, _>>()?;
    store.corrected(&mut found).await?;
    Ok(found)
}
