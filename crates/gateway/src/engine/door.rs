//! The sockets that clients connect to, and what they speak there.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::line::Line;
use crate::listener::Over;
use crate::tls::{self, Tls};

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// A socket, and what is spoken there.
pub struct Door {
    /// The socket of one core.
    pub socket: TcpListener,
    /// What is spoken.
    pub spoken: Spoken,
}

/// What is spoken at a door.
#[derive(Clone)]
pub enum Spoken {
    /// HTTP.
    Clear,
    /// HTTP, and whoever can be is sent to this port, where TLS is spoken.
    Redirect(u16),
    /// HTTP over TLS; browsers are told to come so for this many seconds, if for any.
    Tls(Arc<Tls>, Option<u32>),
}

impl Spoken {
    /// Opens a connection: the handshake, where there is one. None if it fails.
    pub(super) async fn open(&self, stream: TcpStream) -> Option<(Line, Over)> {
        match self {
            Self::Clear => Some((Line::Clear(stream), Over::Clear)),
            Self::Redirect(port) => Some((Line::Clear(stream), Over::Redirect(*port))),
            Self::Tls(tls, _) => {
                let accepted = TlsAcceptor::from(tls.current()).accept(stream);
                let stream = tokio::time::timeout(HANDSHAKE, accepted).await;
                let stream = match stream {
                    Ok(Ok(stream)) => stream,
                    Ok(Err(error)) => {
                        tracing::debug!(%error, "a TLS handshake failed");
                        return None;
                    }
                    Err(_) => return None,
                };
                let (_, session) = stream.get_ref();
                let shown = session.peer_certificates().and_then(<[_]>::first);
                let certificate = shown.and_then(tls::digest);
                Some((Line::Tls(Box::new(stream)), Over::Tls(certificate)))
            }
        }
    }

    /// For how many seconds browsers are told to come encrypted only.
    pub(super) fn strict(&self) -> Option<u32> {
        match self {
            Self::Tls(_, strict) => *strict,
            Self::Clear | Self::Redirect(_) => None,
        }
    }
}

/// Binds one socket for each core, all to the same address. Port 0 takes any free port.
///
/// # Errors
/// When the address cannot be bound.
pub fn bind(address: SocketAddr, cores: usize) -> io::Result<Vec<TcpListener>> {
    let mut sockets = Vec::with_capacity(cores);
    let mut address = address;
    for _ in 0..cores.max(1) {
        let socket = socket2::Socket::new(
            socket2::Domain::for_address(address),
            socket2::Type::STREAM,
            Some(socket2::Protocol::TCP),
        )?;
        socket.set_reuse_address(true)?;
        socket.set_reuse_port(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(4096)?;
        let listener = TcpListener::from(socket);
        address = listener.local_addr()?;
        sockets.push(listener);
    }
    Ok(sockets)
}
