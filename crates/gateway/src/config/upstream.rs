//! An ERP that is guarded: `[upstream.NAME]`, and the ERP users as whom calls run there.

use std::path::Path;
use std::time::Duration;

use portcullis_erp::{Database, Dialect, Profile};
use portcullis_identity::{Conditions, ErpLogin, UpstreamName};
use portcullis_policy::Family;
use toml::Spanned;
use url::Url;

use super::Checker;
use super::raw::{Kind, RawUpstream, Spoken};
use super::rest::RestConfig;
use crate::gcra::Rate;
use crate::people::PeopleConfig;
use crate::secret_from::SecretFrom;

/// One ERP instance.
#[derive(Debug)]
pub struct UpstreamConfig {
    /// What it is called here.
    pub name: UpstreamName,
    /// Odoo or Frappe.
    pub family: Family,
    /// Scheme, host and port; the path is `/`.
    pub url: Url,
    /// The database, or the site.
    pub database: Database,
    /// What differs about it; none: found out at the start.
    pub profile: Option<&'static Profile>,
    /// The dialect that it is spoken to in; none: found out at the start.
    pub dialect: Option<Dialect>,
    /// Host names by which clients mean this one.
    pub hosts: Vec<String>,
    /// How many calls run there at once.
    pub concurrency: usize,
    /// How long an answer may take.
    pub patience: Duration,
    /// The largest answer that is read, in bytes.
    pub answer: usize,
    /// The largest request that is sent, in bytes; none: its profile's.
    pub request: Option<usize>,
    /// Whether connections are kept for further requests.
    pub keep_alive: bool,
    /// Whether it is told for whom is asked (`X-Forwarded-For`, `-Host`, `-Proto`).
    pub forwarded: bool,
    /// Whether strangers are told the name of its database.
    pub list_database: bool,
    /// From where, and in which ways, callers come.
    pub conditions: Conditions,
    /// The ERP users whose secrets lie in files or the environment; others may be sealed in the store.
    pub users: Vec<UserConfig>,
    /// Who logs in with the ERP's own password; none: nobody.
    pub people: Option<PeopleConfig>,
    /// How often the credentials of users in the store are renewed; none: when somebody says so.
    pub rotation: Option<Rotation>,
    /// Its façade.
    pub rest: RestConfig,
}

/// How often the ERP's own keys are renewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// After how many days; none: never by itself.
    pub days: Option<u32>,
    /// Who makes them, where users may not do it themselves (Frappe).
    pub with: Option<ErpLogin>,
}

/// How old a key may be at most when it is renewed, in days: Odoo ends keys after 90, and what
/// fails is tried again until then.
const OLDEST: u32 = 80;

/// An ERP user whose secret lies outside.
#[derive(Debug)]
pub struct UserConfig {
    /// The login name at the ERP.
    pub login: ErpLogin,
    /// Where the password or API key (`KEY:SECRET` for Frappe) is.
    pub secret: SecretFrom,
    /// Odoo's number of the user; none: found out at the start.
    pub uid: Option<i64>,
}

impl Checker<'_> {
    /// Reads one `[upstream.NAME]`.
    pub(super) fn upstream(
        &mut self,
        folder: &Path,
        name: &str,
        raw: RawUpstream,
        key_rate: Rate,
    ) -> Option<UpstreamConfig> {
        let place = format!("[upstream.{name}]");
        let found = UpstreamName::new(name)
            .map_err(|error| self.problem(&place, error.to_string()))
            .ok();
        let family = match raw.kind {
            Kind::Odoo => Family::Odoo,
            Kind::Frappe => Family::Frappe,
        };
        let url = self.spanned(
            raw.url,
            "`url` must be http:// or https:// with a host, and no path",
            |text| {
                let url = Url::parse(text).ok()?;
                let plain = matches!(url.scheme(), "http" | "https")
                    && url.path() == "/"
                    && url.query().is_none()
                    && url.username().is_empty()
                    && url.password().is_none();
                (plain && url.has_host()).then_some(url)
            },
        );
        let profile = match raw.profile {
            None => Some(None),
            Some(named) if named.get_ref() == "auto" => Some(None),
            Some(named) => self
                .spanned(named, &known_profiles(family), |text| {
                    Profile::named(text).filter(|profile| is_for(profile, family))
                })
                .map(Some),
        };
        let database = match (raw.database, &url) {
            (Some(named), _) => self.spanned(
                named,
                "`database` is no valid database or site name",
                |text| Database::new(text).ok(),
            ),
            (None, Some(url)) => {
                let database = by_host(profile.flatten(), url);
                if database.is_none() {
                    self.problem(
                        &place,
                        "`database` is missing: name the database or site".into(),
                    );
                }
                database
            }
            (None, None) => None,
        };
        let dialect = match (raw.dialect, family) {
            (Spoken::Auto, Family::Odoo) => None,
            (Spoken::Auto, Family::Frappe) => Some(Dialect::FrappeResource),
            (Spoken::Json2, Family::Odoo) => Some(Dialect::Json2),
            (Spoken::Jsonrpc, Family::Odoo) => Some(Dialect::JsonRpc),
            (Spoken::Xmlrpc, Family::Odoo) => Some(Dialect::XmlRpc2),
            (_, Family::Frappe) => {
                self.problem(
                    &place,
                    "`dialect` is for kind = \"odoo\"; leave it out".into(),
                );
                None
            }
        };
        if let (Some(Some(profile)), Some(dialect)) = (profile, dialect)
            && !profile.dialects.contains(&dialect)
        {
            self.problem(
                &place,
                format!(
                    "an ERP of the profile `{profile}` does not speak this `dialect`; leave it out"
                ),
            );
        }
        let mut users = Vec::new();
        for (login, user) in raw.user {
            let secret = super::key::from(folder, user.secret_file, user.secret_variable);
            let read = ErpLogin::new(&login).map_err(|error| error.to_string());
            match read.and_then(|login| Ok((login, secret?))) {
                Ok((login, secret)) => users.push(UserConfig {
                    login,
                    secret,
                    uid: user.uid,
                }),
                Err(message) => {
                    let quoted = format!("[upstream.{name}.user.\"{login}\"]");
                    let is_quoted = self.text.contains(&quoted);
                    let plain = format!("[upstream.{name}.user.{login}]");
                    self.problem(if is_quoted { &quoted } else { &plain }, message);
                }
            }
        }
        let rotation = self.rotation(raw.rotate_days, raw.rotate_with);
        let rest = self.rest(raw.rest);
        let people = raw.people;
        let people = people.map(|people| self.people(name, people, key_rate));
        Some(UpstreamConfig {
            name: found?,
            family,
            url: url?,
            database: database?,
            profile: profile?,
            dialect,
            hosts: raw
                .hosts
                .iter()
                .map(|host| host.to_ascii_lowercase())
                .collect(),
            concurrency: raw.concurrency.get(),
            patience: Duration::from_secs(u64::from(raw.timeout_seconds.get())),
            answer: raw.answer_bytes,
            request: raw.request_bytes,
            keep_alive: raw.keep_alive.unwrap_or_else(|| {
                profile
                    .flatten()
                    .map_or(family == Family::Frappe, |profile| {
                        profile.keeps_connections
                    })
            }),
            forwarded: raw.forwarded,
            list_database: raw.list_database,
            conditions: Conditions {
                networks: self.networks(raw.networks),
                styles: raw.styles,
                must_sign: false,
            },
            users,
            people,
            rotation,
            rest,
        })
    }
}

impl Checker<'_> {
    fn rotation(
        &mut self,
        days: Option<Spanned<u32>>,
        with: Option<Spanned<String>>,
    ) -> Option<Rotation> {
        if days.is_none() && with.is_none() {
            return None;
        }
        let days = days.and_then(|days| {
            let at = days.span();
            let days = days.into_inner();
            if (1..=OLDEST).contains(&days) {
                return Some(days);
            }
            self.at(at, format!("`rotate-days` is from 1 to {OLDEST}"));
            None
        });
        let with = with.and_then(|with| {
            self.spanned(with, "`rotate-with` is no login of the ERP", |text| {
                ErpLogin::new(text).ok()
            })
        });
        Some(Rotation { days, with })
    }
}

fn is_for(profile: &Profile, family: Family) -> bool {
    profile.is_odoo == (family == Family::Odoo)
}

/// The database that the host names, where the profile says that it does.
fn by_host(profile: Option<&Profile>, url: &Url) -> Option<Database> {
    Database::new(profile?.database_on(url.host_str()?)?).ok()
}

fn known_profiles(family: Family) -> String {
    let names: Vec<&str> = Profile::all()
        .iter()
        .filter(|profile| is_for(profile, family))
        .map(|profile| profile.name)
        .collect();
    format!("`profile` is `auto` or one of {}", names.join(", "))
}
