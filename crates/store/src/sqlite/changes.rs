//! The change counter in SQLite: a row that triggers bump in the transaction of each change,
//! so that every connection of every process sees it with the change itself.

use portcullis_storage::{Changes, StoreError, Stored};
use sqlx::Row as _;

use super::{SqliteStore, failed};

const THING: &str = "change counter";

impl Changes for SqliteStore {
    fn version(&self) -> Stored<'_, u64> {
        Box::pin(async move {
            let n: i64 = sqlx::query("SELECT n FROM change WHERE one = 1")
                .fetch_one(&self.pool)
                .await
                .and_then(|row| row.try_get("n"))
                .map_err(failed("tell its version", THING))?;
            u64::try_from(n).map_err(|_| StoreError::Damaged { what: THING })
        })
    }
}
