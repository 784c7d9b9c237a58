//! `[[issuer]]`: whose tokens are believed.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use portcullis_identity::{ErpLogin, PrincipalName, RoleName, UpstreamName};
use serde::Deserialize;
use toml::Spanned;
use url::Url;

use super::{Checker, Problem, UpstreamConfig};
use crate::gcra::Rate;
use crate::issuers::{IssuerConfig, KeysFrom, TokenAlgorithm, TokenRules, UserFrom};
use crate::secret_from::SecretFrom;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawIssuer {
    name: PrincipalName,
    issuer: String,
    #[serde(default)]
    audience: Vec<String>,
    algorithm: Spanned<String>,
    secret_file: Option<PathBuf>,
    secret_variable: Option<String>,
    jwks_file: Option<PathBuf>,
    jwks_url: Option<Spanned<String>>,
    #[serde(default = "skew")]
    skew_seconds: u32,
    #[serde(default = "longest")]
    longest_minutes: NonZeroU32,
    upstream: UpstreamName,
    user: Option<ErpLogin>,
    user_claim: Option<String>,
    #[serde(default)]
    roles: Vec<RoleName>,
    roles_claim: Option<String>,
    #[serde(default)]
    role: BTreeMap<String, Vec<RoleName>>,
    #[serde(default)]
    persons: bool,
    per_minute: Option<NonZeroU32>,
    burst: Option<NonZeroU32>,
}

fn skew() -> u32 {
    60
}

fn longest() -> NonZeroU32 {
    NonZeroU32::new(24 * 60).unwrap_or(NonZeroU32::MIN)
}

/// Clocks that are further apart than this are wrong.
const MOST_SKEW: u32 = 300;

impl Checker<'_> {
    /// Reads the issuers, and the keys of those that have them in a file.
    pub(super) fn issuers(
        &mut self,
        folder: &Path,
        raw: Vec<Spanned<RawIssuer>>,
        upstreams: &[UpstreamConfig],
    ) -> Vec<IssuerConfig> {
        let mut issuers = Vec::with_capacity(raw.len());
        for raw in raw {
            let place = raw.span().start;
            match self.issuer(folder, raw.into_inner(), upstreams) {
                Ok(issuer) => issuers.extend(issuer),
                Err(message) => {
                    let problem = Problem::at_offset(self.path, self.text, place, message);
                    self.problems.push(problem);
                }
            }
        }
        issuers
    }

    fn issuer(
        &mut self,
        folder: &Path,
        raw: RawIssuer,
        upstreams: &[UpstreamConfig],
    ) -> Result<Option<IssuerConfig>, String> {
        let rule = "`algorithm` is HS256, RS256, ES256 or EdDSA";
        let Some(algorithm) = self.spanned(raw.algorithm, rule, |text| text.parse().ok()) else {
            return Ok(None);
        };
        let secret = algorithm == TokenAlgorithm::Hs256;
        let from = match (raw.secret_file, raw.secret_variable) {
            (None, None) => None,
            (file, variable) => Some(super::key::from(folder, file, variable)?),
        };
        let keys = match (from, raw.jwks_file, raw.jwks_url) {
            (Some(from), None, None) if secret => KeysFrom::Secret(from),
            (None, Some(file), None) if !secret => KeysFrom::File(folder.join(file)),
            (None, None, Some(url)) if !secret => {
                let rule = "`jwks-url` must be an https URL, or one on this machine";
                let Some(url) = self.spanned(url, rule, |text| private(text.parse().ok()?)) else {
                    return Ok(None);
                };
                KeysFrom::Url(url)
            }
            _ if secret => {
                return Err(
                    "HS256 takes a `secret-file` or a `secret-variable`, and nothing else"
                        .to_owned(),
                );
            }
            _ => return Err(format!("{algorithm} takes a `jwks-file` or a `jwks-url`")),
        };
        if raw.audience.is_empty() && !secret {
            return Err(
                "`audience` is missing: without it, tokens for others would be taken".to_owned(),
            );
        }
        if raw.skew_seconds > MOST_SKEW {
            return Err(format!("`skew-seconds` is {MOST_SKEW} at the most"));
        }
        if !upstreams.iter().any(|known| known.name == raw.upstream) {
            return Err(format!("there is no upstream `{}`", raw.upstream));
        }
        let user = match (raw.user, raw.user_claim) {
            (Some(login), None) => UserFrom::Fixed(login),
            (None, Some(claim)) => UserFrom::Claim(claim),
            _ => return Err("say either `user` or `user-claim`".to_owned()),
        };
        if raw.roles_claim.is_some() == raw.role.is_empty() {
            return Err(
                "`roles-claim` names a claim, `[issuer.role]` what its words mean".to_owned(),
            );
        }
        if raw.roles.is_empty() && raw.roles_claim.is_none() {
            return Err("its callers may do nothing: say `roles` or `roles-claim`".to_owned());
        }
        let rate = match (raw.per_minute, raw.burst) {
            (Some(per_minute), Some(burst)) => Some(Rate {
                per_minute: per_minute.get(),
                burst: burst.get(),
            }),
            (None, None) => None,
            _ => return Err("say both `per-minute` and `burst`".to_owned()),
        };
        let issuer = IssuerConfig {
            name: raw.name,
            rules: TokenRules {
                issuer: raw.issuer,
                audience: raw.audience,
                algorithm,
                skew: raw.skew_seconds,
                longest: raw.longest_minutes.get().saturating_mul(60),
            },
            keys,
            upstream: raw.upstream,
            user,
            roles: raw.roles,
            roles_claim: raw.roles_claim,
            meanings: raw.role,
            persons: raw.persons,
            rate,
        };
        // The environment is the gateway's: other commands may not have it.
        let is_elsewhere = matches!(issuer.keys, KeysFrom::Secret(SecretFrom::Variable(_)));
        if self.reads_secrets || !is_elsewhere {
            issuer.keys().map_err(|error| error.to_string())?;
        }
        Ok(Some(issuer))
    }
}

/// A URL that nobody reads on the way.
fn private(url: Url) -> Option<Url> {
    let here = match url.host()? {
        url::Host::Domain(name) => name == "localhost",
        url::Host::Ipv4(address) => address.is_loopback(),
        url::Host::Ipv6(address) => address.is_loopback(),
    };
    let plain = url.username().is_empty() && url.password().is_none();
    (plain && (url.scheme() == "https" || (url.scheme() == "http" && here))).then_some(url)
}
