//! Our own data type for arguments and answers.
//!
//! It holds whatever any dialect can say without losing a difference: binaries and dates
//! of XML-RPC stay apart from strings, whole numbers that do not fit 64 bits keep all their
//! digits, and a map has no key twice (a reader that meets one refuses the request, for two
//! parsers could disagree on which of them counts).

mod json;
pub mod packed;

use std::fmt;

pub use json::{JsonError, from_json, to_json};

/// A map in the order of insertion, without duplicate keys.
pub type Map = indexmap::IndexMap<String, Value>;

/// One argument or answer, in no particular dialect.
#[derive(Clone, PartialEq, Default)]
pub enum Value {
    /// JSON `null`, XML-RPC `<nil/>`.
    #[default]
    Null,
    /// A truth value. Odoo also says `false` for every empty field.
    Bool(bool),
    /// A whole number of at most 64 bits.
    Int(i64),
    /// A whole number beyond 64 bits: an optional sign and decimal digits.
    Big(Box<str>),
    /// A finite floating point number (readers refuse NaN and the infinities).
    Float(f64),
    /// A text.
    Text(String),
    /// Binary data (XML-RPC `<base64>`; other dialects carry it as base64 text).
    Bytes(Vec<u8>),
    /// A moment as XML-RPC's `<dateTime.iso8601>` writes it, unparsed.
    Moment(Box<str>),
    /// A list.
    List(Vec<Value>),
    /// A map.
    Map(Map),
}

impl Value {
    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Text(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// The whole number, if it is one of at most 64 bits. A truth value is not a number.
    pub fn as_int(&self) -> Option<i64> {
        if let Self::Int(number) = self {
            Some(*number)
        } else {
            None
        }
    }

    /// The list, if it is one.
    pub fn as_list(&self) -> Option<&[Self]> {
        if let Self::List(items) = self {
            Some(items)
        } else {
            None
        }
    }

    /// The map, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        if let Self::Map(map) = self {
            Some(map)
        } else {
            None
        }
    }

    /// Whether this is `null` or `false`, the two ways in which ERPs say "nothing".
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Null | Self::Bool(false))
    }
}

/// Shows the shape only: a `Debug` line must not carry what people wrote.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Bool(_) => f.write_str("Bool"),
            Self::Int(_) => f.write_str("Int"),
            Self::Big(_) => f.write_str("Big"),
            Self::Float(_) => f.write_str("Float"),
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::Moment(_) => f.write_str("Moment"),
            Self::List(items) => write!(f, "List({})", items.len()),
            Self::Map(map) => f.debug_set().entries(map.keys()).finish(),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}
impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}
impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Self::List(items)
    }
}
impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}
