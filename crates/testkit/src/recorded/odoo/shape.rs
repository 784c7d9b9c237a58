//! Whether two answers have the same shape.

use portcullis_erp::Limits;
use portcullis_erp::dialect::xmlrpc::codec::{MethodResponse, read_response};
use portcullis_erp::value::{Map, Value, from_json};

use super::recording::{Recording, Reply};

const LIMITS: Limits = Limits {
    body: 64 << 20,
    depth: 120,
    values: 5_000_000,
    batch: 0,
};

/// Facts of fields that the look-alike does not tell.
const RARE: [&str; 6] = [
    "help",
    "digits",
    "size",
    "min_display_digits",
    "definition_record",
    "definition_record_field",
];

/// Compares two answers to a recorded request.
///
/// # Errors
/// What differs.
pub fn compare(
    recording: &Recording,
    theirs: Option<&Reply>,
    ours: Option<&Reply>,
) -> Result<(), String> {
    let (theirs, ours) = match (theirs, ours) {
        (None, None) => return Ok(()),
        (None, Some(ours)) => {
            return Err(format!(
                "answered with {}, the real one did not",
                ours.status
            ));
        }
        (Some(_), None) => return Err("not answered".to_owned()),
        (Some(theirs), Some(ours)) => (theirs, ours),
    };
    if theirs.status != ours.status {
        return Err(format!(
            "status {} instead of {}",
            ours.status, theirs.status
        ));
    }
    if theirs.content_type != ours.content_type {
        return Err(format!(
            "content type {:?} instead of {:?}",
            ours.content_type, theirs.content_type
        ));
    }
    if theirs.content_type.starts_with("text/html") {
        return Ok(());
    }
    let xml = theirs.content_type.starts_with("text/xml");
    let (fault, value) = body(ours, xml)?;
    if theirs.cut {
        return outermost(theirs, xml, fault, &value);
    }
    let (real_fault, real) = body(theirs, xml).map_err(|why| format!("recorded: {why}"))?;
    if fault != real_fault {
        return Err(format!(
            "a fault: {fault}, the real one's: {real_fault}; {}",
            text(&value)
        ));
    }
    if fault {
        return same_fault(&real, &value);
    }
    if recording.is_fields_get() {
        return same_fields(&real, &value);
    }
    same("", &real, &value, true)
}

/// The body's value, and whether it is an XML-RPC fault.
fn body(reply: &Reply, xml: bool) -> Result<(bool, Value), String> {
    if xml {
        return match read_response(&reply.body, &LIMITS) {
            Ok(MethodResponse::Value(value)) => Ok((false, value)),
            Ok(MethodResponse::Fault { code, text }) => Ok((
                true,
                Value::Map(Map::from_iter([
                    ("code".to_owned(), code),
                    ("text".to_owned(), Value::Text(text)),
                ])),
            )),
            Err(error) => Err(format!("no XML-RPC: {error}")),
        };
    }
    let nan = String::from_utf8_lossy(&reply.body).replace("NaN", "null");
    let value = from_json(nan.as_bytes(), &LIMITS).map_err(|error| format!("no JSON: {error}"))?;
    Ok((false, value))
}

fn outermost(theirs: &Reply, xml: bool, fault: bool, ours: &Value) -> Result<(), String> {
    let text = String::from_utf8_lossy(&theirs.body);
    let real = if xml {
        let typed = text.split("<value>").nth(1).unwrap_or_default();
        if text.contains("<fault>") != fault {
            return Err("one is a fault, one is not".to_owned());
        }
        if typed.starts_with("<array>") {
            "list"
        } else if typed.starts_with("<struct>") {
            "map"
        } else {
            "text"
        }
    } else if text.starts_with('[') {
        "list"
    } else {
        "map"
    };
    let own = kind(ours);
    if real == own {
        Ok(())
    } else {
        Err(format!("{own} instead of {real}"))
    }
}

fn same_fault(theirs: &Value, ours: &Value) -> Result<(), String> {
    let code = |value: &Value| {
        value
            .as_map()
            .and_then(|map| map.get("code"))
            .cloned()
            .unwrap_or_default()
    };
    let (real, own) = (code(theirs), code(ours));
    let first = |value: &Value| match value.as_str() {
        // A text code says what it is in its first line; the rest is words.
        Some(text) if text.starts_with("warning") => {
            text.lines().next().unwrap_or_default().to_owned()
        }
        Some("AccessDenied") => "AccessDenied".to_owned(),
        Some(_) => "words".to_owned(),
        None => self::text(value),
    };
    if first(&real) == first(&own) {
        return Ok(());
    }
    Err(format!(
        "fault {} instead of {}: {}",
        first(&own),
        first(&real),
        text(ours)
    ))
}

fn same_fields(theirs: &Value, ours: &Value) -> Result<(), String> {
    let map = |value: &Value| {
        let value = value
            .as_map()
            .and_then(|map| map.get("result"))
            .unwrap_or(value)
            .clone();
        if let Value::Map(map) = value {
            map
        } else {
            Map::new()
        }
    };
    let (theirs, ours) = (map(theirs), map(ours));
    if ours.is_empty() {
        return Err("no fields at all".to_owned());
    }
    for (name, own) in &ours {
        let Some(real) = theirs.get(name) else {
            return Err(format!("field {name} is not one of the real ones"));
        };
        let mut real = real.clone();
        if let Value::Map(real) = &mut real {
            real.retain(|name, _| !RARE.contains(&name.as_str()));
        }
        same(name, &real, own, false)?;
    }
    Ok(())
}

/// Whether two values have the same shape. `outer` until the first row is entered.
fn same(path: &str, theirs: &Value, ours: &Value, outer: bool) -> Result<(), String> {
    let (real, own) = (kind(theirs), kind(ours));
    match (theirs, ours) {
        (Value::Map(theirs), Value::Map(ours)) => {
            let names = |map: &Map| {
                let mut names: Vec<_> = map.keys().cloned().collect();
                names.sort();
                names
            };
            if names(theirs) != names(ours) {
                return Err(format!(
                    "{path}: keys {:?} instead of {:?}; {}",
                    names(ours),
                    names(theirs),
                    shown(ours)
                ));
            }
            let exception = theirs.contains_key("debug");
            for (name, real) in theirs {
                let own = &ours[name];
                let told = (exception && name == "name")
                    || matches!(name.as_str(), "id" | "code")
                        && path.is_empty()
                        && theirs.contains_key("jsonrpc");
                if told && real != own {
                    return Err(format!(
                        "{path}.{name}: {} instead of {}; {}",
                        text(own),
                        text(real),
                        shown(ours)
                    ));
                }
                // An exception's context is free; the gateway tells the request's id there.
                if exception && name == "context" && matches!(own, Value::Map(_)) {
                    continue;
                }
                let envelope =
                    outer && (theirs.contains_key("jsonrpc") || name == "error" || name == "data");
                same(&format!("{path}.{name}"), real, own, envelope)?;
            }
            Ok(())
        }
        (Value::List(theirs), Value::List(ours)) => {
            for own in ours {
                if theirs.is_empty() {
                    break;
                }
                let mut why = String::new();
                let fits =
                    theirs
                        .iter()
                        .any(|real| match same(&format!("{path}[]"), real, own, false) {
                            Ok(()) => true,
                            Err(reason) => {
                                why = reason;
                                false
                            }
                        });
                if !fits {
                    return Err(why);
                }
            }
            Ok(())
        }
        // Within rows, `false` stands for what is empty.
        (Value::Bool(false), _) | (_, Value::Bool(false)) if !outer => Ok(()),
        _ if real == own => Ok(()),
        _ => Err(format!("{path}: {own} instead of {real} ({})", text(ours))),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::Big(_) => "int",
        Value::Float(_) => "float",
        Value::Text(_) | Value::Moment(_) => "text",
        Value::Bytes(_) => "bytes",
        Value::List(_) => "list",
        Value::Map(_) => "map",
    }
}

fn shown(map: &Map) -> String {
    text(&Value::Map(map.clone()))
}

fn text(value: &Value) -> String {
    let mut text = String::from_utf8_lossy(&portcullis_erp::value::to_json(value)).into_owned();
    if let Some((at, _)) = text.char_indices().nth(300) {
        text.truncate(at);
    }
    text
}
