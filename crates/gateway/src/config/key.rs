//! `[[key]]`: keys that the configuration declares, with their secrets elsewhere.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use portcullis_identity::{
    ApiKey, Conditions, ErpLogin, ForeignSecret, PrincipalName, RoleName, Secret, Style, Timestamp,
    UpstreamName, looks_like_ours,
};
use serde::Deserialize;
use toml::Spanned;

use super::{Checker, KeyLife, Problem, UpstreamConfig};
use crate::clock;
use crate::gcra::Rate;
use crate::secret_from::{SecretFrom, Variable};

/// A key that is declared.
#[derive(Debug, Clone)]
pub struct DeclaredKey {
    /// Who holds it; no other declared key is called so.
    pub name: PrincipalName,
    /// The ERP that it opens.
    pub upstream: UpstreamName,
    /// The ERP user as whom its calls run.
    pub user: ErpLogin,
    /// What it may do.
    pub roles: Vec<RoleName>,
    /// Where its secret is.
    pub secret: SecretFrom,
    /// When it ends, if anything is said of it.
    pub expires: Option<Ends>,
    /// Under which conditions it is good.
    pub conditions: Conditions,
    /// Who answers for it.
    pub owner: Option<String>,
    /// What it is for.
    pub purpose: Option<String>,
    /// Its own rate.
    pub rate: Option<Rate>,
    /// Whether it may run as an administrator of the ERP.
    pub administrator: bool,
}

/// When a key ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// At a moment.
    At(Timestamp),
    /// So many days after its secret was first seen.
    After(u32),
}

/// The secret of a declared key.
pub enum DeclaredSecret {
    /// A key of the gateway's own form.
    Key(ApiKey),
    /// Any other text.
    Foreign(Secret<String>),
}

const DAY: i64 = 24 * 60 * 60 * 1000;

/// How far away a moment may be, in days: ten years.
const FURTHEST: u32 = 3653;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawKey {
    name: PrincipalName,
    upstream: Option<UpstreamName>,
    user: ErpLogin,
    roles: Vec<RoleName>,
    secret_file: Option<PathBuf>,
    secret_variable: Option<String>,
    expires: Option<Spanned<String>>,
    #[serde(default)]
    from: Vec<Spanned<String>>,
    #[serde(default)]
    styles: Vec<Style>,
    owner: Option<String>,
    purpose: Option<String>,
    per_minute: Option<NonZeroU32>,
    burst: Option<NonZeroU32>,
    #[serde(default)]
    administrator: bool,
}

impl Ends {
    fn read(text: &str) -> Option<Self> {
        match text.strip_suffix('d').map(str::parse) {
            Some(days) => days.ok().filter(|days| *days > 0).map(Self::After),
            None => Timestamp::parse_rfc3339(text).ok().map(Self::At),
        }
    }

    /// The moment, for a key whose secret was first seen then.
    pub fn of(self, seen: Timestamp) -> Timestamp {
        match self {
            Self::At(moment) => moment,
            Self::After(days) => seen.plus_millis(i64::from(days).saturating_mul(DAY)),
        }
    }
}

impl DeclaredKey {
    /// When it ends, if its secret was first seen then: no later than keys may.
    pub fn ends(&self, life: KeyLife, seen: Timestamp) -> Option<Timestamp> {
        let said = self.expires.map(|ends| ends.of(seen));
        let last = life
            .longest_days
            .map(|longest| Ends::After(longest.get()).of(seen));
        match (said, last) {
            (Some(said), Some(last)) => Some(said.min(last)),
            (said, last) => said.or(last),
        }
    }

    /// Reads its secret.
    ///
    /// # Errors
    /// When it is not there, or could be guessed, or cannot come in the ways that are declared.
    pub fn secret(&self) -> Result<DeclaredSecret, String> {
        let secret = self.secret.read_private();
        let secret = secret.map_err(|error| error.to_string())?;
        let key = secret.expose(|text| match text.split_once(':') {
            Some((key, half)) => ApiKey::parse_pair(key, half).ok(),
            None => ApiKey::parse(text).ok(),
        });
        if let Some(key) = key {
            return Ok(DeclaredSecret::Key(key));
        }
        secret.expose(|text| {
            if looks_like_ours(text) {
                return Err(format!(
                    "{}: this is no whole key; `portcullis key generate` makes one",
                    self.secret
                ));
            }
            let read = ForeignSecret::new(text);
            read.map(drop)
                .map_err(|error| format!("{}: {error}", self.secret))
        })?;
        let styles = &self.conditions.styles;
        if let Some(style) = styles.iter().find(|style| !ForeignSecret::comes(**style)) {
            return Err(format!(
                "`styles`: a secret that is no key of the gateway is not shown as {style}"
            ));
        }
        Ok(DeclaredSecret::Foreign(secret))
    }
}

impl Checker<'_> {
    /// Reads the declared keys and, where that is wanted, whether their secrets are good.
    pub(super) fn keys(
        &mut self,
        folder: &Path,
        raw: Vec<Spanned<RawKey>>,
        upstreams: &[UpstreamConfig],
        life: KeyLife,
    ) -> Vec<DeclaredKey> {
        let mut keys: Vec<DeclaredKey> = Vec::with_capacity(raw.len());
        let mut secrets: Vec<(PrincipalName, Secret<String>)> = Vec::new();
        for raw in raw {
            let place = raw.span().start;
            let tell = |checker: &mut Self, message: String| {
                let problem = Problem::at_offset(checker.path, checker.text, place, message);
                checker.problems.push(problem);
            };
            let key = match self.key(folder, raw.into_inner(), upstreams, life) {
                Ok(key) => key,
                Err(message) => {
                    tell(self, message);
                    continue;
                }
            };
            let Some(key) = key else { continue };
            if keys.iter().any(|other| other.name == key.name) {
                tell(
                    self,
                    format!("there are two keys of the name `{}`", key.name),
                );
            }
            if self.reads_secrets {
                if let Err(message) = key.secret() {
                    tell(self, message);
                } else if let Ok(secret) = key.secret.read() {
                    let same = |other: &&(PrincipalName, Secret<String>)| {
                        other.1.expose(|one| secret.expose(|text| text == one))
                    };
                    if let Some((other, _)) = secrets.iter().find(same) {
                        tell(self, format!("its secret is that of `{other}`"));
                    }
                    secrets.push((key.name.clone(), secret));
                }
            }
            keys.push(key);
        }
        keys
    }

    fn key(
        &mut self,
        folder: &Path,
        raw: RawKey,
        upstreams: &[UpstreamConfig],
        life: KeyLife,
    ) -> Result<Option<DeclaredKey>, String> {
        let upstream = match (raw.upstream, upstreams) {
            (Some(name), all) if all.iter().any(|known| known.name == name) => name,
            (Some(name), _) => return Err(format!("there is no upstream `{name}`")),
            (None, [only]) => only.name.clone(),
            (None, _) => return Err("say which `upstream`".to_owned()),
        };
        let secret = from(folder, raw.secret_file, raw.secret_variable)?;
        if raw.roles.is_empty() {
            return Err("it may do nothing: say `roles`".to_owned());
        }
        let rate = match (raw.per_minute, raw.burst) {
            (Some(per_minute), Some(burst)) => Some(Rate {
                per_minute: per_minute.get(),
                burst: burst.get(),
            }),
            (None, None) => None,
            _ => return Err("say both `per-minute` and `burst`".to_owned()),
        };
        let no_text = |style: &&Style| {
            matches!(
                style,
                Style::Certificate | Style::Signature | Style::LegacySignature
            )
        };
        if let Some(style) = raw.styles.iter().find(no_text) {
            return Err(format!(
                "`styles`: make a key of {style} with `portcullis key create`"
            ));
        }
        for (member, text) in [("owner", &raw.owner), ("purpose", &raw.purpose)] {
            let fits = |text: &String| {
                !text.is_empty() && text.len() <= 200 && !text.chars().any(char::is_control)
            };
            if !text.as_ref().is_none_or(fits) {
                return Err(format!("`{member}`: say it in one line of up to 200 bytes"));
            }
        }
        let before = self.problems.len();
        let expires = raw.expires.and_then(|text| self.ends(text, life));
        let conditions = Conditions {
            networks: self.networks(raw.from),
            styles: raw.styles,
            must_sign: false,
        };
        if self.problems.len() > before {
            return Ok(None);
        }
        Ok(Some(DeclaredKey {
            name: raw.name,
            upstream,
            user: raw.user,
            roles: raw.roles,
            secret,
            expires,
            conditions,
            owner: raw.owner,
            purpose: raw.purpose,
            rate,
            administrator: raw.administrator,
        }))
    }

    fn ends(&mut self, text: Spanned<String>, life: KeyLife) -> Option<Ends> {
        let at = text.span();
        let form = "`expires` is a moment (2027-01-31T00:00:00Z), or days (90d)";
        let ends = self.spanned(text, form, Ends::read)?;
        let longest = life.longest_days.map_or(FURTHEST, NonZeroU32::get);
        let now = clock::now();
        if ends.of(now) > Ends::After(longest).of(now) {
            let message = format!("`expires`: keys last {longest} days at the most here");
            self.at(at, message);
        }
        Some(ends)
    }
}

/// Where a secret is, by the two settings that can say it.
pub(super) fn from(
    folder: &Path,
    file: Option<PathBuf>,
    variable: Option<String>,
) -> Result<SecretFrom, String> {
    match (file, variable) {
        (Some(file), None) => Ok(SecretFrom::File(folder.join(file))),
        (None, Some(name)) => Variable::new(&name)
            .map(SecretFrom::Variable)
            .ok_or_else(|| {
                "`secret-variable` names a variable of the environment, such as WEB_SHOP_KEY"
                    .to_owned()
            }),
        _ => Err("say either `secret-file` or `secret-variable`".to_owned()),
    }
}
