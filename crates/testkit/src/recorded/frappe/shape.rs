//! Compares two answers by shape.

use std::collections::BTreeSet;

use serde_json::Value;

use super::transcript::Message;

/// What differs; `None` if they agree.
pub fn difference(verb: &str, recorded: &Message, ours: &Message) -> Option<String> {
    if recorded.status() != ours.status() {
        return Some(format!(
            "status {} instead of {}",
            ours.status(),
            recorded.status()
        ));
    }
    let media = |message: &Message| {
        let full = message.header("content-type").unwrap_or_default();
        full.split(';').next().unwrap_or_default().trim().to_owned()
    };
    if media(recorded) != media(ours) {
        return Some(format!(
            "content type {} instead of {}",
            media(ours),
            media(recorded)
        ));
    }
    let cookies = (session(recorded), session(ours));
    if cookies.0 != cookies.1 {
        return Some(format!(
            "session cookies {:?} instead of {:?}",
            cookies.1, cookies.0
        ));
    }
    if recorded.header("location").is_some() != ours.header("location").is_some() {
        return Some("a Location on one side only".to_owned());
    }
    if verb == "HEAD" {
        return (!ours.body.is_empty()).then(|| "a body for HEAD".to_owned());
    }
    match media(recorded).as_str() {
        "application/json" => {
            let parsed = serde_json::from_slice(&recorded.body).ok();
            let Some(recorded) = parsed.or_else(|| completed(&recorded.body)) else {
                return Some("the recorded body is no JSON".to_owned());
            };
            let Ok(ours) = serde_json::from_slice(&ours.body) else {
                return Some("our body is no JSON".to_owned());
            };
            compare("", &recorded, &ours)
        }
        "text/html" => None,
        _ => (recorded.body.is_empty() != ours.body.is_empty())
            .then(|| "a body on one side only".to_owned()),
    }
}

/// Stands where a recorded body was cut off: what followed there is not known.
const CUT: &str = "the recorder cut here";

/// A body that the recorder cut off, as far as it goes.
fn completed(cut: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(cut);
    let (mut open, mut quoted, mut escaped) = (Vec::new(), false, false);
    let mut last = None;
    for (at, letter) in text.char_indices() {
        match (quoted, letter) {
            _ if escaped => escaped = false,
            (true, '\\') => escaped = true,
            (_, '"') => quoted = !quoted,
            (false, '{' | '[') => open.push(letter),
            (false, '}' | ']') => drop(open.pop()),
            (false, ',') => last = Some((at, open.clone())),
            _ => {}
        }
    }
    let (at, open) = last?;
    let mut whole = text.split_at(at).0.to_owned();
    for letter in open.iter().rev() {
        whole.push_str(&match letter {
            '{' => format!(",\"{CUT}\":1}}"),
            _ => format!(",\"{CUT}\"]"),
        });
    }
    serde_json::from_str(&whole).ok()
}

/// What happens to the session's cookie.
fn session(message: &Message) -> Vec<&'static str> {
    let cookies = message
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    let sids = cookies.filter_map(|(_, value)| value.split(';').next()?.strip_prefix("sid="));
    sids.map(|sid| match sid {
        "" => "deleted",
        "Guest" => "guest",
        _ => "session",
    })
    .collect()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "truth",
        Value::Number(number) if number.to_string().contains(['.', 'e', 'E']) => "fraction",
        Value::Number(_) => "whole",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

fn compare(at: &str, recorded: &Value, ours: &Value) -> Option<String> {
    match (recorded, ours) {
        (Value::Object(recorded), Value::Object(ours)) => {
            let keys =
                |map: &serde_json::Map<String, Value>| map.keys().cloned().collect::<BTreeSet<_>>();
            let (mut left, right) = (keys(recorded), keys(ours));
            let is_cut = left.remove(CUT);
            if is_cut && !left.is_subset(&right) || !is_cut && left != right {
                let missing: Vec<_> = left.difference(&right).collect();
                let extra: Vec<_> = right.difference(&left).collect();
                return Some(format!(
                    "{at}: keys missing {missing:?}, too many {extra:?}"
                ));
            }
            recorded
                .iter()
                .filter(|(key, _)| *key != CUT)
                .find_map(|(key, value)| {
                    let at = format!("{at}/{key}");
                    let ours = &ours[key];
                    match key.as_str() {
                        "exc_type" | "type" if value != ours => {
                            Some(format!("{at}: {ours} instead of {value}"))
                        }
                        "_server_messages" => compare(&at, &unfolded(value), &unfolded(ours)),
                        _ => compare(&at, value, ours),
                    }
                })
        }
        (Value::Array(recorded), Value::Array(ours)) => {
            if recorded.is_empty() != ours.is_empty() {
                return Some(format!(
                    "{at}: {} items instead of {}",
                    ours.len(),
                    recorded.len()
                ));
            }
            let cut = Value::from(CUT);
            let known: Vec<&Value> = recorded.iter().filter(|item| **item != cut).collect();
            let at = format!("{at}[]");
            if known.len() < recorded.len() {
                // What followed is not known, so that only what is known must be there.
                return known
                    .iter()
                    .find_map(|known| least(ours.iter().map(|own| compare(&at, known, own))));
            }
            ours.iter()
                .find_map(|own| least(known.iter().map(|known| compare(&at, known, own))))
        }
        _ if kind(recorded) == kind(ours) => None,
        _ => Some(format!(
            "{at}: {} instead of {}",
            kind(ours),
            kind(recorded)
        )),
    }
}

/// The first of these differences; none if one comparison found none.
fn least(mut differences: impl Iterator<Item = Option<String>>) -> Option<String> {
    let first = differences.next()??;
    let is_like = differences.any(|difference| difference.is_none());
    (!is_like).then_some(first)
}

/// Messages are JSON texts in a JSON text.
fn unfolded(value: &Value) -> Value {
    let inner = |text: &str| serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
    match value.as_str().map(inner) {
        Some(Value::Array(items)) => Value::Array(
            items
                .iter()
                .map(|item| item.as_str().map_or(Value::Null, inner))
                .collect(),
        ),
        _ => Value::Null,
    }
}
