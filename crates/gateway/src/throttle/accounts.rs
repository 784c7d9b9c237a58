//! Accounts at which somebody guesses: a login at an ERP, or an administrator.
//!
//! An address that fails waits, but a guesser has many addresses. So tries are counted by
//! account too; one at which too many failed is held for whoever comes from an address that
//! has not proven it lately. Its holder, who has, goes on: nobody locks out somebody else.
//! Whoever shares that address may fail more often, but not for ever.
//! A try is counted before it is judged, and given back if it was right, so that many at once are
//! no more than one after the other.
//! Logins are counted whether there is such a person or not, so that a hold tells nothing.
//! Keys are not held: nobody guesses their secrets, and a hold would keep out their holder alone.

use std::net::IpAddr;

use aws_lc_rs::digest::{self, SHA256};
use portcullis_identity::{Administrator, ErpLogin, KeyId, Means, Timestamp, UpstreamName};

use super::cells::Cells;
use super::homes::Homes;
use super::{network, seconds};
use crate::gcra::{Rate, Taken};
use crate::people::folded;

/// How many times as often an account may fail from an address that proved it.
const PROVEN: u32 = 3;

/// An account that somebody may guess at: a digest, for names are as long as strangers like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Account([u8; 32]);

/// The accounts at which somebody failed, and the addresses that proved them; over all cores.
pub struct Accounts {
    rate: Rate,
    failures: Cells<Account>,
    homes: Homes,
}

/// A try at an account. It counts as a failure until it is given back.
#[derive(Debug)]
#[must_use = "a try that was no failure is given back"]
pub struct Try {
    account: Account,
    address: IpAddr,
    /// Whether it was made from an address that proved the account.
    at_home: bool,
    taken: Taken,
}

impl Try {
    /// It failed. Answers whether the account is held from now on: for addresses that did not
    /// prove it or, where this one did, for this one.
    pub fn failed(self) -> bool {
        self.taken.is_last
    }
}

impl Account {
    pub(crate) fn key(id: KeyId) -> Self {
        Self::of(&["key", id.to_string().as_str()])
    }

    /// Somebody who administers the gateway, whether there is such a one or not.
    pub fn administrator(name: &str) -> Self {
        Self::of(&["administrator", &folded(name)])
    }

    /// A device from which somebody who administers the gateway has logged in.
    pub fn device(name: &str, id: &str) -> Self {
        Self::of(&["device", &folded(name), id])
    }

    /// A login of an ERP of whose secrets an administrator tries some: each has tries of its own.
    pub fn tried_by(who: &Administrator, upstream: &UpstreamName, login: &ErpLogin) -> Self {
        let login = folded(login.as_str());
        let [by, whose] = by(who);
        Self::of(&["adopts", by, whose, upstream.as_str(), &login])
    }

    /// Keys that an administrator imports, and that may be somebody's.
    pub fn of_imports(who: &Administrator) -> Self {
        let [by, whose] = by(who);
        Self::of(&["imports", by, whose])
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

/// An administrator, as what is shown: a key, or a person's session.
fn by(who: &Administrator) -> [&str; 2] {
    match &who.by {
        Means::Key(id) => ["key", id.as_str()],
        Means::Session => ["session", who.name.as_str()],
    }
}

impl Accounts {
    /// Accounts that may fail so often.
    pub fn new(rate: Rate) -> Self {
        Self {
            rate,
            failures: Cells::default(),
            homes: Homes::default(),
        }
    }

    /// How many seconds an account is held for this address, if it is.
    pub fn held(&self, account: &Account, address: IpAddr, now: Timestamp) -> Option<u64> {
        let rate = self.where_proven();
        let at_home = |cell: &_| rate.look(cell, now);
        let tally = self
            .homes
            .at(account, network(address), now, at_home)
            .or_else(|| {
                self.failures
                    .look(account, |cell| self.rate.look(cell, now))
            });
        tally
            .filter(|tally| !tally.admitted)
            .map(|tally| seconds(tally.wait))
    }

    /// Counts a try, before it is judged.
    ///
    /// # Errors
    /// When the account is held for this address: how many seconds.
    pub fn begin(&self, account: &Account, address: IpAddr, now: Timestamp) -> Result<Try, u64> {
        let rate = self.where_proven();
        let slips = |cell: &_| rate.borrow(cell, now);
        let home = self.homes.at(account, network(address), now, slips);
        let at_home = home.is_some();
        let taken = home.unwrap_or_else(|| {
            self.failures
                .change(*account, |cell| self.rate.borrow(cell, now))
        });
        Ok(Try {
            account: *account,
            address,
            at_home,
            taken: taken.map_err(seconds)?,
        })
    }

    /// Takes back a try that was no failure: nobody judged it, or it was right.
    pub fn give_back(&self, tried: Try, now: Timestamp) {
        let Try {
            account,
            address,
            at_home,
            taken,
        } = tried;
        if at_home {
            let rate = self.where_proven();
            let give = |cell: &_| rate.give_back(cell, &taken, now);
            // A home that is forgotten has forgotten its failures, too.
            let _forgotten = self.homes.at(&account, network(address), now, give);
        } else {
            let give = |cell: &_| self.rate.give_back(cell, &taken, now);
            let _forgotten = self.failures.look(&account, give);
        }
    }

    /// The right secret came from this address.
    pub fn proved(&self, account: Account, address: IpAddr, now: Timestamp) {
        self.homes.prove(account, network(address), now);
    }

    /// Whether the right secret came from this address lately.
    pub fn is_proven(&self, account: &Account, address: IpAddr, now: Timestamp) -> bool {
        let home = self.homes.at(account, network(address), now, |_| ());
        home.is_some()
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
    use super::super::homes::LASTS;
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

    /// Fails once; answers whether that held the account.
    fn fail(accounts: &Accounts, address: IpAddr, now: Timestamp) -> bool {
        accounts.begin(&anna(), address, now).is_ok_and(Try::failed)
    }

    #[test]
    fn an_account_that_failed_too_often_is_held_from_any_new_address() {
        let accounts = accounts();
        let here = |last| IpAddr::from([192, 0, 2, last]);
        for last in 1..=3 {
            assert_eq!(accounts.held(&anna(), here(last), at(0)), None);
            let tried = accounts.begin(&anna(), here(last), at(0)).unwrap();
            assert_eq!(tried.failed(), last == 3, "told once, when it begins");
        }
        assert!(accounts.held(&anna(), here(9), at(0)).is_some());
        assert!(accounts.begin(&anna(), here(9), at(0)).is_err());
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
            fail(&accounts, stranger, at(1));
        }
        assert!(accounts.held(&anna(), stranger, at(1)).is_some());
        assert_eq!(accounts.held(&anna(), home, at(1)), None);
        for slip in 1..=9 {
            let held = fail(&accounts, home, at(1));
            assert_eq!(
                held,
                slip == 9,
                "whoever shares it does not guess on for ever"
            );
        }
        assert!(accounts.held(&anna(), home, at(1)).is_some());
        let later = Timestamp(at(1).micros() + LASTS);
        for _ in 0..9 {
            fail(&accounts, stranger, later);
        }
        assert!(
            accounts.held(&anna(), home, later).is_some(),
            "not for ever"
        );
    }

    #[test]
    fn many_tries_at_once_are_no_more_than_one_after_the_other() {
        let accounts = accounts();
        let from = |last: u8| IpAddr::from([192, 0, 2, last]);
        let begin = |last: u8| accounts.begin(&anna(), from(last), at(0));
        let judged: Vec<Try> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..40)
                .map(|last| scope.spawn(move || begin(last)))
                .collect();
            let all = all.into_iter().map(|each| each.join().unwrap());
            all.filter_map(Result::ok).collect()
        });
        assert_eq!(judged.len(), 3, "none of them is judged yet");
        assert!(begin(77).is_err());
        for tried in judged {
            accounts.give_back(tried, at(1));
        }
        accounts.proved(anna(), from(1), at(1));
        for last in 1..=3 {
            let tried = accounts.begin(&anna(), from(77), at(1)).unwrap();
            assert_eq!(tried.failed(), last == 3, "what was right does not count");
        }
        let home = |_| accounts.begin(&anna(), from(1), at(1));
        let judged: Vec<Try> = (0..40).filter_map(|n| home(n).ok()).collect();
        assert_eq!(judged.len(), 9, "nor where it was proven");
    }
}
