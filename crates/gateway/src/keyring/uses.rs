//! When keys were used last, in memory until it is kept.
//!
//! A use costs a request one short lock that only requests of the same key share; a key stands
//! in the list of what is to be kept once, however often it is used.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use portcullis_audit::dialect_name;
use portcullis_erp::Dialect;
use portcullis_identity::{KeyId, Timestamp};
use portcullis_storage::KeyUse;

/// The last use of one key.
#[derive(Default)]
pub(crate) struct LastUse {
    seen: Mutex<Option<Seen>>,
    waits: AtomicBool,
}

#[derive(Clone, Copy)]
struct Seen {
    at: Timestamp,
    address: IpAddr,
    dialect: Dialect,
}

/// What is to be kept.
#[derive(Default)]
pub(super) struct Uses(Mutex<Vec<(KeyId, Arc<LastUse>)>>);

impl Uses {
    /// Notes that a key was used.
    pub(super) fn note(
        &self,
        key: KeyId,
        last: &Arc<LastUse>,
        (at, address, dialect): (Timestamp, IpAddr, Dialect),
    ) {
        *last.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(Seen {
            at,
            address,
            dialect,
        });
        if !last.waits.swap(true, Ordering::AcqRel) {
            self.list().push((key, Arc::clone(last)));
        }
    }

    /// Takes out what is to be kept.
    pub(super) fn take(&self) -> Vec<KeyUse> {
        let waiting = std::mem::take(&mut *self.list());
        let told = waiting.into_iter().filter_map(|(key, last)| {
            last.waits.store(false, Ordering::Release);
            let seen = *last.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.map(|seen| KeyUse {
                key,
                at: seen.at,
                address: seen.address.to_canonical(),
                dialect: dialect_name(seen.dialect).to_owned(),
            })
        });
        told.collect()
    }

    fn list(&self) -> std::sync::MutexGuard<'_, Vec<(KeyId, Arc<LastUse>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_waits_once_and_its_last_use_is_told() {
        let uses = Uses::default();
        let key = KeyId::new("pck_aaaaaaaaaaaaaaaa").unwrap();
        let last = Arc::default();
        let note = |at, address: &str| {
            let seen = (Timestamp(at), address.parse().unwrap(), Dialect::Rest);
            uses.note(key, &last, seen);
        };
        note(1, "192.0.2.1");
        note(2, "::ffff:192.0.2.2");
        let told = uses.take();
        assert_eq!(told.len(), 1);
        assert_eq!(
            (told[0].at, told[0].dialect.as_str()),
            (Timestamp(2), "rest")
        );
        assert_eq!(told[0].address.to_string(), "192.0.2.2");
        assert!(uses.take().is_empty());
        note(3, "192.0.2.1");
        assert_eq!(
            uses.take()[0].at,
            Timestamp(3),
            "it is told again once it was told"
        );
    }
}
