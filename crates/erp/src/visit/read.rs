//! What a visit says, read from the query and the body.
//!
//! Nothing may be said twice: of two values each reader takes the one that it likes.

use percent_encoding::percent_decode_str;

use super::Payload;
use crate::dialect::{Media, read_body};
use crate::fault::{Fault, FaultKind};
use crate::limits::Limits;

/// The most arguments of a query or a form.
const MOST: usize = 512;

/// Reads the body of a request by what it says it is.
///
/// # Errors
/// When it is of another kind, too large, or not well formed.
pub fn payload(content_type: &str, body: &[u8], limits: &Limits) -> Result<Payload, Fault> {
    if body.is_empty() {
        return Ok(Payload::Nothing);
    }
    let media = Media::of(content_type);
    if media.is(&["application/json"]) {
        return read_body(body, limits).map(Payload::Json);
    }
    if media.is(&["application/x-www-form-urlencoded"]) {
        let text = std::str::from_utf8(body).map_err(|_| malformed("the body is not UTF-8"))?;
        return pairs(text, limits).map(Payload::Form);
    }
    Err(Fault::new(
        FaultKind::ContentType,
        "bodies are application/json or application/x-www-form-urlencoded, in UTF-8",
    ))
}

/// Reads a query.
///
/// # Errors
/// When it is too long or not well formed, or says something twice.
pub fn query(query: &str, limits: &Limits) -> Result<Vec<(String, String)>, Fault> {
    pairs(query, limits)
}

fn pairs(text: &str, limits: &Limits) -> Result<Vec<(String, String)>, Fault> {
    if text.len() > limits.body {
        return Err(Fault::new(
            FaultKind::TooLarge,
            "the request is larger than allowed",
        ));
    }
    if percent_decode_str(text).decode_utf8().is_err() {
        return Err(malformed("an argument is not UTF-8"));
    }
    let mut found: Vec<(String, String)> = Vec::new();
    let mut names = std::collections::HashSet::new();
    for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
        if found.len() >= MOST.min(limits.values) {
            return Err(Fault::new(
                FaultKind::TooLarge,
                "there are more arguments than allowed",
            ));
        }
        if !names.insert(name.to_string()) {
            return Err(malformed("an argument is given twice"));
        }
        found.push((name.into_owned(), value.into_owned()));
    }
    Ok(found)
}

fn malformed(message: &str) -> Fault {
    Fault::new(FaultKind::Malformed, message)
}
