//! A request and a response as plain values, without any socket.

use ::http::HeaderMap;
use bytes::Bytes;

/// What stands behind a socket: one of the look-alikes.
pub trait Handler: Send + Sync + 'static {
    /// The name under which the upstream log knows it: `odoo` or `erpnext`.
    const ERP: &'static str;
    /// Whether a connection carries more than one request.
    const KEEP_ALIVE: bool;

    /// Answers one request. Blocks, but only for computing.
    fn answer(&self, request: &Request) -> Response;
}

/// A request as it came.
pub struct Request {
    /// The verb as sent, with its case.
    pub verb: String,
    /// The path as sent, still percent-encoded.
    pub path: String,
    /// The query string as sent, without `?`; empty if there is none.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body, without transfer encoding.
    pub body: Bytes,
}

impl Request {
    /// A header as text; none if it is absent or not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// What the handler saw in the request, for the upstream log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The model or DocType.
    pub model: Option<String>,
    /// The method or operation.
    pub call: Option<String>,
    /// The fields that a list of Frappe is asked for, as they are said there.
    pub fields: Option<String>,
    /// The login of the ERP user as whom it ran; none before log-in.
    pub user: Option<String>,
}

/// An answer.
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers, besides length, date and connection.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Bytes,
    /// What was seen in the request.
    pub seen: Seen,
}

impl Response {
    /// An answer with this status, content type and body.
    pub fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type", content_type.to_owned())],
            body: body.into(),
            seen: Seen::default(),
        }
    }

    /// With one more header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
