//! `[admin]`: where administrators connect. Nothing is served to them unless it is there.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use url::Url;

use super::tls::TlsConfig;
use super::{Checker, Problem};
use crate::tls::{Tls, TlsFiles};

/// Where administrators connect.
#[derive(Debug, Clone)]
pub struct AdminConfig {
    /// The address and port, which clients of ERPs do not use.
    pub listen: SocketAddr,
    /// The files that it is served with over TLS; none: without, on this machine only.
    pub files: Option<TlsFiles>,
    /// The origin of its pages, as browsers see it; none: no passkeys.
    pub origin: Option<Url>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawAdmin {
    listen: Spanned<String>,
    certificate_file: Option<Spanned<PathBuf>>,
    key_file: Option<PathBuf>,
    origin: Option<Spanned<String>>,
}

/// An origin at which browsers have passkeys.
fn read_origin(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let name = url.domain()?;
    let fine = url.scheme() == "https" || (url.scheme() == "http" && name == "localhost");
    // As browsers write it: a path, a user or a query is no part of one.
    (fine && url.origin().ascii_serialization() == text).then_some(url)
}

impl Checker<'_> {
    /// Reads the section. An address that other machines reach is encrypted, or refused.
    pub(super) fn admin(
        &mut self,
        folder: &Path,
        raw: RawAdmin,
        (public, tls): (Option<SocketAddr>, Option<&TlsConfig>),
    ) -> Option<AdminConfig> {
        let place = raw.listen.span().start;
        let rule = "`listen` of `[admin]` must be an address and a port such as 127.0.0.1:8641";
        let listen: SocketAddr = self.spanned(raw.listen, rule, |text| text.parse().ok())?;
        let redirect = tls.and_then(|tls| tls.redirect);
        if listen.port() != 0 && [public, redirect].contains(&Some(listen)) {
            return self.refuse(
                place,
                "administrators need an address or a port of their own",
            );
        }
        let takes_1_2 = tls.is_none_or(|tls| tls.files.takes_1_2);
        let own = match (raw.certificate_file, raw.key_file) {
            (Some(certificate), Some(key)) => {
                Some(self.own(folder, (&certificate, &key), takes_1_2)?)
            }
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                let message = "`certificate-file` and `key-file` of `[admin]` belong together";
                return self.refuse(place, message);
            }
        };
        let files = match own {
            Some(own) => Some(own),
            None if listen.ip().to_canonical().is_loopback() => None,
            // Its authorities are those of clients of ERPs.
            None => tls.map(|tls| TlsFiles {
                clients: None,
                revocations: None,
                ..tls.files.clone()
            }),
        };
        if files.is_none() && !listen.ip().to_canonical().is_loopback() {
            let message = "other machines reach this address: give `[admin]` a `certificate-file` \
                           and a `key-file`, or the gateway `[tls]`, or listen on 127.0.0.1";
            return self.refuse(place, message);
        }
        let origin = match raw.origin {
            None => None,
            Some(origin) => {
                let rule = "`origin` of `[admin]` must be that of its pages, such as \
                            \"https://admin.example.com\": a name, encrypted (or \
                            http://localhost), without a path";
                Some(self.spanned(origin, rule, read_origin)?)
            }
        };
        Some(AdminConfig {
            listen,
            files,
            origin,
        })
    }

    /// A certificate of its own; the versions are those of the gateway's door.
    fn own(
        &mut self,
        folder: &Path,
        (file, key): (&Spanned<PathBuf>, &Path),
        takes_1_2: bool,
    ) -> Option<TlsFiles> {
        let files = TlsFiles {
            certificate: folder.join(file.get_ref()),
            key: folder.join(key),
            clients: None,
            revocations: None,
            takes_1_2,
        };
        match Tls::open(files.clone()) {
            Ok(_) => Some(files),
            Err(error) => self.refuse(file.span().start, &error.to_string()),
        }
    }

    fn refuse<T>(&mut self, place: usize, message: &str) -> Option<T> {
        let problem = Problem::at_offset(self.path, self.text, place, message.to_owned());
        self.problems.push(problem);
        None
    }
}
