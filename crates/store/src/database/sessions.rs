//! Sessions in a database.

use portcullis_identity::{KeyId, SessionDigest, Timestamp};
use portcullis_storage::{SessionRow, Sessions, StoreError, Stored};

use super::{Row, SqlStore, failed};

const THING: &str = "session";

impl Sessions for SqlStore {
    fn open<'a>(&'a self, row: &'a SessionRow, most: u32) -> Stored<'a, u64> {
        Box::pin(async move {
            let opening = || failed("open a session", THING);
            let mut both = self.begin().await.map_err(opening())?;
            let waited = both.take_turn(row.key.as_str()).await;
            waited.map_err(opening())?;
            both.query(
                "INSERT INTO session (digest, key, opened, seen, ends) VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(row.digest.as_bytes().as_slice())
            .bind(row.key.as_str())
            .bind(row.opened.micros())
            .bind(row.seen.micros())
            .bind(row.ends.micros())
            .execute()
            .await
            .map_err(opening())?;
            let ended = both
                .query(
                    "DELETE FROM session WHERE digest IN (SELECT digest FROM (SELECT digest, \
                     row_number() OVER (ORDER BY seen DESC) AS place \
                     FROM session WHERE key = $1 AND digest <> $2) AS others WHERE place >= $3)",
                )
                .bind(row.key.as_str())
                .bind(row.digest.as_bytes().as_slice())
                .bind(i64::from(most.max(1)))
                .execute()
                .await
                .map_err(opening())?;
            both.commit().await.map_err(opening())?;
            Ok(ended)
        })
    }

    fn look_up<'a>(&'a self, digest: &'a SessionDigest) -> Stored<'a, Option<SessionRow>> {
        Box::pin(async move {
            self.query("SELECT * FROM session WHERE digest = $1")
                .bind(digest.as_bytes().as_slice())
                .fetch_optional()
                .await
                .map_err(failed("look a session up", THING))?
                .map(|row| read(&row))
                .transpose()
        })
    }

    fn touch<'a>(&'a self, digest: &'a SessionDigest, now: Timestamp) -> Stored<'a, ()> {
        Box::pin(async move {
            self.query("UPDATE session SET seen = $2 WHERE digest = $1 AND seen < $2")
                .bind(digest.as_bytes().as_slice())
                .bind(now.micros())
                .execute()
                .await
                .map_err(failed("note that a session was used", THING))?;
            Ok(())
        })
    }

    fn end<'a>(&'a self, digest: &'a SessionDigest) -> Stored<'a, bool> {
        Box::pin(async move {
            let done = self
                .query("DELETE FROM session WHERE digest = $1")
                .bind(digest.as_bytes().as_slice())
                .execute()
                .await
                .map_err(failed("end a session", THING))?;
            Ok(done == 1)
        })
    }

    fn sweep(&self, now: Timestamp, idle_since: Timestamp) -> Stored<'_, u64> {
        Box::pin(async move {
            let done = self
                .query("DELETE FROM session WHERE ends <= $1 OR seen < $2")
                .bind(now.micros())
                .bind(idle_since.micros())
                .execute()
                .await
                .map_err(failed("sweep sessions", THING))?;
            Ok(done)
        })
    }
}

fn read(row: &Row) -> Result<SessionRow, StoreError> {
    const DAMAGED: StoreError = StoreError::Damaged { what: THING };
    let moment = |column: &str| row.get(column).map(Timestamp).map_err(|_| DAMAGED);
    let digest: &[u8] = row.get("digest").map_err(|_| DAMAGED)?;
    let key: &str = row.get("key").map_err(|_| DAMAGED)?;
    Ok(SessionRow {
        digest: SessionDigest::from_bytes(digest.try_into().map_err(|_| DAMAGED)?),
        key: KeyId::new(key).map_err(|_| DAMAGED)?,
        opened: moment("opened")?,
        seen: moment("seen")?,
        ends: moment("ends")?,
    })
}
