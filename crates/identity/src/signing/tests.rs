//! The published vectors, and what differs from them by one thing.

mod covered;
mod older;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::Value as Json;

use super::*;
use crate::key::ApiKey;

/// Computed by Python's own `hmac` and by `cryptography`: `tests/signing/vectors.py`.
const VECTORS: &str = include_str!("../../../../tests/signing/vectors.json");

/// A request, to be changed before it is read.
#[derive(Clone, Debug)]
struct Request {
    verb: String,
    target: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Request {
    fn of(vector: &Json) -> Self {
        let text = |member: &str| vector[member].as_str().unwrap().to_owned();
        let headers = vector["headers"].as_object().unwrap().iter();
        Self {
            verb: text("method"),
            target: text("target"),
            headers: headers
                .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
                .collect(),
            body: text("body"),
        }
    }

    fn with<R>(&self, read: impl FnOnce(&Head<'_>) -> R) -> R {
        let (path, query) = match self.target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (self.target.as_str(), None),
        };
        let lines: Vec<(&str, &[u8])> = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
            .collect();
        read(&Head {
            verb: &self.verb,
            path,
            query,
            lines: &lines,
        })
    }

    fn header(&mut self, name: &str) -> &mut String {
        let found = self.headers.iter_mut().find(|(known, _)| known == name);
        &mut found.unwrap_or_else(|| panic!("no {name}")).1
    }

    fn verified(&self, verifier: &Verifier) -> Result<Signed, Flaw> {
        let signed = self.with(Signed::read)?.expect("a signature");
        signed.is_of(self.body.as_bytes())?;
        verifier.verify(&signed)?;
        Ok(signed)
    }
}

fn vectors() -> Json {
    serde_json::from_str(VECTORS).unwrap()
}

fn verifier(vectors: &Json, scheme: Scheme) -> Verifier {
    let secret = SigningSecret::parse(vectors["secret"].as_str().unwrap()).unwrap();
    if let Some(verifier) =
        Verifier::with_secret(scheme, &secret).or_else(|| Verifier::beside(scheme))
    {
        return verifier;
    }
    let pem = vectors["public-key"].as_str().unwrap();
    let lines: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    Verifier::Ed25519(PublicKey::from_der(&STANDARD.decode(lines).unwrap()).unwrap())
}

fn scheme(vector: &Json) -> Scheme {
    vector["scheme"].as_str().unwrap().parse().unwrap()
}

fn each<'a>(vectors: &'a Json, list: &str) -> impl Iterator<Item = &'a Json> {
    vectors[list].as_array().unwrap().iter()
}

#[test]
fn the_standards_own_signatures_are_verified() {
    for vector in each(&vectors(), "rfc9421") {
        let decoded = |member: &str| STANDARD.decode(vector[member].as_str().unwrap()).unwrap();
        let key = decoded("key");
        let verifier = if scheme(vector) == Scheme::Hmac {
            let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &key);
            Verifier::Hmac(key)
        } else {
            Verifier::Ed25519(PublicKey::from_bytes(key.try_into().unwrap()))
        };
        let base = vector["base"].as_str().unwrap();
        let signature = decoded("signature");
        assert_eq!(verifier.verify_text(base.as_bytes(), &signature), Ok(()));
        let other = base.replace("application/json", "application/xml");
        assert_eq!(
            verifier.verify_text(other.as_bytes(), &signature),
            Err(Flaw::Wrong)
        );
    }
}

#[test]
fn each_vector_is_read_to_the_text_that_was_signed() {
    let vectors = vectors();
    for vector in each(&vectors, "signed") {
        let request = Request::of(vector);
        let verifier = verifier(&vectors, scheme(vector));
        let signed = request.with(Signed::read).unwrap().unwrap();
        assert_eq!(signed.base(), vector["base"].as_str().unwrap());
        let signed = request
            .verified(&verifier)
            .unwrap_or_else(|flaw| panic!("{}: {flaw}", vector["name"]));
        assert_eq!(signed.key().as_str(), vectors["key"].as_str().unwrap());
        let created = Timestamp(0).plus_millis(vectors["created"].as_i64().unwrap() * 1000);
        assert_eq!(signed.created(), created);
    }
}

#[test]
fn a_public_key_is_no_secret() {
    let vectors = vectors();
    let Verifier::Ed25519(public) = verifier(&vectors, Scheme::Ed25519) else {
        unreachable!()
    };
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, public.as_bytes());
    for named in ["", ";alg=\"hmac-sha256\"", ";alg=\"ed25519\""] {
        let mut request = Request {
            verb: "GET".into(),
            target: "/api/v1/partners".into(),
            headers: vec![
                (
                    "signature-input".into(),
                    format!(
                        "s=(\"@method\" \"@path\");created=1764000000;nonce=\"n\";keyid=\"pck_aaaqeayeaudaocaj\"{named}"
                    ),
                ),
                (
                    "signature".into(),
                    format!("s=:{}:", STANDARD.encode([0; 32])),
                ),
            ],
            body: String::new(),
        };
        let base = request
            .with(Signed::read)
            .unwrap()
            .unwrap()
            .base()
            .to_owned();
        let tag = aws_lc_rs::hmac::sign(&key, base.as_bytes());
        *request.header("signature") = format!("s=:{}:", STANDARD.encode(tag.as_ref()));
        let own = Verifier::Hmac(key.clone()).verify_text(base.as_bytes(), tag.as_ref());
        assert_eq!(own, Ok(()), "it is good under the wrong key");
        assert!(
            request.verified(&Verifier::Ed25519(public)).is_err(),
            "{named}"
        );
    }
}

#[test]
fn the_clock_may_be_off_by_the_window_and_no_more() {
    let now = Timestamp(1_764_000_000_000_000);
    for (seconds, good) in [
        (-300, true),
        (-301, false),
        (300, true),
        (301, false),
        (0, true),
    ] {
        let created = now.plus_millis(seconds * 1000);
        assert_eq!(in_time(created, now).is_ok(), good, "{seconds}");
        assert!(!good || remembered_until(created) > now.plus_millis(WINDOW * 1000));
    }
    let vectors = vectors();
    let expires = each(&vectors, "signed").find(|vector| vector["name"] == "hmac covers more");
    let signed = Request::of(expires.unwrap())
        .with(Signed::read)
        .unwrap()
        .unwrap();
    assert_eq!(signed.in_time(now.plus_millis(60_000)), Ok(()));
    assert_eq!(signed.in_time(now.plus_millis(61_000)), Err(Flaw::Expired));
}

#[test]
fn a_signing_secret_is_no_key_and_a_key_is_no_signing_secret() {
    let secret = SigningSecret::from_entropy(&[7; 32]);
    secret.expose(|text| {
        assert!(SigningSecret::parse(text).is_ok());
        assert!(ApiKey::parse(text).is_err());
        assert!(crate::SessionToken::parse(text).is_err());
    });
    ApiKey::from_entropy(&[7; 42])
        .expose_whole(|text| assert!(SigningSecret::parse(text).is_err()));
    assert!(!format!("{secret:?}").contains("pcsign"));
    let verifier = Verifier::with_secret(Scheme::Hmac, &secret).unwrap();
    assert_eq!(format!("{verifier:?}"), "Verifier(hmac, …)");
}

proptest! {
    #[test]
    fn a_signing_secret_is_read_as_it_was_written(entropy: [u8; 32]) {
        let secret = SigningSecret::from_entropy(&entropy);
        let same = secret.expose(|text| {
            let again = SigningSecret::parse(text).expect("a secret");
            again.expose(|again| again == text) && text.len() == SigningSecret::LENGTH
        });
        prop_assert!(same);
    }

    #[test]
    fn no_header_panics(
        input in "\\PC{0,200}", signature in "\\PC{0,100}", digest in "\\PC{0,60}",
        path in "/[ -~]{0,40}", body: Vec<u8>,
    ) {
        let lines: Vec<(&str, &[u8])> = vec![
            ("signature-input", input.as_bytes()),
            ("signature", signature.as_bytes()),
            ("content-digest", digest.as_bytes()),
            ("x-signature", signature.as_bytes()),
            ("x-timestamp", input.as_bytes()),
        ];
        let head = Head { verb: "POST", path: &path, query: Some(&path), lines: &lines };
        if let Ok(Some(signed)) = Signed::read(&head) {
            signed.is_of(&body).ok();
        }
        if let Ok(Some(legacy)) = Legacy::read(&head, "/u/x", &body) {
            legacy.texts(Scheme::LegacyTimestamp).ok();
        }
    }
}
