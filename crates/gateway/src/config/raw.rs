//! The configuration as it is written. Nothing here is checked beyond its form.

mod route;

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use portcullis_identity::Style;
use serde::Deserialize;
use toml::Spanned;

use super::keeping::{RawApprovals, RawErrors, RawIdempotency};
pub(super) use route::{Envelope, RawCredential, RawRoute, RawSource};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawConfig {
    pub(super) listen: Spanned<String>,
    #[serde(default = "data")]
    pub(super) data: PathBuf,
    pub(super) store: Option<Spanned<String>>,
    pub(super) store_password_file: Option<PathBuf>,
    pub(super) store_password_variable: Option<String>,
    pub(super) store_certificates_file: Option<PathBuf>,
    pub(super) workers: Option<NonZeroUsize>,
    #[serde(default)]
    pub(super) durability: Durability,
    #[serde(default)]
    pub(super) limits: RawLimits,
    #[serde(default)]
    pub(super) addresses: super::addresses::RawAddresses,
    pub(super) tls: Option<super::tls::RawTls>,
    pub(super) admin: Option<super::admin::RawAdmin>,
    #[serde(default)]
    pub(super) credentials: super::credentials::RawCredentials,
    #[serde(default)]
    pub(super) keys: super::keys::RawKeys,
    #[serde(default)]
    pub(super) sessions: super::sessions::RawSessions,
    #[serde(default)]
    pub(super) idempotency: RawIdempotency,
    #[serde(default)]
    pub(super) approvals: RawApprovals,
    #[serde(default)]
    pub(super) errors: RawErrors,
    #[serde(default)]
    pub(super) roles: Vec<PathBuf>,
    #[serde(default)]
    pub(super) field_permissions: Vec<PathBuf>,
    #[serde(default)]
    pub(super) upstream: BTreeMap<String, RawUpstream>,
    #[serde(default)]
    pub(super) key: Vec<Spanned<super::key::RawKey>>,
    #[serde(default)]
    pub(super) issuer: Vec<Spanned<super::issuer::RawIssuer>>,
    #[serde(default)]
    pub(super) route: Vec<Spanned<RawRoute>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct RawLimits {
    pub(super) per_minute: NonZeroU32,
    pub(super) burst: NonZeroU32,
    pub(super) address_failures_per_minute: NonZeroU32,
    pub(super) address_failures_burst: NonZeroU32,
    pub(super) account_failures_per_minute: NonZeroU32,
    pub(super) account_failures_burst: NonZeroU32,
    pub(super) body_bytes: usize,
    pub(super) rpc_body_bytes: usize,
    pub(super) batch_requests: usize,
    pub(super) connections_per_address: NonZeroUsize,
    pub(super) connections: NonZeroUsize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawUpstream {
    pub(super) kind: Kind,
    pub(super) url: Spanned<String>,
    pub(super) database: Option<Spanned<String>>,
    pub(super) profile: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) dialect: Spoken,
    #[serde(default)]
    pub(super) hosts: Vec<String>,
    #[serde(default = "concurrency")]
    pub(super) concurrency: NonZeroUsize,
    #[serde(default = "timeout")]
    pub(super) timeout_seconds: NonZeroU32,
    #[serde(default = "answer")]
    pub(super) answer_bytes: usize,
    pub(super) request_bytes: Option<usize>,
    pub(super) keep_alive: Option<bool>,
    #[serde(default)]
    pub(super) forwarded: bool,
    #[serde(default = "yes")]
    pub(super) list_database: bool,
    /// Also as Frappe's site configuration has it.
    #[serde(default, alias = "api_ip_whitelist")]
    pub(super) networks: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) styles: Vec<Style>,
    pub(super) rotate_days: Option<Spanned<u32>>,
    pub(super) rotate_with: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) user: BTreeMap<String, RawUser>,
    pub(super) people: Option<super::people::RawPeople>,
    #[serde(default)]
    pub(super) rest: RawRest,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct RawRest {
    pub(super) page: Option<NonZeroU32>,
    pub(super) page_most: Option<NonZeroU32>,
    pub(super) notice: RawNotice,
    pub(super) resource: BTreeMap<String, RawResource>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawResource {
    pub(super) model: Spanned<String>,
    #[serde(default)]
    pub(super) fields: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(super) require_if_match: bool,
    #[serde(default)]
    pub(super) notice: RawNotice,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct RawNotice {
    pub(super) deprecated: Option<Spanned<String>>,
    pub(super) sunset: Option<Spanned<String>>,
    pub(super) link: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawUser {
    pub(super) secret_file: Option<PathBuf>,
    pub(super) secret_variable: Option<String>,
    pub(super) uid: Option<i64>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Durability {
    #[default]
    Process,
    Disk,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    Odoo,
    Frappe,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Spoken {
    #[default]
    Auto,
    Json2,
    Jsonrpc,
    Xmlrpc,
}

impl Default for RawLimits {
    /// 60 calls a minute and 10 at once for a key; 120 a minute and 60 at once for an address
    /// whose requests fail or stay anonymous (clients ask for the version before each log-in);
    /// 10 wrong secrets at one account, and then one a minute;
    /// 8 MiB a body, 256 KiB of strangers who have the key in it; 20 requests in a batch;
    /// 256 connections from an address, 10,000 in all.
    fn default() -> Self {
        let number = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let places = |number| NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN);
        Self {
            per_minute: number(60),
            burst: number(10),
            address_failures_per_minute: number(120),
            address_failures_burst: number(60),
            account_failures_per_minute: number(1),
            account_failures_burst: number(10),
            body_bytes: 8 << 20,
            rpc_body_bytes: 256 << 10,
            batch_requests: 20,
            connections_per_address: places(256),
            connections: places(10_000),
        }
    }
}

fn data() -> PathBuf {
    PathBuf::from("data")
}

fn concurrency() -> NonZeroUsize {
    NonZeroUsize::new(16).unwrap_or(NonZeroUsize::MIN)
}

fn yes() -> bool {
    true
}

fn timeout() -> NonZeroU32 {
    NonZeroU32::new(120).unwrap_or(NonZeroU32::MIN)
}

fn answer() -> usize {
    64 << 20
}
