//! The third room: an address that keeps failing waits, before any hash is computed.
//!
//! Only requests that failed or stayed anonymous are charged to their address, and an address
//! in debt is still open to whoever shows a key that exists: so a whole office behind one
//! address is not locked out by one colleague, nor by a stranger who shares it. This room
//! tells a debt; `decode` then takes small bodies only of whoever shows no known key, and
//! `identify` refuses him. Waiting is not charged, or a client that tries again would never get
//! out. Identified callers are limited by key (`limit`). Addresses of IPv6 count by their /64,
//! which is what one subscriber has.

mod accounts;
mod cells;
mod homes;
mod proven;

use std::net::{IpAddr, Ipv6Addr};

use http::header::{AUTHORIZATION, COOKIE, HeaderName};
use portcullis_erp::{Dialect, Reply};
use portcullis_identity::Timestamp;

use crate::denial::{Denial, Why};
use crate::gcra::{Rate, Tally};
use crate::origin::Origin;
use crate::route::Routed;
use crate::ways::Ways;
pub use accounts::{Account, Accounts, Try};
use cells::Cells;
pub(crate) use proven::Proven;

/// Beside which a signature by RFC 9421 stands.
const SIGNATURE: HeaderName = HeaderName::from_static("signature-input");

/// What is remembered of addresses that failed.
pub struct Throttle {
    rate: Rate,
    cells: Cells<IpAddr>,
}

/// A request whose address was looked at.
pub struct Paced {
    pub(crate) routed: Routed,
    /// Where the request came from.
    pub(crate) origin: Origin,
    /// How many seconds the address has to wait, unless a known key is shown.
    pub(crate) debt: Option<u64>,
}

/// Looks whether an address has failed too often.
///
/// # Errors
/// When it has, and the request shows nothing that could be a key.
pub fn by_address(
    throttle: &Throttle,
    ways: &Ways,
    routed: Routed,
    now: Timestamp,
) -> Result<Paced, Denial> {
    let origin = routed.received.origin;
    let debt = throttle.wait(origin.address, now);
    match debt {
        Some(seconds) if !may_show_a_key(ways, &routed) => Err(Denial::to(
            Reply::plain(routed.dialect),
            Why::Paced(seconds),
        )),
        _ => Ok(Paced {
            routed,
            origin,
            debt,
        }),
    }
}

/// Whether a request may carry a key: in a header, by a session's cookie or a certificate, or in
/// the body of a dialect that has a slot there.
fn may_show_a_key(ways: &Ways, routed: &Routed) -> bool {
    if routed.received.origin.certificate.is_some() {
        return true;
    }
    let headers = &routed.received.head.headers;
    let slot = matches!(
        routed.dialect,
        Dialect::XmlRpc1
            | Dialect::XmlRpc2
            | Dialect::JsonRpc
            | Dialect::OdooCall
            | Dialect::FrappeMethod
            | Dialect::FrappeV2
    ) || routed.segments.last().is_some_and(|last| last == "login");
    slot || (ways.in_query && routed.received.head.uri.query().is_some())
        || [AUTHORIZATION, COOKIE, SIGNATURE]
            .iter()
            .chain(ways.headers())
            .any(|name| headers.contains_key(name))
}

impl Throttle {
    /// A throttle that lets `rate` failures through.
    pub fn new(rate: Rate) -> Self {
        Self {
            rate,
            cells: Cells::default(),
        }
    }

    /// How often an address may fail.
    pub(crate) const fn rate(&self) -> Rate {
        self.rate
    }

    /// How many seconds this address has to wait, if it has to.
    pub fn wait(&self, address: IpAddr, now: Timestamp) -> Option<u64> {
        let look = |cell: &_| self.rate.look(cell, now);
        let tally = self.cells.look(&network(address), look)?;
        (!tally.admitted).then(|| seconds(tally.wait))
    }

    /// Takes one request off what an address may do.
    pub(crate) fn take(&self, address: IpAddr, now: Timestamp) -> (Rate, Tally) {
        let take = |cell: &_| self.rate.take(cell, now);
        (self.rate, self.cells.change(network(address), take))
    }

    /// Takes one request off what an address may do, whatever becomes of it.
    ///
    /// # Errors
    /// When none is left: how many seconds until there is one.
    pub fn spend(&self, address: IpAddr, now: Timestamp) -> Result<(), u64> {
        let (_, tally) = self.take(address, now);
        match tally.admitted {
            true => Ok(()),
            false => Err(seconds(tally.wait)),
        }
    }

    /// Charges a failed or anonymous request to its address.
    pub fn charge(&self, address: IpAddr, now: Timestamp) {
        let charge = |cell: &_| self.rate.charge(cell, now);
        self.cells.change(network(address), charge);
    }
}

impl std::fmt::Debug for Throttle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Throttle").field(&self.rate).finish()
    }
}

/// What one subscriber has: an address of IPv4, a /64 of IPv6.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => IpAddr::V6(Ipv6Addr::from(u128::from(six) & (u128::MAX << 64))),
        four => four,
    }
}

/// Microseconds as whole seconds, rounded up, at least 1.
pub(crate) fn seconds(micros: i64) -> u64 {
    u64::try_from(micros)
        .unwrap_or(0)
        .div_ceil(1_000_000)
        .max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_keeps_failing_waits_and_others_do_not() {
        let throttle = Throttle::new(Rate {
            per_minute: 60,
            burst: 3,
        });
        let now = Timestamp(1_000_000_000);
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        for _ in 0..3 {
            assert_eq!(throttle.wait(one, now), None);
            throttle.charge(one, now);
        }
        assert_eq!(throttle.wait(one, now), Some(1));
        assert_eq!(throttle.wait(other, now), None);
    }

    #[test]
    fn one_subscriber_is_one_address() {
        let here: IpAddr = "2001:db8::1".parse().unwrap();
        let there: IpAddr = "2001:db8::ffff".parse().unwrap();
        assert_eq!(network(here), network(there));
        assert_eq!(
            network("::ffff:192.0.2.1".parse().unwrap()),
            IpAddr::from([192, 0, 2, 1])
        );
    }
}
