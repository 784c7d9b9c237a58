//! From where accounts were proven lately, and what failed there.
//!
//! Only whoever shows a right secret gets in here, and each account has places of its own: nobody
//! has those of others forgotten, from however many networks one comes.

use std::net::IpAddr;
use std::sync::atomic::AtomicI64;
use std::sync::{Mutex, PoisonError};

use papaya::HashMap;
use portcullis_identity::Timestamp;

use super::Account;

/// For how long an address that proved an account goes on, in microseconds: a day.
pub(super) const LASTS: i64 = 24 * 60 * 60 * 1_000_000;

/// How many networks of an account are remembered: those that proved it last.
const MOST: usize = 64;

/// Of how many accounts; when there are more, those that were not proven for longest are
/// forgotten.
const ACCOUNTS: usize = 50_000;

/// The homes of all accounts; over all cores.
#[derive(Default)]
pub(super) struct Homes(HashMap<Account, Mutex<Vec<Home>>>);

/// A network from which the right secret came.
struct Home {
    network: IpAddr,
    /// When it came last.
    last: Timestamp,
    /// The state of what may fail there.
    slips: AtomicI64,
}

impl Homes {
    /// The right secret came from this network.
    pub(super) fn prove(&self, account: Account, network: IpAddr, now: Timestamp) {
        let homes = self.0.pin();
        if homes.len() >= ACCOUNTS && !homes.contains_key(&account) {
            self.forget(now);
        }
        let own = homes.get_or_insert_with(account, Mutex::default);
        let mut own = own.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(home) = own.iter_mut().find(|home| home.network == network) {
            home.last = home.last.max(now);
            return;
        }
        if own.len() >= MOST {
            let oldest = own.iter().enumerate().min_by_key(|(_, home)| home.last);
            if let Some(place) = oldest.map(|(place, _)| place) {
                own.swap_remove(place);
            }
        }
        own.push(Home {
            network,
            last: now,
            slips: AtomicI64::new(0),
        });
    }

    /// Looks at what failed in this network, if it proved the account lately.
    pub(super) fn at<T>(
        &self,
        account: &Account,
        network: IpAddr,
        now: Timestamp,
        look: impl FnOnce(&AtomicI64) -> T,
    ) -> Option<T> {
        let homes = self.0.pin();
        let own = homes.get(account)?.lock();
        let own = own.unwrap_or_else(PoisonError::into_inner);
        let home = own.iter().find(|home| home.network == network);
        home.filter(|home| is_lately(home.last, now))
            .map(|home| look(&home.slips))
    }

    fn forget(&self, now: Timestamp) {
        let homes = self.0.pin();
        let last = |own: &Mutex<Vec<Home>>| {
            let own = own.lock().unwrap_or_else(PoisonError::into_inner);
            own.iter().map(|home| home.last).max()
        };
        homes.retain(|_, own| last(own).is_some_and(|last| is_lately(last, now)));
        if homes.len() < ACCOUNTS {
            return;
        }
        let mut moments: Vec<Option<Timestamp>> = homes.values().map(last).collect();
        let half = moments.len() / 2;
        let (_, middle, _) = moments.select_nth_unstable(half);
        let middle = *middle;
        homes.retain(|_, own| last(own) > middle);
    }
}

fn is_lately(last: Timestamp, now: Timestamp) -> bool {
    now.since(last) <= LASTS
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use portcullis_identity::UpstreamName;

    use super::*;

    fn account(login: &str) -> Account {
        Account::login(&UpstreamName::new("odoo").unwrap(), login)
    }

    fn network(number: u32) -> IpAddr {
        IpAddr::from(Ipv6Addr::from(u128::from(number) << 64))
    }

    #[test]
    fn whoever_comes_from_everywhere_has_no_others_homes_forgotten() {
        let homes = Homes::default();
        let at = |seconds: u32| Timestamp(LASTS + i64::from(seconds));
        let has = |login: &str, number| {
            let found = homes.at(&account(login), network(number), at(200_000), |_| ());
            found.is_some()
        };
        homes.prove(account("anna"), network(1), at(1));
        for number in 0..200_000 {
            homes.prove(account("bert"), network(number), at(number));
        }
        assert!(has("anna", 1));
        assert!(has("bert", 199_999) && has("bert", 200_000 - 64));
        assert!(!has("bert", 1), "of one's own the oldest make room");
        assert!(!has("anna", 2));
    }

    #[test]
    fn there_are_bounds_for_accounts_too() {
        let homes = Homes::default();
        let later = Timestamp(3 * LASTS);
        let name = |number: usize| account(&number.to_string());
        for number in 0..ACCOUNTS + 9 {
            homes.prove(name(number), network(1), later);
            assert!(homes.0.pin().len() <= ACCOUNTS);
        }
        let last = homes.at(&name(ACCOUNTS + 8), network(1), later, |_| ());
        assert!(last.is_some());
    }
}
