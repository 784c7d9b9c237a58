//! Networks that addresses lie in.

use std::net::IpAddr;

use ipnet::IpNet;

/// Networks, of which none means everywhere. IPv4 addresses within IPv6 count as what they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Networks(pub Vec<IpNet>);

/// A network as it is written: `192.0.2.0/24`, or an address by itself.
pub fn network(text: &str) -> Option<IpNet> {
    let alone = |text: &str| Some(text.parse::<IpAddr>().ok()?.into());
    text.parse().ok().or_else(|| alone(text))
}

impl Networks {
    /// Whether an address lies in one of them, or there is none.
    pub fn have(&self, address: IpAddr) -> bool {
        self.0.is_empty() || self.name(address)
    }

    /// Whether an address lies in one of them.
    pub fn name(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|net| net.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_lies_in_a_network_or_everywhere_if_there_is_none() {
        let networks = Networks(vec![
            network("192.0.2.0/24").unwrap(),
            network("2001:db8::7").unwrap(),
        ]);
        for (address, within) in [
            ("192.0.2.9", true),
            ("::ffff:192.0.2.9", true),
            ("2001:db8::7", true),
            ("2001:db8::8", false),
            ("198.51.100.1", false),
        ] {
            let address = address.parse().unwrap();
            assert_eq!(
                (networks.have(address), networks.name(address)),
                (within, within)
            );
            assert!(Networks::default().have(address) && !Networks::default().name(address));
        }
        assert_eq!(network("192.0.2.0/33"), None);
        assert_eq!(network("example.org"), None);
    }
}
