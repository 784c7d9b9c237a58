//! For whom a trusted proxy asks: `X-Forwarded-For` and `Forwarded`, read from the right.
//!
//! The nearest proxy writes at the right end: the first address from there that is no trusted
//! proxy is the client's. What stands further left anybody may have written. Where it cannot be
//! read who is nearest, nobody may be taken for the client, least of all the proxy itself.

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

/// What a proxy says of its client cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what the proxy says of its client cannot be read")]
pub struct Unreadable;

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
    /// trusted proxies. Several lines are one list.
    ///
    /// # Errors
    /// When it cannot be read whom the nearest that is no proxy is.
    pub fn listed<'a>(
        &self,
        lines: impl DoubleEndedIterator<Item = &'a str>,
    ) -> Result<Option<IpAddr>, Unreadable> {
        self.first(lines.rev().flat_map(|line| {
            let nearest_first = line.rsplit(',');
            nearest_first.map(|one| address(Some(one.trim())))
        }))
    }

    /// The client's address by the lines of `Forwarded`, and whether it came to the nearest
    /// proxy by https.
    ///
    /// # Errors
    /// When a quote is not closed, which would swallow what the nearest proxy says, or it
    /// cannot be read whom the nearest that is no proxy is.
    pub fn forwarded<'a>(
        &self,
        lines: impl Iterator<Item = &'a str>,
    ) -> Result<(Option<IpAddr>, bool), Unreadable> {
        let hops = forwarded::hops(lines).ok_or(Unreadable)?;
        let protocol = hops.last().and_then(|hop| hop.protocol.as_deref());
        let encrypted = protocol.is_some_and(|protocol| protocol.eq_ignore_ascii_case("https"));
        let asked_for = hops.iter().rev().map(|hop| address(hop.client.as_deref()));
        Ok((self.first(asked_for)?, encrypted))
    }

    /// The first address that is no trusted proxy's, if there is one.
    fn first(
        &self,
        mut nearest_first: impl Iterator<Item = Option<IpAddr>>,
    ) -> Result<Option<IpAddr>, Unreadable> {
        let found = nearest_first.find(|read| read.is_none_or(|address| !self.trust(address)));
        match found {
            Some(Some(address)) => Ok(Some(address)),
            Some(None) => Err(Unreadable),
            None => Ok(None),
        }
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
                    prop_assert_eq!(proxies().listed([list.as_str()].into_iter()), Ok(Some(canonical)));
                    let lines = [before.clone(), format!("for=\"{way}\";proto=https, for=10.0.0.9")];
                    let told = proxies().forwarded(lines.iter().map(String::as_str));
                    // A quote that is not closed takes the proxy's word away, and is no word.
                    let closed = before.matches('"').count() == 0;
                    prop_assert!(told == Ok((Some(canonical), false)) || (!closed && told.is_err()));
                }
            }
        }
    }
}
