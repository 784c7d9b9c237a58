//! The published vectors, and what differs from them by one thing.

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

    fn found(&self, verifier: &Verifier, beside: &str) -> Result<Found, Flaw> {
        let read = |head: &Head<'_>| Legacy::read(head, "/u/erpnext", self.body.as_bytes());
        let legacy = self.with(read)?.expect("a signature");
        legacy.verify(verifier, Some(beside))
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

/// One thing about a signed request that was changed on its way.
type Change = (&'static str, fn(&mut Request), Flaw);

#[test]
fn what_was_changed_on_its_way_is_not_what_was_signed() {
    let vectors = vectors();
    let changes: &[Change] = &[
        ("verb", |r| r.verb = "PUT".into(), Flaw::Wrong),
        ("path", |r| r.target = "/jsonrpd".into(), Flaw::Wrong),
        (
            "query",
            |r| r.target.push_str("?debug=1"),
            Flaw::Uncovered("@query"),
        ),
        ("body", |r| r.body.push(' '), Flaw::Digest),
        ("no body", |r| r.body.clear(), Flaw::Digest),
        (
            "digest of another body",
            |r| {
                r.body = "{}".into();
                *r.header("content-digest") =
                    "sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:".into();
            },
            Flaw::Wrong,
        ),
        ("host", |r| *r.header("host") = "other".into(), Flaw::Wrong),
        (
            "covered header",
            |r| *r.header("idempotency-key") = "order-8".into(),
            Flaw::Wrong,
        ),
        (
            "covered header twice",
            |r| r.headers.push(("idempotency-key".into(), "order-7".into())),
            Flaw::Doubled("idempotency-key"),
        ),
        (
            "no covered header",
            |r| r.headers.retain(|(name, _)| name != "idempotency-key"),
            Flaw::Absent("idempotency-key"),
        ),
        (
            "signature of nothing",
            |r| *r.header("signature") = format!("sig=:{}:", STANDARD.encode([0; 32])),
            Flaw::Wrong,
        ),
        (
            "signature cut",
            |r| *r.header("signature") = format!("sig=:{}:", STANDARD.encode([0; 31])),
            Flaw::Bytes,
        ),
        (
            "signature away",
            |r| r.headers.retain(|(name, _)| name != "signature"),
            Flaw::Missing("Signature"),
        ),
        (
            "input away",
            |r| r.headers.retain(|(name, _)| name != "signature-input"),
            Flaw::Missing("Signature-Input"),
        ),
        (
            "signature twice",
            |r| {
                let again = r.header("signature").clone();
                r.headers.push(("signature".into(), again));
            },
            Flaw::Doubled("signature"),
        ),
        (
            "another signature beside it",
            |r| {
                let more = format!("{0}, {1}", r.header("signature"), "b=:AA==:");
                *r.header("signature") = more;
            },
            Flaw::Several,
        ),
        (
            "wrapped in another",
            |r| {
                let own = r.header("signature-input").clone();
                *r.header("signature-input") = format!("{own}, b=(\"signature\";key=\"sig\")");
            },
            Flaw::Several,
        ),
        (
            "the same label twice",
            |r| {
                let own = r.header("signature-input").clone();
                *r.header("signature-input") = format!("sig=(\"@path\");created=1, {own}");
            },
            Flaw::Form("signature-input"),
        ),
        (
            "another label",
            |r| *r.header("signature") = r.header("signature").replace("sig=", "gis="),
            Flaw::Labels,
        ),
    ];
    let vector = each(&vectors, "signed")
        .find(|vector| vector["name"] == "hmac covers more")
        .unwrap();
    let verifier = verifier(&vectors, Scheme::Hmac);
    for (what, change, flaw) in changes {
        let mut request = Request::of(vector);
        assert!(request.verified(&verifier).is_ok());
        change(&mut request);
        assert_eq!(request.verified(&verifier).err(), Some(*flaw), "{what}");
    }
}

#[test]
fn what_is_covered_is_not_the_signers_choice() {
    let vectors = vectors();
    let signed = |input: &str, target: &str, body: &str| {
        let verifier = verifier(&vectors, Scheme::Hmac);
        let mut request = Request {
            verb: "POST".into(),
            target: target.into(),
            headers: vec![
                (
                    "content-digest".into(),
                    "sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:".into(),
                ),
                ("host".into(), "erp".into()),
                ("signature-input".into(), format!("s={input}")),
                (
                    "signature".into(),
                    format!("s=:{}:", STANDARD.encode([0; 32])),
                ),
            ],
            body: body.into(),
        };
        // The signer signs whatever the gateway makes of it: only the coverage can be wrong.
        if let Ok(Some(read)) = request.with(Signed::read) {
            let Verifier::Hmac(key) = &verifier else {
                unreachable!()
            };
            let tag = aws_lc_rs::hmac::sign(key, read.base().as_bytes());
            *request.header("signature") = format!("s=:{}:", STANDARD.encode(tag.as_ref()));
        }
        request.verified(&verifier).map(drop)
    };
    let tail = r#";created=1764000000;nonce="n";keyid="pck_aaaqeayeaudaocaj""#;
    let all = r#"("@method" "@path" "@query" "content-digest")"#;
    assert_eq!(
        signed(&format!("{all}{tail}"), "/jsonrpc?a=1", "{}"),
        Ok(())
    );
    let refused: &[(&str, &str, Flaw)] = &[
        (
            r#"("@path" "@query" "content-digest")"#,
            tail,
            Flaw::Uncovered("@method"),
        ),
        (
            r#"("@method" "@query" "content-digest")"#,
            tail,
            Flaw::Uncovered("@path"),
        ),
        (
            r#"("@method" "@path" "content-digest")"#,
            tail,
            Flaw::Uncovered("@query"),
        ),
        (
            r#"("@method" "@path" "@query")"#,
            tail,
            Flaw::Uncovered("content-digest"),
        ),
        (
            r#"("@method" "@path" "@query" "@path" "content-digest")"#,
            tail,
            Flaw::Twice,
        ),
        (
            r#"("@method" "@path" "@query" "content-digest" "x-forwarded-for")"#,
            tail,
            Flaw::Component,
        ),
        (
            r#"("@method" "@path" "@query" "content-digest" "@target-uri")"#,
            tail,
            Flaw::Component,
        ),
        (
            r#"("@method" "@path" "@query" "content-digest" "date")"#,
            tail,
            Flaw::Absent("date"),
        ),
        (
            r#"("@method" "@path" "@query" "content-digest";sf)"#,
            tail,
            Flaw::Component,
        ),
        (
            r#"("@method";req "@path" "@query" "content-digest")"#,
            tail,
            Flaw::Component,
        ),
        (
            r#"("@METHOD" "@path" "@query" "content-digest")"#,
            tail,
            Flaw::Component,
        ),
        (
            all,
            r#";nonce="n";keyid="pck_aaaqeayeaudaocaj""#,
            Flaw::BadParameter("created"),
        ),
        (
            all,
            r#";created=1764000000;keyid="pck_aaaqeayeaudaocaj""#,
            Flaw::BadParameter("nonce"),
        ),
        (
            all,
            r#";created=1764000000;nonce="";keyid="pck_aaaqeayeaudaocaj""#,
            Flaw::BadParameter("nonce"),
        ),
        (
            all,
            r#";created=1764000000;nonce="n""#,
            Flaw::BadParameter("keyid"),
        ),
        (
            all,
            r#";created=1764000000;nonce="n";keyid="../../etc""#,
            Flaw::BadParameter("keyid"),
        ),
        (
            all,
            r#";created="1764000000";nonce="n";keyid="pck_aaaqeayeaudaocaj""#,
            Flaw::BadParameter("created"),
        ),
        (
            all,
            r#";created=-1;nonce="n";keyid="pck_aaaqeayeaudaocaj""#,
            Flaw::BadParameter("created"),
        ),
        (
            all,
            r#";created=1764000000;nonce="n";keyid="pck_aaaqeayeaudaocaj";alg="none""#,
            Flaw::BadParameter("alg"),
        ),
        (
            all,
            r#";created=1764000000;nonce="n";keyid="pck_aaaqeayeaudaocaj";alg="ed25519""#,
            Flaw::Scheme,
        ),
        (
            all,
            r#";created=1764000000;nonce="n";keyid="pck_aaaqeayeaudaocaj";tag="other""#,
            Flaw::Parameter,
        ),
        (
            all,
            r#";created=1764000000;created=1764000000;nonce="n";keyid="pck_aaaqeayeaudaocaj""#,
            Flaw::Form("signature-input"),
        ),
        (
            all,
            r#"; created=1764000000;nonce="n";keyid="pck_aaaqeayeaudaocaj""#,
            Flaw::Form("signature-input"),
        ),
    ];
    for (covered, parameters, flaw) in refused {
        let input = format!("{covered}{parameters}");
        assert_eq!(signed(&input, "/jsonrpc?a=1", "{}"), Err(*flaw), "{input}");
    }
    let long = format!("{all};created=1764000000;nonce=\"{}\"", "n".repeat(129));
    assert_eq!(
        signed(&long, "/jsonrpc?a=1", "{}"),
        Err(Flaw::BadParameter("nonce"))
    );
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
fn each_older_scheme_is_known_by_its_own_keys_only() {
    let vectors = vectors();
    let half = vectors["half"].as_str().unwrap();
    for vector in each(&vectors, "legacy") {
        let request = Request::of(vector);
        let own = scheme(vector);
        let found = request
            .found(&verifier(&vectors, own), half)
            .unwrap_or_else(|flaw| panic!("{}: {flaw}", vector["name"]));
        let off = found.created.since(Timestamp(1_764_000_000_000_000));
        assert!((0..1_000_000).contains(&off), "{}", vector["name"]);
        for other in Scheme::ALL.iter().filter(|other| **other != own) {
            let refused = request.found(&verifier(&vectors, *other), half);
            assert!(refused.is_err(), "{}: {other}", vector["name"]);
        }
        let legacy = request.with(|head| Legacy::read(head, "/u/erpnext", request.body.as_bytes()));
        let (texts, _) = legacy.unwrap().unwrap().texts(own).unwrap();
        assert!(
            texts
                .iter()
                .any(|text| text == vector["text"].as_str().unwrap())
        );
    }
}

#[test]
fn an_older_signature_is_one_over_this_request() {
    let vectors = vectors();
    let half = vectors["half"].as_str().unwrap();
    let other_half = "baaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypqup6uch6";
    for vector in each(&vectors, "legacy") {
        let own = scheme(vector);
        let verifier = verifier(&vectors, own);
        let request = Request::of(vector);
        let found = request.found(&verifier, half).unwrap();
        assert_eq!(
            request.found(&verifier, half),
            Ok(found),
            "it is the same again"
        );
        let mut changes: Vec<(Request, Flaw)> = Vec::new();
        let mut change = |flaw, change: &dyn Fn(&mut Request)| {
            let mut other = request.clone();
            change(&mut other);
            changes.push((other, flaw));
        };
        change(Flaw::Wrong, &|r| r.verb = "PATCH".into());
        change(Flaw::Wrong, &|r| {
            r.target = r
                .target
                .replacen("/api", "/apj", 1)
                .replacen("/json/", "/jsom/", 1);
        });
        change(Flaw::Doubled("x-signature"), &|r| {
            let again = r.header("x-signature").clone();
            r.headers.push(("x-signature".into(), again));
        });
        change(Flaw::Bytes, &|r| {
            *r.header("x-signature") = r.header("x-signature").to_uppercase() + "0"
        });
        if own == Scheme::LegacySortedJson {
            change(Flaw::Wrong, &|r| {
                *r.header("x-timestamp") = "1764000001".into()
            });
            change(Flaw::BadParameter("X-Timestamp"), &|r| {
                *r.header("x-timestamp") = "soon".into()
            });
            change(Flaw::Wrong, &|r| r.body = "{\"a\": 1}".into());
            change(Flaw::Body, &|r| r.body = "a=1".into());
        } else {
            assert_eq!(request.found(&verifier, other_half), Err(Flaw::Wrong));
        }
        for (other, flaw) in changes {
            assert_eq!(other.found(&verifier, half), Err(flaw), "{other:?}");
        }
        let mut unsigned = request.clone();
        unsigned.target.push_str(if request.target.contains('?') {
            "&a=1"
        } else {
            "?a=1"
        });
        if let Ok(again) = unsigned.found(&verifier, half) {
            assert_ne!(again.mark, found.mark, "other bytes are another mark");
        }
    }
}

#[test]
fn json_is_sorted_as_python_sorts_it() {
    for vector in each(&vectors(), "sorted-json") {
        let body = vector["body"].as_str().unwrap();
        assert_eq!(
            sorted_json(body.as_bytes()).as_deref(),
            vector["text"].as_str(),
            "{body}"
        );
    }
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(sorted_json(deep(64).as_bytes()).is_some());
    for none in [
        "",
        "a=1",
        "{\"a\": 1, \"a\": 2}",
        "{\"a\": 1} x",
        "NaN",
        &deep(65),
    ] {
        assert_eq!(sorted_json(none.as_bytes()), None, "{none}");
    }
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
