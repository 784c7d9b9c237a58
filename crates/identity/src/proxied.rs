//! For whom a trusted proxy asks: `X-Forwarded-For` and `Forwarded`, read from the right.
//!
//! The nearest proxy writes at the right end: the first address from there that is no trusted
//! proxy is the client's. What stands further left anybody may have written. What cannot be
//! read names nobody.

mod forwarded;

use std::net::IpAddr;

use ipnet::IpNet;

/// The header in which trusted proxies say for whom they ask. Only one is read: a proxy that
/// writes one may hand on the other as a stranger wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Told {
    /// `X-Forwarded-For`, and `X-Forwarded-Proto` beside it.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// Which proxies are trusted, and what is read of them.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// Their networks.
    pub trusted: Vec<IpNet>,
    /// The header that they write.
    pub told: Told,
}

impl Proxies {
    /// Whether this is a trusted proxy's address.
    pub fn trust(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted.iter().any(|net| net.contains(&address))
    }

    /// The client's address by the lines of `X-Forwarded-For`; none if they name nobody but
    /// trusted proxies, or cannot be read before they do. Several lines are one list.
    pub fn listed<'a>(&self, lines: impl DoubleEndedIterator<Item = &'a str>) -> Option<IpAddr> {
        self.first(lines.rev().flat_map(|line| {
            let nearest_first = line.rsplit(',');
            nearest_first.map(|one| address(Some(one.trim())))
        }))
    }

    /// The client's address by the lines of `Forwarded`, and whether it came to the nearest
    /// proxy by https.
    pub fn forwarded<'a>(&self, lines: impl Iterator<Item = &'a str>) -> (Option<IpAddr>, bool) {
        let hops = forwarded::hops(lines);
        let protocol = hops.last().and_then(|hop| hop.protocol.as_deref());
        let encrypted = protocol.is_some_and(|protocol| protocol.eq_ignore_ascii_case("https"));
        let asked_for = hops.iter().rev().map(|hop| address(hop.client.as_deref()));
        (self.first(asked_for), encrypted)
    }

    /// The first address that is no trusted proxy's; none where one before it cannot be read.
    fn first(&self, mut nearest_first: impl Iterator<Item = Option<IpAddr>>) -> Option<IpAddr> {
        nearest_first
            .find(|read| read.is_none_or(|address| !self.trust(address)))
            .flatten()
    }
}

/// An address as proxies write it: by itself, in brackets, with a port.
fn address(text: Option<&str>) -> Option<IpAddr> {
    let text = text?;
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || Some(text.parse::<std::net::SocketAddr>().ok()?.ip());
    let read = text.parse().ok().or_else(bracketed).or_else(with_port)?;
    Some(IpAddr::to_canonical(&read))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn proxies() -> Proxies {
        Proxies {
            trusted: vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()],
            told: Told::default(),
        }
    }

    proptest! {
        #[test]
        fn an_address_is_read_in_every_way_in_which_proxies_write_it(
            bits: u128,
            four: u32,
            port: u16,
            before in "[ -~]{0,20}",
        ) {
            for client in [IpAddr::V6(bits.into()), IpAddr::V4(four.into())] {
                let canonical = client.to_canonical();
                prop_assume!(!proxies().trust(client));
                let socket = std::net::SocketAddr::new(client, port).to_string();
                let mut ways = vec![client.to_string(), socket];
                if client.is_ipv6() {
                    ways.push(format!("[{client}]"));
                }
                for way in ways {
                    let list = format!("{before}, {way} , 10.0.0.9");
                    prop_assert_eq!(proxies().listed([list.as_str()].into_iter()), Some(canonical));
                    let lines = [before.clone(), format!("for=\"{way}\";proto=https, for=10.0.0.9")];
                    let told = proxies().forwarded(lines.iter().map(String::as_str));
                    prop_assert_eq!(told, (Some(canonical), false));
                }
            }
        }
    }
}
