//! The keys as they are kept in memory, read from the rows of the store.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use portcullis_identity::signing::{SigningSecret, Verifier};
use portcullis_identity::{KeyDigest, KeyId, Timestamp, Unmet};
use portcullis_storage::{KeyRow, Signing};
use zeroize::Zeroizing;

use super::holder::Holder;
use super::{Keyring, SIGNING};
use crate::gcra::Rate;

/// A key, and who holds it.
pub(super) struct Kept {
    pub(super) digest: KeyDigest,
    /// Whether its secret names no id: who shows the id has not shown the key.
    pub(super) is_foreign: bool,
    expires: Option<Timestamp>,
    suspended: bool,
    /// Kept for the record: who goes on using it is told there.
    pub(super) revoked: bool,
    pub(super) holder: Arc<Holder>,
}

impl Kept {
    pub(super) fn is_good(&self, now: Timestamp) -> bool {
        self.over(now).is_none()
    }

    /// Why it is not good any more, if it is not.
    pub(super) fn over(&self, now: Timestamp) -> Option<Unmet> {
        if self.revoked {
            Some(Unmet::Revoked)
        } else if self.expires.is_some_and(|expires| now >= expires) {
            Some(Unmet::Expired)
        } else {
            self.suspended.then_some(Unmet::Suspended)
        }
    }
}

impl Keyring {
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

    /// Puts what the store has in the place of what was there.
    pub(super) fn replace(&self, rows: &[KeyRow]) {
        let keys = self.keys.pin();
        let mut live = HashSet::new();
        let elders = elders(rows);
        let mut cells = HashMap::new();
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
                is_foreign: row.is_foreign,
                expires: row.expires,
                suspended: row.suspended.is_some(),
                revoked: row.revoked.is_some(),
                holder: Arc::new(holder),
            };
            keys.insert(row.id, kept);
        }
        keys.retain(|id, _| live.contains(id));
        // Those that are over, too: whoever goes on using one is told in the record.
        let foreign = self.foreign.pin();
        let secrets: HashMap<[u8; 32], KeyId> = rows
            .iter()
            .filter(|row| row.is_foreign)
            .map(|row| (*row.digest.as_bytes(), row.id))
            .collect();
        for (digest, id) in &secrets {
            foreign.insert(*digest, *id);
        }
        foreign.retain(|digest, _| secrets.contains_key(digest));
        let certificates = self.certificates.pin();
        let of = |is_revoked: bool| {
            let rows = rows.iter();
            let rows = rows.filter(move |row| row.revoked.is_some() == is_revoked);
            rows.filter_map(|row| Some((row.certificate?, row.id)))
        };
        // A certificate may be bound anew when its key was revoked: the key that lives counts.
        let shown: HashMap<_, _> = of(true).chain(of(false)).collect();
        for (certificate, id) in &shown {
            certificates.insert(*certificate, *id);
        }
        certificates.retain(|certificate, _| shown.contains_key(certificate));
    }
}

/// Which key each key took over from.
fn elders(rows: &[KeyRow]) -> HashMap<KeyId, KeyId> {
    let heirs = rows.iter().filter_map(|row| Some((row.successor?, row.id)));
    heirs.collect()
}

/// The first key of the line that leads to this one.
fn first(elders: &HashMap<KeyId, KeyId>, key: KeyId) -> KeyId {
    let mut first = key;
    for _ in 0..elders.len() {
        match elders.get(&first) {
            Some(elder) => first = *elder,
            None => break,
        }
    }
    first
}
