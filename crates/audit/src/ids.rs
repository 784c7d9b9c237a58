//! What requests, writers and ledgers are called.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Names one request, in records, logs and answers. Shown as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u128);

/// Names a ledger: all lanes of one folder. Shown as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LedgerId(pub u128);

/// Names a writer, and the lane that it writes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WriterId(pub u16);

macro_rules! hexadecimal {
    ($type:ident, $what:literal) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:032x}", self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl $type {
            /// Reads 32 hexadecimal digits.
            pub fn parse(text: &str) -> Option<Self> {
                let plain = text.len() == 32 && text.bytes().all(|c| c.is_ascii_hexdigit());
                plain
                    .then(|| u128::from_str_radix(text, 16).ok().map(Self))
                    .flatten()
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(&String::deserialize(deserializer)?)
                    .ok_or_else(|| de::Error::custom(concat!("this is not the id of a ", $what)))
            }
        }
    };
}

hexadecimal!(RequestId, "request");
hexadecimal!(LedgerId, "ledger");

impl fmt::Display for WriterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for WriterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "writer {}", self.0)
    }
}
