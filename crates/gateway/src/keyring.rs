//! The keys, in memory, as fresh as a second.
//!
//! The store is asked for its change counter four times a second (`control`); when it has
//! grown, the keys are read again. Whoever looks a key up while the last look at the store is
//! older than a second waits for a new look, and is refused if there is none: a process that
//! cannot learn of revocations must not go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use papaya::HashMap;
use portcullis_identity::{ApiKey, KeyDigest, KeyId, Pepper, Principal, Timestamp};
use portcullis_storage::{KeyRow, Store, StoreError};

use crate::gcra::Rate;

/// How old the last look at the store may be, in microseconds.
const STALE: i64 = 1_000_000;

/// The keys of the store, as of the last look.
pub struct Keyring {
    store: Arc<dyn Store>,
    pepper: Pepper,
    rate: Rate,
    keys: HashMap<KeyId, Arc<Holder>>,
    version: AtomicU64,
    looked: AtomicI64,
}

/// Who holds a key.
pub struct Holder {
    digest: KeyDigest,
    expires: Option<Timestamp>,
    /// The principal behind the key.
    pub(crate) principal: Arc<Principal>,
    /// How often it may call.
    pub(crate) rate: Rate,
    /// Its limit's state; lives on when the key is read again.
    pub(crate) cell: Arc<AtomicI64>,
}

impl Keyring {
    /// An empty keyring over a store; `look` fills it.
    pub fn new(store: Arc<dyn Store>, pepper: Pepper, rate: Rate) -> Self {
        Self {
            store,
            pepper,
            rate,
            keys: HashMap::new(),
            version: AtomicU64::new(u64::MAX),
            looked: AtomicI64::new(i64::MIN),
        }
    }

    /// Looks at the store, and reads the keys again if anything has changed. Answers whether
    /// something had.
    ///
    /// # Errors
    /// When the store cannot be asked; the keys stay as they were.
    pub async fn look(&self, now: Timestamp) -> Result<bool, StoreError> {
        let version = self.store.version().await?;
        let changed = version != self.version.load(Ordering::Acquire);
        if changed {
            let rows = self.store.keys().all().await?;
            self.replace(&rows);
            self.version.store(version, Ordering::Release);
        }
        self.looked.fetch_max(now.micros(), Ordering::AcqRel);
        Ok(changed)
    }

    /// Whether the last look is recent enough to rely on.
    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        now.micros()
            .saturating_sub(self.looked.load(Ordering::Acquire))
            <= STALE
    }

    /// Whether there is a key of this id.
    pub(crate) fn knows(&self, key: &ApiKey) -> bool {
        self.keys.pin().contains_key(&key.id())
    }

    /// The holder of a key, if the key is good now.
    pub(crate) fn holder(&self, key: &ApiKey, now: Timestamp) -> Option<Arc<Holder>> {
        let keys = self.keys.pin();
        let holder = keys.get(&key.id());
        // The digest is computed for unknown ids too, so that an id is not found out by time.
        let digest = key.digest(&self.pepper);
        let holder = holder?;
        let good = holder.digest == digest && holder.expires.is_none_or(|expires| now < expires);
        good.then(|| Arc::clone(holder))
    }

    /// The holder of the key with this id, if the key is good now. For sessions: whoever asks
    /// has shown that the key was shown.
    pub(crate) fn holder_of(&self, id: &KeyId, now: Timestamp) -> Option<Arc<Holder>> {
        let keys = self.keys.pin();
        let holder = keys.get(id)?;
        let good = holder.expires.is_none_or(|expires| now < expires);
        good.then(|| Arc::clone(holder))
    }

    fn replace(&self, rows: &[KeyRow]) {
        let keys = self.keys.pin();
        let mut live = std::collections::HashSet::new();
        for row in rows.iter().filter(|row| row.revoked.is_none()) {
            live.insert(row.id);
            let cell = keys
                .get(&row.id)
                .map_or_else(Arc::default, |old| Arc::clone(&old.cell));
            let rate = row.limit.map_or(self.rate, |limit| Rate {
                per_minute: limit.per_minute,
                burst: limit.burst,
            });
            let holder = Holder {
                digest: row.digest,
                expires: row.expires,
                principal: Arc::new(row.principal()),
                rate,
                cell,
            };
            keys.insert(row.id, Arc::new(holder));
        }
        keys.retain(|id, _| live.contains(id));
    }
}
