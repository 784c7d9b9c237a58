//! The change counter: a row that triggers bump in the transaction of each change,
//! so that every connection of every process sees it with the change itself. What each change
//! touched stands in a log, under the number that the counter grew to.

use portcullis_storage::{Changed, Changes, Point, StoreError, Stored};

use super::{SqlStore, failed, keys};

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

    fn since<'a>(&'a self, point: &'a Point, most: u32) -> Stored<'a, Option<Changed>> {
        Box::pin(keys::since(self, point, most))
    }

    fn forget_changes(&self) -> Stored<'_, u64> {
        Box::pin(async move {
            // The newest of those that are an hour old stays, and with it whoever knows no more
            // than that: nothing has superseded it for an hour. Oldest first, so that what is
            // there of the log has no gap.
            self.query(
                "DELETE FROM change_log WHERE n < ( \
                   SELECT max(n) FROM change_log \
                   WHERE n < (SELECT n FROM change WHERE one = 1) - 3600000000) \
                 AND n <= ( \
                   SELECT max(n) FROM (SELECT n FROM change_log ORDER BY n LIMIT 10000) AS oldest)",
            )
            .execute()
            .await
            .map_err(failed("forget old changes", THING))
        })
    }
}
