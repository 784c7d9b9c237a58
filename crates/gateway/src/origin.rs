//! Where a request came from: the other end of its connection, or what a trusted proxy says.
//!
//! Headers are believed only where the peer is a trusted proxy (`identity` reads them). What
//! cannot be read, or names nobody else, leaves the peer.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, header};
use portcullis_identity::CertificateDigest;
pub use portcullis_identity::proxied::{Proxies, Told};

use crate::listener::{Arrival, Over};

const LIST: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROTOCOL: HeaderName = HeaderName::from_static("x-forwarded-proto");

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

/// Where a request came from, by the connection that it came over.
pub(crate) fn of(proxies: &Proxies, arrival: &Arrival, headers: &HeaderMap) -> Origin {
    let peer = arrival.peer.ip();
    let (address, encrypted, certificate) = if proxies.trust(peer) {
        // A proxy's certificate is its own.
        let (address, encrypted) = told(proxies, headers);
        (address.unwrap_or(peer), encrypted, None)
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
fn told(proxies: &Proxies, headers: &HeaderMap) -> (Option<IpAddr>, bool) {
    let lines = |name| {
        let lines = headers.get_all(name).iter();
        lines.map(|line| line.to_str().unwrap_or_default())
    };
    match proxies.told {
        Told::XForwardedFor => (proxies.listed(lines(LIST)), is_https(headers)),
        Told::Forwarded => proxies.forwarded(lines(header::FORWARDED)),
    }
}

fn is_https(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(PROTOCOL).iter();
    let only = lines.next().filter(|_| lines.next().is_none());
    only.is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(b"https"))
}

#[cfg(test)]
mod tests;
