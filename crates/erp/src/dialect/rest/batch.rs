//! A batch: several requests in one body, each of which goes the whole road by itself.

use crate::dialect::Inbound;
use crate::dialect::jsonrpc::read_body;
use crate::dialect::media::Media;
use crate::fault::{Fault, FaultKind};
use crate::limits::Limits;
use crate::value::{Map, Value, to_json};

use super::{bad, malformed};

/// The headers that an item may have.
const HEADERS: &[&str] = &["if-match", "if-none-match", "idempotency-key"];

/// How many letters path and query of a request may have.
pub const MOST_TARGET: usize = 8192;

/// One request of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The verb.
    pub verb: String,
    /// Path and query, from `/api/v1/` on.
    pub target: String,
    /// Headers of its own, in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: Vec<u8>,
}

pub(super) fn read(request: Inbound<'_>, limits: &Limits) -> Result<Vec<Item>, Fault> {
    if request.verb != "POST" {
        return Err(Fault::new(FaultKind::Verb, "a batch is sent with POST"));
    }
    if !request.query.is_empty() {
        return Err(malformed("a batch takes no parameters"));
    }
    if !Media::of(request.content_type).is(&["application/json"]) {
        return Err(Fault::new(
            FaultKind::ContentType,
            "bodies are application/json, in UTF-8",
        ));
    }
    let Value::List(items) = read_body(request.body, limits)? else {
        return Err(malformed("a batch is a list of requests"));
    };
    if items.is_empty() {
        // It would be answered without a record, and counted by nobody.
        return Err(malformed("a batch has at least one request"));
    }
    if items.len() > limits.batch {
        return Err(bad(format!(
            "a batch has at most {} requests",
            limits.batch
        )));
    }
    items.into_iter().map(item).collect()
}

fn item(item: Value) -> Result<Item, Fault> {
    let Value::Map(mut item) = item else {
        return Err(malformed("an item of a batch is an object"));
    };
    let mut text = |name: &str| match item.shift_remove(name) {
        Some(Value::Text(text)) => Ok(text),
        _ => Err(bad(format!("an item needs `{name}`, a text")).about(name)),
    };
    let (verb, target) = (text("method")?, text("path")?);
    if !target.starts_with("/api/v1/") || !is_escaped(&target) {
        return Err(bad("`path` begins with /api/v1/ and is escaped as in a URL").about("path"));
    }
    if target.len() > MOST_TARGET {
        return Err(bad(format!("`path` has at most {MOST_TARGET} letters")).about("path"));
    }
    if !["GET", "POST", "PATCH", "PUT", "DELETE"].contains(&verb.as_str()) {
        return Err(bad("`method` is GET, POST, PATCH, PUT or DELETE").about("method"));
    }
    let headers = match item.shift_remove("headers") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Map(headers)) => own_headers(headers)?,
        Some(_) => return Err(bad("`headers` is an object").about("headers")),
    };
    let body = match item.shift_remove("body") {
        None | Some(Value::Null) => Vec::new(),
        Some(body @ Value::Map(_)) => to_json(&body),
        Some(_) => return Err(bad("`body` is an object").about("body")),
    };
    match item.keys().next() {
        Some(other) => Err(bad(
            "an item has `method`, `path`, `headers` and `body`, and nothing else",
        )
        .about(&super::query::shown(other))),
        None => Ok(Item {
            verb,
            target,
            headers,
            body,
        }),
    }
}

/// Whether a text has only what path and query of a URL are made of (RFC 3986).
fn is_escaped(target: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&byte);
    let escapes = target.split('%').skip(1);
    target.bytes().all(plain)
        && escapes.into_iter().all(|after| {
            let mut digits = after.bytes().take(2).filter(u8::is_ascii_hexdigit);
            digits.next().and(digits.next()).is_some()
        })
}

fn own_headers(headers: Map) -> Result<Vec<(String, String)>, Fault> {
    let mut own: Vec<(String, String)> = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        let plain = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
        let (true, Value::Text(value)) = (HEADERS.contains(&name.as_str()), value) else {
            return Err(bad(
                "an item's headers are If-Match, If-None-Match and Idempotency-Key, each a text",
            )
            .about("headers"));
        };
        if !value.bytes().all(plain) {
            return Err(bad("a header has a character that none can have").about("headers"));
        }
        if own.iter().any(|(known, _)| *known == name) {
            return Err(malformed("an item has a header twice").about("headers"));
        }
        own.push((name, value));
    }
    Ok(own)
}
