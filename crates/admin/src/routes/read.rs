//! How members of bodies are read.

use std::fmt;

use portcullis_identity::{Networks, Secret, network};
use serde::{Deserialize, Deserializer};

use crate::refusal::Refusal;

/// No member at all.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// Which part of a list.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Which {
    pub(super) limit: Option<u32>,
    pub(super) after: Option<String>,
}

/// Which part of a list of keys, and whether those are in it that are over.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WhichKeys {
    pub(super) all: bool,
    pub(super) limit: Option<u32>,
    pub(super) after: Option<String>,
}

/// A secret, which is not seen once it was read.
pub(super) struct Hidden(pub(super) Secret<String>);

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Hidden;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text of one line that is not empty")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Hidden, E> {
                if text.is_empty() || text.contains(['\r', '\n']) {
                    return Err(E::custom("expected a text of one line that is not empty"));
                }
                Ok(Hidden(Secret::new(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

/// A file with secrets, as a text; it is wiped when it is done with.
pub(super) struct File(pub(super) Secret<Vec<u8>>);

impl<'de> Deserialize<'de> for File {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(Self(Secret::new(text.into_bytes())))
    }
}

/// The networks that are named; an address by itself is one.
pub(super) fn networks(texts: &[String]) -> Result<Networks, Refusal> {
    let read = texts.iter().map(|text| {
        network(text).ok_or_else(|| {
            let wrong = "`from`: say addresses or networks such as 192.0.2.0/24";
            Refusal::Unfit(wrong.to_owned())
        })
    });
    read.collect::<Result<_, _>>().map(Networks)
}
