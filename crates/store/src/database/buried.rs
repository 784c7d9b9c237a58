//! Administrators who were removed stay so, also when an older backup is restored: the store and
//! the file of each gateway tell each other, by the handles of which nobody gets another's.

use portcullis_identity::Timestamp;
use portcullis_storage::{AdministratorRow, StoreError};

use super::transaction::Transaction;
use super::{Row, SqlStore, failed, unavailable};

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

/// Revokes the administrative keys that somebody made. Answers which.
pub(super) async fn end_makes(
    all: &mut Transaction,
    name: &str,
    now: Timestamp,
) -> Result<Vec<Row>, sqlx::Error> {
    all.query("UPDATE admin_key SET revoked = $2 WHERE maker = $1 AND revoked IS NULL RETURNING id")
        .bind(name)
        .bind(now.micros())
        .fetch_all()
        .await
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
        let mut alive = Vec::new();
        for row in rows {
            match buried.iter().find(|(handle, _)| *handle == row.handle) {
                Some((_, at)) => self.bury_again(&row, *at).await?,
                None => alive.push(row),
            }
        }
        Ok(alive)
    }

    /// Removes again whom a backup has brought back. What is theirs goes with them, and so do the
    /// administrative keys that they made: whether those were to go on was said to the store that
    /// is lost.
    async fn bury_again(&self, row: &AdministratorRow, at: Timestamp) -> Result<(), StoreError> {
        let removing = || failed(WHAT, THING);
        let name = row.name.as_str();
        let mut all = self.begin().await.map_err(removing())?;
        all.take_turn(name).await.map_err(removing())?;
        let done = all
            .query("DELETE FROM administrator WHERE handle = $1")
            .bind(row.handle.as_slice())
            .execute()
            .await
            .map_err(removing())?;
        if done == 0 {
            // Another did it, and the name may be somebody else's since.
            return Ok(());
        }
        let ended = end_makes(&mut all, name, at).await.map_err(removing())?;
        all.commit().await.map_err(removing())?;
        for row in &ended {
            self.remember_admin_key(row).await?;
        }
        Ok(())
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
