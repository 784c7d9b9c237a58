//! How ERP users fare, and the renewal of their credentials: one process at a time.

use portcullis_identity::{ErpLogin, Timestamp, UpstreamName};
use portcullis_storage::{Renewed, StoreError, UserHealth};

use super::THING;
use crate::database::transaction::Transaction;
use crate::database::{Row, SqlStore, failed};

/// A credential that was put anew has no past, and may be of another user of the ERP.
pub(super) async fn forget(
    both: &mut Transaction,
    upstream: &UpstreamName,
    login: &ErpLogin,
) -> Result<(), sqlx::Error> {
    both.query(
        "UPDATE erp_user_health SET administrator = NULL, archived = NULL, rotated = NULL, expires = NULL, \
         failed = NULL, failure = NULL, claimed = NULL WHERE upstream = $1 AND login = $2",
    )
    .bind(upstream.as_str())
    .bind(login.as_str())
    .execute()
    .await
    .map(drop)
}

pub(super) async fn all(store: &SqlStore) -> Result<Vec<UserHealth>, StoreError> {
    store
        .query("SELECT * FROM erp_user_health ORDER BY upstream, login")
        .fetch_all()
        .await
        .map_err(failed("tell how ERP users fare", THING))?
        .iter()
        .map(read)
        .collect()
}

pub(super) async fn note_standing(
    store: &SqlStore,
    upstream: &UpstreamName,
    login: &ErpLogin,
    administrator: bool,
) -> Result<(), StoreError> {
    store
        .query(
            "INSERT INTO erp_user_health (upstream, login, administrator) VALUES ($1, $2, $3) \
             ON CONFLICT (upstream, login) DO UPDATE SET administrator = excluded.administrator",
        )
        .bind(upstream.as_str())
        .bind(login.as_str())
        .bind(administrator)
        .execute()
        .await
        .map(drop)
        .map_err(failed("note what an ERP user is", THING))
}

pub(super) async fn note_archived(
    store: &SqlStore,
    upstream: &UpstreamName,
    login: &ErpLogin,
    since: Option<Timestamp>,
) -> Result<(), StoreError> {
    store
        .query(
            "INSERT INTO erp_user_health (upstream, login, archived) VALUES ($1, $2, $3) \
             ON CONFLICT (upstream, login) DO UPDATE SET archived = excluded.archived",
        )
        .bind(upstream.as_str())
        .bind(login.as_str())
        .bind(since.map(Timestamp::micros))
        .execute()
        .await
        .map(drop)
        .map_err(failed("note that an ERP user is archived", THING))
}

pub(super) async fn claim(
    store: &SqlStore,
    upstream: &UpstreamName,
    login: &ErpLogin,
    put: Timestamp,
    since: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let done = store
        .query(
            "INSERT INTO erp_user_health (upstream, login, claimed) \
             SELECT upstream, login, CAST($5 AS BIGINT) FROM erp_user \
             WHERE upstream = $1 AND login = $2 AND updated = $3 \
             ON CONFLICT (upstream, login) DO UPDATE SET claimed = excluded.claimed \
             WHERE (erp_user_health.claimed IS NULL OR erp_user_health.claimed < $4) \
             AND (erp_user_health.failed IS NULL OR erp_user_health.failed < $4)",
        )
        .bind(upstream.as_str())
        .bind(login.as_str())
        .bind(put.micros())
        .bind(since.micros())
        .bind(now.micros())
        .execute()
        .await
        .map_err(failed("claim a renewal", THING))?;
    Ok(done == 1)
}

pub(super) async fn renew(
    store: &SqlStore,
    upstream: &UpstreamName,
    login: &ErpLogin,
    put: Timestamp,
    renewed: &Renewed,
) -> Result<bool, StoreError> {
    let renewing = || failed("renew a credential", THING);
    let mut both = store.begin().await.map_err(renewing())?;
    let done = both
        .query(
            "UPDATE erp_user SET sealed = $4, updated = $5 \
             WHERE upstream = $1 AND login = $2 AND updated = $3",
        )
        .bind(upstream.as_str())
        .bind(login.as_str())
        .bind(put.micros())
        .bind(renewed.sealed.0.as_slice())
        .bind(renewed.at.micros())
        .execute()
        .await
        .map_err(renewing())?;
    if done == 0 {
        both.roll_back().await.map_err(renewing())?;
        return Ok(false);
    }
    both.query(
        "INSERT INTO erp_user_health (upstream, login, rotated, expires) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (upstream, login) DO UPDATE SET rotated = excluded.rotated, \
         expires = excluded.expires, failed = NULL, failure = NULL, claimed = NULL",
    )
    .bind(upstream.as_str())
    .bind(login.as_str())
    .bind(renewed.at.micros())
    .bind(renewed.expires.map(Timestamp::micros))
    .execute()
    .await
    .map_err(renewing())?;
    both.commit().await.map_err(renewing())?;
    Ok(true)
}

pub(super) async fn fail(
    store: &SqlStore,
    upstream: &UpstreamName,
    login: &ErpLogin,
    why: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    store
        .query(
            "INSERT INTO erp_user_health (upstream, login, failed, failure) \
             VALUES ($1, $2, $3, $4) ON CONFLICT (upstream, login) DO UPDATE SET \
             failed = excluded.failed, failure = excluded.failure, claimed = NULL",
        )
        .bind(upstream.as_str())
        .bind(login.as_str())
        .bind(now.micros())
        .bind(why)
        .execute()
        .await
        .map(drop)
        .map_err(failed("note a renewal that failed", THING))
}

fn read(row: &Row) -> Result<UserHealth, StoreError> {
    const DAMAGED: StoreError = StoreError::Damaged { what: THING };
    let text = |column: &str| row.get::<&str>(column).map_err(|_| DAMAGED);
    let moment = |column: &str| {
        let micros = row.get::<Option<i64>>(column).map_err(|_| DAMAGED)?;
        Ok(micros.map(Timestamp))
    };
    Ok(UserHealth {
        upstream: UpstreamName::new(text("upstream")?).map_err(|_| DAMAGED)?,
        login: ErpLogin::new(text("login")?).map_err(|_| DAMAGED)?,
        administrator: row.get("administrator").map_err(|_| DAMAGED)?,
        archived: moment("archived")?,
        rotated: moment("rotated")?,
        expires: moment("expires")?,
        failed: moment("failed")?,
        failure: row.get("failure").map_err(|_| DAMAGED)?,
    })
}
