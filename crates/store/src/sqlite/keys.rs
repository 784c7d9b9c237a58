//! API keys in SQLite.

use portcullis_identity::{
    ErpLogin, KeyDigest, KeyId, PrincipalName, RoleName, Timestamp, UpstreamName,
};
use portcullis_storage::{KeyRow, Keys, RateLimit, StoreError, Stored};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{SqliteStore, failed};

const THING: &str = "key";

impl Keys for SqliteStore {
    fn insert<'a>(&'a self, row: &'a KeyRow) -> Stored<'a, ()> {
        Box::pin(async move {
            let roles: Vec<&str> = row.roles.iter().map(RoleName::as_str).collect();
            sqlx::query(
                "INSERT INTO api_key (id, digest, name, upstream, erp_login, roles, created, \
                 expires, revoked, per_minute, burst) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            )
            .bind(row.id.as_str())
            .bind(row.digest.as_bytes().as_slice())
            .bind(row.name.as_str())
            .bind(row.upstream.as_str())
            .bind(row.erp_login.as_str())
            .bind(roles.join(" "))
            .bind(row.created.micros())
            .bind(row.expires.map(Timestamp::micros))
            .bind(row.revoked.map(Timestamp::micros))
            .bind(row.limit.map(|limit| i64::from(limit.per_minute)))
            .bind(row.limit.map(|limit| i64::from(limit.burst)))
            .execute(&self.pool)
            .await
            .map_err(failed("add a key", THING))?;
            Ok(())
        })
    }

    fn find<'a>(&'a self, id: &'a KeyId) -> Stored<'a, Option<KeyRow>> {
        Box::pin(async move {
            sqlx::query("SELECT * FROM api_key WHERE id = $1")
                .bind(id.as_str())
                .fetch_optional(&self.pool)
                .await
                .map_err(failed("find a key", THING))?
                .map(|row| read(&row))
                .transpose()
        })
    }

    fn all(&self) -> Stored<'_, Vec<KeyRow>> {
        Box::pin(async move {
            sqlx::query("SELECT * FROM api_key ORDER BY created, id")
                .fetch_all(&self.pool)
                .await
                .map_err(failed("list keys", THING))?
                .iter()
                .map(read)
                .collect()
        })
    }

    fn revoke<'a>(&'a self, id: &'a KeyId, now: Timestamp) -> Stored<'a, bool> {
        Box::pin(async move {
            let done =
                sqlx::query("UPDATE api_key SET revoked = $2 WHERE id = $1 AND revoked IS NULL")
                    .bind(id.as_str())
                    .bind(now.micros())
                    .execute(&self.pool)
                    .await
                    .map_err(failed("revoke a key", THING))?;
            Ok(done.rows_affected() == 1)
        })
    }
}

fn read(row: &SqliteRow) -> Result<KeyRow, StoreError> {
    const DAMAGED: StoreError = StoreError::Damaged { what: THING };
    let text = |column: &str| row.try_get::<&str, _>(column).map_err(|_| DAMAGED);
    let number = |column: &str| row.try_get::<Option<i64>, _>(column).map_err(|_| DAMAGED);
    let count = |column: &str| {
        number(column)?
            .map(|count| u32::try_from(count).map_err(|_| DAMAGED))
            .transpose()
    };
    let digest: &[u8] = row.try_get("digest").map_err(|_| DAMAGED)?;
    let roles: Result<Vec<RoleName>, _> = text("roles")?
        .split(' ')
        .filter(|name| !name.is_empty())
        .map(RoleName::new)
        .collect();
    Ok(KeyRow {
        id: KeyId::new(text("id")?).map_err(|_| DAMAGED)?,
        digest: KeyDigest::from_bytes(digest.try_into().map_err(|_| DAMAGED)?),
        name: PrincipalName::new(text("name")?).map_err(|_| DAMAGED)?,
        upstream: UpstreamName::new(text("upstream")?).map_err(|_| DAMAGED)?,
        erp_login: ErpLogin::new(text("erp_login")?).map_err(|_| DAMAGED)?,
        roles: roles.map_err(|_| DAMAGED)?,
        created: number("created")?.map(Timestamp).ok_or(DAMAGED)?,
        expires: number("expires")?.map(Timestamp),
        revoked: number("revoked")?.map(Timestamp),
        limit: match (count("per_minute")?, count("burst")?) {
            (Some(per_minute), Some(burst)) => Some(RateLimit { per_minute, burst }),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err(DAMAGED),
        },
    })
}
