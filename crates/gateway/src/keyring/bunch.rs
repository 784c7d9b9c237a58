//! The keys in memory. Many look keys up while one puts in what has changed; what is not touched
//! by a change stays where it is.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use papaya::{HashMap, HashMapRef, LocalGuard};
use portcullis_identity::{CertificateDigest, ErpLogin, KeyId, UpstreamName};
use portcullis_storage::KeyRow;

use super::index::{Index, Touched};
use super::kept::{Common, Kept, Maker};

/// Keys, by their ids, by certificates, and by secrets that were made elsewhere.
pub(super) struct Bunch {
    maker: Maker,
    keys: HashMap<KeyId, Kept>,
    certificates: HashMap<CertificateDigest, KeyId>,
    /// The keys whose secrets were made elsewhere, by their keyed hashes.
    foreign: HashMap<[u8; 32], KeyId>,
    index: Mutex<Index>,
}

/// The keys, held for a look.
type Held<'a> =
    HashMapRef<'a, KeyId, Kept, std::collections::hash_map::RandomState, LocalGuard<'a>>;

impl Bunch {
    pub(super) fn new(maker: Maker) -> Self {
        Self {
            maker,
            keys: HashMap::new(),
            certificates: HashMap::new(),
            foreign: HashMap::new(),
            index: Mutex::default(),
        }
    }

    pub(super) fn keys(&self) -> Held<'_> {
        self.keys.pin()
    }

    /// The key in whose place a certificate is shown.
    pub(super) fn by_certificate(&self, certificate: &CertificateDigest) -> Option<KeyId> {
        self.certificates.pin().get(certificate).copied()
    }

    /// The key whose secret has this keyed hash, and was made elsewhere.
    pub(super) fn by_secret(&self, digest: &[u8; 32]) -> Option<KeyId> {
        self.foreign.pin().get(digest).copied()
    }

    /// Who stands in for these users of an ERP, by the keys that were not revoked.
    pub(super) fn stand_ins<'a>(
        &self,
        upstream: &UpstreamName,
        archived: impl Iterator<Item = &'a ErpLogin>,
    ) -> HashSet<ErpLogin> {
        self.index().stand_ins(upstream, archived)
    }

    /// Begins a reading of all keys.
    pub(super) fn begin_reading(&self) {
        let mut index = self.index();
        index.reading = index.reading.wrapping_add(1);
        index.common = Common::default();
    }

    /// Ends it: what was not put in since is not there any more.
    pub(super) fn end_reading(&self) {
        let reading = self.index().reading;
        let keys = self.keys.pin();
        let gone = keys.iter().filter(|(_, kept)| kept.reading != reading);
        let gone: Vec<KeyId> = gone.map(|(id, _)| *id).collect();
        self.apply(&[], &gone);
    }

    /// Puts in what has changed, and takes out what is gone.
    ///
    /// What two keys exchange (a secret, a certificate) is at all times found at one of them:
    /// what is new is put in before what is old is taken out.
    pub(super) fn apply(&self, rows: &[KeyRow], gone: &[KeyId]) {
        let mut index = self.index();
        let index = &mut *index;
        let (keys, foreign) = (self.keys.pin(), self.foreign.pin());
        let mut touched = Touched::default();
        let mut given_up = Vec::new();
        let secret = |kept: &Kept| kept.is_foreign.then(|| *kept.digest.as_bytes());
        for row in rows {
            index.put(row, &mut touched);
            let old = keys.get(&row.id);
            let (holder, had) = (old.map(|old| &*old.holder), old.and_then(secret));
            let reading = index.reading;
            let kept = self.maker.make(row, holder, &mut index.common, reading);
            let has = secret(&kept);
            keys.insert(row.id, kept);
            if let Some(digest) = has {
                foreign.insert(digest, row.id);
            }
            if had != has {
                given_up.extend(had.map(|digest| (digest, row.id)));
            }
        }
        for id in gone {
            index.forget(id, &mut touched);
            let had = keys.get(id).and_then(secret);
            given_up.extend(had.map(|digest| (digest, *id)));
            keys.remove(id);
        }
        for (digest, id) in given_up {
            if foreign.get(&digest) == Some(&id) {
                foreign.remove(&digest);
            }
        }
        self.rebind(index, &touched.certificates);
        self.settle(index, touched.unsettled);
    }

    /// Says of certificates in the place of which keys they are shown.
    fn rebind(&self, index: &Index, touched: &HashSet<CertificateDigest>) {
        let (keys, certificates) = (self.keys.pin(), self.certificates.pin());
        let lives = |id: &KeyId| keys.get(id).is_some_and(|kept| !kept.revoked);
        for certificate in touched {
            match index.bearer(certificate, lives) {
                Some(id) => certificates.insert(*certificate, id),
                None => certificates.remove(certificate),
            };
        }
    }

    /// Puts keys into the lines that they belong to, and those after them.
    ///
    /// A key is in the line of the one that it took over from, and begins one where it took over
    /// from none. From the first of those that may be wrong it goes down the line as far as
    /// something is; so each is looked at once, however long the line.
    fn settle(&self, index: &Index, mut unsettled: HashSet<KeyId>) {
        let has_settled_elder = |id: &KeyId| {
            let elder = index.elder(id);
            !elder.is_some_and(|elder| unsettled.contains(&elder))
        };
        let firsts: Vec<KeyId> = unsettled
            .iter()
            .copied()
            .filter(has_settled_elder)
            .collect();
        for first in firsts {
            self.settle_from(index, first, &mut unsettled);
        }
        // What is left took over from each other in a circle, which no program writes.
        while let Some(id) = unsettled.iter().next().copied() {
            self.settle_from(index, id, &mut unsettled);
        }
    }

    fn settle_from(&self, index: &Index, first: KeyId, unsettled: &mut HashSet<KeyId>) {
        let keys = self.keys.pin();
        let mut next = Some(first);
        while let Some(id) = next {
            let was_unsettled = unsettled.remove(&id);
            // One that is not there yet is settled when it comes.
            let Some(kept) = keys.get(&id) else { break };
            let elder = index.elder(&id).and_then(|elder| keys.get(&elder));
            let (line, cell) = match elder {
                Some(elder) => (elder.holder.line.unwrap_or(id), &elder.holder.cell),
                None => (id, &kept.holder.cell),
            };
            let is_right = kept.holder.line == Some(line) && Arc::ptr_eq(&kept.holder.cell, cell);
            if !is_right {
                keys.insert(id, kept.in_line(line, Arc::clone(cell)));
            } else if !was_unsettled {
                break;
            }
            next = index.heir(&id);
        }
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod cost;
#[cfg(test)]
mod tests;
