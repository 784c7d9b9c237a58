//! A value put together from borrowed parts, so that writing a request copies nothing twice.

use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::UpstreamLogin;
use super::signature::spread;
use crate::call::{Call, RecordId};
use crate::value::{Map, Value};

/// A part of a request.
pub(super) enum Piece<'a> {
    /// A text.
    Text(&'a str),
    /// A whole number.
    Int(i64),
    /// A value.
    Value(&'a Value),
    /// The ids of records.
    Ids(&'a [RecordId]),
    /// A map of values.
    Entries(&'a Map),
    /// A list.
    List(Vec<Piece<'a>>),
    /// A map.
    Map(Vec<(&'a str, Piece<'a>)>),
}

/// The arguments of a call of Odoo: those by position, and those by name.
pub(super) fn arguments(call: &Call) -> [Piece<'_>; 2] {
    let spread = spread(call);
    let mut positional = Vec::with_capacity(spread.positional.len().saturating_add(1));
    positional.extend(spread.ids.map(Piece::Ids));
    positional.extend(spread.positional.into_iter().map(Piece::Value));
    let mut keyword: Vec<_> = spread
        .keyword
        .into_iter()
        .map(|(name, value)| (name, Piece::Value(value)))
        .collect();
    if !call.context.is_empty() {
        keyword.push(("context", Piece::Entries(&call.context)));
    }
    [Piece::List(positional), Piece::Map(keyword)]
}

/// The parameters of Odoo's `object.execute_kw`.
pub(super) fn execute_kw<'a>(call: &'a Call, login: &UpstreamLogin<'a>) -> Vec<Piece<'a>> {
    let [positional, keyword] = arguments(call);
    vec![
        Piece::Text(login.database.as_str()),
        Piece::Int(login.uid),
        Piece::Text(login.secret),
        Piece::Text(call.model.as_str()),
        Piece::Text(call.method.as_str()),
        positional,
        keyword,
    ]
}

impl Serialize for Piece<'_> {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => writer.serialize_str(text),
            Self::Int(number) => writer.serialize_i64(*number),
            Self::Value(value) => value.serialize(writer),
            Self::Ids(ids) => writer.collect_seq(ids.iter().map(Id)),
            Self::Entries(map) => writer.collect_map(map.iter()),
            Self::List(items) => writer.collect_seq(items),
            Self::Map(entries) => {
                let mut map = writer.serialize_map(Some(entries.len()))?;
                for (name, piece) in entries {
                    map.serialize_entry(name, piece)?;
                }
                map.end()
            }
        }
    }
}

struct Id<'a>(&'a RecordId);

impl Serialize for Id<'_> {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            RecordId::Number(number) => writer.serialize_i64(*number),
            RecordId::Name(name) => writer.serialize_str(name),
        }
    }
}

/// Writes JSON to a fresh buffer.
pub(super) fn json(value: &impl Serialize) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    let written = serde_json::to_writer(&mut out, value);
    debug_assert!(
        written.is_ok(),
        "writing to memory does not fail, and keys are texts"
    );
    out
}
