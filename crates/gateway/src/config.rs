//! The configuration: one TOML file, checked as a whole before anything starts.
//!
//! [`raw`] is the file as it is written (`deny_unknown_fields`, no values checked);
//! [`Config::read`] checks everything and says all errors at once, each with its place.

mod addresses;
mod admin;
mod credentials;
mod issuer;
mod keeping;
mod key;
mod keys;
mod people;
mod problem;
mod raw;
mod rest;
mod route;
mod sessions;
mod store;
mod tls;
mod upstream;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use portcullis_erp::Limits;
use portcullis_identity::RoleName;
use portcullis_policy::{FieldPermission, Role};

pub use admin::AdminConfig;
pub use key::{DeclaredKey, DeclaredSecret, Ends};
pub use keys::KeyLife;
pub use problem::Problem;
pub use rest::RestConfig;
pub use store::StoreConfig;
pub use tls::TlsConfig;
pub use upstream::{Rotation, UpstreamConfig, UserConfig};

use crate::archive::Keeping;
use crate::controller::Controller;
use crate::engine::Bounds;
use crate::gcra::Rate;
use crate::issuers::IssuerConfig;
use crate::origin::Proxies;
use crate::sessions::Lasting;
use crate::snapshot::Served;
use crate::ways::Ways;
use raw::RawConfig;

/// A configuration that was checked.
#[derive(Debug)]
pub struct Config {
    /// Where clients connect.
    pub listen: SocketAddr,
    /// The folder of the ledger and the master key, and of the store, if it is the embedded one.
    pub data: PathBuf,
    /// The database that is the store; none: it is the embedded one.
    pub store: Option<StoreConfig>,
    /// How many cores serve requests; none: all of them.
    pub workers: Option<usize>,
    /// Whether an opened record survives a loss of power, not only of the process.
    pub durable: bool,
    /// Bounds of a request's body.
    pub request: Limits,
    /// The largest body of an RPC dialect from an address that showed no good key, in bytes.
    pub rpc_body: usize,
    /// The rate of a key that has none of its own.
    pub key_rate: Rate,
    /// How long keys last.
    pub keys: KeyLife,
    /// How long sessions last.
    pub sessions: Lasting,
    /// How many failures there may be at one account.
    pub account_rate: Rate,
    /// How many failures an address may make.
    pub address_rate: Rate,
    /// How many connections there may be.
    pub connections: Bounds,
    /// The proxies that are believed.
    pub proxies: Proxies,
    /// How clients come encrypted; none: they do not.
    pub tls: Option<TlsConfig>,
    /// Where administrators connect; none: nowhere.
    pub admin: Option<AdminConfig>,
    /// In which ways credentials may come.
    pub ways: Ways,
    /// Which addresses are served.
    pub served: Served,
    /// The keys that are declared.
    pub declared: Vec<DeclaredKey>,
    /// The issuers whose tokens are believed.
    pub issuers: Vec<IssuerConfig>,
    /// The ERPs.
    pub upstreams: Vec<UpstreamConfig>,
    /// The roles of the files; more may lie in the store.
    pub roles: Vec<Role>,
    /// The fields that are for some roles only.
    pub permissions: Vec<FieldPermission>,
    /// The routes to custom controllers.
    pub controllers: Vec<Arc<Controller>>,
    /// How much is kept of answers and errors.
    pub keeping: Keeping,
    /// The file that this was read from.
    pub file: PathBuf,
    /// The files of the roles, and of what is for some of them only.
    pub role_files: Vec<PathBuf>,
}

impl Config {
    /// Reads and checks the configuration at `path` and the role files that it names.
    ///
    /// # Errors
    /// Every problem that was found, in the order of the file.
    pub fn read(path: &Path) -> Result<Self, Vec<Problem>> {
        Self::looked_at(path, false)
    }

    /// The same, and looks at the secrets that lie outside: only whoever runs the gateway, or
    /// checks whether it can be run, has its environment and its files.
    ///
    /// # Errors
    /// As for [`Config::read`].
    pub fn read_with_secrets(path: &Path) -> Result<Self, Vec<Problem>> {
        Self::looked_at(path, true)
    }

    fn looked_at(path: &Path, reads_secrets: bool) -> Result<Self, Vec<Problem>> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| vec![Problem::of_file(path, format!("cannot be read: {error}"))])?;
        let raw: RawConfig =
            toml::from_str(&text).map_err(|error| vec![Problem::of_toml(path, &text, &error)])?;
        Checker {
            path,
            text: &text,
            reads_secrets,
            problems: Vec::new(),
        }
        .check(raw)
    }
}

struct Checker<'a> {
    path: &'a Path,
    text: &'a str,
    /// Whether secrets that lie outside are looked at.
    reads_secrets: bool,
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
        let store = self.store(
            folder,
            store::Written {
                url: raw.store,
                password_file: raw.store_password_file,
                password_variable: raw.store_password_variable,
                certificates_file: raw.store_certificates_file,
            },
        );
        let limits = raw.limits;
        let key_rate = Rate {
            per_minute: limits.per_minute.get(),
            burst: limits.burst.get(),
        };
        let mut upstreams = Vec::new();
        for (name, upstream) in raw.upstream {
            upstreams.extend(self.upstream(folder, &name, upstream, key_rate));
        }
        if upstreams.is_empty() && self.problems.is_empty() {
            self.problems.push(Problem::of_file(
                self.path,
                "no `[upstream.NAME]` is configured: say which ERP to guard".into(),
            ));
        }
        let mut role_files: Vec<PathBuf> = raw.roles.iter().map(|file| folder.join(file)).collect();
        let roles = self.roles(&role_files);
        let controllers = self.routes(folder, raw.route, &upstreams);
        self.routes_of_roles(&roles, &role_files, &controllers);
        let permission_files = raw.field_permissions.iter().map(|file| folder.join(file));
        let permission_files: Vec<PathBuf> = permission_files.collect();
        let permissions = self.permissions(&permission_files);
        role_files.extend(permission_files);
        let (proxies, served) = self.addresses(raw.addresses);
        let ways = self.credentials(raw.credentials);
        let tls = raw.tls.and_then(|tls| self.tls(folder, tls));
        let admin = raw.admin.and_then(|admin| {
            let public = (listen, tls.as_ref());
            self.admin(folder, admin, public)
        });
        let issuers = self.issuers(folder, raw.issuer, &upstreams);
        let life = raw.keys.life();
        let declared = self.keys(folder, raw.key, &upstreams, life);
        let (Some(listen), true) = (listen, self.problems.is_empty()) else {
            return Err(self.problems);
        };
        Ok(Config {
            listen,
            data: folder.join(raw.data),
            store,
            workers: raw.workers.map(std::num::NonZeroUsize::get),
            durable: raw.durability == raw::Durability::Disk,
            request: Limits {
                body: limits.body_bytes,
                batch: limits.batch_requests,
                ..Limits::default()
            },
            rpc_body: limits.rpc_body_bytes,
            key_rate,
            account_rate: Rate {
                per_minute: limits.account_failures_per_minute.get(),
                burst: limits.account_failures_burst.get(),
            },
            address_rate: Rate {
                per_minute: limits.address_failures_per_minute.get(),
                burst: limits.address_failures_burst.get(),
            },
            keys: life,
            sessions: raw.sessions.lasting(),
            connections: Bounds {
                each: limits.connections_per_address.get(),
                all: limits.connections.get(),
            },
            proxies,
            tls,
            admin,
            declared,
            issuers,
            ways,
            served,
            upstreams,
            roles,
            permissions,
            controllers: controllers.into_iter().map(Arc::new).collect(),
            keeping: keeping::keeping(&raw.idempotency, &raw.errors, &raw.approvals),
            file: self.path.to_owned(),
            role_files,
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

    fn permissions(&mut self, files: &[PathBuf]) -> Vec<FieldPermission> {
        let mut permissions = Vec::new();
        for path in files {
            let read = std::fs::read_to_string(path)
                .map_err(|error| format!("cannot be read: {error}"))
                .and_then(|text| FieldPermission::from_json(&text));
            match read {
                Ok(read) => permissions.extend(read),
                Err(error) => self.problems.push(Problem::of_file(path, error)),
            }
        }
        permissions
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
