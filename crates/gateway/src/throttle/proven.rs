//! Addresses from which a good key came lately, in a dialect that has it in the body.
//!
//! There the body must be read before it is known who sends it, so that strangers are told from
//! clients by what their address did before: a client logs in, or makes a small call, first.

use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, Ordering};

use portcullis_identity::Timestamp;

use super::cells::Cells;
use super::network;

/// For how long an address is known, in microseconds: a quarter of an hour.
const LASTS: i64 = 15 * 60 * 1_000_000;

/// The addresses; over all cores.
#[derive(Default)]
pub(crate) struct Proven(Cells<IpAddr>);

impl Proven {
    /// A good key came from this address.
    pub(crate) fn note(&self, address: IpAddr, now: Timestamp) {
        let latest = |last: &AtomicI64| last.fetch_max(now.micros(), Ordering::AcqRel);
        self.0.change(network(address), latest);
    }

    /// Whether one did lately.
    pub(crate) fn knows(&self, address: IpAddr, now: Timestamp) -> bool {
        let moment = |last: &AtomicI64| last.load(Ordering::Acquire);
        let last = self.0.look(&network(address), moment);
        last.is_some_and(|last| now.micros().saturating_sub(last) <= LASTS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_known_for_a_quarter_of_an_hour() {
        let proven = Proven::default();
        let [one, other] = [1, 2].map(|last| IpAddr::from([192, 0, 2, last]));
        let now = Timestamp(LASTS);
        assert!(!proven.knows(one, now));
        proven.note(one, now);
        assert!(proven.knows(one, now) && !proven.knows(other, now));
        assert!(proven.knows(one, Timestamp(2 * LASTS)));
        assert!(!proven.knows(one, Timestamp(2 * LASTS + 1)));
    }
}
