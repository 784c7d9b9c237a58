//! [`Value`] as bytes that lose nothing: what is kept of an answer, and what a call is told
//! apart by.
//!
//! JSON would make binaries, moments and texts the same. Here each value is a tag, a length
//! where it needs one, and its content; no two values have the same bytes, and a map can be
//! written in the order of its keys, so that what is equal is written equally.

use super::{Map, Value};
use crate::limits::Limits;

/// In which order the entries of maps are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entries {
    /// As they stand.
    AsTheyStand,
    /// By their keys: equal maps have the same bytes.
    ByKey,
}

const NULL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const INT: u8 = 3;
const BIG: u8 = 4;
const FLOAT: u8 = 5;
const TEXT: u8 = 6;
const BYTES: u8 = 7;
const MOMENT: u8 = 8;
const LIST: u8 = 9;
const MAP: u8 = 10;

/// Appends a value.
pub fn pack(value: &Value, entries: Entries, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(NULL),
        Value::Bool(truth) => out.push(if *truth { TRUE } else { FALSE }),
        Value::Int(number) => {
            out.push(INT);
            out.extend_from_slice(&number.to_be_bytes());
        }
        Value::Big(digits) => content(BIG, digits.as_bytes(), out),
        Value::Float(number) => {
            out.push(FLOAT);
            out.extend_from_slice(&number.to_bits().to_be_bytes());
        }
        Value::Text(text) => content(TEXT, text.as_bytes(), out),
        Value::Bytes(bytes) => content(BYTES, bytes, out),
        Value::Moment(text) => content(MOMENT, text.as_bytes(), out),
        Value::List(items) => {
            out.push(LIST);
            length(items.len(), out);
            for item in items {
                pack(item, entries, out);
            }
        }
        Value::Map(map) => pack_map(map, entries, out),
    }
}

/// Appends a map.
pub fn pack_map(map: &Map, entries: Entries, out: &mut Vec<u8>) {
    out.push(MAP);
    length(map.len(), out);
    let mut all: Vec<(&String, &Value)> = map.iter().collect();
    if entries == Entries::ByKey {
        all.sort_by_key(|(key, _)| *key);
    }
    for (key, value) in all {
        content(TEXT, key.as_bytes(), out);
        pack(value, entries, out);
    }
}

/// Appends bytes with their length, so that what follows cannot be taken for a part of them.
pub fn pack_text(text: &str, out: &mut Vec<u8>) {
    content(TEXT, text.as_bytes(), out);
}

/// Reads what [`pack`] wrote; none if it is anything else, or beyond the limits.
pub fn unpack(bytes: &[u8], limits: &Limits) -> Option<Value> {
    let mut reader = Reader {
        rest: bytes,
        values: limits.values,
    };
    let value = reader.value(limits.depth)?;
    reader.rest.is_empty().then_some(value)
}

fn content(tag: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    length(bytes.len(), out);
    out.extend_from_slice(bytes);
}

fn length(length: usize, out: &mut Vec<u8>) {
    let length = u64::try_from(length).unwrap_or(u64::MAX);
    out.extend_from_slice(&length.to_be_bytes());
}

struct Reader<'a> {
    rest: &'a [u8],
    values: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn eight(&mut self) -> Option<[u8; 8]> {
        self.take(8)?.try_into().ok()
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(u64::from_be_bytes(self.eight()?)).ok()
    }

    fn content(&mut self) -> Option<&'a [u8]> {
        let length = self.length()?;
        self.take(length)
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.content()?).ok()
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        self.values = self.values.checked_sub(1)?;
        let (tag, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(match *tag {
            NULL => Value::Null,
            FALSE => Value::Bool(false),
            TRUE => Value::Bool(true),
            INT => Value::Int(i64::from_be_bytes(self.eight()?)),
            BIG => Value::Big(self.text()?.into()),
            FLOAT => {
                let number = f64::from_bits(u64::from_be_bytes(self.eight()?));
                Value::Float(number.is_finite().then_some(number)?)
            }
            TEXT => Value::Text(self.text()?.to_owned()),
            BYTES => Value::Bytes(self.content()?.to_vec()),
            MOMENT => Value::Moment(self.text()?.into()),
            LIST => {
                let deeper = depth.checked_sub(1)?;
                let mut items = Vec::new();
                for _ in 0..self.length()? {
                    items.push(self.value(deeper)?);
                }
                Value::List(items)
            }
            MAP => {
                let deeper = depth.checked_sub(1)?;
                let mut map = Map::new();
                for _ in 0..self.length()? {
                    if self.take(1)? != [TEXT] {
                        return None;
                    }
                    let key = self.text()?.to_owned();
                    if map.insert(key, self.value(deeper)?).is_some() {
                        return None;
                    }
                }
                Value::Map(map)
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packed(value: &Value, entries: Entries) -> Vec<u8> {
        let mut bytes = Vec::new();
        pack(value, entries, &mut bytes);
        bytes
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            "-?[1-9][0-9]{20,30}".prop_map(|digits| Value::Big(digits.into())),
            (-1e300_f64..1e300).prop_map(Value::Float),
            ".{0,12}".prop_map(Value::Text),
            proptest::collection::vec(any::<u8>(), 0..12).prop_map(Value::Bytes),
            "[0-9T:]{0,17}".prop_map(|text| Value::Moment(text.into())),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::List),
                proptest::collection::vec((".{0,6}", inner), 0..6)
                    .prop_map(|entries| Value::Map(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(value in any_value()) {
            let bytes = packed(&value, Entries::AsTheyStand);
            prop_assert_eq!(unpack(&bytes, &Limits::default()), Some(value));
        }

        #[test]
        fn what_differs_is_packed_differently(one in any_value(), other in any_value()) {
            let same = packed(&one, Entries::ByKey) == packed(&other, Entries::ByKey);
            prop_assert_eq!(same, one == other);
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some(value) = unpack(&bytes, &Limits::default()) {
                prop_assert_eq!(packed(&value, Entries::AsTheyStand), bytes);
            }
        }
    }

    #[test]
    fn equal_maps_are_packed_equally_in_whatever_order_they_were_made() {
        let map = |entries: &[(&str, i64)]| {
            let entries = entries
                .iter()
                .map(|(key, value)| ((*key).to_owned(), Value::Int(*value)));
            Value::Map(entries.collect())
        };
        let (one, other) = (map(&[("a", 1), ("b", 2)]), map(&[("b", 2), ("a", 1)]));
        assert_eq!(packed(&one, Entries::ByKey), packed(&other, Entries::ByKey));
        assert_ne!(
            packed(&one, Entries::AsTheyStand),
            packed(&other, Entries::AsTheyStand)
        );
    }

    #[test]
    fn a_list_that_claims_to_be_endless_is_none() {
        let mut bytes = packed(&Value::List(vec![Value::Null]), Entries::AsTheyStand);
        assert!(unpack(&bytes, &Limits::default()).is_some());
        bytes[1..9].copy_from_slice(&u64::MAX.to_be_bytes());
        assert_eq!(unpack(&bytes, &Limits::default()), None);
    }
}
