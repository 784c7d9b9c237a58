//! A role as it is written. Nothing here is checked beyond its form.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use toml::Spanned;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawRole {
    #[serde(default)]
    pub(super) explains: bool,
    pub(super) monitor_until: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) caps: RawCaps,
    #[serde(default)]
    pub(super) context: RawContext,
    #[serde(default)]
    pub(super) rule: Vec<Spanned<RawRule>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawCaps {
    pub(super) page: Option<Spanned<i64>>,
    pub(super) fields: Option<Spanned<i64>>,
    pub(super) ids: Option<Spanned<i64>>,
    pub(super) answer_bytes: Option<Spanned<i64>>,
    pub(super) seconds: Option<Spanned<i64>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawContext {
    pub(super) lang: Option<Spanned<String>>,
    pub(super) tz: Option<Spanned<String>>,
    pub(super) company: Option<Spanned<i64>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawRule {
    pub(super) name: Spanned<String>,
    #[serde(default)]
    pub(super) deny: bool,
    /// A rule that has these speaks of routes to custom controllers and has nothing else.
    pub(super) routes: Option<Vec<Spanned<String>>>,
    pub(super) upstream: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    pub(super) models: Vec<Spanned<String>>,
    pub(super) through: Option<Vec<Spanned<String>>>,
    pub(super) operations: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    pub(super) methods: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) reports: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) arguments: Option<Spanned<String>>,
    pub(super) fields: Option<RawFields>,
    pub(super) write_fields: Option<RawFields>,
    #[serde(default)]
    pub(super) hidden: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) masked: Vec<Spanned<String>>,
    pub(super) mask: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) derived: Vec<Spanned<String>>,
    pub(super) domain: Option<Spanned<String>>,
    pub(super) dialects: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    pub(super) networks: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) context: Vec<Spanned<String>>,
    pub(super) max_rows: Option<Spanned<i64>>,
    pub(super) approval: Option<Spanned<bool>>,
}

/// `"*"` or a list of names.
pub(super) enum RawFields {
    All,
    Only(Vec<Spanned<String>>),
}

impl<'de> Deserialize<'de> for RawFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = RawFields;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`\"*\"` or a list of field names")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<RawFields, E> {
                if text == "*" {
                    Ok(RawFields::All)
                } else {
                    Err(E::invalid_value(serde::de::Unexpected::Str(text), &self))
                }
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<RawFields, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = seq.next_element()? {
                    names.push(name);
                }
                Ok(RawFields::Only(names))
            }
        }
        deserializer.deserialize_any(Fields)
    }
}
