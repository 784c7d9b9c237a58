//! People: who logs in with the password of the ERP, and what they may do here.
//!
//! The ERP checks the password, once, and it is kept nowhere. What stays is the ERP's own session:
//! calls of the person run within it, so that the ERP's own rights hold too. A person has the
//! roles that the configuration gives, asked again for each process's view of a session.

mod entered;
mod pairs;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use papaya::HashMap;
use portcullis_identity::{
    ErpLogin, Principal, PrincipalKind, PrincipalName, RoleName, UpstreamName,
};
use serde::Deserialize;

use crate::gcra::Rate;
use crate::keyring::Holder;
use crate::upstream::ErpUser;
pub(crate) use entered::{Entered, Mark, NoEntry, Turn};
pub(crate) use pairs::{Pair, Pairs};

/// How many persons are remembered; the memory is forgotten when it is full.
const MOST: usize = 100_000;

/// Who may log in at an ERP, as it is configured. Logins are compared without regard to case, as
/// some ERPs do.
#[derive(Debug, Clone, Default)]
pub struct PeopleConfig {
    /// What everybody may do who logs in.
    pub roles: Vec<RoleName>,
    /// What some may do besides, by login, in lower case.
    pub logins: BTreeMap<String, Vec<RoleName>>,
    /// Who may not log in, in lower case.
    pub deny: BTreeSet<String>,
    /// Whether login and password are taken as `Authorization: Basic`, of whoever is no
    /// administrator of the ERP.
    pub basic: Basic,
    /// How often each of them may call.
    pub rate: Rate,
}

/// Whether login and password are taken as `Authorization: Basic`, without a log-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basic {
    /// They are not.
    #[default]
    Off,
    /// Beside a gateway key only.
    BesideKey,
    /// They are, alone or beside a gateway key.
    On,
}

/// Who may log in at an ERP.
pub(crate) struct People {
    config: PeopleConfig,
    /// Who has entered by Basic: their sessions at the ERP.
    pub(crate) entered: Entered,
    /// What keys may do for persons.
    pub(crate) pairs: Pairs,
    /// The state of each person's limit, which all sessions of a person share.
    cells: HashMap<ErpLogin, Arc<AtomicI64>>,
}

impl People {
    pub(crate) fn new(config: PeopleConfig) -> Self {
        Self {
            config,
            entered: Entered::default(),
            pairs: Pairs::default(),
            cells: HashMap::new(),
        }
    }

    /// Whether a login may be tried at all.
    pub(crate) fn admit(&self, login: &ErpLogin) -> bool {
        self.config.roles_of(login).is_some()
    }

    /// Whether login and password are taken as `Authorization: Basic`.
    pub(crate) fn basic(&self) -> Basic {
        self.config.basic
    }

    /// The holder of a person's rights; none for whoever may not log in.
    pub(crate) fn holder(&self, upstream: &UpstreamName, user: &Arc<ErpUser>) -> Option<Holder> {
        let login = user.login();
        let roles = self.config.roles_of(login)?;
        let name = PrincipalName::new(login.as_str()).ok()?;
        let principal = Principal::new(
            PrincipalKind::Person,
            name,
            upstream.clone(),
            login.clone(),
            roles,
        );
        let cells = self.cells.pin();
        if cells.len() >= MOST {
            cells.clear();
        }
        let cell = cells.get_or_insert_with(login.clone(), Arc::default);
        Some(Holder::person(
            principal,
            self.config.rate,
            Arc::clone(cell),
            Arc::clone(user),
        ))
    }
}

impl PeopleConfig {
    /// What a person may do; none for whoever may not log in, or would have no role.
    pub fn roles_of(&self, login: &ErpLogin) -> Option<Vec<RoleName>> {
        let folded = folded(login.as_str());
        if self.deny.contains(&folded) {
            return None;
        }
        let own = self.logins.get(&folded).into_iter().flatten();
        let roles: Vec<RoleName> = self.roles.iter().chain(own).cloned().collect();
        (!roles.is_empty()).then_some(roles)
    }
}

/// A login as it is compared.
pub(crate) fn folded(login: &str) -> String {
    login.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_everybodys_and_ones_own_and_the_denied_have_none() {
        let role = |name| RoleName::new(name).unwrap();
        let config = PeopleConfig {
            roles: vec![role("staff")],
            logins: BTreeMap::from([("anna@example.com".to_owned(), vec![role("sales")])]),
            deny: BTreeSet::from(["administrator".to_owned()]),
            basic: Basic::Off,
            rate: Rate {
                per_minute: 60,
                burst: 10,
            },
        };
        let of = |config: &PeopleConfig, login| config.roles_of(&ErpLogin::new(login).unwrap());
        assert_eq!(of(&config, "bert"), Some(vec![role("staff")]));
        let both = Some(vec![role("staff"), role("sales")]);
        assert_eq!(of(&config, "Anna@Example.com"), both);
        assert_eq!(of(&config, "ADMINISTRATOR"), None);
        let some = PeopleConfig {
            roles: Vec::new(),
            ..config
        };
        assert_eq!(of(&some, "anna@example.com"), Some(vec![role("sales")]));
        assert_eq!(of(&some, "bert"), None, "who has no role does not log in");
    }
}
