//! The keys, in memory, as fresh as a second.
//!
//! The store is asked for its change counter five times a second (`control`); when it has
//! grown, the keys are read again. Whoever looks a key up while the last look at the store is
//! older than a second waits for a new look, and is refused if there is none: a process that
//! cannot learn of revocations must not go on.

mod uses;

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use papaya::HashMap;
use portcullis_erp::Dialect;
use portcullis_identity::signing::{SigningSecret, Verifier};
use portcullis_identity::{
    ApiKey, CertificateDigest, Conditions, ErpLogin, KeyDigest, KeyId, Pepper, Principal,
    Timestamp, Unmet, UpstreamName,
};
use portcullis_storage::{KeyRow, Signing, StandIn, Store, StoreError};
use zeroize::Zeroizing;

use crate::archive::Safe;
use crate::gcra::Rate;
use crate::upstream::ErpUser;
use uses::{LastUse, Uses};

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
    version: AtomicU64,
    looked: AtomicI64,
    /// Of callers who find that the last look is too old, one looks at a time.
    turn: tokio::sync::Mutex<()>,
    uses: Uses,
}

/// A key, and who holds it.
struct Kept {
    digest: KeyDigest,
    expires: Option<Timestamp>,
    suspended: bool,
    /// Kept for the record: who goes on using it is told there.
    revoked: bool,
    holder: Arc<Holder>,
}

/// A caller whose credential is good.
pub struct Holder {
    /// Who it is.
    pub(crate) principal: Arc<Principal>,
    /// The first of the keys that took over from each other, if it is a key: what the holder
    /// began with one of them stays its own with the next.
    pub(crate) line: Option<KeyId>,
    /// Under which conditions the credential is good.
    pub(crate) conditions: Conditions,
    /// How often it may call.
    pub(crate) rate: Rate,
    /// Its limit's state; lives on when the key is read again, and is one for the keys that took
    /// over from each other.
    pub(crate) cell: Arc<AtomicI64>,
    /// The ERP user within whose own session the calls run: a person's.
    pub(crate) user: Option<Arc<ErpUser>>,
    /// The person for whom a key calls, if for one: the rate of both holds.
    pub(crate) person: Option<Arc<Holder>>,
    /// Who stands in while the ERP user is archived, if somebody does.
    pub(crate) stand_in: Option<StandIn>,
    last_use: Arc<LastUse>,
    /// What knows its signatures, if it signs.
    pub(crate) verifier: Option<Verifier>,
    /// Whether it is known that others could read the key.
    exposed: AtomicBool,
}

impl Kept {
    fn is_good(&self, now: Timestamp) -> bool {
        self.over(now).is_none()
    }

    /// Why it is not good any more, if it is not.
    fn over(&self, now: Timestamp) -> Option<Unmet> {
        if self.revoked {
            Some(Unmet::Revoked)
        } else if self.expires.is_some_and(|expires| now >= expires) {
            Some(Unmet::Expired)
        } else {
            self.suspended.then_some(Unmet::Suspended)
        }
    }
}

impl Holder {
    /// A caller without a key, such as the bearer of a token.
    pub(crate) fn without_key(principal: Principal, rate: Rate, cell: Arc<AtomicI64>) -> Self {
        Self {
            principal: Arc::new(principal),
            line: None,
            conditions: Conditions::default(),
            rate,
            cell,
            user: None,
            person: None,
            stand_in: None,
            last_use: Arc::default(),
            verifier: None,
            exposed: AtomicBool::new(false),
        }
    }

    /// A person, whose calls run within the ERP's own session.
    pub(crate) fn person(
        principal: Principal,
        rate: Rate,
        cell: Arc<AtomicI64>,
        user: Arc<ErpUser>,
    ) -> Self {
        Self {
            cell,
            user: Some(user),
            ..Self::without_key(principal, rate, Arc::default())
        }
    }
}

impl Holder {
    /// A key that calls for a person: as the person's ERP user, under the key's name, at the
    /// rate of both.
    pub(crate) fn for_person(
        key: &Self,
        person: &Arc<Self>,
        roles: Vec<portcullis_identity::RoleName>,
    ) -> Self {
        let login = person.principal.erp_login().clone();
        Self {
            principal: Arc::new(key.principal.for_person(login, roles)),
            line: key.line,
            conditions: key.conditions.clone(),
            rate: key.rate,
            cell: Arc::clone(&key.cell),
            user: person.user.clone(),
            person: Some(Arc::clone(person)),
            stand_in: None,
            last_use: Arc::clone(&key.last_use),
            verifier: None,
            exposed: AtomicBool::new(key.exposed.load(Ordering::Acquire)),
        }
    }
}

impl Holder {
    /// A key while its ERP user is archived: as the one that stands in, and otherwise as it is.
    pub(crate) fn standing_in(key: &Self, login: ErpLogin) -> Self {
        Self {
            principal: Arc::new(key.principal.standing_in(login)),
            line: key.line,
            conditions: key.conditions.clone(),
            rate: key.rate,
            cell: Arc::clone(&key.cell),
            user: None,
            person: None,
            stand_in: None,
            last_use: Arc::clone(&key.last_use),
            verifier: None,
            exposed: AtomicBool::new(key.exposed.load(Ordering::Acquire)),
        }
    }
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

    /// Whether there is a key of this id that was not revoked.
    pub(crate) fn knows(&self, id: &KeyId) -> bool {
        self.keys.pin().get(id).is_some_and(|kept| !kept.revoked)
    }

    /// Who held a key that is right, but over, and why it is.
    pub(crate) fn past(&self, key: &ApiKey, now: Timestamp) -> Option<(Arc<Principal>, Unmet)> {
        let keys = self.keys.pin();
        let kept = keys.get(&key.id())?;
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
        let kept = keys.get(&key.id())?;
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
        let good = kept.digest == digest && kept.is_good(now);
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

    /// What knows a key's signatures; none if its secret does not open, which refuses them all.
    fn verifier(&self, id: &KeyId, signing: &Signing) -> Option<Verifier> {
        let (scheme, sealed) = match signing {
            Signing::Ed25519(key) => return Some(Verifier::Ed25519(*key)),
            Signing::Beside(scheme) => return Verifier::beside(*scheme),
            Signing::Secret(scheme, sealed) => (*scheme, sealed),
        };
        let opened = self.safe.open(SIGNING, id.as_str(), sealed);
        let opened = opened.map(Zeroizing::new);
        let text = opened
            .as_deref()
            .and_then(|text| std::str::from_utf8(text).ok());
        let secret = text.and_then(|text| SigningSecret::parse(text).ok());
        if secret.is_none() {
            tracing::error!(key.id = %id, "the signing secret of a key cannot be opened; make a new key");
        }
        Verifier::with_secret(scheme, &secret?)
    }

    fn replace(&self, rows: &[KeyRow]) {
        let keys = self.keys.pin();
        let mut live = HashSet::new();
        let elders = elders(rows);
        let mut cells = std::collections::HashMap::new();
        for row in rows {
            if let Some(old) = keys.get(&row.id) {
                let line = first(&elders, row.id);
                cells
                    .entry(line)
                    .or_insert_with(|| Arc::clone(&old.holder.cell));
            }
        }
        for row in rows {
            live.insert(row.id);
            let old = keys.get(&row.id).map(|old| &old.holder);
            let line = first(&elders, row.id);
            let holder = Holder {
                principal: Arc::new(row.principal()),
                line: Some(line),
                conditions: row.conditions.clone(),
                rate: row.limit.map_or(self.rate, |limit| Rate {
                    per_minute: limit.per_minute,
                    burst: limit.burst,
                }),
                cell: Arc::clone(cells.entry(line).or_default()),
                user: None,
                person: None,
                stand_in: row.stand_in.clone(),
                last_use: old.map_or_else(Arc::default, |old| Arc::clone(&old.last_use)),
                // Of a revoked key too: who goes on signing with it is told in the record.
                verifier: row
                    .signing
                    .as_ref()
                    .and_then(|signing| self.verifier(&row.id, signing)),
                exposed: AtomicBool::new(row.exposed.is_some()),
            };
            let kept = Kept {
                digest: row.digest,
                expires: row.expires,
                suspended: row.suspended.is_some(),
                revoked: row.revoked.is_some(),
                holder: Arc::new(holder),
            };
            keys.insert(row.id, kept);
        }
        keys.retain(|id, _| live.contains(id));
        let certificates = self.certificates.pin();
        let of = |is_revoked: bool| {
            let rows = rows.iter();
            let rows = rows.filter(move |row| row.revoked.is_some() == is_revoked);
            rows.filter_map(|row| Some((row.certificate?, row.id)))
        };
        // A certificate may be bound anew when its key was revoked: the key that lives counts.
        let shown: std::collections::HashMap<_, _> = of(true).chain(of(false)).collect();
        for (certificate, id) in &shown {
            certificates.insert(*certificate, *id);
        }
        certificates.retain(|certificate, _| shown.contains_key(certificate));
    }
}

/// Which key each key took over from.
fn elders(rows: &[KeyRow]) -> std::collections::HashMap<KeyId, KeyId> {
    let heirs = rows.iter().filter_map(|row| Some((row.successor?, row.id)));
    heirs.collect()
}

/// The first key of the line that leads to this one.
fn first(elders: &std::collections::HashMap<KeyId, KeyId>, key: KeyId) -> KeyId {
    let mut first = key;
    for _ in 0..elders.len() {
        match elders.get(&first) {
            Some(elder) => first = *elder,
            None => break,
        }
    }
    first
}
