//! The arguments of a request: query, form, JSON body.
//!
//! Frappe reads the query unless there is a JSON body, and lets the form win over the query;
//! of a repeated key it takes the first in a query and the last in JSON. Here nothing may be
//! said twice.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "values are matched by shape; other shapes are refused"
)]

use percent_encoding::percent_decode_str;

use super::bad;
use crate::call::Call;
use crate::dialect::Inbound;
use crate::dialect::jsonrpc::read_body;
use crate::dialect::media::Media;
use crate::fault::{Fault, FaultKind};
use crate::limits::Limits;
use crate::value::{Map, Value, from_json};

/// Reads all arguments of a request whose path says what is called.
pub(super) fn read(request: Inbound<'_>, limits: &Limits) -> Result<Map, Fault> {
    let mut arguments = all(request, limits)?;
    refuse_overrides(&arguments)?;
    arguments.shift_remove("csrf_token");
    Ok(arguments)
}

/// Whether the rows of a list are to be lists themselves (`as_dict`).
pub(super) fn wants_lists(request: Inbound<'_>, limits: &Limits) -> bool {
    const NAME: &str = "as_dict";
    let is_named = request.query.contains(NAME)
        || request
            .body
            .windows(NAME.len())
            .any(|at| at == NAME.as_bytes());
    // It is looked for twice only where it is named.
    let value = is_named.then(|| all(request, limits).ok()?.shift_remove(NAME));
    match value.flatten() {
        Some(Value::Bool(truth)) => !truth,
        Some(Value::Int(number)) => number == 0,
        Some(Value::Text(text)) => {
            matches!(
                text.to_ascii_lowercase().as_str(),
                "0" | "false" | "no" | "n" | "off" | "f"
            )
        }
        _ => false,
    }
}

/// Reads all arguments of a request at `/`, where `cmd` among them says what is called.
pub(super) fn command(request: Inbound<'_>, limits: &Limits) -> Result<(String, Map), Fault> {
    let mut arguments = all(request, limits)?;
    let command = super::take_text(&mut arguments, "cmd")?;
    let command =
        command.ok_or_else(|| Fault::new(FaultKind::NotFound, "there is nothing here"))?;
    refuse_overrides(&arguments)?;
    arguments.shift_remove("csrf_token");
    Ok((command, arguments))
}

fn all(request: Inbound<'_>, limits: &Limits) -> Result<Map, Fault> {
    if request.query.len() > limits.body || request.body.len() > limits.body {
        return Err(Fault::new(
            FaultKind::TooLarge,
            "the request is larger than allowed",
        ));
    }
    let mut arguments = Map::new();
    urlencoded(&mut arguments, request.query, limits)?;
    if !request.body.is_empty() {
        if is_json(&Media::of(request.content_type)) {
            // `cmd` counts wherever it stands; nothing else of the query does.
            refuse_overrides(&arguments)?;
            arguments = body(request, limits)?;
        } else {
            for (name, value) in body(request, limits)? {
                if arguments.insert(name, value).is_some() {
                    return Err(bad("an argument is given twice"));
                }
            }
        }
    }
    Ok(arguments)
}

/// Reads the arguments of the body alone: a form, or a JSON object.
pub(super) fn body(request: Inbound<'_>, limits: &Limits) -> Result<Map, Fault> {
    let media = Media::of(request.content_type);
    if !media.utf8 {
        return Err(Fault::new(FaultKind::ContentType, "bodies are UTF-8"));
    }
    if is_json(&media) {
        return match read_body(request.body, limits)? {
            Value::Map(body) => Ok(body),
            _ => Err(Fault::new(
                FaultKind::Malformed,
                "the body is a JSON object",
            )),
        };
    }
    if media.essence != "application/x-www-form-urlencoded" {
        return Err(Fault::new(
            FaultKind::ContentType,
            "bodies are application/json or application/x-www-form-urlencoded",
        ));
    }
    let form = std::str::from_utf8(request.body)
        .map_err(|_| Fault::new(FaultKind::Malformed, "the body is not UTF-8"))?;
    let mut arguments = Map::new();
    urlencoded(&mut arguments, form, limits)?;
    Ok(arguments)
}

fn is_json(media: &Media) -> bool {
    media.essence == "application/json" || media.essence.ends_with("+json")
}

/// Frappe runs `cmd` instead of the path, and takes the session from `sid`.
fn refuse_overrides(arguments: &Map) -> Result<(), Fault> {
    if arguments.contains_key("cmd") {
        return Err(bad("`cmd` is not taken beside a path"));
    }
    if arguments.contains_key("sid") {
        return Err(bad("a session is not taken from the arguments"));
    }
    Ok(())
}

pub(super) fn urlencoded(arguments: &mut Map, text: &str, limits: &Limits) -> Result<(), Fault> {
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        if arguments.len() >= limits.values {
            return Err(Fault::new(
                FaultKind::TooLarge,
                "there are more arguments than allowed",
            ));
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if arguments
            .insert(decoded(name)?, Value::Text(decoded(value)?))
            .is_some()
        {
            return Err(bad("an argument is given twice"));
        }
    }
    Ok(())
}

fn decoded(text: &str) -> Result<String, Fault> {
    let text = text.replace('+', " ");
    match percent_decode_str(&text).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(Fault::new(FaultKind::Malformed, "an argument is not UTF-8")),
    }
}

/// A value that a query or a form carries as JSON text; JSON bodies carry it as it is.
pub(super) fn structured(value: Value, limits: &Limits) -> Result<Value, Fault> {
    match value {
        Value::Text(text) => from_json(text.as_bytes(), limits).map_err(|_| {
            Fault::new(
                FaultKind::BadValue,
                "an argument that is JSON in text is malformed",
            )
        }),
        value => Ok(value),
    }
}

/// A document, as JSON text or as it is.
pub(super) fn document(value: Value, limits: &Limits) -> Result<Map, Fault> {
    match structured(value, limits)? {
        Value::Map(map) => Ok(map),
        _ => Err(bad("a document is a JSON object")),
    }
}

/// Brings the arguments of a list to one form; Frappe silently drops those it does not know.
pub(super) fn listing(mut arguments: Map, limits: &Limits) -> Result<Map, Fault> {
    let mut named = Map::new();
    let mut take = |name: &str| {
        arguments
            .shift_remove(name)
            .filter(|value| !matches!(value, Value::Null) && value.as_str() != Some(""))
    };
    match take("fields") {
        None => {}
        Some(Value::Text(text)) if text == "*" => {
            named.insert("fields".to_owned(), Value::List(vec![Value::Text(text)]));
        }
        Some(fields) => match structured(fields, limits)? {
            list @ Value::List(_) => {
                named.insert("fields".to_owned(), list);
            }
            // Some clients write the star as a JSON text.
            Value::Text(text) if text == "*" => {
                named.insert("fields".to_owned(), Value::List(vec![Value::Text(text)]));
            }
            _ => return Err(Fault::new(FaultKind::BadValue, "`fields` is a list")),
        },
    }
    for name in ["filters", "or_filters"] {
        let Some(filters) = take(name) else { continue };
        match structured(filters, limits)? {
            filters @ (Value::List(_) | Value::Map(_)) => {
                named.insert(name.to_owned(), filters);
            }
            _ => {
                return Err(Fault::new(
                    FaultKind::BadValue,
                    "filters are a list or an object",
                ));
            }
        }
    }
    for name in ["order_by", "group_by", "parent"] {
        match take(name) {
            None => {}
            Some(text @ Value::Text(_)) => {
                named.insert(name.to_owned(), text);
            }
            Some(_) => {
                return Err(Fault::new(
                    FaultKind::BadValue,
                    "an argument that is a text is something else",
                ));
            }
        }
    }
    if let Some(expand) = take("expand") {
        named.insert("expand".to_owned(), structured(expand, limits)?);
    }
    let limit = take("limit").or_else(|| take("limit_page_length"));
    for (name, value) in [
        ("limit_start", take("limit_start")),
        ("limit_page_length", limit),
    ] {
        if let Some(value) = value {
            named.insert(name.to_owned(), Value::Int(count(&value)?));
        }
    }
    Ok(named)
}

/// A number of rows. Frappe reads what is no number as 0, which means all rows.
fn count(value: &Value) -> Result<i64, Fault> {
    let count = match value {
        Value::Int(number) => Some(*number),
        Value::Text(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok()
        }
        _ => None,
    };
    count.filter(|count| *count >= 0).ok_or_else(|| {
        Fault::new(
            FaultKind::BadValue,
            "a number of rows is not a whole number",
        )
    })
}

/// A call with the filters among the arguments.
pub(super) fn filtered(call: Call, arguments: &mut Map, limits: &Limits) -> Result<Call, Fault> {
    match arguments.shift_remove("filters") {
        None | Some(Value::Null) => Ok(call),
        Some(Value::Text(text)) if text.is_empty() => Ok(call),
        Some(filters) => match structured(filters, limits)? {
            filters if filters.as_list().is_some() || filters.as_map().is_some() => {
                Ok(call.with("filters", filters))
            }
            _ => Err(Fault::new(
                FaultKind::BadValue,
                "filters are a list or an object",
            )),
        },
    }
}
