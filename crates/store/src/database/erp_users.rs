//! ERP users in a database.

mod health;

use portcullis_identity::{ErpLogin, Timestamp, UpstreamName};
use portcullis_storage::{
    ErpUserRow, ErpUsers, Part, Renewed, Sealed, StoreError, Stored, UserHealth,
};

use super::{Row, SqlStore, failed};

const THING: &str = "ERP user";

impl ErpUsers for SqlStore {
    fn put<'a>(
        &'a self,
        upstream: &'a UpstreamName,
        login: &'a ErpLogin,
        uid: Option<i64>,
        sealed: &'a Sealed,
        now: Timestamp,
    ) -> Stored<'a, ()> {
        Box::pin(async move {
            let what = "put an ERP user";
            let mut both = self.begin().await.map_err(failed(what, THING))?;
            both.query(
                "INSERT INTO erp_user (upstream, login, uid, sealed, updated) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (upstream, login) DO UPDATE SET \
                 uid = excluded.uid, sealed = excluded.sealed, updated = excluded.updated",
            )
            .bind(upstream.as_str())
            .bind(login.as_str())
            .bind(uid)
            .bind(sealed.0.as_slice())
            .bind(now.micros())
            .execute()
            .await
            .map_err(failed(what, THING))?;
            health::forget(&mut both, upstream, login)
                .await
                .map_err(failed(what, THING))?;
            both.commit().await.map_err(failed(what, THING))
        })
    }

    fn find<'a>(
        &'a self,
        upstream: &'a UpstreamName,
        login: &'a ErpLogin,
    ) -> Stored<'a, Option<ErpUserRow>> {
        Box::pin(async move {
            self.query("SELECT * FROM erp_user WHERE upstream = $1 AND login = $2")
                .bind(upstream.as_str())
                .bind(login.as_str())
                .fetch_optional()
                .await
                .map_err(failed("find an ERP user", THING))?
                .map(|row| read(&row))
                .transpose()
        })
    }

    fn of<'a>(&'a self, upstream: &'a UpstreamName) -> Stored<'a, Vec<ErpUserRow>> {
        Box::pin(async move {
            self.query("SELECT * FROM erp_user WHERE upstream = $1 ORDER BY login")
                .bind(upstream.as_str())
                .fetch_all()
                .await
                .map_err(failed("list ERP users", THING))?
                .iter()
                .map(read)
                .collect()
        })
    }

    fn all(&self) -> Stored<'_, Vec<ErpUserRow>> {
        Box::pin(async move {
            self.query("SELECT * FROM erp_user ORDER BY upstream, login")
                .fetch_all()
                .await
                .map_err(failed("list ERP users", THING))?
                .iter()
                .map(read)
                .collect()
        })
    }

    fn part<'a>(&'a self, part: &'a Part<(UpstreamName, ErpLogin)>) -> Stored<'a, Vec<ErpUserRow>> {
        Box::pin(async move {
            let after = part.after.as_ref();
            self.query(
                "SELECT * FROM erp_user WHERE (upstream, login) > ($1, $2) \
                 ORDER BY upstream, login LIMIT $3",
            )
            .bind(after.map_or("", |(upstream, _)| upstream.as_str()))
            .bind(after.map_or("", |(_, login)| login.as_str()))
            .bind(i64::from(part.most))
            .fetch_all()
            .await
            .map_err(failed("list ERP users", THING))?
            .iter()
            .map(read)
            .collect()
        })
    }

    fn remove<'a>(&'a self, upstream: &'a UpstreamName, login: &'a ErpLogin) -> Stored<'a, bool> {
        Box::pin(async move {
            let what = "remove an ERP user";
            let mut both = self.begin().await.map_err(failed(what, THING))?;
            let done = both
                .query("DELETE FROM erp_user WHERE upstream = $1 AND login = $2")
                .bind(upstream.as_str())
                .bind(login.as_str())
                .execute()
                .await
                .map_err(failed(what, THING))?;
            health::forget(&mut both, upstream, login)
                .await
                .map_err(failed(what, THING))?;
            both.commit().await.map_err(failed(what, THING))?;
            Ok(done == 1)
        })
    }

    fn health(&self) -> Stored<'_, Vec<UserHealth>> {
        Box::pin(health::all(self))
    }

    fn note_standing<'a>(
        &'a self,
        upstream: &'a UpstreamName,
        login: &'a ErpLogin,
        administrator: bool,
    ) -> Stored<'a, ()> {
        Box::pin(health::note_standing(self, upstream, login, administrator))
    }

    fn note_archived<'a>(
        &'a self,
        upstream: &'a UpstreamName,
        login: &'a ErpLogin,
        since: Option<Timestamp>,
    ) -> Stored<'a, ()> {
        Box::pin(health::note_archived(self, upstream, login, since))
    }

    fn claim_renewal<'a>(
        &'a self,
        upstream: &'a UpstreamName,
        login: &'a ErpLogin,
        put: Timestamp,
        since: Timestamp,
        now: Timestamp,
    ) -> Stored<'a, bool> {
        Box::pin(health::claim(self, upstream, login, put, since, now))
    }

    fn renew<'a>(
        &'a self,
        upstream: &'a UpstreamName,
        login: &'a ErpLogin,
        put: Timestamp,
        renewed: &'a Renewed,
    ) -> Stored<'a, bool> {
        Box::pin(health::renew(self, upstream, login, put, renewed))
    }

    fn fail_renewal<'a>(
        &'a self,
        upstream: &'a UpstreamName,
        login: &'a ErpLogin,
        why: &'a str,
        now: Timestamp,
    ) -> Stored<'a, ()> {
        Box::pin(health::fail(self, upstream, login, why, now))
    }
}

fn read(row: &Row) -> Result<ErpUserRow, StoreError> {
    const DAMAGED: StoreError = StoreError::Damaged { what: THING };
    let text = |column: &str| row.get::<&str>(column).map_err(|_| DAMAGED);
    Ok(ErpUserRow {
        upstream: UpstreamName::new(text("upstream")?).map_err(|_| DAMAGED)?,
        login: ErpLogin::new(text("login")?).map_err(|_| DAMAGED)?,
        uid: row.get("uid").map_err(|_| DAMAGED)?,
        sealed: Sealed(row.get("sealed").map_err(|_| DAMAGED)?),
        updated: Timestamp(row.get("updated").map_err(|_| DAMAGED)?),
    })
}
