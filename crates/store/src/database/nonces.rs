//! Nonces in a database. Spending is one insert: whoever's row it is has spent it.

use portcullis_identity::Timestamp;
use portcullis_storage::{Nonce, Nonces, Stored};

use super::{SqlStore, failed};

const THING: &str = "nonce";

impl Nonces for SqlStore {
    fn spend<'a>(&'a self, nonce: &'a Nonce) -> Stored<'a, bool> {
        Box::pin(async move {
            let done = self
                .query(
                    "INSERT INTO nonce (key, mark, ends) VALUES ($1, $2, $3) \
                 ON CONFLICT (key, mark) DO NOTHING",
                )
                .bind(nonce.key.as_str())
                .bind(nonce.mark.as_slice())
                .bind(nonce.ends.micros())
                .execute()
                .await
                .map_err(failed("spend a nonce", THING))?;
            Ok(done == 1)
        })
    }

    fn expire(&self, before: Timestamp) -> Stored<'_, u64> {
        Box::pin(async move {
            let done = self
                .query("DELETE FROM nonce WHERE ends < $1")
                .bind(before.micros())
                .execute()
                .await
                .map_err(failed("forget nonces", THING))?;
            Ok(done)
        })
    }
}
