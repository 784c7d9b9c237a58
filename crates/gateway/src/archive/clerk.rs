//! The control thread's side: letters are filed, and what is too old is forgotten.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use portcullis_identity::Timestamp;
use portcullis_storage::{ClaimState, OriginalRow, StoreError};
use tokio::sync::watch;

use super::{Archive, Letter, ORIGINALS, Original};
use crate::clock;

/// How many letters are filed at once.
const BATCH: usize = 64;

/// How often what is too old is forgotten.
const FORGET: Duration = Duration::from_secs(60);

/// For how long an approval that is over is remembered, without the call's values.
const REMEMBERED: Duration = Duration::from_secs(30 * 24 * 3600);

/// How often it is tried again to file what could not be, and must not be dropped.
const AGAIN: Duration = Duration::from_secs(1);

impl Archive {
    /// Files letters and forgets what is too old, until `stop` says so: then what is there is
    /// filed to its end. Only the first who calls this does anything.
    pub(crate) async fn keep(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let receiver = self
            .box_of_letters
            .lock()
            .ok()
            .and_then(|mut own| own.take());
        let Some(mut receiver) = receiver else {
            return;
        };
        let mut forget = tokio::time::interval(FORGET);
        let mut again = tokio::time::interval(AGAIN);
        let mut letters = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                count = receiver.recv_many(&mut letters, BATCH) => {
                    if count == 0 {
                        return;
                    }
                    self.file(&mut letters).await;
                }
                _ = again.tick(), if !letters.is_empty() => self.file(&mut letters).await,
                _ = forget.tick() => self.forget(clock::now()).await,
                _ = stop.wait_for(|stop| *stop) => {
                    while let Ok(letter) = receiver.try_recv() {
                        letters.push(letter);
                    }
                    self.file(&mut letters).await;
                    return;
                }
            }
        }
    }

    /// Files letters; those of claims stay until the store has taken them.
    async fn file(&self, letters: &mut Vec<Letter>) {
        let (mut rows, mut left) = (Vec::new(), Vec::new());
        for letter in letters.drain(..) {
            match letter {
                Letter::Original(original) => rows.extend(self.sealed(original)),
                // It does not answer: whoever comes after the first need not wait.
                claim @ (Letter::Lost { .. } | Letter::Unsure(_)) => {
                    let letter = if left.is_empty() {
                        self.filed(claim).await
                    } else {
                        Some(claim)
                    };
                    left.extend(letter);
                }
            }
        }
        *letters = left;
        if !rows.is_empty() {
            warn(
                self.store.originals().keep(&rows).await,
                "original errors could not be kept",
            );
        }
        let dropped = self.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            tracing::warn!(
                count = dropped,
                "original errors came faster than they are kept; these were not kept"
            );
        }
    }

    /// Files a letter of a claim; gives it back when it could not be.
    async fn filed(&self, letter: Letter) -> Option<Letter> {
        let claims = self.store.claims();
        let filed = match &letter {
            Letter::Original(_) => Ok(()),
            Letter::Lost { caller, key } => {
                let room = self.keeping.caller_bytes;
                let ended = claims.end(caller, key, &ClaimState::Unknown, room);
                ended.await
            }
            Letter::Unsure(claim) => claims.release(claim).await,
        };
        let is_filed = filed.is_ok();
        warn(
            filed,
            "a claim could not be marked as lost; it is tried again",
        );
        (!is_filed).then_some(letter)
    }

    fn sealed(&self, original: Original) -> Option<OriginalRow> {
        let Original { request, at, text } = original;
        let sealed = self.safe.seal(ORIGINALS, &request.to_string(), text)?;
        Some(OriginalRow {
            request,
            at,
            sealed,
        })
    }

    async fn forget(&self, now: Timestamp) {
        let before = |age| ago(now, age);
        let claims = self.store.claims().forget(before(self.keeping.once)).await;
        warn(claims.map(drop), "old claims could not be forgotten");
        let approvals = self.store.approvals();
        let approvals = approvals.forget(now, ago(now, REMEMBERED)).await;
        warn(approvals.map(drop), "old approvals could not be forgotten");
        let originals = self
            .store
            .originals()
            .forget(before(self.keeping.originals), self.keeping.most_originals)
            .await;
        warn(
            originals.map(drop),
            "old original errors could not be forgotten",
        );
    }
}

/// The moment that lies this long ago.
pub(crate) fn ago(now: Timestamp, age: Duration) -> Timestamp {
    let age = i64::try_from(age.as_micros()).unwrap_or(i64::MAX);
    Timestamp(now.micros().saturating_sub(age))
}

/// The moment that is this far ahead.
pub(crate) fn later(now: Timestamp, age: Duration) -> Timestamp {
    let age = i64::try_from(age.as_micros()).unwrap_or(i64::MAX);
    Timestamp(now.micros().saturating_add(age))
}

fn warn(result: Result<(), StoreError>, what: &'static str) {
    if let Err(error) = result {
        tracing::warn!(%error, "{what}");
    }
}
