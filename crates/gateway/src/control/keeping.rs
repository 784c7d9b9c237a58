//! What is kept of what happened, and what is removed or suspended because its time is over.

use std::sync::Arc;
use std::time::Duration;

use portcullis_identity::Timestamp;
use portcullis_storage::Store;
use tokio::sync::watch;

use super::SWEEP;
use crate::clock;
use crate::gateway::Shared;

/// How often it is kept when keys were used.
const KEEP: Duration = Duration::from_secs(3);

/// What is kept, and what is over.
pub(super) struct Keeping {
    pub(super) shared: Arc<Shared>,
    pub(super) store: Arc<dyn Store>,
    /// For how long a key may be left unused.
    pub(super) unused: Option<Duration>,
}

impl Keeping {
    /// Keeps and sweeps until the gateway stops; what is known by then is kept.
    pub(super) async fn go_on(self, mut stop: watch::Receiver<bool>) {
        let mut sweep = tokio::time::interval(SWEEP);
        let mut keep = tokio::time::interval(KEEP);
        loop {
            tokio::select! {
                _ = sweep.tick() => self.sweep().await,
                _ = keep.tick() => self.keep().await,
                _ = stop.wait_for(|stop| *stop) => {
                    self.keep().await;
                    return;
                }
            }
        }
    }

    /// Keeps when keys were used.
    async fn keep(&self) {
        if let Err(error) = self.shared.keyring.keep_uses().await {
            tracing::warn!(%error, "when keys were used could not be kept");
        }
    }

    /// Removes the sessions that are over, and suspends the keys that nobody uses.
    async fn sweep(&self) {
        if let Some(unused) = self.unused {
            let now = clock::now();
            let micros = i64::try_from(unused.as_micros()).unwrap_or(i64::MAX);
            let since = Timestamp(now.micros().saturating_sub(micros));
            match self.store.keys().suspend_unused(since, now).await {
                Ok(keys) => {
                    for key in keys {
                        tracing::warn!(%key, "a key that nobody used is suspended");
                    }
                }
                Err(error) => tracing::warn!(%error, "unused keys could not be suspended"),
            }
        }
        if let Err(error) = self.store.nonces().expire(clock::now()).await {
            tracing::warn!(%error, "nonces that are over could not be removed");
        }
        let lasting = self.shared.sessions.lasting();
        for people in self.shared.upstreams.iter().filter_map(|erp| erp.people()) {
            people.entered.sweep(lasting, clock::now());
        }
        if let Err(error) = self.shared.sessions.sweep(clock::now()).await {
            tracing::warn!(%error, "sessions that are over could not be removed");
        }
        if let Err(error) = self.forget_changes().await {
            tracing::warn!(%error, "old changes of the store could not be forgotten");
        }
    }

    /// Forgets what no process needs to be told of any more.
    async fn forget_changes(&self) -> Result<(), portcullis_storage::StoreError> {
        while self.store.forget_changes().await? > 0 {}
        Ok(())
    }
}
