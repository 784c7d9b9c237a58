//! Connections to ERPs, of one core.
//!
//! Odoo answers one request a connection and a waiting connection blocks one of its workers,
//! so each request gets a fresh one. Frappe keeps connections: they wait here for the next
//! request of this core. A kept connection may have been closed by the other side meanwhile;
//! a request that was certainly not sent is sent again on a fresh one.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use portcullis_erp::Outbound;
use portcullis_erp::dialect::Returned;
use portcullis_identity::UpstreamName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::Upstream;
use super::tls::{self, TlsError};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);

/// How many waiting connections a core keeps for an upstream.
const KEPT: usize = 64;

pub(super) type Sender = SendRequest<Full<Bytes>>;

/// Where an ERP listens.
pub(super) struct Target {
    host: Host,
    port: u16,
    /// What its `Host` header says, always: an ERP believes that header in many places.
    authority: String,
    tls: Option<TlsConnector>,
    keep_alive: bool,
}

impl Target {
    /// What its `Host` header says.
    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    pub(super) fn new(url: &Url, keep_alive: bool) -> Result<Self, TlsError> {
        let host = url
            .host()
            .map_or_else(|| Host::Domain(String::new()), |host| host.to_owned());
        let port = url.port_or_known_default().unwrap_or(80);
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_string(),
        };
        let tls = if url.scheme() == "https" {
            Some(tls::connector()?)
        } else {
            None
        };
        Ok(Self {
            host,
            port,
            authority,
            tls,
            keep_alive,
        })
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SendError {
    /// The request was not sent.
    NotSent,
    /// The request was sent, wholly or in part, and was not answered.
    Lost,
    /// The answer is larger than allowed.
    TooLarge,
}

/// An answer, whole.
pub(crate) struct Whole {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Whole {
    /// The answer, for whoever reads it.
    pub(crate) fn returned(&self) -> Returned<'_> {
        Returned {
            status: self.status,
            content_type: &self.content_type,
            body: &self.body,
        }
    }
}

/// What is sent: without a host, which the target has.
pub(super) type Message = http::Request<Full<Bytes>>;

/// How long an answer may take, and how large it may be.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) patience: Duration,
    pub(super) answer: usize,
}

/// The connections of one core. Not shared between threads; its clones are the same.
#[derive(Default, Clone)]
pub struct Links {
    kept: Rc<RefCell<HashMap<UpstreamName, Vec<Sender>>>>,
}

impl Links {
    /// Sends a request and reads the whole answer.
    pub(super) async fn send(
        &self,
        upstream: &Upstream,
        outbound: Outbound,
    ) -> Result<Whole, SendError> {
        let message = message(&upstream.target, outbound).ok_or(SendError::NotSent)?;
        self.send_within(upstream, message, upstream.bounds()).await
    }

    /// Sends a message and reads the whole answer, within bounds of its own.
    pub(super) async fn send_within(
        &self,
        upstream: &Upstream,
        message: Message,
        bounds: Bounds,
    ) -> Result<Whole, SendError> {
        let (sender, answer) = self.exchange(upstream, message, bounds).await?;
        self.finish(upstream, sender, answer, bounds).await
    }

    /// Sends a message; the answer's body is still to be read.
    pub(super) async fn exchange(
        &self,
        upstream: &Upstream,
        message: Message,
        bounds: Bounds,
    ) -> Result<(Sender, http::Response<Incoming>), SendError> {
        let patience = bounds.patience;
        let mut request = message;
        while let Some(mut sender) = self.take(upstream) {
            match tokio::time::timeout(patience, sender.try_send_request(request)).await {
                Err(_) => return Err(SendError::Lost),
                Ok(Ok(answer)) => return Ok((sender, answer)),
                Ok(Err(mut error)) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(SendError::Lost),
                },
            }
        }
        let mut sender = tokio::time::timeout(CONNECT, connect(&upstream.target))
            .await
            .ok()
            .flatten()
            .ok_or(SendError::NotSent)?;
        match tokio::time::timeout(patience, sender.try_send_request(request)).await {
            Err(_) => Err(SendError::Lost),
            Ok(Ok(answer)) => Ok((sender, answer)),
            Ok(Err(mut error)) => Err(if error.take_message().is_some() {
                SendError::NotSent
            } else {
                SendError::Lost
            }),
        }
    }

    /// Reads the answer to its end; only then may the connection be used again.
    pub(super) async fn finish(
        &self,
        upstream: &Upstream,
        sender: Sender,
        answer: http::Response<Incoming>,
        bounds: Bounds,
    ) -> Result<Whole, SendError> {
        let (head, body) = answer.into_parts();
        let body = tokio::time::timeout(bounds.patience, collect(body, bounds.answer))
            .await
            .unwrap_or(Err(SendError::Lost))?;
        if upstream.target.keep_alive {
            self.keep(upstream, sender);
        }
        Ok(Whole {
            status: head.status.as_u16(),
            content_type: content_type(&head),
            headers: head.headers,
            body,
        })
    }

    fn take(&self, upstream: &Upstream) -> Option<Sender> {
        if !upstream.target.keep_alive {
            return None;
        }
        let mut kept = self.kept.borrow_mut();
        let waiting = kept.get_mut(&upstream.name)?;
        while let Some(sender) = waiting.pop() {
            if sender.is_ready() {
                return Some(sender);
            }
        }
        None
    }

    fn keep(&self, upstream: &Upstream, sender: Sender) {
        let mut kept = self.kept.borrow_mut();
        let waiting = kept.entry(upstream.name.clone()).or_default();
        if waiting.len() < KEPT && !sender.is_closed() {
            waiting.push(sender);
        }
    }
}

/// What an answer says of its type; empty if it says nothing.
pub(super) fn content_type(head: &http::response::Parts) -> String {
    let value = head.headers.get(http::header::CONTENT_TYPE);
    value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

async fn collect(mut body: Incoming, most: usize) -> Result<Bytes, SendError> {
    let mut whole: Option<Bytes> = None;
    let mut joined = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| SendError::Lost)?.into_data() else {
            continue;
        };
        let have = whole.as_ref().map_or(joined.len(), Bytes::len);
        if have.saturating_add(data.len()) > most {
            return Err(SendError::TooLarge);
        }
        match whole.take() {
            None if joined.is_empty() => whole = Some(data),
            None => joined.extend_from_slice(&data),
            Some(first) => {
                joined.extend_from_slice(&first);
                joined.extend_from_slice(&data);
            }
        }
    }
    Ok(whole.unwrap_or_else(|| joined.freeze()))
}

/// A request as it goes over the wire to this target.
pub(super) fn message(target: &Target, outbound: Outbound) -> Option<Message> {
    let mut request = http::Request::builder()
        .method(outbound.verb)
        .uri(outbound.target)
        .header(http::header::HOST, &target.authority)
        .header(http::header::USER_AGENT, "portcullis");
    for (name, value) in outbound.headers {
        let mut value = http::HeaderValue::from_str(&value).ok()?;
        let secrets = ["authorization", "cookie", "x-frappe-csrf-token"];
        value.set_sensitive(secrets.contains(&name));
        request = request.header(name, value);
    }
    if !target.keep_alive {
        request = request.header(http::header::CONNECTION, "close");
    }
    // A `Full` body has a known length, so hyper writes Content-Length, also for none.
    request.body(Full::new(Bytes::from(outbound.body))).ok()
}

async fn connect(target: &Target) -> Option<Sender> {
    let stream = match &target.host {
        Host::Domain(name) => TcpStream::connect((name.as_str(), target.port)).await,
        Host::Ipv4(four) => TcpStream::connect((*four, target.port)).await,
        Host::Ipv6(six) => TcpStream::connect((*six, target.port)).await,
    };
    let stream = stream.ok()?;
    stream.set_nodelay(true).ok()?;
    match &target.tls {
        None => shake(TokioIo::new(stream)).await,
        Some(connector) => {
            let name = match &target.host {
                Host::Domain(name) => rustls::pki_types::ServerName::try_from(name.clone()).ok()?,
                Host::Ipv4(four) => {
                    rustls::pki_types::ServerName::from(std::net::IpAddr::from(*four))
                }
                Host::Ipv6(six) => {
                    rustls::pki_types::ServerName::from(std::net::IpAddr::from(*six))
                }
            };
            shake(TokioIo::new(connector.connect(name, stream).await.ok()?)).await
        }
    }
}

async fn shake<I>(io: I) -> Option<Sender>
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin + 'static,
{
    let (sender, connection) = http1::Builder::new()
        .max_headers(128)
        .handshake(io)
        .await
        .ok()?;
    // The connection lives as long as its sender; its errors reach the sender.
    tokio::task::spawn_local(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to an ERP ended");
        }
    });
    Some(sender)
}
