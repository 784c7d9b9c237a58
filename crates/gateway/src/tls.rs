//! TLS towards clients: certificates from files, taken over while the gateway runs.
//!
//! rustls on aws-lc-rs, TLS 1.2 and 1.3 with rustls's own choice of suites. The files are
//! read again when their content changes; a pair that does not fit leaves the old one in use.
//! Connections that are open keep what they began with.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use portcullis_identity::CertificateDigest;
use portcullis_identity::signing::PublicKey;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{
    CertificateDer, CertificateRevocationListDer, PrivateKeyDer, SubjectPublicKeyInfoDer,
};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, ParsedCertificate, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use zeroize::Zeroizing;

/// Which files hold what TLS needs, and how old its version may be.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The certificate and those between it and its authority, in PEM.
    pub certificate: PathBuf,
    /// Its private key, in PEM.
    pub key: PathBuf,
    /// The authorities of client certificates, in PEM; none: no certificate is asked for.
    pub clients: Option<PathBuf>,
    /// Which client certificates their authorities have revoked (CRLs, RFC 5280), in PEM.
    pub revocations: Option<PathBuf>,
    /// Whether TLS 1.2 is spoken, too.
    pub takes_1_2: bool,
}

/// Why files cannot be used. Says nothing of what is in them.
#[derive(Debug, thiserror::Error)]
pub enum TlsFileError {
    /// One cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// One has not what it should have.
    #[error("{} has no {what} in PEM", path.display())]
    Without {
        /// Which one.
        path: PathBuf,
        /// What it should have.
        what: &'static str,
    },
    /// They cannot be used together.
    #[error("certificate and key cannot be used: {0}")]
    Unusable(#[source] rustls::Error),
    /// The authorities cannot be used.
    #[error("the authorities of clients cannot be used: {0}")]
    Authorities(String),
}

/// What new connections are served with.
pub struct Tls {
    files: TlsFiles,
    current: ArcSwap<ServerConfig>,
    /// What the files held when they were looked at last, good or not; none if they could not be
    /// read.
    seen: Mutex<Option<Held>>,
}

/// What the files hold.
#[derive(PartialEq, Eq)]
struct Held {
    certificate: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
    clients: Option<Vec<u8>>,
    revocations: Option<Vec<u8>>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// When one cannot be read, or they do not fit together.
    pub fn open(files: TlsFiles) -> Result<Self, TlsFileError> {
        let held = Held::read(&files)?;
        let config = held.config(&files)?;
        Ok(Self {
            files,
            current: ArcSwap::from_pointee(config),
            seen: Mutex::new(Some(held)),
        })
    }

    /// What a new connection is served with.
    pub fn current(&self) -> Arc<ServerConfig> {
        self.current.load_full()
    }

    /// Looks at the files, and takes over what they hold if that has changed. Answers whether
    /// it had.
    ///
    /// # Errors
    /// When what they hold now cannot be used; said once for each change.
    pub fn look(&self) -> Result<bool, TlsFileError> {
        let held = Held::read(&self.files);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let held = match held {
            Ok(held) => held,
            Err(error) => return seen.take().map_or(Ok(false), |_| Err(error)),
        };
        if seen.as_ref() == Some(&held) {
            return Ok(false);
        }
        let config = held.config(&self.files);
        *seen = Some(held);
        self.current.store(Arc::new(config?));
        Ok(true)
    }
}

impl Held {
    fn read(files: &TlsFiles) -> Result<Self, TlsFileError> {
        Ok(Self {
            certificate: bytes(&files.certificate)?,
            key: Zeroizing::new(bytes(&files.key)?),
            clients: files.clients.as_deref().map(bytes).transpose()?,
            revocations: files.revocations.as_deref().map(bytes).transpose()?,
        })
    }

    fn config(&self, files: &TlsFiles) -> Result<ServerConfig, TlsFileError> {
        let without = |path: &Path, what| TlsFileError::Without {
            path: path.to_owned(),
            what,
        };
        let chain = certificates(&self.certificate)
            .ok_or_else(|| without(&files.certificate, "certificate"))?;
        let key = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|_| without(&files.key, "private key"))?;
        let versions: &[&rustls::SupportedProtocolVersion] = if files.takes_1_2 {
            rustls::ALL_VERSIONS
        } else {
            &[&rustls::version::TLS13]
        };
        let builder = ServerConfig::builder_with_protocol_versions(versions);
        let builder = match (&self.clients, &files.clients) {
            (Some(held), Some(path)) => {
                let authorities = certificates(held).ok_or_else(|| without(path, "certificate"))?;
                let lists = match (&self.revocations, &files.revocations) {
                    (Some(held), Some(path)) => revocations(held)
                        .ok_or_else(|| without(path, "certificate revocation list"))?,
                    (Some(_) | None, _) => Vec::new(),
                };
                builder.with_client_cert_verifier(verifier(authorities, lists)?)
            }
            (Some(_) | None, _) => builder.with_no_client_auth(),
        };
        let mut config = builder
            .with_single_cert(chain, key)
            .map_err(TlsFileError::Unusable)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        if self.clients.is_some() {
            // A connection that is taken up again shows no certificate anew: one that was revoked,
            // or is over, would be believed for as long as that is remembered.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        } else {
            config.ticketer =
                rustls::crypto::aws_lc_rs::Ticketer::new().map_err(TlsFileError::Unusable)?;
        }
        Ok(config)
    }
}

/// What verifies certificates of clients. Where there are lists of those that were revoked, each
/// authority must have one that is not over: what is not known to be good is not.
fn verifier(
    authorities: Vec<CertificateDer<'static>>,
    lists: Vec<CertificateRevocationListDer<'static>>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsFileError> {
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        let added = roots.add(authority);
        added.map_err(|error| TlsFileError::Authorities(error.to_string()))?;
    }
    WebPkiClientVerifier::builder(Arc::new(roots))
        .with_crls(lists)
        .enforce_revocation_expiration()
        .allow_unauthenticated()
        .build()
        .map_err(|error| TlsFileError::Authorities(error.to_string()))
}

/// By what a client's certificate is known.
pub(crate) fn digest(certificate: &CertificateDer<'_>) -> Option<CertificateDigest> {
    let parsed = ParsedCertificate::try_from(certificate).ok()?;
    Some(CertificateDigest::of(&parsed.subject_public_key_info()))
}

/// By what the first certificate of a file in PEM is known.
pub fn digest_of_pem(pem: &[u8]) -> Option<CertificateDigest> {
    digest(&CertificateDer::from_pem_slice(pem).ok()?)
}

/// The Ed25519 public key of a file in PEM; none if it has no such key, or more than one.
pub fn public_key_of_pem(pem: &[u8]) -> Option<PublicKey> {
    let mut found = SubjectPublicKeyInfoDer::pem_slice_iter(pem);
    let only = found.next()?.ok()?;
    if found.next().is_some() {
        return None;
    }
    PublicKey::from_der(&only).ok()
}

/// The certificates of a file in PEM; none if it has none, or one that cannot be read.
fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    found.ok().filter(|found| !found.is_empty())
}

/// The lists of a file in PEM; none if it has none, or one that cannot be read.
fn revocations(pem: &[u8]) -> Option<Vec<CertificateRevocationListDer<'static>>> {
    let found: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(pem).collect();
    found.ok().filter(|found| !found.is_empty())
}

fn bytes(path: &Path) -> Result<Vec<u8>, TlsFileError> {
    std::fs::read(path).map_err(|source| TlsFileError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests;
