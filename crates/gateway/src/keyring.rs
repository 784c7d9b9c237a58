//! The keys, in memory, as fresh as a second.
//!
//! The store is asked for its change counter five times a second (`control`); when it has
//! grown, the keys are read again. Whoever looks a key up while the last look at the store is
//! older than a second waits for a new look, and is refused if there is none: a process that
//! cannot learn of revocations must not go on.

mod holder;
mod kept;
mod uses;

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use papaya::HashMap;
use portcullis_erp::Dialect;
use portcullis_identity::signing::Verifier;
use portcullis_identity::{
    ApiKey, CertificateDigest, ErpLogin, ForeignSecret, KeyId, Pepper, Principal, Timestamp, Unmet,
    UpstreamName,
};
use portcullis_storage::{Store, StoreError};

use crate::archive::Safe;
use crate::gcra::Rate;
pub use holder::Holder;
use kept::Kept;
use uses::Uses;

/// How old the last look at the store may be, in microseconds.
const STALE: i64 = 1_000_000;

/// How long a caller waits for a new look.
const WAIT: Duration = Duration::from_millis(500);

/// The table that signing secrets are sealed for, by the id of their key.
pub const SIGNING: &str = "signing_secret";

/// The keys of the store, as of the last look.
pub struct Keyring {
    store: Arc<dyn Store>,
    safe: Arc<dyn Safe>,
    pepper: Pepper,
    rate: Rate,
    /// What verifies no signature, and takes as long.
    pub(crate) nobody: Verifier,
    keys: HashMap<KeyId, Kept>,
    certificates: HashMap<CertificateDigest, KeyId>,
    /// The keys whose secrets were made elsewhere, by their keyed hashes.
    foreign: HashMap<[u8; 32], KeyId>,
    version: AtomicU64,
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
            store,
            safe,
            pepper,
            rate,
            keys: HashMap::new(),
            certificates: HashMap::new(),
            foreign: HashMap::new(),
            version: AtomicU64::new(u64::MAX),
            looked: AtomicI64::new(i64::MIN),
            turn: tokio::sync::Mutex::new(()),
            uses: Uses::default(),
        }
    }

    /// Looks at the store, and reads the keys again if anything has changed. Answers whether
    /// something had.
    ///
    /// # Errors
    /// When the store cannot be asked; the keys stay as they were.
    pub async fn look(&self, now: Timestamp) -> Result<bool, StoreError> {
        // One at a time: who reads first must not be the one who puts down last.
        let _turn = self.turn.lock().await;
        self.look_now(now).await
    }

    async fn look_now(&self, now: Timestamp) -> Result<bool, StoreError> {
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

    /// Whether the keys can be relied on: the last look is recent enough, or a new one comes in
    /// time. Of many who ask, one looks.
    pub(crate) async fn is_sighted(&self, now: Timestamp) -> bool {
        if self.is_fresh(now) {
            return true;
        }
        let look = async {
            let _turn = self.turn.lock().await;
            self.is_fresh(now) || self.look_now(now).await.is_ok()
        };
        tokio::time::timeout(WAIT, look).await.unwrap_or(false)
    }

    /// Whether the last look is recent enough to rely on.
    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        now.micros()
            .saturating_sub(self.looked.load(Ordering::Acquire))
            <= STALE
    }

    /// Whether there is a key of this id that was not revoked, and that is shown by its id.
    pub(crate) fn knows(&self, id: &KeyId) -> bool {
        let keys = self.keys.pin();
        keys.get(id)
            .is_some_and(|kept| !kept.revoked && !kept.is_foreign)
    }

    /// The key whose secret from elsewhere this is, whether it is good or not. One keyed hash,
    /// whether there is such a key or not.
    pub(crate) fn foreign(&self, secret: ForeignSecret<'_>) -> Option<KeyId> {
        let digest = secret.digest(&self.pepper);
        self.foreign.pin().get(digest.as_bytes()).copied()
    }

    /// Who held a key that is right, but over, and why it is.
    pub(crate) fn past(&self, key: &ApiKey, now: Timestamp) -> Option<(Arc<Principal>, Unmet)> {
        let keys = self.keys.pin();
        let kept = keys.get(&key.id()).filter(|kept| !kept.is_foreign)?;
        let why = kept.over(now)?;
        let right = kept.digest == key.digest(&self.pepper);
        right.then(|| (Arc::clone(&kept.holder.principal), why))
    }

    /// Whose the key of this id is, and why it is over, if it is: for whoever proved it in
    /// another way than by its secret.
    pub(crate) fn ever(&self, id: &KeyId, now: Timestamp) -> Option<(Arc<Holder>, Option<Unmet>)> {
        let keys = self.keys.pin();
        let kept = keys.get(id)?;
        Some((Arc::clone(&kept.holder), kept.over(now)))
    }

    /// Whose the key is whose place a client certificate takes, and why it is over, if it is.
    pub(crate) fn ever_by(
        &self,
        certificate: &CertificateDigest,
        now: Timestamp,
    ) -> Option<(Arc<Holder>, Option<Unmet>)> {
        let id = *self.certificates.pin().get(certificate)?;
        self.ever(&id, now)
    }

    /// The ERP of the key of this id, if this is not it: a guess.
    pub(crate) fn guessed_at(&self, key: &ApiKey) -> Option<UpstreamName> {
        let keys = self.keys.pin();
        let kept = keys.get(&key.id()).filter(|kept| !kept.is_foreign)?;
        let is_guess = kept.digest != key.digest(&self.pepper);
        is_guess.then(|| kept.holder.principal.upstream().clone())
    }

    /// The holder of a key, if the key is good now.
    pub(crate) fn holder(&self, key: &ApiKey, now: Timestamp) -> Option<Arc<Holder>> {
        let keys = self.keys.pin();
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
        let keys = self.keys.pin();
        let kept = keys.get(id)?;
        kept.is_good(now).then(|| Arc::clone(&kept.holder))
    }

    /// The holder of the key whose place a client certificate takes, if the key is good now.
    pub(crate) fn holder_by(
        &self,
        certificate: &CertificateDigest,
        now: Timestamp,
    ) -> Option<Arc<Holder>> {
        let id = *self.certificates.pin().get(certificate)?;
        self.holder_of(&id, now)
    }

    /// Of which change of the store the keys are.
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Who stands in for these users of an ERP, by the keys that were not revoked.
    pub(crate) fn stand_ins<'a>(
        &self,
        upstream: &UpstreamName,
        archived: impl Iterator<Item = &'a ErpLogin>,
    ) -> HashSet<ErpLogin> {
        let archived: HashSet<&ErpLogin> = archived.collect();
        let keys = self.keys.pin();
        let of = keys.values().filter(|kept| !kept.revoked);
        let of = of.filter_map(|kept| {
            let principal = &kept.holder.principal;
            let is_of =
                principal.upstream() == upstream && archived.contains(principal.erp_login());
            let stand_in = kept.holder.stand_in.as_ref().filter(|_| is_of)?;
            Some(stand_in.login.clone())
        });
        of.collect()
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
