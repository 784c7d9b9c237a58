//! The change counter: a row that triggers bump in the transaction of each change,
//! so that every connection of every process sees it with the change itself.

use portcullis_storage::{Changes, StoreError, Stored};

use super::{SqlStore, failed};

const THING: &str = "change counter";

impl Changes for SqlStore {
    fn version(&self) -> Stored<'_, u64> {
        Box::pin(async move {
            let n: i64 = self
                .query("SELECT n FROM change WHERE one = 1")
                .fetch_one()
                .await
                .and_then(|row| row.get("n"))
                .map_err(failed("tell its version", THING))?;
            u64::try_from(n).map_err(|_| StoreError::Damaged { what: THING })
        })
    }
}
