//! Accounts at which somebody guesses: a login at an ERP, a key by its id, or an administrator.
//!
//! An address that fails waits, but a guesser has many addresses. So failures are counted by
//! account too; one that has failed too often is held for whoever comes from an address that
//! has not proven it lately. Its holder, who has, goes on: nobody locks out somebody else.
//! Logins are counted whether there is such a person or not, so that a hold tells nothing.

use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, Ordering};

use papaya::HashMap;
use portcullis_identity::{KeyId, Timestamp, UpstreamName};

use super::{network, seconds};
use crate::gcra::Rate;
use crate::people::folded;

/// How many accounts are remembered; the memory is forgotten when it is full.
const MOST: usize = 100_000;

/// For how long an address that proved an account goes on, in microseconds: a day.
const LASTS: i64 = 24 * 60 * 60 * 1_000_000;

/// An account that somebody may guess at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Account(Name);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Name {
    Key(KeyId),
    Login(UpstreamName, Box<str>),
    Administrator(Box<str>),
}

/// The accounts at which somebody failed, and the addresses that proved them; over all cores.
pub struct Accounts {
    rate: Rate,
    cells: HashMap<Account, AtomicI64>,
    proven: HashMap<(Account, IpAddr), AtomicI64>,
}

impl Account {
    pub(crate) fn key(id: KeyId) -> Self {
        Self(Name::Key(id))
    }

    /// Somebody who administers the gateway, whether there is such a one or not.
    pub fn administrator(name: &str) -> Self {
        Self(Name::Administrator(folded(name).into()))
    }

    pub(crate) fn login(upstream: &UpstreamName, login: &str) -> Self {
        Self(Name::Login(upstream.clone(), folded(login).into()))
    }
}

impl Accounts {
    /// Accounts that may fail so often.
    pub fn new(rate: Rate) -> Self {
        Self {
            rate,
            cells: HashMap::new(),
            proven: HashMap::new(),
        }
    }

    /// How many seconds an account is held for this address, if it is.
    pub fn held(&self, account: &Account, address: IpAddr, now: Timestamp) -> Option<u64> {
        let cells = self.cells.pin();
        let tally = self.rate.look(cells.get(account)?, now);
        let held = !tally.admitted && !self.is_proven(account, address, now);
        held.then(|| seconds(tally.wait))
    }

    /// Counts a failure; answers whether the account is held from now on. Where the account was
    /// proven lately, its holder has mistyped.
    pub fn failed(&self, account: &Account, address: IpAddr, now: Timestamp) -> bool {
        if self.is_proven(account, address, now) {
            return false;
        }
        let cells = self.cells.pin();
        if cells.len() >= MOST {
            cells.clear();
        }
        let cell = cells.get_or_insert_with(account.clone(), || AtomicI64::new(0));
        let before = self.rate.look(cell, now).admitted;
        self.rate.charge(cell, now);
        before && !self.rate.look(cell, now).admitted
    }

    /// The right secret came from this address.
    pub fn proved(&self, account: Account, address: IpAddr, now: Timestamp) {
        let proven = self.proven.pin();
        if proven.len() >= MOST {
            proven.clear();
        }
        proven
            .get_or_insert_with((account, network(address)), || AtomicI64::new(0))
            .fetch_max(now.micros(), Ordering::AcqRel);
    }

    /// Whether the right secret came from this address lately.
    pub fn is_proven(&self, account: &Account, address: IpAddr, now: Timestamp) -> bool {
        let proven = self.proven.pin();
        let last = proven.get(&(account.clone(), network(address)));
        last.is_some_and(|last| now.micros().saturating_sub(last.load(Ordering::Acquire)) <= LASTS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNA: &str = "anna@example.com";

    fn accounts() -> Accounts {
        Accounts::new(Rate {
            per_minute: 1,
            burst: 3,
        })
    }

    fn anna() -> Account {
        Account::login(&UpstreamName::new("odoo").unwrap(), ANNA)
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp(LASTS * 2 + seconds * 1_000_000)
    }

    #[test]
    fn an_account_that_failed_too_often_is_held_from_any_new_address() {
        let accounts = accounts();
        let here = |last| IpAddr::from([192, 0, 2, last]);
        for last in 1..=3 {
            assert_eq!(accounts.held(&anna(), here(last), at(0)), None);
            let held = accounts.failed(&anna(), here(last), at(0));
            assert_eq!(held, last == 3, "told once, when it begins");
        }
        assert!(accounts.held(&anna(), here(9), at(0)).is_some());
        assert!(!accounts.failed(&anna(), here(9), at(0)));
        let bert = Account::login(&UpstreamName::new("odoo").unwrap(), "bert");
        assert_eq!(accounts.held(&bert, here(1), at(0)), None, "others go on");
        let elsewhere = Account::login(&UpstreamName::new("other").unwrap(), ANNA);
        assert_eq!(accounts.held(&elsewhere, here(1), at(0)), None);
        let shouted = Account::login(&UpstreamName::new("odoo").unwrap(), "ANNA@example.com ");
        assert!(
            accounts.held(&shouted, here(1), at(0)).is_some(),
            "it is the same"
        );
        assert_eq!(
            accounts.held(&anna(), here(9), at(300)),
            None,
            "and it passes"
        );
    }

    #[test]
    fn its_holder_goes_on_where_it_was_proven_lately() {
        let accounts = accounts();
        let (home, stranger) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        accounts.proved(anna(), home, at(0));
        for _ in 0..9 {
            accounts.failed(&anna(), stranger, at(1));
        }
        assert!(accounts.held(&anna(), stranger, at(1)).is_some());
        assert_eq!(accounts.held(&anna(), home, at(1)), None);
        let later = Timestamp(at(1).micros() + LASTS);
        for _ in 0..9 {
            accounts.failed(&anna(), stranger, later);
        }
        assert!(
            accounts.held(&anna(), home, later).is_some(),
            "not for ever"
        );
    }
}
