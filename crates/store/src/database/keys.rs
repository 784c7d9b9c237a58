//! API keys in a database.

mod changed;
mod declared;
mod found;
mod part;
mod row;
mod uses;

use portcullis_identity::{KeyDigest, KeyId, RoleName, Timestamp};
use portcullis_storage::{
    Declaration, KeyRow, KeyUse, Keys, Part, Select, Signing, StandIn, StoreError, Stored,
};

use super::statement::Statement;
use super::{SqlStore, failed, unavailable};
use crate::graves::Mortal;
pub(super) use changed::since;
pub(super) use row::{joined, parted};

const THING: &str = "key";

impl Mortal for KeyRow {
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn revoked(&mut self) -> &mut Option<Timestamp> {
        &mut self.revoked
    }
}

impl SqlStore {
    /// Keys that were revoked stay so, also for gateways that have a file of their own.
    async fn corrected(&self, rows: &mut [KeyRow]) -> Result<(), StoreError> {
        let Some(graves) = self.graves.as_ref() else {
            return Ok(());
        };
        let what = "tell which keys were revoked";
        let forgotten = graves
            .correct(rows)
            .map_err(|error| unavailable(what, error))?;
        for (id, at) in forgotten {
            self.buried(&id, at).await.map_err(failed(what, THING))?;
        }
        Ok(())
    }

    /// Revokes a key; answers how many rows that changed.
    async fn buried(&self, id: &str, at: Timestamp) -> Result<u64, sqlx::Error> {
        self.query("UPDATE api_key SET revoked = $2 WHERE id = $1 AND revoked IS NULL")
            .bind(id)
            .bind(at.micros())
            .execute()
            .await
    }
}

impl Keys for SqlStore {
    fn insert<'a>(&'a self, row: &'a KeyRow) -> Stored<'a, ()> {
        Box::pin(async move { insert(self.query(INSERT), row).await.map(drop) })
    }

    fn insert_all<'a>(&'a self, rows: &'a [KeyRow]) -> Stored<'a, ()> {
        Box::pin(async move {
            let what = "add keys";
            let mut all = self.begin().await.map_err(failed(what, THING))?;
            for row in rows {
                insert(all.query(INSERT), row).await?;
            }
            all.commit().await.map_err(failed(what, THING))
        })
    }

    fn declare<'a>(&'a self, declaration: &'a Declaration, now: Timestamp) -> Stored<'a, ()> {
        Box::pin(declared::declare(self, declaration, now))
    }

    fn find<'a>(&'a self, id: &'a KeyId) -> Stored<'a, Option<KeyRow>> {
        Box::pin(found::find(self, id))
    }

    fn all(&self) -> Stored<'_, Vec<KeyRow>> {
        Box::pin(found::all(self))
    }

    fn page<'a>(&'a self, after: Option<&'a KeyId>, most: u32) -> Stored<'a, Vec<KeyRow>> {
        Box::pin(found::page(self, after, most))
    }

    fn configured(&self) -> Stored<'_, Vec<KeyRow>> {
        Box::pin(found::configured(self))
    }

    fn of_secret<'a>(&'a self, digest: &'a KeyDigest) -> Stored<'a, Option<KeyRow>> {
        Box::pin(found::of_secret(self, digest))
    }

    fn count(&self, now: Timestamp) -> Stored<'_, u64> {
        Box::pin(found::count(self, now))
    }

    fn part<'a>(
        &'a self,
        part: &'a Part<(Timestamp, KeyId)>,
        select: Select<'a>,
    ) -> Stored<'a, Vec<(KeyRow, Option<KeyUse>)>> {
        Box::pin(part::read(self, part, select))
    }

    fn revoke<'a>(&'a self, id: &'a KeyId, now: Timestamp) -> Stored<'a, bool> {
        Box::pin(async move {
            let done = self.buried(id.as_str(), now).await;
            let done = done.map_err(failed("revoke a key", THING))?;
            // Reading it again remembers it.
            Keys::find(self, id).await?;
            Ok(done == 1)
        })
    }

    fn suspend<'a>(&'a self, id: &'a KeyId, now: Timestamp) -> Stored<'a, bool> {
        Box::pin(async move {
            let done = self
                .query(
                    "UPDATE api_key SET suspended = $2 \
                 WHERE id = $1 AND revoked IS NULL AND suspended IS NULL",
                )
                .bind(id.as_str())
                .bind(now.micros())
                .execute()
                .await
                .map_err(failed("suspend a key", THING))?;
            Ok(done == 1)
        })
    }

    fn resume<'a>(&'a self, id: &'a KeyId, now: Timestamp) -> Stored<'a, bool> {
        Box::pin(async move {
            let done = self
                .query(
                    "UPDATE api_key SET suspended = NULL, resumed = $2 \
                 WHERE id = $1 AND revoked IS NULL AND suspended IS NOT NULL",
                )
                .bind(id.as_str())
                .bind(now.micros())
                .execute()
                .await
                .map_err(failed("resume a key", THING))?;
            Ok(done == 1)
        })
    }

    fn set_stand_in<'a>(
        &'a self,
        id: &'a KeyId,
        stand_in: Option<&'a StandIn>,
    ) -> Stored<'a, bool> {
        Box::pin(async move {
            let done = self
                .query(
                    "UPDATE api_key SET stand_in = $2, stand_in_administrator = $3 \
                     WHERE id = $1 AND revoked IS NULL",
                )
                .bind(id.as_str())
                .bind(stand_in.map(|one| one.login.as_str()))
                .bind(stand_in.is_some_and(|one| one.administrator))
                .execute()
                .await
                .map_err(failed("set who stands in", THING))?;
            Ok(done == 1)
        })
    }

    fn suspend_unused(&self, since: Timestamp, now: Timestamp) -> Stored<'_, Vec<KeyId>> {
        Box::pin(uses::suspend_unused(self, since, now))
    }

    fn expose<'a>(&'a self, id: &'a KeyId, now: Timestamp) -> Stored<'a, bool> {
        Box::pin(async move {
            let done = self
                .query("UPDATE api_key SET exposed = $2 WHERE id = $1 AND exposed IS NULL")
                .bind(id.as_str())
                .bind(now.micros())
                .execute()
                .await
                .map_err(failed("mark a key", THING))?;
            Ok(done == 1)
        })
    }

    fn succeed<'a>(
        &'a self,
        old: &'a KeyId,
        until: Timestamp,
        new: &'a KeyRow,
    ) -> Stored<'a, bool> {
        Box::pin(async move {
            let what = "rotate a key";
            let stand_in = new.stand_in.as_ref();
            let mut both = self.begin().await.map_err(failed(what, THING))?;
            let done = both
                .query(
                    "UPDATE api_key SET successor = $2, \
                     expires = CASE WHEN expires < $3 THEN expires ELSE $3 END \
                     WHERE id = $1 AND revoked IS NULL AND successor IS NULL \
                     AND suspended IS NULL AND COALESCE(stand_in, '') = $4 \
                     AND stand_in_administrator = $5",
                )
                .bind(old.as_str())
                .bind(new.id.as_str())
                .bind(until.micros())
                .bind(stand_in.map_or("", |one| one.login.as_str()))
                .bind(stand_in.is_some_and(|one| one.administrator))
                .execute()
                .await
                .map_err(failed(what, THING))?;
            if done == 0 {
                both.roll_back().await.map_err(failed(what, THING))?;
                return Ok(false);
            }
            insert(both.query(INSERT), new).await?;
            both.commit().await.map_err(failed(what, THING))?;
            Ok(true)
        })
    }

    fn used<'a>(&'a self, uses: &'a [KeyUse]) -> Stored<'a, ()> {
        Box::pin(uses::keep(self, uses))
    }

    fn last_use<'a>(&'a self, id: &'a KeyId) -> Stored<'a, Option<KeyUse>> {
        Box::pin(uses::last(self, id))
    }

    fn uses(&self) -> Stored<'_, Vec<KeyUse>> {
        Box::pin(uses::all(self))
    }
}

const INSERT: &str = "INSERT INTO api_key (id, digest, name, upstream, erp_login, roles, owner, \
    purpose, networks, styles, must_sign, per_minute, burst, certificate, created, expires, \
    suspended, exposed, successor, revoked, signing, signing_secret, signing_key, stand_in, \
    stand_in_administrator, is_foreign, origin) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, \
    $20, $21, $22, $23, $24, $25, $26, $27)";

/// Writes a key; answers how many rows that changed.
async fn insert(statement: Statement<'_>, row: &KeyRow) -> Result<u64, StoreError> {
    let roles: Vec<&str> = row.roles.iter().map(RoleName::as_str).collect();
    statement
        .bind(row.id.as_str())
        .bind(row.digest.as_bytes().as_slice())
        .bind(row.name.as_str())
        .bind(row.upstream.as_str())
        .bind(row.erp_login.as_str())
        .bind(roles.join(" "))
        .bind(row.owner.as_deref())
        .bind(row.purpose.as_deref())
        .bind(row::joined(&row.conditions.networks.0))
        .bind(row::joined(&row.conditions.styles))
        .bind(row.conditions.must_sign)
        .bind(row.limit.map(|limit| i64::from(limit.per_minute)))
        .bind(row.limit.map(|limit| i64::from(limit.burst)))
        .bind(
            row.certificate
                .as_ref()
                .map(|digest| digest.as_bytes().as_slice()),
        )
        .bind(row.created.micros())
        .bind(row.expires.map(Timestamp::micros))
        .bind(row.suspended.map(Timestamp::micros))
        .bind(row.exposed.map(Timestamp::micros))
        .bind(row.successor.as_ref().map(KeyId::as_str))
        .bind(row.revoked.map(Timestamp::micros))
        .bind(
            row.signing
                .as_ref()
                .map(|signing| signing.scheme().as_str()),
        )
        .bind(match &row.signing {
            Some(Signing::Secret(_, sealed)) => Some(sealed.0.as_slice()),
            Some(Signing::Ed25519(_) | Signing::Beside(_)) | None => None,
        })
        .bind(match &row.signing {
            Some(Signing::Ed25519(key)) => Some(key.as_bytes().as_slice()),
            Some(Signing::Secret(..) | Signing::Beside(_)) | None => None,
        })
        .bind(row.stand_in.as_ref().map(|one| one.login.as_str()))
        .bind(row.stand_in.as_ref().is_some_and(|one| one.administrator))
        .bind(row.is_foreign)
        .bind(row.origin.as_str())
        .execute()
        .await
        .map_err(failed("add a key", THING))
}
