//! How the keyring keeps up with the store.

use std::sync::atomic::Ordering;

use portcullis_identity::Timestamp;
use portcullis_storage::{Point, StoreError};

use super::{Keyring, STALE, UNKNOWN, WAIT};
use crate::clock;

/// How many keys, or entries of the log of changes, are read at once.
const PAGE: u32 = 2_000;

impl Keyring {
    /// Looks at the store, and reads what has changed. Answers whether something had.
    ///
    /// # Errors
    /// When the store cannot be asked; what was not read stays as it was.
    pub async fn look(&self) -> Result<bool, StoreError> {
        // One at a time: who reads first must not be the one who puts down last.
        let _turn = self.turn.lock().await;
        self.look_now().await
    }

    /// Whether the keys can be relied on: the last look is recent enough, or a new one comes in
    /// time. Of many who ask, one looks.
    pub(crate) async fn is_sighted(&self, now: Timestamp) -> bool {
        if self.is_fresh(now) {
            return true;
        }
        let look = async {
            let _turn = self.turn.lock().await;
            self.is_fresh(now) || (self.look_now().await.is_ok() && self.is_fresh(now))
        };
        tokio::time::timeout(WAIT, look).await.unwrap_or(false)
    }

    /// Whether the last look is recent enough to rely on.
    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        now.micros()
            .saturating_sub(self.looked.load(Ordering::Acquire))
            <= STALE
    }

    async fn look_now(&self) -> Result<bool, StoreError> {
        let now = clock::now();
        let version = self.store.version().await?;
        if version == self.version() {
            self.looked_at(now);
            return Ok(false);
        }
        if !self.catch_up().await? {
            if self.version() != UNKNOWN {
                tracing::warn!(
                    "the store cannot tell what changed since it was asked last: all keys are read anew, and nobody is let in until they are"
                );
            }
            self.read_all(version).await?;
            // It took a while: what has changed since then is not known yet.
            self.looked_at(now);
            if self.store.version().await? != version {
                self.catch_up().await?;
            }
        }
        Ok(true)
    }

    /// Reads what has changed. Answers whether the store could tell.
    ///
    /// A page of the log is of one moment. What changes while the next one is read stands further
    /// on in the log, and is read with it.
    async fn catch_up(&self) -> Result<bool, StoreError> {
        let version = self.version();
        if version == UNKNOWN {
            return Ok(false);
        }
        let mut point = Point::of(version);
        loop {
            let now = clock::now();
            let Some(changed) = self.store.since(&point, PAGE).await? else {
                return Ok(false);
            };
            self.bunch.apply(&changed.rows, &changed.gone);
            if let Some(other) = changed.other {
                self.surroundings.store(other, Ordering::Release);
            }
            point = changed.point;
            if point.entry.is_none() {
                self.version.store(point.version, Ordering::Release);
                self.looked_at(now);
                return Ok(true);
            }
        }
    }

    /// Reads all keys, those of this version and what has changed while they are read: what that
    /// is, the log of that version tells.
    async fn read_all(&self, version: u64) -> Result<(), StoreError> {
        let watch = clock::stopwatch();
        // Whoever reads half of it, and is cut off, knows no version.
        self.version.store(UNKNOWN, Ordering::Release);
        self.bunch.begin_reading();
        let (mut last, mut count) = (None, 0_usize);
        loop {
            let page = self.store.page(last.as_ref(), PAGE).await?;
            let Some(end) = page.last() else { break };
            last = Some(end.id);
            count = count.saturating_add(page.len());
            self.bunch.apply(&page, &[]);
        }
        self.bunch.end_reading();
        self.surroundings.store(version, Ordering::Release);
        self.version.store(version, Ordering::Release);
        let took = watch.elapsed();
        tracing::info!(
            keys = count,
            took_ms = took.as_millis(),
            "all keys were read"
        );
        Ok(())
    }

    fn looked_at(&self, now: Timestamp) {
        self.looked.fetch_max(now.micros(), Ordering::AcqRel);
    }
}
