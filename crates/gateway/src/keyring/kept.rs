//! A key as it is kept in memory, made from its row of the store.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64};

use portcullis_identity::signing::{SigningSecret, Verifier};
use portcullis_identity::{
    Conditions, ErpLogin, KeyDigest, KeyId, Principal, RoleName, Timestamp, Unmet, UpstreamName,
};
use portcullis_storage::{KeyRow, Signing};
use zeroize::Zeroizing;

use super::SIGNING;
use super::holder::Holder;
use crate::archive::Safe;
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
    /// In which reading of all keys it was read last.
    pub(super) reading: u32,
    pub(super) holder: Arc<Holder>,
}

/// What makes keys of rows.
pub(super) struct Maker {
    safe: Arc<dyn Safe>,
    rate: Rate,
}

/// What many keys have in common, kept once.
#[derive(Default)]
pub(super) struct Common {
    upstreams: HashSet<UpstreamName>,
    logins: HashSet<ErpLogin>,
    roles: HashSet<Arc<[RoleName]>>,
    unconditional: Arc<Conditions>,
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

    /// The same key, in the line of another one.
    pub(super) fn in_line(&self, first: KeyId, cell: Arc<AtomicI64>) -> Self {
        Self {
            digest: self.digest,
            is_foreign: self.is_foreign,
            expires: self.expires,
            suspended: self.suspended,
            revoked: self.revoked,
            reading: self.reading,
            holder: Arc::new(self.holder.in_line(first, cell)),
        }
    }
}

impl Maker {
    pub(super) fn new(safe: Arc<dyn Safe>, rate: Rate) -> Self {
        Self { safe, rate }
    }

    /// The key of a row. What the one before it of the same id had begun lives on.
    pub(super) fn make(
        &self,
        row: &KeyRow,
        old: Option<&Holder>,
        common: &mut Common,
        reading: u32,
    ) -> Kept {
        let holder = Holder {
            principal: Arc::new(common.principal(row)),
            line: Some(old.and_then(|old| old.line).unwrap_or(row.id)),
            conditions: common.conditions(&row.conditions),
            rate: row.limit.map_or(self.rate, |limit| Rate {
                per_minute: limit.per_minute,
                burst: limit.burst,
            }),
            cell: old.map_or_else(Arc::default, |old| Arc::clone(&old.cell)),
            user: None,
            person: None,
            stand_in: row.stand_in.clone(),
            last_use: old.map_or_else(Arc::default, |old| Arc::clone(&old.last_use)),
            // Of a revoked key too: who goes on signing with it is told in the record.
            verifier: row
                .signing
                .as_ref()
                .and_then(|signing| self.verifier(&row.id, signing))
                .map(Arc::new),
            exposed: AtomicBool::new(row.exposed.is_some()),
        };
        Kept {
            digest: row.digest,
            is_foreign: row.is_foreign,
            expires: row.expires,
            suspended: row.suspended.is_some(),
            revoked: row.revoked.is_some(),
            reading,
            holder: Arc::new(holder),
        }
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
}

impl Common {
    fn principal(&mut self, row: &KeyRow) -> Principal {
        Principal::integration(
            row.name.clone(),
            row.id,
            once(&mut self.upstreams, &row.upstream),
            once(&mut self.logins, &row.erp_login),
            self.roles(&row.roles),
        )
    }

    fn roles(&mut self, roles: &[RoleName]) -> Arc<[RoleName]> {
        if let Some(known) = self.roles.get(roles) {
            return Arc::clone(known);
        }
        let roles: Arc<[RoleName]> = roles.into();
        self.roles.insert(Arc::clone(&roles));
        roles
    }

    fn conditions(&self, conditions: &Conditions) -> Arc<Conditions> {
        if *conditions == *self.unconditional {
            Arc::clone(&self.unconditional)
        } else {
            Arc::new(conditions.clone())
        }
    }
}

/// A name that is kept once, however many use it.
fn once<T: Clone + Eq + Hash>(known: &mut HashSet<T>, name: &T) -> T {
    if let Some(known) = known.get(name) {
        return known.clone();
    }
    known.insert(name.clone());
    name.clone()
}
