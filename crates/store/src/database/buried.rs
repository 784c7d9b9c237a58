//! Administrators who were removed stay so, also when an older backup is restored: the store and
//! the file of each gateway tell each other, by the handles of which nobody gets another's.

use portcullis_identity::Timestamp;
use portcullis_storage::{AdministratorRow, StoreError};

use super::transaction::Transaction;
use super::{SqlStore, failed, unavailable};

const THING: &str = "administrator";
const WHAT: &str = "tell which administrators were removed";

/// Remembers in the store whoever is removed in the same step.
pub(super) async fn remember(
    all: &mut Transaction,
    name: &str,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    all.query(
        "INSERT INTO administrator_grave (handle, at) \
         SELECT handle, $2 FROM administrator WHERE name = $1 ON CONFLICT (handle) DO NOTHING",
    )
    .bind(name)
    .bind(now.micros())
    .execute()
    .await
    .map(drop)
}

impl SqlStore {
    /// Takes those out who were removed, and whatever a backup has brought back of them.
    pub(super) async fn without_buried(
        &self,
        rows: Vec<AdministratorRow>,
    ) -> Result<Vec<AdministratorRow>, StoreError> {
        let Some(graves) = &self.graves else {
            return Ok(rows);
        };
        let told = self.graves_told().await?;
        let buried = graves
            .bury(&told)
            .map_err(|error| unavailable(WHAT, error))?;
        for (handle, at) in &buried {
            if told.iter().any(|(known, _)| known == handle) {
                continue;
            }
            self.query(
                "INSERT INTO administrator_grave (handle, at) VALUES ($1, $2) \
                 ON CONFLICT (handle) DO NOTHING",
            )
            .bind(handle.as_slice())
            .bind(at.micros())
            .execute()
            .await
            .map_err(failed(WHAT, THING))?;
        }
        let is_buried =
            |row: &AdministratorRow| buried.iter().any(|(handle, _)| *handle == row.handle);
        let (dead, alive): (Vec<_>, Vec<_>) = rows.into_iter().partition(is_buried);
        for row in dead {
            // What is theirs goes with them.
            self.query("DELETE FROM administrator WHERE handle = $1")
                .bind(row.handle.as_slice())
                .execute()
                .await
                .map_err(failed(WHAT, THING))?;
        }
        Ok(alive)
    }

    async fn graves_told(&self) -> Result<Vec<([u8; 16], Timestamp)>, StoreError> {
        const DAMAGED: StoreError = StoreError::Damaged { what: THING };
        self.query("SELECT handle, at FROM administrator_grave")
            .fetch_all()
            .await
            .map_err(failed(WHAT, THING))?
            .iter()
            .map(|row| {
                let handle: &[u8] = row.get("handle").map_err(|_| DAMAGED)?;
                let at = row.get("at").map(Timestamp).map_err(|_| DAMAGED)?;
                Ok((handle.try_into().map_err(|_| DAMAGED)?, at))
            })
            .collect()
    }
}
