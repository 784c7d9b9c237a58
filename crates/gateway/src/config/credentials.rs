//! `[credentials]`: how credentials may come.

use std::collections::BTreeMap;

use http::HeaderName;
use portcullis_identity::{Networks, Style};
use serde::Deserialize;
use toml::Spanned;

use super::Checker;
use crate::ways::{HEADERS, Ways};

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct RawCredentials {
    in_clear: InClear,
    headers: Vec<Spanned<String>>,
    in_query: bool,
    from: BTreeMap<Style, Vec<Spanned<String>>>,
}

/// From where credentials are taken that others may have read on their way.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "kebab-case")]
enum InClear {
    /// From this machine, where nobody else reads.
    #[default]
    Local,
    /// From anywhere.
    Anywhere,
}

impl Checker<'_> {
    pub(super) fn credentials(&mut self, raw: RawCredentials) -> Ways {
        let rule = "a header for keys has a name of its own, such as X-Shop-Key";
        let mut headers = Vec::with_capacity(raw.headers.len());
        for header in raw.headers {
            let found = self.spanned(header, rule, |text| {
                let name = text.to_ascii_lowercase().parse().ok()?;
                (is_free(&name) && !headers.contains(&name)).then_some(name)
            });
            headers.extend(found);
        }
        let mut from = Vec::with_capacity(raw.from.len());
        for (style, networks) in raw.from {
            from.push((style, self.networks(networks)));
        }
        Ways {
            headers,
            in_query: raw.in_query,
            in_clear: raw.in_clear == InClear::Anywhere,
            from,
        }
    }

    /// Reads networks; an address by itself is one.
    pub(super) fn networks(&mut self, raw: Vec<Spanned<String>>) -> Networks {
        let rule = "this must be an address or a network such as 192.0.2.0/24";
        let mut networks = Vec::with_capacity(raw.len());
        for text in raw {
            networks.extend(self.spanned(text, rule, portcullis_identity::network));
        }
        Networks(networks)
    }
}

/// Whether a header means nothing else, to us or to anybody on the way.
fn is_free(name: &HeaderName) -> bool {
    const TAKEN: &[&str] = &[
        "authorization",
        "connection",
        "cookie",
        "date",
        "expect",
        "forwarded",
        "host",
        "idempotency-key",
        "if-match",
        "if-none-match",
        "keep-alive",
        "origin",
        "range",
        "referer",
        "signature",
        "signature-input",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "via",
        "x-approval",
        "x-csrf-token",
        "x-dry-run",
        "x-frappe-csrf-token",
        "x-odoo-database",
        "x-request-id",
        "x-request-time",
        "x-signature",
        "x-timestamp",
    ];
    let name = name.as_str();
    let ours = |known: &HeaderName| known.as_str() == name;
    let begins = |prefix: &&str| name.starts_with(*prefix);
    !TAKEN.contains(&name)
        && !HEADERS.iter().any(ours)
        && !["accept", "content-", "proxy-", "sec-", "x-forwarded-"]
            .iter()
            .any(begins)
}
