//! Who holds a credential that is good.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use portcullis_identity::signing::Verifier;
use portcullis_identity::{Conditions, ErpLogin, KeyId, Principal, RoleName};
use portcullis_storage::StandIn;

use super::uses::LastUse;
use crate::gcra::Rate;
use crate::upstream::ErpUser;

/// A caller whose credential is good.
pub struct Holder {
    /// Who it is.
    pub(crate) principal: Arc<Principal>,
    /// The first of the keys that took over from each other, if it is a key: what the holder
    /// began with one of them stays its own with the next.
    pub(crate) line: Option<KeyId>,
    /// Under which conditions the credential is good.
    pub(crate) conditions: Arc<Conditions>,
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
    pub(super) last_use: Arc<LastUse>,
    /// What knows its signatures, if it signs.
    pub(crate) verifier: Option<Arc<Verifier>>,
    /// Whether it is known that others could read the key.
    pub(super) exposed: AtomicBool,
}

impl Holder {
    /// A caller without a key, such as the bearer of a token.
    pub(crate) fn without_key(principal: Principal, rate: Rate, cell: Arc<AtomicI64>) -> Self {
        Self {
            principal: Arc::new(principal),
            line: None,
            conditions: Arc::default(),
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

    /// A key that calls for a person: as the person's ERP user, under the key's name, at the
    /// rate of both.
    pub(crate) fn for_person(key: &Self, person: &Arc<Self>, roles: Vec<RoleName>) -> Self {
        let login = person.principal.erp_login().clone();
        Self {
            principal: Arc::new(key.principal.for_person(login, roles)),
            line: key.line,
            conditions: Arc::clone(&key.conditions),
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
    /// The same key, in the line of another one.
    pub(super) fn in_line(&self, first: KeyId, cell: Arc<AtomicI64>) -> Self {
        Self {
            principal: Arc::clone(&self.principal),
            line: Some(first),
            conditions: Arc::clone(&self.conditions),
            rate: self.rate,
            cell,
            user: self.user.clone(),
            person: self.person.clone(),
            stand_in: self.stand_in.clone(),
            last_use: Arc::clone(&self.last_use),
            verifier: self.verifier.clone(),
            exposed: AtomicBool::new(self.exposed.load(Ordering::Acquire)),
        }
    }

    /// A key while its ERP user is archived: as the one that stands in, and otherwise as it is.
    pub(crate) fn standing_in(key: &Self, login: ErpLogin) -> Self {
        Self {
            principal: Arc::new(key.principal.standing_in(login)),
            line: key.line,
            conditions: Arc::clone(&key.conditions),
            rate: key.rate,
            cell: Arc::clone(&key.cell),
            user: None,
            person: None,
            stand_in: None,
            last_use: Arc::clone(&key.last_use),
            verifier: key.verifier.clone(),
            exposed: AtomicBool::new(key.exposed.load(Ordering::Acquire)),
        }
    }
}
