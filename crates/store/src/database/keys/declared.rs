//! Keys that a configuration declares, in a database.

use portcullis_identity::Timestamp;
use portcullis_storage::{Declaration, StoreError};

use super::{THING, insert};
use crate::database::{SqlStore, failed};

/// Whether a declared key is suspended, and who stands in for its ERP user, does not hang on what
/// is declared of it; a key
/// that was suspended because it was declared no longer is taken again.
const PUT: &str = "INSERT INTO api_key (id, digest, name, upstream, erp_login, roles, owner, \
    purpose, networks, styles, must_sign, per_minute, burst, certificate, created, expires, \
    suspended, exposed, successor, revoked, signing, signing_secret, signing_key, stand_in, \
    stand_in_administrator, is_foreign, origin) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, \
    $20, $21, $22, $23, $24, $25, $26, $27) \
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, upstream = excluded.upstream, \
    erp_login = excluded.erp_login, roles = excluded.roles, owner = excluded.owner, \
    purpose = excluded.purpose, networks = excluded.networks, styles = excluded.styles, \
    must_sign = excluded.must_sign, per_minute = excluded.per_minute, burst = excluded.burst, \
    created = excluded.created, expires = excluded.expires, is_foreign = excluded.is_foreign, \
    exposed = CASE WHEN api_key.digest = excluded.digest THEN api_key.exposed ELSE NULL END, \
    suspended = CASE WHEN api_key.origin = 'undeclared' THEN NULL ELSE api_key.suspended END, \
    digest = excluded.digest, origin = 'declared' \
    WHERE api_key.revoked IS NULL AND api_key.origin IN ('declared', 'undeclared')";

pub(super) async fn declare(
    store: &SqlStore,
    declaration: &Declaration,
    now: Timestamp,
) -> Result<(), StoreError> {
    let what = "take over what is declared";
    let mut all = store.begin().await.map_err(failed(what, THING))?;
    // Secrets are given up first: two keys may have changed theirs with each other, or one its
    // name, which makes it another key. What was revoked keeps its own for ever.
    let told = declaration.rows.iter().map(|row| &row.id);
    for id in told.chain(&declaration.gone) {
        all.query(
            "UPDATE api_key SET is_foreign = FALSE \
             WHERE id = $1 AND revoked IS NULL AND origin IN ('declared', 'undeclared')",
        )
        .bind(id.as_str())
        .execute()
        .await
        .map_err(failed(what, THING))?;
    }
    for id in &declaration.gone {
        all.query(
            "UPDATE api_key SET suspended = $2, origin = 'undeclared' \
             WHERE id = $1 AND revoked IS NULL AND suspended IS NULL \
             AND origin IN ('declared', 'undeclared')",
        )
        .bind(id.as_str())
        .bind(now.micros())
        .execute()
        .await
        .map_err(failed(what, THING))?;
    }
    for row in &declaration.rows {
        if insert(all.query(PUT), row).await? == 0 {
            all.roll_back().await.map_err(failed(what, THING))?;
            return Err(StoreError::Exists { what: THING });
        }
    }
    all.commit().await.map_err(failed(what, THING))
}
