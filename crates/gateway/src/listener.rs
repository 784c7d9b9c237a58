//! The first room: what came over the wire becomes one request that is read in one way.
//!
//! Refused here: framings that two parsers could understand differently, paths that are not
//! in origin form, and every way of hiding structure in an encoded path. What leaves has the
//! path decoded once, segment by segment; nobody behind this room decodes again.

mod arrival;
mod body;
mod framing;
mod path;
mod seen;

use http::request::Parts;
use portcullis_erp::{Fault, FaultKind};

pub use arrival::{Arrival, Over};
pub use body::Body;
pub(crate) use framing::HEAD;
pub use framing::{Framing, Length};
pub use path::{Path, PathError};
pub(crate) use seen::Seen;

use crate::denial::{Denial, Why};
use crate::identify::Voucher;
use crate::origin::Origin;

/// A request as the engine hands it over: nothing of it is believed yet.
pub struct RawRequest {
    /// Verb, target, headers.
    pub head: Parts,
    /// The body, not read yet.
    pub body: Body,
    /// Over which connection it came.
    pub arrival: Arrival,
    /// What was seen of the request's framing on the wire.
    pub framing: Framing,
    /// The batch of the façade that it came in, if in one.
    pub batch: Option<Batch>,
}

/// The batch that a request came in.
#[derive(Clone)]
pub struct Batch {
    /// What vouches for what is in it.
    pub(crate) voucher: Option<Voucher>,
}

/// A request with one reading of its framing and path.
pub struct Received {
    pub(crate) head: Parts,
    pub(crate) body: Body,
    pub(crate) origin: Origin,
    pub(crate) path: Path,
    pub(crate) batch: Option<Batch>,
}

/// Takes a request in. Where it came from is known before: a request that is refused here has
/// come from somewhere, too.
///
/// # Errors
/// When its framing or its path could be read in two ways.
pub fn receive(raw: RawRequest, origin: Origin) -> Result<Received, Denial> {
    let RawRequest {
        head,
        body,
        framing,
        batch,
        ..
    } = raw;
    if !origin.is_readable {
        return Err(refuse("what the proxy says of its client cannot be read"));
    }
    if let Framing::Ambiguous(reason) = framing {
        return Err(refuse(reason));
    }
    if head.headers.get_all(http::header::HOST).iter().count() > 1 {
        return Err(refuse("there is more than one Host header"));
    }
    let host = head.headers.get(http::header::HOST);
    if !host.is_none_or(|host| is_host(host.as_bytes())) {
        return Err(refuse("the Host header is no host"));
    }
    if head.version == http::Version::HTTP_11 && !head.headers.contains_key(http::header::HOST) {
        return Err(refuse("there is no Host header"));
    }
    if head
        .headers
        .get_all(http::header::AUTHORIZATION)
        .iter()
        .count()
        > 1
    {
        return Err(refuse("there is more than one Authorization header"));
    }
    if head.uri.scheme().is_some() || head.uri.authority().is_some() {
        return Err(refuse("the request target must be a path"));
    }
    let expected = head.headers.get(http::header::EXPECT);
    if !expected.is_none_or(|one| one.as_bytes().eq_ignore_ascii_case(b"100-continue")) {
        return Err(refuse("the only expectation that is met is 100-continue"));
    }
    if head.headers.contains_key(http::header::CONTENT_ENCODING) {
        return Err(refuse("send the body without Content-Encoding"));
    }
    let path = Path::read(head.uri.path()).map_err(|error| match error {
        PathError::Malformed(reason) => refuse(reason),
        PathError::Nowhere => Denial::nowhere(Why::NotServed),
    })?;
    Ok(Received {
        head,
        body,
        origin,
        path,
        batch,
    })
}

/// Whether it is a name or an address, with or without a port, and nothing else.
fn is_host(host: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(byte);
    !host.is_empty() && host.iter().all(allowed)
}

fn refuse(reason: &'static str) -> Denial {
    Denial::plain(Why::Malformed(Fault::new(FaultKind::Malformed, reason)))
}
