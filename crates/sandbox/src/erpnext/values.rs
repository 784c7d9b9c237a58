//! Small readings of [`Value`] as the real server's language would read it.

use portcullis_erp::value::{Map, Value};

/// A document, or a child row: fields by name.
pub(crate) type Doc = Map;

/// A text value.
pub(crate) fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

/// Whether a value counts as true there: not null, false, zero, or empty.
pub(crate) fn truthy(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) | Value::Int(0) => false,
        Value::Float(number) => *number != 0.0,
        Value::Text(text) => !text.is_empty(),
        Value::List(items) => !items.is_empty(),
        Value::Map(map) => !map.is_empty(),
        Value::Bytes(bytes) => !bytes.is_empty(),
        Value::Bool(true) | Value::Int(_) | Value::Big(_) | Value::Moment(_) => true,
    }
}

/// The number that a value stands for, 0 if it is none (`flt`).
pub(crate) fn number(value: Option<&Value>) -> f64 {
    match value {
        Some(Value::Int(number)) => number.to_string().parse().unwrap_or_default(),
        Some(Value::Float(number)) => *number,
        Some(Value::Bool(true)) => 1.0,
        Some(Value::Text(text)) => text.trim().parse().unwrap_or_default(),
        Some(_) | None => 0.0,
    }
}

/// The whole number that a value stands for, 0 if it is none (`cint`).
pub(crate) fn whole(value: Option<&Value>) -> i64 {
    match value {
        Some(Value::Int(number)) => *number,
        Some(Value::Bool(truth)) => i64::from(*truth),
        Some(Value::Text(text)) => text.trim().parse().unwrap_or_else(|_| {
            let float = number(value).trunc();
            format!("{float:.0}").parse().unwrap_or_default()
        }),
        Some(Value::Float(number)) => format!("{:.0}", number.trunc()).parse().unwrap_or_default(),
        Some(_) | None => 0,
    }
}

/// The text that a value is written as (`cstr`); empty for nothing.
pub(crate) fn plain(value: Option<&Value>) -> String {
    match value {
        Some(Value::Text(text)) => text.clone(),
        Some(Value::Int(number)) => number.to_string(),
        Some(Value::Float(number)) => format!("{number:?}"),
        Some(Value::Bool(truth)) => i64::from(*truth).to_string(),
        Some(Value::Big(digits)) => digits.to_string(),
        Some(Value::Moment(moment)) => moment.to_string(),
        Some(Value::Null | Value::Bytes(_) | Value::List(_) | Value::Map(_)) | None => {
            String::new()
        }
    }
}

/// A field's text; empty when it is absent or no text.
pub(crate) fn field<'a>(doc: &'a Doc, name: &str) -> &'a str {
    doc.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A JSON text as a value; of keys that stand twice the last counts, as there.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice::<serde_json::Value>(bytes).map(from_serde)
}

fn from_serde(value: serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(truth) => Value::Bool(truth),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => Value::Int(number),
            (None, Some(number)) if number.is_finite() => Value::Float(number),
            (None, _) => Value::Null,
        },
        serde_json::Value::String(text) => Value::Text(text),
        serde_json::Value::Array(items) => Value::List(items.into_iter().map(from_serde).collect()),
        serde_json::Value::Object(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| (key, from_serde(value)))
                .collect(),
        ),
    }
}

/// A JSON text in the spelling of the real server's nested messages: `, ` and `: ` between
/// parts, and nothing but ASCII.
pub(crate) fn spaced_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len().saturating_add(2));
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(letter),
            _ => {
                let mut units = [0_u16; 2];
                for unit in letter.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.push('"');
    out
}
