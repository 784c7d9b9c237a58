//! Over which connection a request came.

use std::net::SocketAddr;

use portcullis_identity::CertificateDigest;

/// Over which connection a request came. Nothing of it is the request's own word.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// The other end of the connection.
    pub peer: SocketAddr,
    /// What kind of connection.
    pub over: Over,
}

/// What kind of connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// Unencrypted.
    Clear,
    /// Unencrypted, at a door that only sends on to the encrypted one, at this port.
    Redirect(u16),
    /// TLS; with the client's certificate, if it showed one that an authority signed.
    Tls(Option<CertificateDigest>),
}
