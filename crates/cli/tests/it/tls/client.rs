//! An authority, its certificates, and a TLS client that asks one thing.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use portcullis_testkit::leaks;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, IsCa,
    KeyIdMethod, KeyPair, RevokedCertParams, SerialNumber,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ClientConnection, HandshakeKind, RootCertStore, StreamOwned};
use time::OffsetDateTime;

static SERIAL: AtomicU64 = AtomicU64::new(1);

/// Signs certificates.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its private key.
pub(crate) struct Identity {
    chain: CertificateDer<'static>,
    key: KeyPair,
    serial: SerialNumber,
    pub(crate) pem: String,
}

/// What came back.
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::<String>::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(parameters, key).unwrap())
    }

    /// A certificate for a name, of a new key pair.
    pub(crate) fn sign(&self, name: &str) -> Identity {
        self.renew(name, KeyPair::generate().unwrap())
    }

    pub(crate) fn renew(&self, name: &str, key: KeyPair) -> Identity {
        let mut parameters = CertificateParams::new([name.to_owned()]).unwrap();
        let serial = SerialNumber::from(SERIAL.fetch_add(1, Ordering::Relaxed));
        parameters.serial_number = Some(serial.clone());
        let certificate = parameters.signed_by(&key, &self.0).unwrap();
        Identity {
            pem: certificate.pem(),
            chain: certificate.der().clone(),
            key,
            serial,
        }
    }

    /// The list of what this authority has revoked, good until so many days from now.
    pub(crate) fn revoked(&self, these: &[&Identity], days: i64) -> String {
        let now = OffsetDateTime::now_utc();
        let revoked = these.iter().map(|identity| RevokedCertParams {
            serial_number: identity.serial.clone(),
            revocation_time: now,
            reason_code: None,
            invalidity_date: None,
        });
        let parameters = CertificateRevocationListParams {
            this_update: now - time::Duration::days(3),
            next_update: now + time::Duration::days(days),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        parameters.signed_by(&self.0).unwrap().pem().unwrap()
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A client that trusts this authority, with this certificate of its own.
    pub(crate) fn client(&self, own: Option<&Identity>, oldest: bool) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let versions: &[_] = if oldest {
            &[&rustls::version::TLS12]
        } else {
            rustls::ALL_VERSIONS
        };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots);
        Arc::new(match own {
            Some(own) => {
                let key = PrivateKeyDer::try_from(own.key.serialize_der()).unwrap();
                let chain = vec![own.chain.clone()];
                builder.with_client_auth_cert(chain, key).unwrap()
            }
            None => builder.with_no_client_auth(),
        })
    }
}

impl Identity {
    /// Writes certificate and key where a gateway finds them.
    pub(crate) fn put(&self, folder: &Path) {
        std::fs::write(folder.join("certificate.pem"), &self.pem).unwrap();
        std::fs::write(folder.join("key.pem"), self.key.serialize_pem()).unwrap();
    }

    pub(crate) fn into_key(self) -> KeyPair {
        self.key
    }
}

/// Asks one thing over TLS.
pub(crate) fn ask(
    client: &Arc<ClientConfig>,
    door: SocketAddr,
    request: &str,
) -> std::io::Result<Got> {
    let stream = TcpStream::connect(door)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let name = "localhost".try_into().unwrap();
    let connection =
        ClientConnection::new(Arc::clone(client), name).map_err(std::io::Error::other)?;
    exchange(StreamOwned::new(connection, stream), request)
}

/// Whether the second of two connections of a client takes the first up again, so that its
/// certificate is not looked at any more.
pub(crate) fn is_taken_up_again(
    client: &Arc<ClientConfig>,
    door: SocketAddr,
    request: &str,
) -> bool {
    let kinds = [(); 2].map(|()| {
        let stream = TcpStream::connect(door).unwrap();
        let name = "localhost".try_into().unwrap();
        let connection = ClientConnection::new(Arc::clone(client), name).unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        stream.write_all(request.as_bytes()).unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
        stream.conn.handshake_kind()
    });
    assert_eq!(kinds[0], Some(HandshakeKind::Full));
    kinds[1] == Some(HandshakeKind::Resumed)
}

/// Asks one thing in clear.
pub(crate) fn ask_in_clear(door: SocketAddr, request: &str) -> Got {
    let stream = TcpStream::connect(door).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    exchange(stream, request).unwrap()
}

fn exchange(
    mut stream: impl std::io::Read + std::io::Write,
    request: &str,
) -> std::io::Result<Got> {
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    if let Some(leak) = leaks::found("", &answer, request.as_bytes()) {
        panic!("{leak}");
    }
    let text = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Ok(Got {
        status: status.unwrap_or_default(),
        head: head.to_ascii_lowercase(),
        body: body.to_owned(),
    })
}
