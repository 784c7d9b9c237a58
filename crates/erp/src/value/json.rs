//! [`Value`] from and to JSON, within [`Limits`].
//!
//! `serde_json` does the reading; this file adds what a gateway needs: no key twice, no more
//! values than allowed, whole numbers kept to the last digit (`arbitrary_precision`), nesting
//! at most 128 deep (serde_json's own bound, lowered by [`Limits`]).

use std::cell::Cell;
use std::fmt;

use base64::Engine as _;
use indexmap::map::Entry;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::{Map, Value};
use crate::limits::Limits;

/// The key under which serde_json hands over a number of any precision.
const NUMBER: &str = "$serde_json::private::Number";
const TOO_MANY: &str = "there are more values than allowed";
const TOO_DEEP: &str = "this is nested too deeply";

/// Why a text is not JSON that we take. The message names no content of the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at line {line}, column {column}")]
pub struct JsonError {
    /// What is wrong, in words for the caller.
    pub reason: &'static str,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// Whether a limit was passed, rather than a rule broken.
    pub too_large: bool,
}

/// Reads one JSON text.
///
/// # Errors
/// When it is not JSON (RFC 8259; UTF-8 without a byte order mark), has a key twice, or goes
/// beyond the limits.
pub fn from_json(bytes: &[u8], limits: &Limits) -> Result<Value, JsonError> {
    let budget = Budget {
        left: Cell::new(limits.values),
        depth: limits.depth,
        why: Cell::new(""),
    };
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = Seed {
        budget: &budget,
        depth: 0,
    }
    .deserialize(&mut reader)
    .and_then(|value| reader.end().map(|()| value));
    read.map_err(|error| JsonError {
        reason: match (budget.why.get(), error.classify()) {
            ("", serde_json::error::Category::Eof) => "the JSON text ends too early",
            ("", _) => "this is not valid JSON",
            (why, _) => why,
        },
        line: error.line(),
        column: error.column(),
        too_large: matches!(budget.why.get(), TOO_MANY | TOO_DEEP),
    })
}

/// Writes a value as JSON. Binaries become base64 text, moments plain text.
pub fn to_json(value: &Value) -> Vec<u8> {
    // INVARIANT: writing to memory cannot fail, and every map key is a string.
    serde_json::to_vec(value).unwrap_or_default()
}

struct Budget {
    left: Cell<usize>,
    depth: usize,
    why: Cell<&'static str>,
}

impl Budget {
    fn refuse<E: serde::de::Error>(&self, why: &'static str) -> E {
        self.why.set(why);
        E::custom(why)
    }

    fn spend<E: serde::de::Error>(&self) -> Result<(), E> {
        match self.left.get().checked_sub(1) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(self.refuse(TOO_MANY)),
        }
    }
}

struct Seed<'a> {
    budget: &'a Budget,
    depth: usize,
}

impl Seed<'_> {
    fn deeper<E: serde::de::Error>(&self) -> Result<Seed<'_>, E> {
        if self.depth >= self.budget.depth {
            return Err(self.budget.refuse(TOO_DEEP));
        }
        Ok(Seed {
            budget: self.budget,
            depth: self.depth.saturating_add(1),
        })
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        self.budget.spend()?;
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Int(number))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Value, E> {
        Ok(i64::try_from(number).map_or_else(
            |_| Value::Big(number.to_string().into_boxed_str()),
            Value::Int,
        ))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Value, E> {
        if number.is_finite() {
            Ok(Value::Float(number))
        } else {
            Err(self.budget.refuse("a number is too large"))
        }
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.deeper()?)? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key_seed(KeySeed)? {
            let Key::Name(key) = key else {
                // serde_json hands a number over as the only entry of a map; an object of a
                // client that has this key is read as that number too, and written as one.
                let digits = entries.next_value::<String>()?;
                if !map.is_empty() || entries.next_key_seed(KeySeed)?.is_some() {
                    return Err(self.budget.refuse("a key is not allowed"));
                }
                return number(&digits).ok_or_else(|| self.budget.refuse("a number is too large"));
            };
            match map.entry(key) {
                Entry::Occupied(_) => {
                    return Err(self.budget.refuse("a key stands twice in one object"));
                }
                Entry::Vacant(place) => {
                    place.insert(entries.next_value_seed(self.deeper()?)?);
                }
            }
        }
        Ok(Value::Map(map))
    }
}

/// A key, or serde_json's word that a number follows.
enum Key {
    Number,
    Name(String),
}

/// Reads a key without copying it before it is known to be one.
struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Key;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Key, D::Error> {
        reader.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Key, E> {
        Ok(if key == NUMBER {
            Key::Number
        } else {
            Key::Name(key.to_owned())
        })
    }

    fn visit_string<E: serde::de::Error>(self, key: String) -> Result<Key, E> {
        Ok(if key == NUMBER {
            Key::Number
        } else {
            Key::Name(key)
        })
    }
}

/// Reads the text of a JSON number; none if it is not finite, or too long to be meant.
fn number(text: &str) -> Option<Value> {
    if let Ok(number) = text.parse::<i64>() {
        return Some(Value::Int(number));
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return (digits.len() <= 1024).then(|| Value::Big(text.into()));
    }
    text.parse::<f64>()
        .ok()
        .filter(|number| number.is_finite())
        .map(Value::Float)
}

/// A moment as JSON dialects write it: `20261122T13:00:00` is `2026-11-22 13:00:00` there.
fn moment(text: &str) -> std::borrow::Cow<'_, str> {
    let part = |range: std::ops::Range<usize>| {
        text.get(range).filter(|part| {
            part.bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b':')
        })
    };
    if let (17, Some("T"), Some(year), Some(month), Some(day), Some(time)) = (
        text.len(),
        text.get(8..9),
        part(0..4),
        part(4..6),
        part(6..8),
        part(9..17),
    ) {
        return format!("{year}-{month}-{day} {time}").into();
    }
    text.into()
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => writer.serialize_unit(),
            Self::Bool(truth) => writer.serialize_bool(*truth),
            Self::Int(number) => writer.serialize_i64(*number),
            Self::Big(digits) => match digits.parse::<serde_json::Number>() {
                Ok(number) => number.serialize(writer),
                Err(_) => writer.serialize_str(digits),
            },
            Self::Float(number) => writer.serialize_f64(*number),
            Self::Text(text) => writer.serialize_str(text),
            Self::Bytes(bytes) => {
                writer.serialize_str(&base64::engine::general_purpose::STANDARD.encode(bytes))
            }
            Self::Moment(text) => writer.serialize_str(&moment(text)),
            Self::List(items) => {
                let mut list = writer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Self::Map(entries) => {
                let mut map = writer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Value, JsonError> {
        from_json(text.as_bytes(), &Limits::default())
    }

    #[test]
    fn what_is_written_is_read_back() {
        for text in [
            "null",
            "[1,2.5,\"x\",{\"a\":true}]",
            "123456789012345678901234567890",
            "-7",
        ] {
            assert_eq!(
                String::from_utf8(to_json(&read(text).unwrap())).unwrap(),
                text
            );
        }
    }

    #[test]
    fn a_key_twice_is_refused() {
        assert!(read(r#"{"a":1,"b":2}"#).is_ok());
        assert_eq!(
            read(r#"{"a":1,"a":2}"#).unwrap_err().reason,
            "a key stands twice in one object"
        );
        assert!(read(r#"{"a":1,"\u0061":2}"#).is_err());
    }

    #[test]
    fn moments_are_written_as_erps_write_them_in_json() {
        let json = |text: &str| String::from_utf8(to_json(&Value::Moment(text.into()))).unwrap();
        assert_eq!(json("20261122T13:00:01"), "\"2026-11-22 13:00:01\"");
        assert_eq!(json("2026-11-22T13:00:01Z"), "\"2026-11-22T13:00:01Z\"");
    }

    #[test]
    fn depth_and_number_of_values_are_bounded() {
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(read(&deep(20)).is_ok());
        assert!(read(&deep(100_000)).is_err());
        let limits = Limits {
            values: 3,
            ..Limits::default()
        };
        assert!(from_json(b"[1,2]", &limits).is_ok());
        assert!(from_json(b"[1,2,3]", &limits).is_err());
    }
}
