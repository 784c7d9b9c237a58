//! `store`: a database that several gateways share, instead of the embedded one.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use toml::Spanned;
use url::{Host, Url};

use super::{Checker, Problem};
use crate::secret_from::SecretFrom;

/// A database of a PostgreSQL server.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// Its URL: without a password, and with the `sslmode` that counts.
    pub url: Url,
    /// Where the password is, where one is needed and not known otherwise.
    pub password: Option<SecretFrom>,
    /// Authorities of the server's certificate, in PEM, beside the public ones.
    pub certificates_file: Option<PathBuf>,
}

/// The settings, as they are written.
pub(super) struct Written {
    pub(super) url: Option<Spanned<String>>,
    pub(super) password_file: Option<PathBuf>,
    pub(super) password_variable: Option<String>,
    pub(super) certificates_file: Option<PathBuf>,
}

/// How a connection may be protected. `allow` is not among them: it would protect nothing.
const MODES: &[&str] = &["disable", "prefer", "require", "verify-ca", "verify-full"];

impl Checker<'_> {
    /// Reads where the store is; none: in the data folder.
    pub(super) fn store(&mut self, folder: &Path, written: Written) -> Option<StoreConfig> {
        let Some(text) = written.url else {
            let has_password =
                written.password_file.is_some() || written.password_variable.is_some();
            if has_password || written.certificates_file.is_some() {
                let place = "store-password-";
                let rule = "`store-password-file`, `store-password-variable` and `store-certificates-file` are for a `store`, and there is none";
                self.problem(place, rule.to_owned());
            }
            return None;
        };
        let password = match (written.password_file, written.password_variable) {
            (None, None) => None,
            (file, variable) => match super::key::from(folder, file, variable) {
                Ok(from) => Some(from),
                Err(_) => {
                    let rule = "say either `store-password-file` or `store-password-variable`, which is the name of a variable such as STORE_PASSWORD";
                    self.problem("store-password-variable", rule.to_owned());
                    None
                }
            },
        };
        let certificates_file = written.certificates_file.map(|file| folder.join(file));
        match read(text.get_ref(), certificates_file.is_some()) {
            Ok(url) => Some(StoreConfig {
                url,
                password,
                certificates_file,
            }),
            Err(rule) => {
                // The line is not shown: it may hold a password.
                let before = self.text.get(..text.span().start).unwrap_or_default();
                let line = before.matches('\n').count().saturating_add(1);
                let message = format!("line {line}: {rule}");
                self.problems.push(Problem::of_file(self.path, message));
                None
            }
        }
    }
}

/// Reads a URL; answers it with the mode that counts, or the rule that it breaks.
fn read(text: &str, has_authorities: bool) -> Result<Url, &'static str> {
    const FORM: &str =
        "`store` must be a URL such as postgres://portcullis@db.example.com/portcullis";
    let mut url = Url::parse(text).map_err(|_| FORM)?;
    let names_password = url.query_pairs().any(|(name, _)| name == "password");
    if url.password().is_some() || names_password {
        return Err(
            "`store` holds a password; secrets do not stand here: put it into the file that \
             `store-password-file` names, or into PGPASSFILE",
        );
    }
    if !matches!(url.scheme(), "postgres" | "postgresql") || url.fragment().is_some() {
        return Err(FORM);
    }
    if url.path().trim_matches('/').is_empty() {
        return Err("`store` must say which database: postgres://user@host/database");
    }
    let (mut socket, mut mode) = (None, None);
    for (name, value) in url.query_pairs() {
        let known = match &*name {
            "host" => &mut socket,
            "sslmode" => &mut mode,
            _ => return Err("of parameters, `store` takes `host` and `sslmode` only"),
        };
        if known.replace(value.into_owned()).is_some() {
            return Err("a parameter of `store` is there twice");
        }
    }
    if socket.as_ref().is_some_and(|path| !path.starts_with('/')) {
        return Err(
            "the `host` of `store` is the folder of the server's socket, such as /run/postgresql",
        );
    }
    let is_near = socket.is_some() || is_near(&url).ok_or("`store` must name a host")?;
    let chosen = match mode.as_deref() {
        Some(mode) if MODES.contains(&mode) => mode,
        Some(_) => {
            return Err(
                "the `sslmode` of `store` is disable, prefer, require, verify-ca or verify-full",
            );
        }
        None if is_near && !has_authorities => "prefer",
        None => "verify-full",
    };
    if has_authorities && !chosen.starts_with("verify") {
        return Err(
            "`store-certificates-file` says nothing where the `sslmode` of `store` does not verify",
        );
    }
    let chosen = chosen.to_owned();
    let mut pairs = url.query_pairs_mut();
    pairs.clear();
    pairs.append_pair("sslmode", &chosen);
    if let Some(socket) = socket {
        pairs.append_pair("host", &socket);
    }
    drop(pairs);
    Ok(url)
}

/// Whether what is said to the host of a URL stays on this machine; none: there is no host.
fn is_near(url: &Url) -> Option<bool> {
    Some(match url.host()? {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain("") => return None,
        Host::Domain(name) => {
            let address = name.parse().map(|address: IpAddr| address.is_loopback());
            // A socket's folder may stand in the place of the host, with its slashes encoded.
            name == "localhost"
                || name.to_ascii_lowercase().starts_with("%2f")
                || address == Ok(true)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_machines_must_show_a_certificate_unless_it_is_said_otherwise() {
        let mode = |text: &str, has_authorities| {
            let url = read(text, has_authorities).unwrap();
            let mut pairs = url.query_pairs();
            pairs
                .find(|(name, _)| name == "sslmode")
                .unwrap()
                .1
                .into_owned()
        };
        for far in [
            "postgres://u@db.example.com/p",
            "postgresql://u@192.0.2.1:5433/p",
            "postgres://u@[2001:db8::1]/p",
        ] {
            assert_eq!(mode(far, false), "verify-full", "{far}");
        }
        for near in [
            "postgres://u@localhost/p",
            "postgres://u@127.0.0.1:5433/p",
            "postgres://u@[::1]/p",
            "postgres://u@%2Frun%2Fpostgresql/p",
            "postgres://u@db.example.com/p?host=/run/postgresql",
        ] {
            assert_eq!(mode(near, false), "prefer", "{near}");
        }
        assert_eq!(mode("postgres://u@localhost/p", true), "verify-full");
        for chosen in MODES {
            let text = format!("postgres://u@db.example.com/p?sslmode={chosen}");
            assert_eq!(mode(&text, false), *chosen);
        }
    }

    #[test]
    fn a_url_says_where_and_nothing_else() {
        assert!(read("postgres://u@db.example.com/p", false).is_ok());
        for (text, said) in [
            ("db.example.com", "must be a URL"),
            ("mysql://u@db.example.com/p", "must be a URL"),
            ("postgres://u@db.example.com", "which database"),
            ("postgres://u@db.example.com/", "which database"),
            ("postgres:///p", "must name a host"),
            ("postgres://u:hunter2@db.example.com/p", "holds a password"),
            (
                "postgres://u@db.example.com/p?password=hunter2",
                "holds a password",
            ),
            ("postgres://u@db.example.com/p?options=-c", "only"),
            (
                "postgres://u@db.example.com/p?host=other.example.com",
                "folder",
            ),
            ("postgres://u@db.example.com/p?sslmode=allow", "verify-full"),
            (
                "postgres://u@db.example.com/p?sslmode=require&sslmode=disable",
                "twice",
            ),
        ] {
            let rule = read(text, false).unwrap_err();
            assert!(rule.contains(said), "{text}: {rule}");
            assert!(!rule.contains("hunter2"), "{rule}");
        }
        let unverified = "postgres://u@db.example.com/p?sslmode=require";
        assert!(read(unverified, false).is_ok());
        assert!(read(unverified, true).is_err());
    }
}
