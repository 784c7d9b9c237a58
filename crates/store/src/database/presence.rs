//! Which processes are there, in the way of each database.

use portcullis_storage::{Presence, ProcessId, Stored};

use super::{Database, SqlStore, unavailable};

const ENTER: &str = "take its place";
const LOOK: &str = "look for a process";

impl Presence for SqlStore {
    fn enter(&self) -> Stored<'_, ProcessId> {
        Box::pin(async move {
            match &self.database {
                Database::Sqlite { processes, .. } => {
                    processes.enter().map_err(|error| unavailable(ENTER, error))
                }
                #[cfg(feature = "postgres")]
                Database::Postgres(postgres) => postgres
                    .enter()
                    .await
                    .map_err(|error| unavailable(ENTER, error)),
            }
        })
    }

    fn is_there(&self, process: ProcessId) -> Stored<'_, bool> {
        Box::pin(async move {
            match &self.database {
                Database::Sqlite { processes, .. } => processes
                    .is_there(process)
                    .map_err(|error| unavailable(LOOK, error)),
                #[cfg(feature = "postgres")]
                Database::Postgres(postgres) if postgres.is_own(process) => Ok(true),
                // The lock of a process that is gone can be had; it is given back at once.
                #[cfg(feature = "postgres")]
                Database::Postgres(_) => self
                    .query("SELECT NOT pg_try_advisory_xact_lock_shared($1) AS held")
                    .bind(process.0.cast_signed())
                    .fetch_one()
                    .await
                    .and_then(|row| row.get("held"))
                    .map_err(|error| unavailable(LOOK, error)),
            }
        })
    }
}
