//! The configuration: one TOML file, checked as a whole before anything starts.
//!
//! [`raw`] is the file as it is written (`deny_unknown_fields`, no values checked);
//! [`Config::read`] checks everything and says all errors at once, each with its place.

mod keeping;
mod problem;
mod raw;
mod rest;
mod route;
mod sessions;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use portcullis_erp::{Database, Dialect, Limits, Profile};
use portcullis_identity::{ErpLogin, RoleName, UpstreamName};
use portcullis_policy::{Family, Role};
use url::Url;

pub use problem::Problem;
pub use rest::RestConfig;

use crate::archive::Keeping;
use crate::controller::Controller;
use crate::gcra::Rate;
use crate::sessions::Lasting;
use raw::RawConfig;

/// A configuration that was checked.
#[derive(Debug)]
pub struct Config {
    /// Where clients connect.
    pub listen: SocketAddr,
    /// The folder of the store, the ledger and the master key.
    pub data: PathBuf,
    /// How many cores serve requests; none: all of them.
    pub workers: Option<usize>,
    /// Whether an opened record survives a loss of power, not only of the process.
    pub durable: bool,
    /// Bounds of a request's body.
    pub request: Limits,
    /// The rate of a key that has none of its own.
    pub key_rate: Rate,
    /// How long sessions last.
    pub sessions: Lasting,
    /// How many failures an address may make.
    pub address_rate: Rate,
    /// The ERPs.
    pub upstreams: Vec<UpstreamConfig>,
    /// The roles of the files; more may lie in the store.
    pub roles: Vec<Role>,
    /// The routes to custom controllers.
    pub controllers: Vec<Arc<Controller>>,
    /// How much is kept of answers and errors.
    pub keeping: Keeping,
    /// The file that this was read from.
    pub file: PathBuf,
    /// The files of the roles.
    pub role_files: Vec<PathBuf>,
}

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
    /// The ERP users whose secrets lie in files; others may be sealed in the store.
    pub users: Vec<UserConfig>,
    /// Its façade.
    pub rest: RestConfig,
}

/// An ERP user whose secret lies in a file.
#[derive(Debug)]
pub struct UserConfig {
    /// The login name at the ERP.
    pub login: ErpLogin,
    /// The file of the password or API key (`KEY:SECRET` for Frappe).
    pub secret_file: PathBuf,
    /// Odoo's number of the user; none: found out at the start.
    pub uid: Option<i64>,
}

impl Config {
    /// Reads and checks the configuration at `path` and the role files that it names.
    ///
    /// # Errors
    /// Every problem that was found, in the order of the file.
    pub fn read(path: &Path) -> Result<Self, Vec<Problem>> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| vec![Problem::of_file(path, format!("cannot be read: {error}"))])?;
        let raw: RawConfig =
            toml::from_str(&text).map_err(|error| vec![Problem::of_toml(path, &text, &error)])?;
        Checker {
            path,
            text: &text,
            problems: Vec::new(),
        }
        .check(raw)
    }
}

struct Checker<'a> {
    path: &'a Path,
    text: &'a str,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    fn check(mut self, raw: RawConfig) -> Result<Config, Vec<Problem>> {
        let listen = self.spanned(
            raw.listen,
            "`listen` must be an address and a port such as 127.0.0.1:8640",
            |text| text.parse().ok(),
        );
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let mut upstreams = Vec::new();
        for (name, upstream) in raw.upstream {
            upstreams.extend(self.upstream(folder, &name, upstream));
        }
        if upstreams.is_empty() && self.problems.is_empty() {
            self.problems.push(Problem::of_file(
                self.path,
                "no `[upstream.NAME]` is configured: say which ERP to guard".into(),
            ));
        }
        let role_files: Vec<PathBuf> = raw.roles.iter().map(|file| folder.join(file)).collect();
        let roles = self.roles(&role_files);
        let controllers = self.routes(folder, raw.route, &upstreams);
        self.routes_of_roles(&roles, &role_files, &controllers);
        let limits = raw.limits;
        let (Some(listen), true) = (listen, self.problems.is_empty()) else {
            return Err(self.problems);
        };
        Ok(Config {
            listen,
            data: folder.join(raw.data),
            workers: raw.workers.map(std::num::NonZeroUsize::get),
            durable: raw.durability == raw::Durability::Disk,
            request: Limits {
                body: limits.body_bytes,
                batch: limits.batch_requests,
                ..Limits::default()
            },
            key_rate: Rate {
                per_minute: limits.per_minute.get(),
                burst: limits.burst.get(),
            },
            address_rate: Rate {
                per_minute: limits.address_failures_per_minute.get(),
                burst: limits.address_failures_burst.get(),
            },
            sessions: raw.sessions.lasting(),
            upstreams,
            roles,
            controllers: controllers.into_iter().map(Arc::new).collect(),
            keeping: keeping::keeping(&raw.idempotency, &raw.errors),
            file: self.path.to_owned(),
            role_files,
        })
    }

    fn upstream(
        &mut self,
        folder: &Path,
        name: &str,
        raw: raw::RawUpstream,
    ) -> Option<UpstreamConfig> {
        let place = format!("[upstream.{name}]");
        let found = UpstreamName::new(name)
            .map_err(|error| self.problem(&place, error.to_string()))
            .ok();
        let family = match raw.kind {
            raw::Kind::Odoo => Family::Odoo,
            raw::Kind::Frappe => Family::Frappe,
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
            (raw::Spoken::Auto, Family::Odoo) => None,
            (raw::Spoken::Auto, Family::Frappe) => Some(Dialect::FrappeResource),
            (raw::Spoken::Json2, Family::Odoo) => Some(Dialect::Json2),
            (raw::Spoken::Jsonrpc, Family::Odoo) => Some(Dialect::JsonRpc),
            (raw::Spoken::Xmlrpc, Family::Odoo) => Some(Dialect::XmlRpc2),
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
            match ErpLogin::new(&login) {
                Ok(login) => users.push(UserConfig {
                    login,
                    secret_file: folder.join(user.secret_file),
                    uid: user.uid,
                }),
                Err(error) => self.problem(
                    &format!("[upstream.{name}.user.\"{login}\"]"),
                    error.to_string(),
                ),
            }
        }
        let rest = self.rest(raw.rest);
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
            users,
            rest,
        })
    }

    fn roles(&mut self, files: &[PathBuf]) -> Vec<Role> {
        let mut roles: Vec<Role> = Vec::new();
        for path in files {
            let stem = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .unwrap_or_default();
            let name = match RoleName::new(stem) {
                Ok(name) => name,
                Err(error) => {
                    self.problems.push(Problem::of_file(
                        path,
                        format!("the file's name is the role's: {error}"),
                    ));
                    continue;
                }
            };
            let text = match std::fs::read_to_string(path) {
                Ok(text) => text,
                Err(error) => {
                    self.problems
                        .push(Problem::of_file(path, format!("cannot be read: {error}")));
                    continue;
                }
            };
            match Role::from_toml(name, &text) {
                Ok(role) => roles.push(role),
                Err(errors) => {
                    self.problems.extend(errors.into_iter().map(|error| {
                        Problem::at(path, &text, error.line, error.column, error.message)
                    }));
                }
            }
        }
        roles
    }

    fn spanned<T>(
        &mut self,
        value: toml::Spanned<String>,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let found = read(value.get_ref());
        if found.is_none() {
            self.problems.push(Problem::at_offset(
                self.path,
                self.text,
                value.span().start,
                expected.to_owned(),
            ));
        }
        found
    }

    fn problem(&mut self, place: &str, message: String) {
        let offset = self.text.find(place).unwrap_or_default();
        self.problems
            .push(Problem::at_offset(self.path, self.text, offset, message));
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
