//! Accounts at which somebody guesses: a login at an ERP, a key by its id, or an administrator.
//!
//! An address that fails waits, but a guesser has many addresses. So failures are counted by
//! account too; one that has failed too often is held for whoever comes from an address that
//! has not proven it lately. Its holder, who has, goes on: nobody locks out somebody else.
//! Whoever shares that address may fail more often, but not for ever.
//! Logins are counted whether there is such a person or not, so that a hold tells nothing.

use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_lc_rs::digest::{self, SHA256};
use portcullis_identity::{KeyId, Timestamp, UpstreamName};

use super::cells::Cells;
use super::{network, seconds};
use crate::gcra::Rate;
use crate::people::folded;

/// For how long an address that proved an account goes on, in microseconds: a day.
const LASTS: i64 = 24 * 60 * 60 * 1_000_000;

/// How many times as often an account may fail from an address that proved it.
const PROVEN: u32 = 3;

/// An account that somebody may guess at: a digest, for names are as long as strangers like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Account([u8; 32]);

/// The accounts at which somebody failed, and the addresses that proved them; over all cores.
pub struct Accounts {
    rate: Rate,
    failures: Cells<Account>,
    /// When the right secret came last.
    proven: Cells<(Account, IpAddr)>,
    /// What failed where it was proven.
    slips: Cells<(Account, IpAddr)>,
}

impl Account {
    pub(crate) fn key(id: KeyId) -> Self {
        Self::of(&["key", id.to_string().as_str()])
    }

    /// Somebody who administers the gateway, whether there is such a one or not.
    pub fn administrator(name: &str) -> Self {
        Self::of(&["administrator", &folded(name)])
    }

    /// A login of an ERP, whether there is such a one or not.
    pub fn login(upstream: &UpstreamName, login: &str) -> Self {
        Self::of(&["login", upstream.as_str(), &folded(login)])
    }

    fn of(parts: &[&str]) -> Self {
        let mut context = digest::Context::new(&SHA256);
        for part in parts {
            context.update(&part.len().to_be_bytes());
            context.update(part.as_bytes());
        }
        let mut account = [0; 32];
        account.copy_from_slice(context.finish().as_ref());
        Self(account)
    }
}

impl Accounts {
    /// Accounts that may fail so often.
    pub fn new(rate: Rate) -> Self {
        Self {
            rate,
            failures: Cells::default(),
            proven: Cells::default(),
            slips: Cells::default(),
        }
    }

    /// How many seconds an account is held for this address, if it is.
    pub fn held(&self, account: &Account, address: IpAddr, now: Timestamp) -> Option<u64> {
        let tally = if self.is_proven(account, address, now) {
            let rate = self.where_proven();
            let slips = (*account, network(address));
            self.slips.look(&slips, |cell| rate.look(cell, now))
        } else {
            let look = |cell: &_| self.rate.look(cell, now);
            self.failures.look(account, look)
        };
        tally
            .filter(|tally| !tally.admitted)
            .map(|tally| seconds(tally.wait))
    }

    /// Whether a key is held for this address. A key's secret cannot be guessed, only its holder be
    /// locked out: where the right one came from lately it is never held.
    pub(crate) fn key_held(&self, account: &Account, address: IpAddr, now: Timestamp) -> bool {
        !self.is_proven(account, address, now) && self.held(account, address, now).is_some()
    }

    /// Counts a failure; answers whether the account is held from now on: for addresses that did
    /// not prove it or, where this one did, for this one.
    pub fn failed(&self, account: &Account, address: IpAddr, now: Timestamp) -> bool {
        let count = |rate: Rate, cell: &_| {
            let before = rate.look(cell, now).admitted;
            rate.charge(cell, now);
            before && !rate.look(cell, now).admitted
        };
        if self.is_proven(account, address, now) {
            let rate = self.where_proven();
            let slips = (*account, network(address));
            self.slips.change(slips, |cell| count(rate, cell))
        } else {
            self.failures
                .change(*account, |cell| count(self.rate, cell))
        }
    }

    /// The right secret came from this address.
    pub fn proved(&self, account: Account, address: IpAddr, now: Timestamp) {
        self.proven.change((account, network(address)), |last| {
            last.fetch_max(now.micros(), Ordering::AcqRel)
        });
    }

    /// Whether the right secret came from this address lately.
    pub fn is_proven(&self, account: &Account, address: IpAddr, now: Timestamp) -> bool {
        let moment = |last: &AtomicI64| last.load(Ordering::Acquire);
        let last = self.proven.look(&(*account, network(address)), moment);
        last.is_some_and(|last| now.micros().saturating_sub(last) <= LASTS)
    }

    fn where_proven(&self) -> Rate {
        Rate {
            per_minute: self.rate.per_minute.saturating_mul(PROVEN),
            burst: self.rate.burst.saturating_mul(PROVEN),
        }
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
        for slip in 1..=9 {
            let held = accounts.failed(&anna(), home, at(1));
            assert_eq!(
                held,
                slip == 9,
                "whoever shares it does not guess on for ever"
            );
        }
        assert!(accounts.held(&anna(), home, at(1)).is_some());
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
