//! The signature of a request, if it has one.
//!
//! It is read here, because what was signed are the client's bytes, and those end in this room.
//! Whether it is good is for `identify` to say, which knows the keys.

use http::header::{HeaderMap, HeaderName};
use http::request::Parts;
use portcullis_erp::{Fault, FaultKind};
use portcullis_identity::signing::{Flaw, Head, Legacy, Signed};

/// A signature that was read.
pub(crate) enum Signature {
    /// By RFC 9421, over what it must cover.
    Standard(Box<Signed>),
    /// Of an older scheme. It counts for keys that have one, and only they care for its flaws:
    /// others may send headers of these names as they like.
    Legacy(Result<Box<Legacy>, Flaw>),
}

/// Reads the signature of a request. `base` is what stood before the route's own path.
///
/// # Errors
/// When there is one by RFC 9421 that does not cover this request.
pub(super) fn read(head: &Parts, base: &str, body: &[u8]) -> Result<Option<Signature>, Fault> {
    if let Some(signed) = of_head(head).map_err(refused)? {
        signed.is_of(body).map_err(refused)?;
        return Ok(Some(Signature::Standard(Box::new(signed))));
    }
    if !head.headers.contains_key("x-signature") {
        return Ok(None);
    }
    let read = with(head, |head| Legacy::read(head, base, body));
    Ok(match read {
        Ok(None) => None,
        Ok(Some(legacy)) => Some(Signature::Legacy(Ok(Box::new(legacy)))),
        Err(flaw) => Some(Signature::Legacy(Err(flaw))),
    })
}

/// Whether a signature covers the headers that a route hands on: what stands between could add
/// them, or change them. Older schemes cover none, and say so.
///
/// # Errors
/// When it does not.
pub(super) fn covers(
    signature: &Signature,
    handed_on: &[HeaderName],
    sent: &HeaderMap,
) -> Result<(), Fault> {
    let Signature::Standard(signed) = signature else {
        return Ok(());
    };
    let open = |name: &&HeaderName| sent.contains_key(*name) && !signed.covers(name.as_str());
    handed_on.iter().find(open).map_or(Ok(()), |name| {
        let why = format!("the signature is not taken: it does not cover `{name}`");
        Err(Fault::new(FaultKind::AccessDenied, why))
    })
}

/// The signature by RFC 9421, as far as it can be read without the body.
pub(super) fn of_head(head: &Parts) -> Result<Option<Signed>, Flaw> {
    let headers = &head.headers;
    if !headers.contains_key("signature") && !headers.contains_key("signature-input") {
        return Ok(None);
    }
    with(head, Signed::read)
}

fn with<R>(head: &Parts, read: impl FnOnce(&Head<'_>) -> R) -> R {
    let lines: Vec<(&str, &[u8])> = head
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect();
    read(&Head {
        verb: head.method.as_str(),
        path: head.uri.path(),
        query: head.uri.query(),
        lines: &lines,
    })
}

fn refused(flaw: Flaw) -> Fault {
    Fault::new(
        FaultKind::AccessDenied,
        format!("the signature is not taken: {flaw}"),
    )
}
