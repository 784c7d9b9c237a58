//! Sets of keys that issuers publish, fetched beside the requests.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use portcullis_identity::Timestamp;
use url::Url;

use super::{Issuers, KeysFrom, Known, TokenKeys, Trusted, is_within};
use crate::clock;

/// How often a set is fetched.
const AGAIN: Duration = Duration::from_secs(10 * 60);

/// How soon at the earliest it is fetched again while there is none.
const MISSING: Duration = Duration::from_secs(10);

/// How often at the most it is fetched because a token names a key that it lacks: anybody can
/// make up such names.
const WANTED: Duration = Duration::from_secs(60);

/// How long fetching may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The largest set, in bytes.
const LARGEST: u64 = 256 << 10;

/// When each set was tried last.
#[derive(Default)]
pub(crate) struct Tried(Vec<Trial>);

/// When a set was tried last.
#[derive(Default, Clone, Copy)]
struct Trial {
    at: Option<Timestamp>,
    /// Because a token named a key that it lacked.
    wanted: Option<Timestamp>,
}

/// What makes a set worth fetching.
#[derive(Clone, Copy)]
struct Need {
    is_missing: bool,
    is_wanted: bool,
}

impl Issuers {
    /// Fetches the sets whose time has come, all at once. One that cannot be had leaves the old
    /// one.
    pub(crate) async fn fetch(&self, tried: &mut Tried) {
        tried.0.resize(self.all.len(), Trial::default());
        let mut gets = tokio::task::JoinSet::new();
        for (at, (trusted, trial)) in self.all.iter().zip(&mut tried.0).enumerate() {
            let KeysFrom::Url(url) = &trusted.config.keys else {
                continue;
            };
            let now = clock::now();
            let need = Need {
                is_missing: trusted.keys.load().is_none(),
                is_wanted: trusted.wanted.load(Ordering::Acquire),
            };
            if trial.begins(need, now) {
                trusted.wanted.store(false, Ordering::Release);
                let url = url.clone();
                gets.spawn(async move { (at, now, get(&url).await) });
            }
        }
        while let Some(got) = gets.join_next().await {
            if let Ok((at, now, set)) = got
                && let Some(trusted) = self.all.get(at)
            {
                trusted.take(set, now);
            }
        }
    }
}

impl Trial {
    /// Whether the time has come; then it counts as tried.
    fn begins(&mut self, need: Need, now: Timestamp) -> bool {
        let passed = |since: Option<Timestamp>, wait: Duration| {
            since.is_none_or(|since| !is_within(wait, since, now))
        };
        let for_wanted = need.is_wanted && !need.is_missing && passed(self.wanted, WANTED);
        let wait = if need.is_missing { MISSING } else { AGAIN };
        let begins = for_wanted || passed(self.at, wait);
        if begins {
            self.at = Some(now);
        }
        if for_wanted {
            self.wanted = Some(now);
        }
        begins
    }
}

impl Trusted {
    fn take(&self, set: Result<Vec<u8>, String>, now: Timestamp) {
        let issuer = &self.config.name;
        let keys = match set {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1_000_000)
    }

    #[test]
    fn made_up_names_of_keys_fetch_once_a_minute() {
        let mut trial = Trial::default();
        let rest = Need {
            is_missing: false,
            is_wanted: false,
        };
        let wanted = Need {
            is_wanted: true,
            ..rest
        };
        assert!(trial.begins(rest, at(0)));
        assert!(!trial.begins(rest, at(1)));
        assert!(trial.begins(wanted, at(1)), "a new key is fetched at once");
        let often = (2..=121).filter(|second| trial.begins(wanted, at(*second)));
        assert_eq!(often.collect::<Vec<_>>(), [61, 121]);
        assert!(!trial.begins(rest, at(720)));
        assert!(trial.begins(rest, at(721)), "and by itself");
    }

    #[test]
    fn a_clock_that_is_set_back_makes_no_set_young_for_ever() {
        let mut trial = Trial::default();
        let need = Need {
            is_missing: false,
            is_wanted: false,
        };
        assert!(trial.begins(need, at(100_000)));
        assert!(!trial.begins(need, at(99_990)), "by seconds");
        assert!(trial.begins(need, at(10_000)), "by a day");
        let day = Duration::from_secs(24 * 60 * 60);
        assert!(is_within(day, at(100_000), at(100_001)));
        assert!(!is_within(day, at(100_000), at(10_000)));
    }

    #[test]
    fn a_set_that_was_never_had_is_tried_every_ten_seconds_whoever_asks() {
        let mut trial = Trial::default();
        let need = Need {
            is_missing: true,
            is_wanted: true,
        };
        let tried = (0..=25).filter(|second| trial.begins(need, at(*second)));
        assert_eq!(tried.collect::<Vec<_>>(), [0, 10, 20]);
    }
}
