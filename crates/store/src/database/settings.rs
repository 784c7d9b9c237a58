//! Settings in a database.

use portcullis_storage::{Settings, Stored};

use super::{SqlStore, failed};

const THING: &str = "setting";

impl Settings for SqlStore {
    fn get<'a>(&'a self, name: &'a str) -> Stored<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            self.query("SELECT value FROM setting WHERE name = $1")
                .bind(name)
                .fetch_optional()
                .await
                .map_err(failed("read a setting", THING))?
                .map(|row| row.get("value").map_err(failed("read a setting", THING)))
                .transpose()
        })
    }

    fn put_if_absent<'a>(&'a self, name: &'a str, value: &'a [u8]) -> Stored<'a, Vec<u8>> {
        Box::pin(async move {
            // The update that changes nothing makes the row come back when it was there.
            self.query(
                "INSERT INTO setting (name, value) VALUES ($1, $2) \
                 ON CONFLICT (name) DO UPDATE SET value = setting.value RETURNING value",
            )
            .bind(name)
            .bind(value)
            .fetch_one()
            .await
            .and_then(|row| row.get("value"))
            .map_err(failed("put a setting", THING))
        })
    }
}
