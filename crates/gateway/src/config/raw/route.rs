//! A route to a custom controller, as it is written.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use serde::Deserialize;
use toml::Spanned;

/// A text with its place.
type Text = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::config) struct RawRoute {
    pub(in crate::config) name: Text,
    pub(in crate::config) path: Text,
    pub(in crate::config) to: Option<Text>,
    pub(in crate::config) upstream: Text,
    pub(in crate::config) verbs: Vec<Text>,
    #[serde(default)]
    pub(in crate::config) anonymous: bool,
    pub(in crate::config) callers: Option<Vec<Text>>,
    #[serde(default)]
    pub(in crate::config) networks: Vec<Text>,
    #[serde(default = "yes")]
    pub(in crate::config) csrf: bool,
    pub(in crate::config) content_types: Option<Vec<Text>>,
    pub(in crate::config) schema_file: Option<Text>,
    #[serde(default)]
    pub(in crate::config) any_body: bool,
    #[serde(default)]
    pub(in crate::config) envelope: Envelope,
    #[serde(default)]
    pub(in crate::config) parameters: BTreeMap<String, Text>,
    #[serde(default)]
    pub(in crate::config) query: Vec<Text>,
    #[serde(default)]
    pub(in crate::config) request_headers: Vec<Text>,
    #[serde(default)]
    pub(in crate::config) answer_headers: Vec<Text>,
    pub(in crate::config) answers: Option<Vec<Text>>,
    pub(in crate::config) form_targets: Option<Vec<Text>>,
    #[serde(default = "body")]
    pub(in crate::config) body_bytes: usize,
    #[serde(default = "answer")]
    pub(in crate::config) answer_bytes: usize,
    pub(in crate::config) timeout_seconds: Option<NonZeroU32>,
    #[serde(default = "per_minute")]
    pub(in crate::config) per_minute: NonZeroU32,
    #[serde(default = "burst")]
    pub(in crate::config) burst: NonZeroU32,
    pub(in crate::config) deprecated: Option<Text>,
    pub(in crate::config) sunset: Option<Text>,
    pub(in crate::config) successor: Option<Text>,
    pub(in crate::config) credential: Option<Spanned<RawCredential>>,
}

/// Whether Odoo's envelope is put around bodies and taken off answers.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "kebab-case")]
pub(in crate::config) enum Envelope {
    #[default]
    None,
    Jsonrpc,
}

/// One of these says how the credential is shown.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::config) struct RawCredential {
    pub(in crate::config) header: Option<RawSource>,
    pub(in crate::config) bearer: Option<RawSource>,
    pub(in crate::config) basic: Option<RawSource>,
    pub(in crate::config) token: Option<RawSource>,
    pub(in crate::config) session: Option<RawSource>,
}

/// Whose credential it is: a file's, an ERP user's, or, with neither, the caller's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::config) struct RawSource {
    /// The header's name; for `[route.credential.header]` only.
    pub(in crate::config) name: Option<Text>,
    pub(in crate::config) secret_file: Option<Text>,
    pub(in crate::config) user: Option<Text>,
}

fn yes() -> bool {
    true
}

fn body() -> usize {
    1 << 20
}

fn answer() -> usize {
    8 << 20
}

fn per_minute() -> NonZeroU32 {
    NonZeroU32::new(30).unwrap_or(NonZeroU32::MIN)
}

fn burst() -> NonZeroU32 {
    NonZeroU32::new(10).unwrap_or(NonZeroU32::MIN)
}
