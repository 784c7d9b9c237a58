//! A visit to a custom controller, read from a request by its route.
//!
//! Only its form is looked at here: whether it is what the route takes is a matter of
//! `authorize`, once it is known who asks.

use http::HeaderMap;
use portcullis_erp::visit::{self, Payload, Said};
use portcullis_erp::{Fault, FaultKind, Inbound, Limits, Map, Value, Verb, Visit};

use super::one_header;
use crate::route::Visited;

/// The argument in which a page shows the token of its session: it ends here.
const TOKEN: &str = "csrf_token";

/// The longest query, in bytes.
const QUERY: usize = 8 << 10;

/// The longest value of a header that is handed on, in bytes.
const HEADER: usize = 1 << 10;

pub(super) fn read(
    visited: &Visited,
    request: Inbound<'_>,
    headers: &HeaderMap,
    limits: &Limits,
) -> Result<Visit, Fault> {
    let Visited {
        controller,
        parameters,
    } = visited;
    let verb = Verb::read(request.verb)
        .ok_or_else(|| malformed("this verb is not one of custom controllers"))?;
    if !verb.takes_body() && !request.body.is_empty() {
        return Err(malformed("a request by this verb has no body"));
    }
    let bounds = Limits {
        body: QUERY,
        ..*limits
    };
    let payload = visit::payload(request.content_type, request.body, limits)?.without(TOKEN);
    let said = Said {
        query: visit::query(request.query, &bounds)?,
        headers: handed_on(&controller.takes.headers, headers)?,
        payload: if controller.takes.envelope {
            enveloped(payload)?
        } else {
            payload
        },
    };
    Visit::new(
        verb,
        controller.to.fill(parameters),
        controller.to.has_trailing_slash(),
        said,
    )
}

/// A body that Odoo's envelope is put around: named arguments, or none.
fn enveloped(payload: Payload) -> Result<Payload, Fault> {
    match payload {
        Payload::Nothing => Ok(Payload::Enveloped(Value::Map(Map::new()))),
        Payload::Json(value @ Value::Map(_)) => Ok(Payload::Enveloped(value)),
        Payload::Form(pairs) => Ok(Payload::Form(pairs)),
        Payload::Json(_) | Payload::Enveloped(_) => {
            Err(malformed("the body is an object of named arguments"))
        }
    }
}

/// The headers that the route hands on, each once and of bounded length.
fn handed_on(
    names: &[http::HeaderName],
    headers: &HeaderMap,
) -> Result<Vec<(String, String)>, Fault> {
    let mut handed_on = Vec::new();
    for name in names {
        let value = one_header(headers, name.as_str())?;
        if value.len() > HEADER {
            return Err(malformed("a header is too long"));
        }
        if !value.is_empty() {
            handed_on.push((name.as_str().to_owned(), value.to_owned()));
        }
    }
    Ok(handed_on)
}

fn malformed(message: &str) -> Fault {
    Fault::new(FaultKind::Malformed, message)
}
