//! Where a request came from: the other end of its connection, or what a trusted proxy says.
//!
//! Headers are believed only where the peer is a trusted proxy, and then from the right, where
//! the nearest proxy writes: the first address that is no trusted proxy is the client's. What
//! stands further left anybody may have written. What cannot be read, or names nobody else,
//! leaves the peer.

mod forwarded;

use std::net::IpAddr;

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use portcullis_identity::CertificateDigest;

use crate::listener::{Arrival, Over};

const LIST: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROTOCOL: HeaderName = HeaderName::from_static("x-forwarded-proto");

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

/// Where a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// The client's address.
    pub(crate) address: IpAddr,
    /// Whether the client came by https: here, or to a trusted proxy that says so.
    pub(crate) encrypted: bool,
    /// Whether others may have read it on its way: it came unencrypted, and from another
    /// machine or to a door that only sends on.
    pub(crate) is_clear: bool,
    /// The client's certificate, if it showed one.
    pub(crate) certificate: Option<CertificateDigest>,
}

impl Proxies {
    /// Whether this is a trusted proxy's address.
    pub(crate) fn trust(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted.iter().any(|net| net.contains(&address))
    }

    /// Where a request came from, by the connection that it came over.
    pub(crate) fn origin(&self, arrival: &Arrival, headers: &HeaderMap) -> Origin {
        let peer = arrival.peer.ip();
        let (address, encrypted, certificate) = if self.trust(peer) {
            // A proxy's certificate is its own.
            let (address, encrypted) = self.told(peer, headers);
            (address, encrypted, None)
        } else {
            match arrival.over {
                Over::Tls(certificate) => (peer, true, certificate),
                Over::Clear | Over::Redirect(_) => (peer, false, None),
            }
        };
        let stays_here =
            address.to_canonical().is_loopback() && !matches!(arrival.over, Over::Redirect(_));
        Origin {
            address,
            encrypted,
            is_clear: !encrypted && !stays_here,
            certificate,
        }
    }

    /// What a trusted proxy says: the client's address, and whether it came by https.
    fn told(&self, peer: IpAddr, headers: &HeaderMap) -> (IpAddr, bool) {
        match self.told {
            Told::XForwardedFor => {
                let address = self.first(listed(headers));
                (address.unwrap_or(peer), is_https(headers))
            }
            Told::Forwarded => {
                let hops = forwarded::hops(headers);
                let encrypted = hops.last().is_some_and(|hop| {
                    let protocol = hop.protocol.as_deref();
                    protocol.is_some_and(|protocol| protocol.eq_ignore_ascii_case("https"))
                });
                let asked_for = hops.iter().rev().map(|hop| address(hop.client.as_deref()));
                (self.first(asked_for).unwrap_or(peer), encrypted)
            }
        }
    }

    /// The first address that is no trusted proxy's; none where one before it cannot be read.
    fn first(&self, mut nearest_first: impl Iterator<Item = Option<IpAddr>>) -> Option<IpAddr> {
        nearest_first
            .find(|read| read.is_none_or(|address| !self.trust(address)))
            .flatten()
    }
}

/// The addresses of `X-Forwarded-For`, the nearest first; several lines are one list.
fn listed(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> + '_ {
    headers.get_all(LIST).iter().rev().flat_map(|line| {
        let text = line.to_str().unwrap_or_default();
        text.rsplit(',').map(|one| address(Some(one.trim())))
    })
}

fn is_https(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(PROTOCOL).iter();
    let only = lines.next().filter(|_| lines.next().is_none());
    only.is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(b"https"))
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
mod tests;
