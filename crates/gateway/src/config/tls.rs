//! `[tls]`: certificates, and how clients are brought to come encrypted.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::Checker;
use crate::tls::{Tls, TlsFiles};

/// How clients come encrypted.
#[derive(Debug, Clone)]
pub struct TlsConfig {
    /// The files.
    pub files: TlsFiles,
    /// Where unencrypted requests are sent on from.
    pub redirect: Option<SocketAddr>,
    /// For how many seconds browsers are told to come encrypted only.
    pub strict: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawTls {
    certificate_file: Spanned<PathBuf>,
    key_file: PathBuf,
    #[serde(default)]
    oldest: Oldest,
    client_authorities_file: Option<PathBuf>,
    client_revocations_file: Option<Spanned<PathBuf>>,
    redirect_from: Option<Spanned<String>>,
    #[serde(default = "year")]
    hsts_days: u16,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Default)]
enum Oldest {
    #[default]
    #[serde(rename = "1.2")]
    Tls12,
    #[serde(rename = "1.3")]
    Tls13,
}

const DAY: u32 = 24 * 60 * 60;

fn year() -> u16 {
    365
}

impl Checker<'_> {
    /// Reads the section, and the files that it names: what cannot be used is said before
    /// anything starts.
    pub(super) fn tls(&mut self, folder: &Path, raw: RawTls) -> Option<TlsConfig> {
        let redirect = raw.redirect_from.and_then(|from| {
            let rule = "`redirect-from` must be an address and a port such as 0.0.0.0:80";
            self.spanned(from, rule, |text| text.parse().ok())
        });
        if let (None, Some(file)) = (&raw.client_authorities_file, &raw.client_revocations_file) {
            let place = file.span().start;
            let what = "`client-revocations-file` says nothing without `client-authorities-file`";
            let problem = super::Problem::at_offset(self.path, self.text, place, what.to_owned());
            self.problems.push(problem);
        }
        let place = raw.certificate_file.span().start;
        let files = TlsFiles {
            certificate: folder.join(raw.certificate_file.into_inner()),
            key: folder.join(raw.key_file),
            clients: raw.client_authorities_file.map(|file| folder.join(file)),
            revocations: raw
                .client_revocations_file
                .map(|file| folder.join(file.into_inner())),
            takes_1_2: raw.oldest == Oldest::Tls12,
        };
        if let Err(error) = Tls::open(files.clone()) {
            let problem = super::Problem::at_offset(self.path, self.text, place, error.to_string());
            self.problems.push(problem);
            return None;
        }
        let strict = u32::from(raw.hsts_days).saturating_mul(DAY);
        Some(TlsConfig {
            files,
            redirect,
            strict: (strict > 0).then_some(strict),
        })
    }
}
