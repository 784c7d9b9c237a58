//! From where, and with what client, a session is used.
//!
//! A cookie that was taken is used elsewhere, by something else. Addresses of honest people
//! change with their networks, so what counts is the network, and whether it counts is said by
//! the configuration; what a browser calls itself changes with its updates only.

use std::net::IpAddr;

use portcullis_identity::Pepper;

use super::{Lasting, OnChange};

/// From where, and with what client. Empty is unknown, and differs from nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct From {
    /// The network, as [`network`] tells it.
    pub network: String,
    /// A keyed hash: who has the store alone does not learn what people use.
    pub agent: Vec<u8>,
}

impl From {
    /// What a request tells.
    pub fn of(address: IpAddr, agent: &str, pepper: &Pepper) -> Self {
        Self {
            network: network(address),
            agent: pepper.digest_of_agent(agent).to_vec(),
        }
    }

    /// What was kept.
    pub fn kept(network: &str, agent: &[u8]) -> Self {
        Self {
            network: network.to_owned(),
            agent: agent.to_vec(),
        }
    }

    /// Whether a request comes from elsewhere, or by another client, where that matters.
    #[must_use]
    pub fn changed(&self, now: &Self, lasting: &Lasting) -> bool {
        let network = !self.network.is_empty() && self.network != now.network;
        let agent = !self.agent.is_empty() && self.agent != now.agent;
        (network && lasting.on_new_network == OnChange::End)
            || (agent && lasting.on_new_agent == OnChange::End)
    }
}

/// The network of an address: a /24 of IPv4, a /48 of IPv6.
pub fn network(address: IpAddr) -> String {
    let address = address.to_canonical();
    let length = if address.is_ipv4() { 24 } else { 48 };
    ipnet::IpNet::new(address, length)
        .map(|net| net.trunc().to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use portcullis_identity::Secret;

    use super::super::Secure;
    use super::*;

    fn lasting(on_new_network: OnChange, on_new_agent: OnChange) -> Lasting {
        Lasting {
            idle: Duration::from_secs(60),
            absolute: Duration::from_secs(60),
            per_key: 1,
            secure: Secure::Auto,
            on_new_network,
            on_new_agent,
        }
    }

    #[test]
    fn another_network_or_client_is_seen_where_it_matters() {
        let pepper = Pepper::new(&Secret::new([1; 32]));
        let from = |address: &str, agent| From::of(address.parse().unwrap(), agent, &pepper);
        let (end, ignore) = (OnChange::End, OnChange::Ignore);
        let here = from("192.0.2.7", "browser 1");
        for (now, network, agent) in [
            (from("192.0.2.7", "browser 1"), false, false),
            (from("192.0.2.200", "browser 1"), false, false),
            (from("::ffff:192.0.2.9", "browser 1"), false, false),
            (from("192.0.3.7", "browser 1"), true, false),
            (from("2001:db8::1", "browser 1"), true, false),
            (from("192.0.2.7", "browser 2"), false, true),
            (from("192.0.2.7", ""), false, true),
        ] {
            assert_eq!(
                here.changed(&now, &lasting(end, ignore)),
                network,
                "{now:?}"
            );
            assert_eq!(here.changed(&now, &lasting(ignore, end)), agent, "{now:?}");
            assert!(!here.changed(&now, &lasting(ignore, ignore)));
            assert!(
                !From::default().changed(&now, &lasting(end, end)),
                "unknown"
            );
        }
        let six = from("2001:db8:1:2::1", "a");
        assert!(!six.changed(&from("2001:db8:1:ffff::2", "a"), &lasting(end, end)));
        assert!(six.changed(&from("2001:db8:2::1", "a"), &lasting(end, end)));
    }
}
