use rcgen::{CertificateParams, KeyPair};

use super::*;

/// A self-signed certificate and its key, in PEM.
fn pair() -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    (certificate.pem(), key.serialize_pem())
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn put(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }

    fn files(&self, clients: bool) -> TlsFiles {
        let at = |name: &str| self.0.path().join(name);
        TlsFiles {
            certificate: at("certificate.pem"),
            key: at("key.pem"),
            clients: clients.then(|| at("clients.pem")),
            revocations: None,
            takes_1_2: true,
        }
    }
}

#[test]
fn what_cannot_be_used_is_said_by_name() {
    let folder = Folder::new();
    let (certificate, key) = pair();
    folder.put("certificate.pem", &certificate);
    folder.put("key.pem", &key);
    folder.put("clients.pem", &certificate);
    assert!(Tls::open(folder.files(false)).is_ok());
    assert!(Tls::open(folder.files(true)).is_ok());
    let said = |clients| Tls::open(folder.files(clients)).err().unwrap().to_string();
    folder.put("clients.pem", "no authority");
    assert!(said(true).contains("clients.pem has no certificate"));
    folder.put("key.pem", &pair().1);
    assert!(said(false).contains("cannot be used"));
    folder.put("key.pem", "no key");
    assert!(said(false).contains("key.pem has no private key"));
    folder.put("certificate.pem", "");
    assert!(said(false).contains("certificate.pem has no certificate"));
    std::fs::remove_file(folder.0.path().join("key.pem")).unwrap();
    assert!(said(false).contains("key.pem cannot be read"));
}

#[test]
fn a_renewed_pair_is_taken_over_and_a_bad_one_is_not() {
    let folder = Folder::new();
    let (certificate, key) = pair();
    folder.put("certificate.pem", &certificate);
    folder.put("key.pem", &key);
    let tls = Tls::open(folder.files(false)).unwrap();
    let first = tls.current();
    assert!(!tls.look().unwrap());
    let (certificate, key) = pair();
    folder.put("certificate.pem", &certificate);
    assert!(tls.look().is_err(), "the key is still the old one");
    assert!(Arc::ptr_eq(&first, &tls.current()));
    assert!(!tls.look().unwrap(), "it is said once");
    std::fs::remove_file(folder.0.path().join("key.pem")).unwrap();
    assert!(tls.look().is_err(), "it cannot be read");
    assert!(!tls.look().unwrap(), "it is said once");
    folder.put("key.pem", &key);
    assert!(tls.look().unwrap());
    assert!(!Arc::ptr_eq(&first, &tls.current()));
}

#[test]
fn a_certificate_is_known_by_its_key() {
    let key = KeyPair::generate().unwrap();
    let signed = |name: &str| {
        let parameters = CertificateParams::new([name.to_owned()]).unwrap();
        parameters.self_signed(&key).unwrap().pem()
    };
    let digest = digest_of_pem(signed("first").as_bytes()).unwrap();
    assert_eq!(digest_of_pem(signed("renewed").as_bytes()), Some(digest));
    assert_ne!(digest_of_pem(pair().0.as_bytes()), Some(digest));
    assert_eq!(digest_of_pem(b"nothing"), None);
}
