//! `[addresses]`: which proxies are trusted, and in which header they say for whom they ask.

use serde::Deserialize;
use toml::Spanned;

use super::Checker;
use crate::origin::{Proxies, Told};
use crate::snapshot::Served;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct RawAddresses {
    trusted_proxies: Vec<Spanned<String>>,
    header: Header,
    allow: Vec<Spanned<String>>,
    deny: Vec<Spanned<String>>,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "kebab-case")]
enum Header {
    #[default]
    XForwardedFor,
    Forwarded,
}

impl Checker<'_> {
    /// Reads which proxies are trusted, and which addresses are served.
    pub(super) fn addresses(&mut self, raw: RawAddresses) -> (Proxies, Served) {
        let trusted = self.networks(raw.trusted_proxies).0;
        let proxies = Proxies {
            trusted,
            told: match raw.header {
                Header::XForwardedFor => Told::XForwardedFor,
                Header::Forwarded => Told::Forwarded,
            },
        };
        let served = Served {
            allow: self.networks(raw.allow),
            deny: self.networks(raw.deny),
        };
        (proxies, served)
    }
}
