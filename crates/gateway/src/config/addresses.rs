//! `[addresses]`: which proxies are trusted, and in which header they say for whom they ask.

use serde::Deserialize;
use toml::Spanned;

use super::Checker;
use crate::origin::{Proxies, Told};

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct RawAddresses {
    trusted_proxies: Vec<Spanned<String>>,
    header: Header,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "kebab-case")]
enum Header {
    #[default]
    XForwardedFor,
    Forwarded,
}

impl Checker<'_> {
    /// Reads the networks; an address by itself is one.
    pub(super) fn addresses(&mut self, raw: RawAddresses) -> Proxies {
        let mut trusted = Vec::with_capacity(raw.trusted_proxies.len());
        for proxy in raw.trusted_proxies {
            trusted.extend(self.spanned(
                proxy,
                "a trusted proxy is an address or a network such as 10.0.0.0/8",
                |text| {
                    let alone = |text: &str| Some(text.parse::<std::net::IpAddr>().ok()?.into());
                    text.parse::<ipnet::IpNet>().ok().or_else(|| alone(text))
                },
            ));
        }
        Proxies {
            trusted,
            told: match raw.header {
                Header::XForwardedFor => Told::XForwardedFor,
                Header::Forwarded => Told::Forwarded,
            },
        }
    }
}
