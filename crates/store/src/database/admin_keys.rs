//! Administrative keys in a database.

use std::net::IpAddr;

use portcullis_identity::{
    AdminKeyId, AdministratorName, KeyDigest, Networks, PrincipalName, Timestamp,
};
use portcullis_storage::{AdminKeyRow, AdminKeys, Administrators, Part, StoreError, Stored};

use super::row::Row;
use super::{SqlStore, Transaction, failed, unavailable};
use crate::graves::Mortal;

const THING: &str = "administrative key";
const DAMAGED: StoreError = StoreError::Damaged { what: THING };
const MINUTE: i64 = 60_000_000;

impl Mortal for AdminKeyRow {
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn revoked(&mut self) -> &mut Option<Timestamp> {
        &mut self.revoked
    }
}

impl SqlStore {
    async fn read_admin_keys(&self, found: &[Row]) -> Result<Vec<AdminKeyRow>, StoreError> {
        let mut rows: Vec<AdminKeyRow> = found.iter().map(read).collect::<Result<_, _>>()?;
        let what = "tell which administrative keys were revoked";
        if let Some(graves) = &self.graves {
            let forgotten = graves
                .correct(&mut rows)
                .map_err(|error| unavailable(what, error))?;
            for (id, at) in forgotten {
                self.bury_admin_key(&id, at)
                    .await
                    .map_err(failed(what, THING))?;
            }
        }
        Ok(rows)
    }

    /// Remembers that a key was revoked, for whatever backup is restored.
    pub(super) async fn remember_admin_key(&self, row: &Row) -> Result<(), StoreError> {
        let id: &str = row.get("id").map_err(|_| DAMAGED)?;
        let id = AdminKeyId::new(id).map_err(|_| DAMAGED)?;
        AdminKeys::find(self, &id).await.map(drop)
    }

    async fn bury_admin_key(&self, id: &str, at: Timestamp) -> Result<u64, sqlx::Error> {
        self.query("UPDATE admin_key SET revoked = $2 WHERE id = $1 AND revoked IS NULL")
            .bind(id)
            .bind(at.micros())
            .execute()
            .await
    }
}

impl AdminKeys for SqlStore {
    fn insert<'a>(&'a self, row: &'a AdminKeyRow, by: Option<&'a AdminKeyId>) -> Stored<'a, bool> {
        Box::pin(async move {
            let adding = || failed("add an administrative key", THING);
            let scope = serde_json::to_string(&row.scope).map_err(|_| DAMAGED)?;
            if let Some(maker) = &row.maker {
                // Looking takes out whom only a restored backup has.
                Administrators::find(self, maker).await?;
            }
            let mut all = self.begin().await.map_err(adding())?;
            if !may_make(&mut all, row.maker.as_ref(), by)
                .await
                .map_err(adding())?
            {
                return Ok(false);
            }
            all.query(
                "INSERT INTO admin_key (id, digest, name, roles, scope, networks, created, \
                 expires, revoked, maker) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            )
            .bind(row.id.as_str())
            .bind(row.digest.as_bytes().as_slice())
            .bind(row.name.as_str())
            .bind(super::keys::joined(&row.roles))
            .bind(scope)
            .bind(super::keys::joined(&row.networks.0))
            .bind(row.created.micros())
            .bind(row.expires.map(Timestamp::micros))
            .bind(row.revoked.map(Timestamp::micros))
            .bind(row.maker.as_ref().map(AdministratorName::as_str))
            .execute()
            .await
            .map_err(adding())?;
            all.commit().await.map_err(adding())?;
            Ok(true)
        })
    }

    fn find<'a>(&'a self, id: &'a AdminKeyId) -> Stored<'a, Option<AdminKeyRow>> {
        Box::pin(async move {
            let found = self
                .query("SELECT * FROM admin_key WHERE id = $1")
                .bind(id.as_str())
                .fetch_all()
                .await
                .map_err(failed("find an administrative key", THING))?;
            Ok(self.read_admin_keys(&found).await?.pop())
        })
    }

    fn all(&self) -> Stored<'_, Vec<AdminKeyRow>> {
        Box::pin(async move {
            let found = self
                .query("SELECT * FROM admin_key ORDER BY created, id")
                .fetch_all()
                .await
                .map_err(failed("list administrative keys", THING))?;
            self.read_admin_keys(&found).await
        })
    }

    fn part<'a>(
        &'a self,
        part: &'a Part<(Timestamp, AdminKeyId)>,
        living: Option<Timestamp>,
    ) -> Stored<'a, Vec<AdminKeyRow>> {
        Box::pin(async move {
            let after = part.after.as_ref();
            let found = self
                .query(
                    "SELECT * FROM admin_key WHERE (created, id) > ($1, $2) \
                     AND ($3 OR (revoked IS NULL AND (expires IS NULL OR expires > $4))) \
                     ORDER BY created, id LIMIT $5",
                )
                .bind(after.map_or(i64::MIN, |(created, _)| created.micros()))
                .bind(after.map_or("", |(_, id)| id.as_str()))
                .bind(living.is_none())
                .bind(living.map_or(0, Timestamp::micros))
                .bind(i64::from(part.most))
                .fetch_all()
                .await
                .map_err(failed("list administrative keys", THING))?;
            self.read_admin_keys(&found).await
        })
    }

    fn made_by<'a>(&'a self, maker: &'a AdministratorName) -> Stored<'a, Vec<AdminKeyRow>> {
        Box::pin(async move {
            let found = self
                .query(
                    "SELECT * FROM admin_key WHERE maker = $1 AND revoked IS NULL \
                     ORDER BY created, id",
                )
                .bind(maker.as_str())
                .fetch_all()
                .await
                .map_err(failed("list the administrative keys of a maker", THING))?;
            let mut rows = self.read_admin_keys(&found).await?;
            rows.retain(|row| row.revoked.is_none());
            Ok(rows)
        })
    }

    fn revoke<'a>(&'a self, id: &'a AdminKeyId, now: Timestamp) -> Stored<'a, bool> {
        Box::pin(async move {
            let done = self.bury_admin_key(id.as_str(), now).await;
            let done = done.map_err(failed("revoke an administrative key", THING))?;
            // Reading it again remembers it.
            AdminKeys::find(self, id).await?;
            Ok(done == 1)
        })
    }

    fn expose<'a>(&'a self, id: &'a AdminKeyId, now: Timestamp) -> Stored<'a, bool> {
        Box::pin(async move {
            let done = self
                .query("UPDATE admin_key SET exposed = $2 WHERE id = $1 AND exposed IS NULL")
                .bind(id.as_str())
                .bind(now.micros())
                .execute()
                .await
                .map_err(failed("mark an administrative key", THING))?;
            Ok(done == 1)
        })
    }

    fn used<'a>(&'a self, id: &'a AdminKeyId, now: Timestamp, from: IpAddr) -> Stored<'a, ()> {
        Box::pin(async move {
            self.query(
                "UPDATE admin_key SET used_at = $2, used_from = $3 \
                 WHERE id = $1 AND (used_at IS NULL OR used_at < $4)",
            )
            .bind(id.as_str())
            .bind(now.micros())
            .bind(from.to_string())
            .bind(now.micros().saturating_sub(MINUTE))
            .execute()
            .await
            .map_err(failed("note that an administrative key was used", THING))?;
            Ok(())
        })
    }
}

/// Whether whoever makes a key is still there, and stays so until this is committed: whoever
/// removes them waits for the same turn, and whoever revokes the key `by` for its row.
async fn may_make(
    all: &mut Transaction,
    maker: Option<&AdministratorName>,
    by: Option<&AdminKeyId>,
) -> Result<bool, sqlx::Error> {
    if let Some(maker) = maker {
        all.take_turn(maker.as_str()).await?;
        let there = all.query("SELECT name FROM administrator WHERE name = $1");
        let there = there.bind(maker.as_str()).fetch_optional().await?;
        if there.is_none() {
            return Ok(false);
        }
    }
    let Some(by) = by else {
        return Ok(true);
    };
    // It changes nothing, and holds the row.
    let text = "UPDATE admin_key SET revoked = NULL WHERE id = $1 AND revoked IS NULL";
    let held = all.query(text).bind(by.as_str()).execute().await?;
    Ok(held == 1)
}

fn read(row: &Row) -> Result<AdminKeyRow, StoreError> {
    let text = |column: &str| row.get::<&str>(column).map_err(|_| DAMAGED);
    let number = |column: &str| row.get::<Option<i64>>(column).map_err(|_| DAMAGED);
    let digest = row.get::<&[u8]>("digest").map_err(|_| DAMAGED)?;
    let from: Option<&str> = row.get("used_from").map_err(|_| DAMAGED)?;
    Ok(AdminKeyRow {
        id: AdminKeyId::new(text("id")?).map_err(|_| DAMAGED)?,
        digest: KeyDigest::from_bytes(digest.try_into().map_err(|_| DAMAGED)?),
        name: PrincipalName::new(text("name")?).map_err(|_| DAMAGED)?,
        roles: super::keys::parted(text("roles")?).map_err(|_| DAMAGED)?,
        scope: serde_json::from_str(text("scope")?).map_err(|_| DAMAGED)?,
        maker: row
            .get::<Option<&str>>("maker")
            .map_err(|_| DAMAGED)?
            .map(AdministratorName::new)
            .transpose()
            .map_err(|_| DAMAGED)?,
        networks: Networks(super::keys::parted(text("networks")?).map_err(|_| DAMAGED)?),
        created: number("created")?.map(Timestamp).ok_or(DAMAGED)?,
        expires: number("expires")?.map(Timestamp),
        revoked: number("revoked")?.map(Timestamp),
        exposed: number("exposed")?.map(Timestamp),
        used: match (number("used_at")?, from) {
            (Some(at), Some(from)) => Some((Timestamp(at), from.parse().map_err(|_| DAMAGED)?)),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err(DAMAGED),
        },
    })
}
