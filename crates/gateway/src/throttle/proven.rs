//! Addresses from which a good key came lately, in a dialect that has it in the body.
//!
//! There the body must be read before it is known who sends it, so that strangers are told from
//! clients by what their address did before: a client logs in, or makes a small call, first.
//! Each caller has a bounded number of them, so that none has those of others forgotten.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

use portcullis_identity::{Principal, PrincipalName, Timestamp, UpstreamName};

use super::cells::Cells;
use super::network;

/// For how long an address is known, in microseconds: a quarter of an hour.
const LASTS: i64 = 15 * 60 * 1_000_000;

/// How exactly it is known when a good key came last, in microseconds: a minute.
const NOTED: i64 = 60 * 1_000_000;

/// How many addresses of one caller are known: those from which it came last.
const MOST: usize = 64;

/// How many callers' addresses are counted; when there are more, all are counted anew.
const CALLERS: usize = 50_000;

type Caller = (UpstreamName, PrincipalName);

/// The addresses; over all cores.
#[derive(Default)]
pub(crate) struct Proven {
    networks: Cells<IpAddr>,
    /// From where each caller came.
    callers: Mutex<HashMap<Caller, Vec<(IpAddr, Timestamp)>>>,
}

impl Proven {
    /// A good key came from this address.
    pub(crate) fn note(&self, caller: &Principal, address: IpAddr, now: Timestamp) {
        let network = network(address);
        if self.came_within(network, NOTED, now) {
            return;
        }
        let whose = (caller.upstream().clone(), caller.name().clone());
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if callers.len() >= CALLERS && !callers.contains_key(&whose) {
            callers.clear();
        }
        let own = callers.entry(whose).or_default();
        own.retain(|(other, at)| *other != network && now.since(*at) <= LASTS);
        if own.len() >= MOST {
            let (oldest, at) = own.remove(0);
            // Unless somebody else has come from there since.
            self.networks.forget(&oldest, at.micros());
        }
        own.push((network, now));
        self.networks.change(network, |last: &AtomicI64| {
            last.fetch_max(now.micros(), Ordering::AcqRel)
        });
    }

    /// Whether one did lately.
    pub(crate) fn knows(&self, address: IpAddr, now: Timestamp) -> bool {
        self.came_within(network(address), LASTS, now)
    }

    fn came_within(&self, network: IpAddr, span: i64, now: Timestamp) -> bool {
        let moment = |last: &AtomicI64| last.load(Ordering::Acquire);
        let last = self.networks.look(&network, moment);
        last.is_some_and(|last| now.micros().saturating_sub(last) <= span)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use portcullis_identity::{ErpLogin, KeyId};

    use super::*;

    fn caller(name: &str) -> Principal {
        Principal::integration(
            PrincipalName::new(name).unwrap(),
            KeyId::new("pck_aaaaaaaaaaaaaaaa").unwrap(),
            UpstreamName::new("odoo").unwrap(),
            ErpLogin::new("integration").unwrap(),
            Vec::new(),
        )
    }

    #[test]
    fn an_address_is_known_for_a_quarter_of_an_hour() {
        let proven = Proven::default();
        let [one, other] = [1, 2].map(|last| IpAddr::from([192, 0, 2, last]));
        let now = Timestamp(LASTS);
        assert!(!proven.knows(one, now));
        proven.note(&caller("shop"), one, now);
        assert!(proven.knows(one, now) && !proven.knows(other, now));
        assert!(proven.knows(one, Timestamp(2 * LASTS)));
        assert!(!proven.knows(one, Timestamp(2 * LASTS + 1)));
    }

    #[test]
    fn whoever_comes_from_everywhere_has_no_others_addresses_forgotten() {
        let proven = Proven::default();
        let network = |number: u32| IpAddr::from(Ipv6Addr::from(u128::from(number) << 64));
        let at = |micros: u32| Timestamp(LASTS + i64::from(micros));
        let (shop, wanderer) = (caller("shop"), caller("wanderer"));
        proven.note(&shop, network(7), at(0));
        for number in 100..250_000 {
            proven.note(&wanderer, network(number), at(number));
        }
        let now = at(250_000);
        assert!(proven.knows(network(7), now));
        assert!(proven.knows(network(249_999), now) && !proven.knows(network(100), now));
    }
}
