//! What keys have to do with each other, and by what else than their ids they are found. Only
//! whoever puts keys into the bunch and takes them out needs it; most keys do not stand here.

use std::collections::{BTreeSet, HashMap, HashSet};

use portcullis_identity::{CertificateDigest, ErpLogin, KeyId, Timestamp, UpstreamName};
use portcullis_storage::KeyRow;

use super::kept::Common;

/// The index of a bunch of keys.
#[derive(Default)]
pub(super) struct Index {
    facts: HashMap<KeyId, Facts>,
    /// Which key each key took over from.
    elders: HashMap<KeyId, KeyId>,
    /// Which keys a certificate is, or was, shown in the place of; the newest last.
    bearers: HashMap<CertificateDigest, BTreeSet<(Timestamp, KeyId)>>,
    /// Who stands in for whom, by how many keys.
    deputies: HashMap<(UpstreamName, ErpLogin), HashMap<ErpLogin, usize>>,
    pub(super) common: Common,
    /// Which reading of all keys goes on, or was the last.
    pub(super) reading: u32,
}

/// What is to be undone when a key goes, or is read again.
struct Facts {
    created: Timestamp,
    certificate: Option<CertificateDigest>,
    successor: Option<KeyId>,
    /// Who stands in for whom, by this key.
    deputy: Option<((UpstreamName, ErpLogin), ErpLogin)>,
}

/// What has to be looked at again once keys have changed.
#[derive(Default)]
pub(super) struct Touched {
    pub(super) certificates: HashSet<CertificateDigest>,
    /// Keys that may be in another line now.
    pub(super) unsettled: HashSet<KeyId>,
}

impl Index {
    /// Learns what a row says in the place of what was known of its key.
    pub(super) fn put(&mut self, row: &KeyRow, touched: &mut Touched) {
        self.forget(&row.id, touched);
        let deputy = row.stand_in.as_ref().filter(|_| row.revoked.is_none());
        let deputy = deputy.map(|one| {
            let of = (row.upstream.clone(), row.erp_login.clone());
            (of, one.login.clone())
        });
        if self.elders.contains_key(&row.id) {
            touched.unsettled.insert(row.id);
        }
        if row.certificate.is_none() && row.successor.is_none() && deputy.is_none() {
            return;
        }
        if let Some(certificate) = row.certificate {
            let bearers = self.bearers.entry(certificate).or_default();
            bearers.insert((row.created, row.id));
            touched.certificates.insert(certificate);
        }
        if let Some(successor) = row.successor {
            self.elders.insert(successor, row.id);
            touched.unsettled.insert(successor);
        }
        if let Some((of, login)) = deputy.clone() {
            let count = self.deputies.entry(of).or_default().entry(login);
            let count = count.or_default();
            *count = count.saturating_add(1);
        }
        let facts = Facts {
            created: row.created,
            certificate: row.certificate,
            successor: row.successor,
            deputy,
        };
        self.facts.insert(row.id, facts);
    }

    /// Forgets what was known of a key.
    pub(super) fn forget(&mut self, id: &KeyId, touched: &mut Touched) {
        let Some(facts) = self.facts.remove(id) else {
            return;
        };
        if let Some(certificate) = facts.certificate {
            if let Some(bearers) = self.bearers.get_mut(&certificate) {
                bearers.remove(&(facts.created, *id));
                if bearers.is_empty() {
                    self.bearers.remove(&certificate);
                }
            }
            touched.certificates.insert(certificate);
        }
        if let Some(successor) = facts.successor
            && self.elders.get(&successor) == Some(id)
        {
            self.elders.remove(&successor);
            touched.unsettled.insert(successor);
        }
        if let Some((of, login)) = facts.deputy
            && let Some(logins) = self.deputies.get_mut(&of)
        {
            let left = logins
                .get(&login)
                .map_or(0, |count| count.saturating_sub(1));
            if left > 0 {
                logins.insert(login, left);
            } else {
                logins.remove(&login);
            }
            if logins.is_empty() {
                self.deputies.remove(&of);
            }
        }
    }

    /// The key that this one took over from.
    pub(super) fn elder(&self, id: &KeyId) -> Option<KeyId> {
        self.elders.get(id).copied()
    }

    /// The key that took over from this one.
    pub(super) fn heir(&self, id: &KeyId) -> Option<KeyId> {
        let heir = self.facts.get(id)?.successor?;
        (self.elders.get(&heir) == Some(id)).then_some(heir)
    }

    /// The key in whose place a certificate is shown: the newest that lives. Where all are
    /// revoked, the newest of them: whoever goes on showing it is told in the record.
    pub(super) fn bearer(
        &self,
        certificate: &CertificateDigest,
        lives: impl Fn(&KeyId) -> bool,
    ) -> Option<KeyId> {
        let bearers = self.bearers.get(certificate)?;
        let mut newest_first = bearers.iter().rev().map(|(_, id)| id);
        let living = newest_first.clone().find(|id| lives(id));
        living.or_else(|| newest_first.next()).copied()
    }

    /// Who stands in for these users of an ERP.
    pub(super) fn stand_ins<'a>(
        &self,
        upstream: &UpstreamName,
        archived: impl Iterator<Item = &'a ErpLogin>,
    ) -> HashSet<ErpLogin> {
        let of = archived.map(|login| (upstream.clone(), login.clone()));
        let of = of.filter_map(|of| self.deputies.get(&of));
        of.flat_map(|logins| logins.keys().cloned()).collect()
    }
}
