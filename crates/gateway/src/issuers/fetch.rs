//! Sets of keys that issuers publish, fetched beside the requests.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use portcullis_identity::Timestamp;
use url::Url;

use super::{Issuers, KeysFrom, Known, TokenKeys, Trusted};
use crate::clock;

/// How often a set is fetched.
const AGAIN: Duration = Duration::from_secs(10 * 60);

/// How soon at the earliest it is fetched again because a token names a key that it lacks.
const WANTED: Duration = Duration::from_secs(10);

/// How long fetching may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The largest set, in bytes.
const LARGEST: u64 = 256 << 10;

/// When each set was tried last.
#[derive(Default)]
pub(crate) struct Tried(Vec<Option<Timestamp>>);

impl Issuers {
    /// Fetches the sets whose time has come. One that cannot be had leaves the old one.
    pub(crate) async fn fetch(&self, tried: &mut Tried) {
        tried.0.resize(self.all.len(), None);
        for (trusted, tried) in self.all.iter().zip(&mut tried.0) {
            let KeysFrom::Url(url) = &trusted.config.keys else {
                continue;
            };
            let now = clock::now();
            let wait = if trusted.wanted.load(Ordering::Acquire) || trusted.keys.load().is_none() {
                WANTED
            } else {
                AGAIN
            };
            let wait = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
            let due = tried.is_none_or(|at| now.micros().saturating_sub(at.micros()) >= wait);
            if !due {
                continue;
            }
            *tried = Some(now);
            trusted.wanted.store(false, Ordering::Release);
            trusted.take(url, now).await;
        }
    }
}

impl Trusted {
    async fn take(&self, url: &Url, now: Timestamp) {
        let issuer = &self.config.name;
        let keys = match get(url).await {
            Ok(text) => TokenKeys::of_set(&text, self.config.rules.algorithm),
            Err(error) => {
                tracing::warn!(%issuer, error, "an issuer's keys could not be fetched");
                return;
            }
        };
        match keys {
            Ok(keys) => self.keys.store(Some(Arc::new(Known {
                keys,
                fetched: Some(now),
            }))),
            Err(error) => tracing::warn!(%issuer, %error, "an issuer's keys cannot be used"),
        }
    }
}

/// Gets a set. Redirects are not followed: they lead elsewhere than the operator said.
async fn get(url: &Url) -> Result<Vec<u8>, String> {
    let url = url.to_string();
    // The client blocks; it has a thread for as long as it takes.
    let fetched = tokio::task::spawn_blocking(move || {
        let tls = ureq::tls::TlsConfig::builder()
            .root_certs(ureq::tls::RootCerts::PlatformVerifier)
            .build();
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .max_redirects(0)
            .tls_config(tls)
            .build()
            .new_agent();
        let mut answer = agent.get(&url).call().map_err(|error| error.to_string())?;
        let status = answer.status();
        if !status.is_success() {
            return Err(format!("it answers {status}"));
        }
        let body = answer.body_mut().with_config().limit(LARGEST);
        body.read_to_vec().map_err(|error| error.to_string())
    });
    fetched.await.unwrap_or_else(|error| Err(error.to_string()))
}
