//! The keys, in memory, as fresh as a second.
//!
//! The store is asked for its change counter five times a second (`control`); when it has
//! grown, what changed since is read, and put into the bunch. Whoever looks a key up while the
//! last look at the store is older than a second waits for a new look, and is refused if there is
//! none: a process that cannot learn of revocations must not go on.
//!
//! All keys are read when a process starts, and where the store cannot tell what changed: after
//! a backup was restored, or a server took over that lacks the last changes. What was revoked is
//! not known then, so nobody is let in until it is.

mod bunch;
mod holder;
mod index;
mod kept;
mod look;
mod uses;

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use portcullis_erp::Dialect;
use portcullis_identity::signing::Verifier;
use portcullis_identity::{
    ApiKey, CertificateDigest, ErpLogin, ForeignSecret, KeyId, Pepper, Principal, Timestamp, Unmet,
    UpstreamName,
};
use portcullis_storage::{Store, StoreError};

use crate::archive::Safe;
use crate::gcra::Rate;
use bunch::Bunch;
pub use holder::Holder;
use kept::Maker;
use uses::Uses;

/// How old the last look at the store may be, in microseconds.
const STALE: i64 = 1_000_000;

/// How long a caller waits for a new look.
const WAIT: Duration = Duration::from_millis(500);

/// The version of a keyring that was not read, or not to its end.
const UNKNOWN: u64 = u64::MAX;

/// The table that signing secrets are sealed for, by the id of their key.
pub const SIGNING: &str = "signing_secret";

/// The keys of the store, as of the last look.
pub struct Keyring {
    store: Arc<dyn Store>,
    pepper: Pepper,
    /// What verifies no signature, and takes as long.
    pub(crate) nobody: Verifier,
    bunch: Bunch,
    version: AtomicU64,
    /// The last version that changed something other than keys.
    surroundings: AtomicU64,
    looked: AtomicI64,
    /// Of callers who find that the last look is too old, one looks at a time.
    turn: tokio::sync::Mutex<()>,
    uses: Uses,
}

impl Keyring {
    /// An empty keyring over a store; `look` fills it.
    pub fn new(store: Arc<dyn Store>, safe: Arc<dyn Safe>, pepper: Pepper, rate: Rate) -> Self {
        Self {
            nobody: Verifier::of_nobody(&safe.digest(&[b"the signature of nobody"])),
            bunch: Bunch::new(Maker::new(safe, rate)),
            store,
            pepper,
            version: AtomicU64::new(UNKNOWN),
            surroundings: AtomicU64::new(UNKNOWN),
            looked: AtomicI64::new(i64::MIN),
            turn: tokio::sync::Mutex::new(()),
            uses: Uses::default(),
        }
    }

    /// Whether there is a key of this id that was not revoked, and that is shown by its id.
    pub(crate) fn knows(&self, id: &KeyId) -> bool {
        let keys = self.bunch.keys();
        keys.get(id)
            .is_some_and(|kept| !kept.revoked && !kept.is_foreign)
    }

    /// The key whose secret from elsewhere this is, whether it is good or not. One keyed hash,
    /// whether there is such a key or not.
    pub(crate) fn foreign(&self, secret: ForeignSecret<'_>) -> Option<KeyId> {
        let digest = secret.digest(&self.pepper);
        self.bunch.by_secret(digest.as_bytes())
    }

    /// Who held a key that is right, but over, and why it is.
    pub(crate) fn past(&self, key: &ApiKey, now: Timestamp) -> Option<(Arc<Principal>, Unmet)> {
        let keys = self.bunch.keys();
        let kept = keys.get(&key.id()).filter(|kept| !kept.is_foreign)?;
        let why = kept.over(now)?;
        let right = kept.digest == key.digest(&self.pepper);
        right.then(|| (Arc::clone(&kept.holder.principal), why))
    }

    /// Whose the key of this id is, and why it is over, if it is: for whoever proved it in
    /// another way than by its secret.
    pub(crate) fn ever(&self, id: &KeyId, now: Timestamp) -> Option<(Arc<Holder>, Option<Unmet>)> {
        let keys = self.bunch.keys();
        let kept = keys.get(id)?;
        Some((Arc::clone(&kept.holder), kept.over(now)))
    }

    /// Whose the key is whose place a client certificate takes, and why it is over, if it is.
    pub(crate) fn ever_by(
        &self,
        certificate: &CertificateDigest,
        now: Timestamp,
    ) -> Option<(Arc<Holder>, Option<Unmet>)> {
        let id = self.bunch.by_certificate(certificate)?;
        self.ever(&id, now)
    }

    /// The holder of a key, if the key is good now.
    pub(crate) fn holder(&self, key: &ApiKey, now: Timestamp) -> Option<Arc<Holder>> {
        let keys = self.bunch.keys();
        let kept = keys.get(&key.id());
        // The digest is computed for unknown ids too, so that an id is not found out by time.
        let digest = key.digest(&self.pepper);
        let kept = kept?;
        let good = kept.digest == digest && !kept.is_foreign && kept.is_good(now);
        good.then(|| Arc::clone(&kept.holder))
    }

    /// The holder of the key with this id, if the key is good now. For sessions: whoever asks
    /// has shown that the key was shown.
    pub(crate) fn holder_of(&self, id: &KeyId, now: Timestamp) -> Option<Arc<Holder>> {
        let keys = self.bunch.keys();
        let kept = keys.get(id)?;
        kept.is_good(now).then(|| Arc::clone(&kept.holder))
    }

    /// The holder of the key whose place a client certificate takes, if the key is good now.
    pub(crate) fn holder_by(
        &self,
        certificate: &CertificateDigest,
        now: Timestamp,
    ) -> Option<Arc<Holder>> {
        let id = self.bunch.by_certificate(certificate)?;
        self.holder_of(&id, now)
    }

    /// Of which change of the store the keys are.
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// The last change of the store that is known and touched something other than keys.
    pub(crate) fn surroundings(&self) -> u64 {
        self.surroundings.load(Ordering::Acquire)
    }

    /// Who stands in for these users of an ERP, by the keys that were not revoked.
    pub(crate) fn stand_ins<'a>(
        &self,
        upstream: &UpstreamName,
        archived: impl Iterator<Item = &'a ErpLogin>,
    ) -> HashSet<ErpLogin> {
        self.bunch.stand_ins(upstream, archived)
    }

    /// The store behind it.
    pub(crate) fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Notes that a key was used.
    pub(crate) fn used(&self, holder: &Holder, now: Timestamp, address: IpAddr, dialect: Dialect) {
        if let Some(key) = holder.principal.key() {
            let seen = (now, address, dialect);
            self.uses.note(*key, &holder.last_use, seen);
        }
    }

    /// Keeps when keys were used since the last time.
    ///
    /// # Errors
    /// When the store does not answer: those uses are forgotten, which makes keys look older
    /// than they are, until they are used again.
    pub(crate) async fn keep_uses(&self) -> Result<(), StoreError> {
        let uses = self.uses.take();
        if uses.is_empty() {
            return Ok(());
        }
        self.store.keys().used(&uses).await
    }

    /// Marks a key that was sent where others could read it; once for each process is enough.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(crate) async fn expose(&self, holder: &Holder, now: Timestamp) -> Result<(), StoreError> {
        let Some(key) = holder.principal.key() else {
            return Ok(());
        };
        if holder.exposed.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        let told = self.store.keys().expose(key, now).await;
        if told.is_err() {
            holder.exposed.store(false, Ordering::Release);
        }
        told.map(drop)
    }
}
