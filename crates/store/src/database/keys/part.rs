//! A part of the list of keys, each with its last use.

use portcullis_identity::{KeyId, Timestamp};
use portcullis_storage::{KeyRow, KeyUse, Part, Select, StoreError};

use super::{THING, row};
use crate::database::{SqlStore, failed};

/// Of all keys.
const ALL: &str = "SELECT api_key.*, key_use.key, key_use.at, key_use.address, key_use.dialect \
    FROM api_key LEFT JOIN key_use ON key_use.key = api_key.id \
    WHERE (api_key.created, api_key.id) > ($1, $2) \
    AND ($3 OR (api_key.revoked IS NULL AND (api_key.expires IS NULL OR api_key.expires > $4))) \
    ORDER BY api_key.created, api_key.id LIMIT $5";

/// Of those of one user of an ERP.
const OF_USER: &str = "SELECT api_key.*, key_use.key, key_use.at, key_use.address, key_use.dialect \
    FROM api_key LEFT JOIN key_use ON key_use.key = api_key.id \
    WHERE api_key.upstream = $6 AND api_key.erp_login = $7 \
    AND (api_key.created, api_key.id) > ($1, $2) \
    AND ($3 OR (api_key.revoked IS NULL AND (api_key.expires IS NULL OR api_key.expires > $4))) \
    ORDER BY api_key.created, api_key.id LIMIT $5";

pub(super) async fn read(
    store: &SqlStore,
    part: &Part<(Timestamp, KeyId)>,
    select: Select<'_>,
) -> Result<Vec<(KeyRow, Option<KeyUse>)>, StoreError> {
    let after = part.after.as_ref();
    let text = if select.user.is_some() { OF_USER } else { ALL };
    let mut query = store
        .query(text)
        .bind(after.map_or(i64::MIN, |(created, _)| created.micros()))
        .bind(after.map_or("", |(_, id)| id.as_str()))
        .bind(select.living.is_none())
        .bind(select.living.map_or(0, Timestamp::micros))
        .bind(i64::from(part.most));
    if let Some((upstream, login)) = select.user {
        query = query.bind(upstream.as_str()).bind(login.as_str());
    }
    let found = query.fetch_all().await;
    let found = found.map_err(failed("list keys", THING))?;
    let mut keys: Vec<KeyRow> = found.iter().map(row::read).collect::<Result<_, _>>()?;
    store.corrected(&mut keys).await?;
    let uses = found.iter().map(row::read_use_beside);
    keys.into_iter()
        .zip(uses)
        .map(|(key, used)| Ok((key, used?)))
        .collect()
}
