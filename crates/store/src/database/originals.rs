//! Original errors in a database.

use portcullis_audit::RequestId;
use portcullis_identity::Timestamp;
use portcullis_storage::{OriginalRow, Originals, Sealed, StoreError, Stored};

use super::{SqlStore, failed};

const THING: &str = "original error";

impl Originals for SqlStore {
    fn keep<'a>(&'a self, rows: &'a [OriginalRow]) -> Stored<'a, ()> {
        Box::pin(async move {
            let keeping = || failed("keep an original error", THING);
            let mut all = self.begin().await.map_err(keeping())?;
            for row in rows {
                all.query("INSERT INTO original (request, at, sealed) VALUES ($1, $2, $3)")
                    .bind(row.request.0.to_be_bytes().as_slice())
                    .bind(row.at.micros())
                    .bind(row.sealed.0.as_slice())
                    .execute()
                    .await
                    .map_err(keeping())?;
            }
            all.commit().await.map_err(keeping())
        })
    }

    fn of(&self, request: RequestId) -> Stored<'_, Vec<OriginalRow>> {
        Box::pin(async move {
            const DAMAGED: StoreError = StoreError::Damaged { what: THING };
            let id = request.0.to_be_bytes();
            let rows = self
                .query("SELECT at, sealed FROM original WHERE request = $1 ORDER BY rowid")
                .bind(id.as_slice())
                .fetch_all()
                .await
                .map_err(failed("find an original error", THING))?;
            rows.iter()
                .map(|row| {
                    Ok(OriginalRow {
                        request,
                        at: Timestamp(row.get("at").map_err(|_| DAMAGED)?),
                        sealed: Sealed(row.get("sealed").map_err(|_| DAMAGED)?),
                    })
                })
                .collect()
        })
    }

    fn forget(&self, before: Timestamp, most: u32) -> Stored<'_, u64> {
        Box::pin(async move {
            let done = self
                .query(
                    "DELETE FROM original WHERE at < $1 OR rowid <= \
                 (SELECT rowid FROM original ORDER BY rowid DESC LIMIT 1 OFFSET $2)",
                )
                .bind(before.micros())
                .bind(i64::from(most))
                .execute()
                .await
                .map_err(failed("forget original errors", THING))?;
            Ok(done)
        })
    }
}
