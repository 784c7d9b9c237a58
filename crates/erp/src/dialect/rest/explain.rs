//! A request that its client has signed and tells of, to be told why its signature differs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::dialect::Inbound;
use crate::dialect::jsonrpc::read_body;
use crate::dialect::media::Media;
use crate::fault::{Fault, FaultKind};
use crate::limits::Limits;
use crate::value::{Map, Value};

use super::{bad, malformed};

/// The most headers that may be told.
const HEADERS: usize = 64;

/// A request as its client made it.
#[derive(Clone, PartialEq)]
pub struct Told {
    /// The verb.
    pub verb: String,
    /// Path and query, escaped as they were sent.
    pub target: String,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The text that the client has signed, if it tells that.
    pub base: Option<String>,
}

impl std::fmt::Debug for Told {
    /// Without headers and body: there may be secrets in them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Told")
            .field("verb", &self.verb)
            .finish_non_exhaustive()
    }
}

pub(super) fn read(request: Inbound<'_>, limits: &Limits) -> Result<Told, Fault> {
    if !request.query.is_empty() {
        return Err(malformed("what is to be explained stands in the body"));
    }
    if !Media::of(request.content_type).is(&["application/json"]) {
        return Err(Fault::new(
            FaultKind::ContentType,
            "bodies are application/json, in UTF-8",
        ));
    }
    let Value::Map(mut told) = read_body(request.body, limits)? else {
        return Err(malformed("tell of the request in an object"));
    };
    let headers = match told.shift_remove("headers") {
        Some(Value::Map(headers)) => lines(headers)?,
        _ => return Err(bad("`headers` is an object").about("headers")),
    };
    let mut text = |name: &str| match told.shift_remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text)),
        Some(_) => Err(bad(format!("`{name}` is a text")).about(name)),
    };
    let verb = text("method")?.ok_or_else(|| bad("a request has a `method`").about("method"))?;
    let target = text("target")?
        .filter(|target| {
            target.starts_with('/') && target.bytes().all(|byte| byte.is_ascii_graphic())
        })
        .ok_or_else(|| {
            bad("`target` is path and query, escaped as they were sent").about("target")
        })?;
    let body = match (text("body")?, text("body-base64")?) {
        (Some(_), Some(_)) => {
            return Err(bad("`body` or `body-base64`, not both").about("body"));
        }
        (Some(body), None) => body.into_bytes(),
        (None, Some(body)) => STANDARD
            .decode(body)
            .map_err(|_| bad("`body-base64` is base64").about("body-base64"))?,
        (None, None) => Vec::new(),
    };
    let base = text("base")?;
    match told.keys().next() {
        Some(_) => Err(bad(
            "a request is told by `method`, `target`, `headers`, `body` or `body-base64`, and `base`",
        )),
        None => Ok(Told {
            verb,
            target,
            headers,
            body,
            base,
        }),
    }
}

/// A header that stands more than once is a list.
fn lines(headers: Map) -> Result<Vec<(String, String)>, Fault> {
    let wrong = || bad("a header is a text, or a list of texts").about("headers");
    let mut lines = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        match value {
            Value::Text(value) => lines.push((name, value)),
            Value::List(values) => {
                for value in values {
                    match value {
                        Value::Text(value) => lines.push((name.clone(), value)),
                        _ => return Err(wrong()),
                    }
                }
            }
            _ => return Err(wrong()),
        }
    }
    if lines.len() > HEADERS {
        return Err(bad(format!("there are more than {HEADERS} headers")).about("headers"));
    }
    Ok(lines)
}
