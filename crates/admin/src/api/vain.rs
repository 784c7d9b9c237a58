//! Credentials that are known and not good, and are shown again and again: what is beyond some
//! uses is counted and written once a minute with its number, so that nobody fills the disk.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use portcullis_audit::RequestId;
use portcullis_identity::{AdminKeyId, Administrator, Means, PrincipalName, Timestamp, Unmet};

/// How long it goes on until the number is written, in microseconds.
const LONGEST: i64 = 60_000_000;

/// How long nobody came when it is over, in microseconds: an hour.
const QUIET: i64 = 60 * 60 * 1_000_000;

/// Whose, and which condition is not met.
type Of = (PrincipalName, Option<AdminKeyId>, Unmet);

/// Uses of credentials that are not good.
pub(super) struct Vain {
    /// How many are written by themselves.
    alone: u32,
    uses: Mutex<HashMap<Of, Uses>>,
}

struct Uses {
    alone: u32,
    /// When it was last written of.
    written: Timestamp,
    /// When it came last.
    seen: Timestamp,
    /// What was not written yet.
    since: Option<Counted>,
}

/// Uses that were counted, and the last of them.
#[derive(Clone)]
pub(super) struct Counted {
    pub(super) who: Administrator,
    pub(super) unmet: Unmet,
    pub(super) count: u64,
    pub(super) request: RequestId,
    pub(super) at: Timestamp,
    pub(super) address: IpAddr,
}

impl Vain {
    /// None yet; so many are written by themselves.
    pub(super) fn new(alone: u32) -> Self {
        Self {
            alone,
            uses: Mutex::default(),
        }
    }

    /// Notes a use; answers whether it is to be written by itself.
    pub(super) fn is_alone(&self, used: &Counted) -> bool {
        let key = match used.who.by {
            Means::Key(key) => Some(key),
            Means::Session => None,
        };
        let now = used.at;
        let mut all = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        let uses = all
            .entry((used.who.name.clone(), key, used.unmet))
            .or_insert_with(|| Uses {
                alone: 0,
                written: now,
                seen: now,
                since: None,
            });
        uses.seen = now;
        if uses.alone < self.alone {
            uses.alone += 1;
            uses.written = now;
            return true;
        }
        let before = uses.since.take().map_or(0, |since| since.count);
        uses.since = Some(Counted {
            count: before.saturating_add(1),
            ..used.clone()
        });
        false
    }

    /// What is to be written now.
    pub(super) fn due(&self, now: Timestamp) -> Vec<Counted> {
        self.take(|uses| now.since(uses.written) >= LONGEST, now)
    }

    /// All that was not written: nothing comes any more.
    pub(super) fn all(&self, now: Timestamp) -> Vec<Counted> {
        self.take(|_| true, now)
    }

    fn take(&self, is_due: impl Fn(&Uses) -> bool, now: Timestamp) -> Vec<Counted> {
        let mut told = Vec::new();
        let mut all = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, uses| {
            if is_due(uses)
                && let Some(since) = uses.since.take()
            {
                uses.written = now;
                told.push(since);
            }
            uses.since.is_some() || now.since(uses.seen) < QUIET
        });
        told
    }
}

#[cfg(test)]
mod tests {
    use portcullis_identity::Scope;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1_000_000)
    }

    #[test]
    fn what_is_beyond_some_uses_is_counted_and_told_each_minute_and_at_the_end() {
        let vain = Vain::new(20);
        let who = |name| Administrator {
            name: PrincipalName::new(name).unwrap(),
            roles: Vec::new(),
            scope: Scope::default(),
            by: Means::Session,
        };
        let shown = |name, unmet, seconds| {
            vain.is_alone(&Counted {
                who: who(name),
                unmet,
                count: 1,
                request: RequestId(7),
                at: at(seconds),
                address: IpAddr::from([192, 0, 2, 1]),
            })
        };
        let told = |counted: Vec<Counted>| -> Vec<u64> {
            counted.iter().map(|counted| counted.count).collect()
        };
        let alone = (0..1000).filter(|_| shown("ops", Unmet::Revoked, 0));
        assert_eq!(alone.count(), 20);
        assert!(shown("ops", Unmet::Address, 0) && shown("others", Unmet::Revoked, 0));
        assert!(vain.due(at(59)).is_empty());
        assert_eq!(told(vain.due(at(60))), [980]);
        assert!(!shown("ops", Unmet::Revoked, 61));
        assert!(vain.due(at(62)).is_empty());
        assert_eq!(told(vain.all(at(62))), [1]);
        assert!(vain.due(at(4000)).is_empty());
        assert!(shown("ops", Unmet::Revoked, 4001), "it begins anew");
    }
}
