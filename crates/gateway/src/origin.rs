//! Where a request came from: the other end of its connection, or what a trusted proxy says.
//!
//! Headers are believed only where the peer is a trusted proxy (`identity` reads them). What
//! names nobody else leaves the peer; what cannot be read is refused (`listener`).

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName, header};
use portcullis_identity::CertificateDigest;
use portcullis_identity::proxied::Unreadable;
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
    /// Whether it could be read for whom a trusted proxy asks.
    pub(crate) is_readable: bool,
}

impl Origin {
    /// Where a request came from that came over a connection with this peer; none if it cannot
    /// be read for whom a trusted proxy asks.
    pub fn at(
        proxies: &Proxies,
        peer: SocketAddr,
        is_encrypted: bool,
        headers: &HeaderMap,
    ) -> Option<Self> {
        let over = if is_encrypted {
            Over::Tls(None)
        } else {
            Over::Clear
        };
        let origin = of(proxies, &Arrival { peer, over }, headers);
        origin.is_readable.then_some(origin)
    }

    /// The client's address.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// Whether others may have read it on its way.
    pub fn is_clear(&self) -> bool {
        self.is_clear
    }
}

/// Where a request came from, by the connection that it came over.
pub(crate) fn of(proxies: &Proxies, arrival: &Arrival, headers: &HeaderMap) -> Origin {
    let peer = arrival.peer.ip();
    let mut is_readable = true;
    let (address, encrypted, certificate) = if proxies.trust(peer) {
        // A proxy's certificate is its own.
        let told = told(proxies, headers);
        is_readable = told.is_ok();
        let (address, encrypted) = told.unwrap_or((None, false));
        let Some(address) = address else {
            // Whoever asks through the proxy is not known to be on this machine.
            return Origin {
                address: peer,
                encrypted,
                is_clear: !encrypted,
                certificate: None,
                is_readable,
            };
        };
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
        is_readable,
    }
}

/// What a trusted proxy says: the client's address, and whether it came by https.
fn told(proxies: &Proxies, headers: &HeaderMap) -> Result<(Option<IpAddr>, bool), Unreadable> {
    // A byte that is no text spoils what it stands in, and nothing to the right of that.
    let lines = |name| -> Vec<String> {
        let lines = headers.get_all(name).iter();
        lines
            .map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned())
            .collect()
    };
    match proxies.told {
        Told::XForwardedFor => {
            let lines = lines(LIST);
            let client = proxies.listed(lines.iter().map(String::as_str))?;
            Ok((client, is_https(headers)))
        }
        Told::Forwarded => {
            let lines = lines(header::FORWARDED);
            proxies.forwarded(lines.iter().map(String::as_str))
        }
    }
}

fn is_https(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(PROTOCOL).iter();
    let only = lines.next().filter(|_| lines.next().is_none());
    only.is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(b"https"))
}

#[cfg(test)]
mod tests;
