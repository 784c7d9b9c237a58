//! How many connections are open: in all, and from each address.
//!
//! A connection costs a file and some memory before it has said anything. One that comes when
//! there is no place left is closed at once; nobody's place is taken from him.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::throttle::network;

/// How many connections there may be at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// From one address; trusted proxies are not counted by address.
    pub each: usize,
    /// In all.
    pub all: usize,
}

/// The connections that are open, over all cores.
pub struct Connections {
    bounds: Bounds,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    all: usize,
    each: HashMap<IpAddr, usize>,
}

/// The place of one connection; dropped, it is free again.
pub struct Place {
    connections: Arc<Connections>,
    address: Option<IpAddr>,
}

impl Connections {
    /// No connections, within these bounds.
    pub fn new(bounds: Bounds) -> Arc<Self> {
        Arc::new(Self {
            bounds,
            open: Mutex::default(),
        })
    }

    /// A place for a connection, counted for this address if one is given; none if there is
    /// none left.
    pub fn enter(self: &Arc<Self>, address: Option<IpAddr>) -> Option<Place> {
        let address = address.map(network);
        let mut open = self.open();
        if open.all >= self.bounds.all {
            return None;
        }
        if let Some(address) = address {
            let own = open.each.entry(address).or_default();
            if *own >= self.bounds.each {
                return None;
            }
            *own = own.saturating_add(1);
        }
        open.all = open.all.saturating_add(1);
        Some(Place {
            connections: Arc::clone(self),
            address,
        })
    }

    /// Counts are whole at any time: a panic elsewhere is no reason to serve nobody any more.
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        open.all = open.all.saturating_sub(1);
        if let Some(address) = self.address
            && let Some(own) = open.each.get_mut(&address)
        {
            *own = own.saturating_sub(1);
            if *own == 0 {
                open.each.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_and_all_together_have_so_many_places() {
        let connections = Connections::new(Bounds { each: 2, all: 4 });
        let enter = |address: &str| connections.enter(Some(address.parse().unwrap()));
        let first = enter("192.0.2.1").unwrap();
        let second = enter("192.0.2.1").unwrap();
        assert!(enter("192.0.2.1").is_none());
        let other = enter("2001:db8::1").unwrap();
        drop(first);
        let again = enter("192.0.2.1").unwrap();
        let proxy = connections.enter(None).unwrap();
        assert!(enter("192.0.2.9").is_none() && connections.enter(None).is_none());
        drop((second, other, again, proxy));
        let open = connections.open();
        assert!(open.all == 0 && open.each.is_empty(), "nothing is left");
    }

    #[test]
    fn one_subscriber_has_the_places_of_one_address() {
        let connections = Connections::new(Bounds { each: 1, all: 9 });
        let _place = connections.enter(Some("2001:db8::1".parse().unwrap()));
        assert!(
            connections
                .enter(Some("2001:db8::2".parse().unwrap()))
                .is_none()
        );
        assert!(
            connections
                .enter(Some("2001:db8:0:1::1".parse().unwrap()))
                .is_some()
        );
    }
}
