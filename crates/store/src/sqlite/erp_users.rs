//! ERP users in SQLite.

use portcullis_identity::{ErpLogin, Timestamp, UpstreamName};
use portcullis_storage::{ErpUserRow, ErpUsers, Sealed, StoreError, Stored};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{SqliteStore, failed};

const THING: &str = "ERP user";

impl ErpUsers for SqliteStore {
    fn put<'a>(
        &'a self,
        upstream: &'a UpstreamName,
        login: &'a ErpLogin,
        uid: Option<i64>,
        sealed: &'a Sealed,
        now: Timestamp,
    ) -> Stored<'a, ()> {
        Box::pin(async move {
            sqlx::query(
                "INSERT INTO erp_user (upstream, login, uid, sealed, updated) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (upstream, login) DO UPDATE SET \
                 uid = excluded.uid, sealed = excluded.sealed, updated = excluded.updated",
            )
            .bind(upstream.as_str())
            .bind(login.as_str())
            .bind(uid)
            .bind(sealed.0.as_slice())
            .bind(now.micros())
            .execute(&self.pool)
            .await
            .map_err(failed("put an ERP user", THING))?;
            Ok(())
        })
    }

    fn find<'a>(
        &'a self,
        upstream: &'a UpstreamName,
        login: &'a ErpLogin,
    ) -> Stored<'a, Option<ErpUserRow>> {
        Box::pin(async move {
            sqlx::query("SELECT * FROM erp_user WHERE upstream = $1 AND login = $2")
                .bind(upstream.as_str())
                .bind(login.as_str())
                .fetch_optional(&self.pool)
                .await
                .map_err(failed("find an ERP user", THING))?
                .map(|row| read(&row))
                .transpose()
        })
    }

    fn of<'a>(&'a self, upstream: &'a UpstreamName) -> Stored<'a, Vec<ErpUserRow>> {
        Box::pin(async move {
            sqlx::query("SELECT * FROM erp_user WHERE upstream = $1 ORDER BY login")
                .bind(upstream.as_str())
                .fetch_all(&self.pool)
                .await
                .map_err(failed("list ERP users", THING))?
                .iter()
                .map(read)
                .collect()
        })
    }

    fn all(&self) -> Stored<'_, Vec<ErpUserRow>> {
        Box::pin(async move {
            sqlx::query("SELECT * FROM erp_user ORDER BY upstream, login")
                .fetch_all(&self.pool)
                .await
                .map_err(failed("list ERP users", THING))?
                .iter()
                .map(read)
                .collect()
        })
    }

    fn remove<'a>(&'a self, upstream: &'a UpstreamName, login: &'a ErpLogin) -> Stored<'a, bool> {
        Box::pin(async move {
            let done = sqlx::query("DELETE FROM erp_user WHERE upstream = $1 AND login = $2")
                .bind(upstream.as_str())
                .bind(login.as_str())
                .execute(&self.pool)
                .await
                .map_err(failed("remove an ERP user", THING))?;
            Ok(done.rows_affected() == 1)
        })
    }
}

fn read(row: &SqliteRow) -> Result<ErpUserRow, StoreError> {
    const DAMAGED: StoreError = StoreError::Damaged { what: THING };
    let text = |column: &str| row.try_get::<&str, _>(column).map_err(|_| DAMAGED);
    Ok(ErpUserRow {
        upstream: UpstreamName::new(text("upstream")?).map_err(|_| DAMAGED)?,
        login: ErpLogin::new(text("login")?).map_err(|_| DAMAGED)?,
        uid: row.try_get("uid").map_err(|_| DAMAGED)?,
        sealed: Sealed(row.try_get("sealed").map_err(|_| DAMAGED)?),
        updated: Timestamp(row.try_get("updated").map_err(|_| DAMAGED)?),
    })
}
