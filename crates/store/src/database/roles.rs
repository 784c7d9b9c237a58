//! Roles in a database.

use portcullis_identity::{RoleName, Timestamp};
use portcullis_storage::{Roles, StoreError, Stored};

use super::{SqlStore, failed};

const THING: &str = "role";

impl Roles for SqlStore {
    fn put<'a>(&'a self, name: &'a RoleName, toml_text: &'a str, now: Timestamp) -> Stored<'a, ()> {
        Box::pin(async move {
            self.query(
                "INSERT INTO role (name, text, updated) VALUES ($1, $2, $3) \
                 ON CONFLICT (name) DO UPDATE SET text = excluded.text, updated = excluded.updated",
            )
            .bind(name.as_str())
            .bind(toml_text)
            .bind(now.micros())
            .execute()
            .await
            .map_err(failed("put a role", THING))?;
            Ok(())
        })
    }

    fn remove<'a>(&'a self, name: &'a RoleName) -> Stored<'a, bool> {
        Box::pin(async move {
            let done = self
                .query("DELETE FROM role WHERE name = $1")
                .bind(name.as_str())
                .execute()
                .await
                .map_err(failed("remove a role", THING))?;
            Ok(done == 1)
        })
    }

    fn all(&self) -> Stored<'_, Vec<(RoleName, String)>> {
        Box::pin(async move {
            self.query("SELECT name, text FROM role ORDER BY name")
                .fetch_all()
                .await
                .map_err(failed("list roles", THING))?
                .iter()
                .map(|row| {
                    let damaged = |_| StoreError::Damaged { what: THING };
                    let name: &str = row.get("name").map_err(damaged)?;
                    let text = row.get("text").map_err(damaged)?;
                    let name =
                        RoleName::new(name).map_err(|_| StoreError::Damaged { what: THING })?;
                    Ok((name, text))
                })
                .collect()
        })
    }
}
