//! Sessions in SQLite.

use portcullis_identity::{KeyId, SessionDigest, Timestamp};
use portcullis_storage::{SessionRow, Sessions, StoreError, Stored};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{SqliteStore, failed};

const THING: &str = "session";

impl Sessions for SqliteStore {
    fn open<'a>(&'a self, row: &'a SessionRow, most: u32) -> Stored<'a, u64> {
        Box::pin(async move {
            let opening = || failed("open a session", THING);
            let mut both = self.pool.begin().await.map_err(opening())?;
            sqlx::query(
                "INSERT INTO session (digest, key, opened, seen, ends) VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(row.digest.as_bytes().as_slice())
            .bind(row.key.as_str())
            .bind(row.opened.micros())
            .bind(row.seen.micros())
            .bind(row.ends.micros())
            .execute(&mut *both)
            .await
            .map_err(opening())?;
            let ended = sqlx::query(
                "DELETE FROM session WHERE digest IN (SELECT digest FROM session \
                 WHERE key = $1 AND digest <> $2 ORDER BY seen DESC LIMIT -1 OFFSET $3)",
            )
            .bind(row.key.as_str())
            .bind(row.digest.as_bytes().as_slice())
            .bind(i64::from(most.saturating_sub(1)))
            .execute(&mut *both)
            .await
            .map_err(opening())?;
            both.commit().await.map_err(opening())?;
            Ok(ended.rows_affected())
        })
    }

    fn look_up<'a>(&'a self, digest: &'a SessionDigest) -> Stored<'a, Option<SessionRow>> {
        Box::pin(async move {
            sqlx::query("SELECT * FROM session WHERE digest = $1")
                .bind(digest.as_bytes().as_slice())
                .fetch_optional(&self.pool)
                .await
                .map_err(failed("look a session up", THING))?
                .map(|row| read(&row))
                .transpose()
        })
    }

    fn touch<'a>(&'a self, digest: &'a SessionDigest, now: Timestamp) -> Stored<'a, ()> {
        Box::pin(async move {
            sqlx::query("UPDATE session SET seen = $2 WHERE digest = $1 AND seen < $2")
                .bind(digest.as_bytes().as_slice())
                .bind(now.micros())
                .execute(&self.pool)
                .await
                .map_err(failed("note that a session was used", THING))?;
            Ok(())
        })
    }

    fn end<'a>(&'a self, digest: &'a SessionDigest) -> Stored<'a, bool> {
        Box::pin(async move {
            let done = sqlx::query("DELETE FROM session WHERE digest = $1")
                .bind(digest.as_bytes().as_slice())
                .execute(&self.pool)
                .await
                .map_err(failed("end a session", THING))?;
            Ok(done.rows_affected() == 1)
        })
    }

    fn sweep(&self, now: Timestamp, idle_since: Timestamp) -> Stored<'_, u64> {
        Box::pin(async move {
            let done = sqlx::query("DELETE FROM session WHERE ends <= $1 OR seen < $2")
                .bind(now.micros())
                .bind(idle_since.micros())
                .execute(&self.pool)
                .await
                .map_err(failed("sweep sessions", THING))?;
            Ok(done.rows_affected())
        })
    }
}

fn read(row: &SqliteRow) -> Result<SessionRow, StoreError> {
    const DAMAGED: StoreError = StoreError::Damaged { what: THING };
    let moment = |column: &str| row.try_get(column).map(Timestamp).map_err(|_| DAMAGED);
    let digest: &[u8] = row.try_get("digest").map_err(|_| DAMAGED)?;
    let key: &str = row.try_get("key").map_err(|_| DAMAGED)?;
    Ok(SessionRow {
        digest: SessionDigest::from_bytes(digest.try_into().map_err(|_| DAMAGED)?),
        key: KeyId::new(key).map_err(|_| DAMAGED)?,
        opened: moment("opened")?,
        seen: moment("seen")?,
        ends: moment("ends")?,
    })
}
