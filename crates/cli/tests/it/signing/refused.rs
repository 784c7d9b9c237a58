//! Whatever differs from a good signature by one thing opens nothing.

use aws_lc_rs::signature::KeyPair as _;

use super::*;

/// What is done to a request after it was signed.
type Change = (&'static str, fn(&mut Request));

const CHANGES: &[Change] = &[
    ("another path", |r| r.target = r.target.replace("/1", "/2")),
    ("another verb", |r| r.verb = "PUT"),
    ("a query", |r| r.target.push_str("?fields=name")),
    ("another body", |r| r.body = r.body.replace("Ghent", "Lyon")),
    ("no body", |r| r.body.clear()),
    ("no signature", |r| {
        r.headers.retain(|(name, _)| !name.starts_with("signature"))
    }),
    ("no input", |r| {
        r.headers.retain(|(name, _)| name != "signature-input")
    }),
    ("no digest", |r| {
        r.headers.retain(|(name, _)| name != "content-digest")
    }),
    ("another signature", |r| {
        let other = format!("sig=:{}:", STANDARD.encode([7; 32]));
        r.headers.retain(|(name, _)| name != "signature");
        r.headers.push(("signature".into(), other));
    }),
    ("two signatures", |r| {
        let value = r.headers.last().expect("a header").1.clone();
        r.headers
            .push(("signature".into(), value.replace("sig=", "two=")));
    }),
    ("two digests", |r| {
        r.headers
            .push(("content-digest".into(), "sha-256=:AAAA:".into()));
    }),
];

#[test]
fn what_was_changed_after_it_was_signed_opens_nothing() {
    let demo = Demo::start();
    let place = place(&demo);
    let upstream = ["--upstream", "odoo"];
    let signers = [
        Signer::hmac(&place, "secret", &upstream),
        Signer::ed25519(&place, "pair", &upstream),
    ];
    let served = place.serve();
    for signer in &signers {
        for (what, change) in CHANGES {
            let good = signer.sign(&Request::change()).send(&served);
            assert_eq!(good.status, 200, "{what}: {}", good.text());
            let mut request = signer.sign(&Request::change());
            change(&mut request);
            demo.reached();
            let got = request.send(&served);
            assert!(matches!(got.status, 400 | 401), "{what}: {}", got.status);
            assert!(demo.reached().is_empty(), "{what}");
        }
    }
}

#[test]
fn what_is_signed_otherwise_opens_nothing() {
    let demo = Demo::start();
    let place = place(&demo);
    let more = ["--upstream", "odoo"];
    let (secret, pair) = (
        Signer::hmac(&place, "secret", &more),
        Signer::ed25519(&place, "pair", &more),
    );
    let other = Signer::hmac(&place, "other", &more);
    let served = place.serve();
    let Way::Pair(public) = &pair.way else {
        unreachable!()
    };
    let public = public.public_key().as_ref().to_vec();
    for signer in [&secret, &pair] {
        let hows = [
            (
                "290 s ago",
                How {
                    off: -290,
                    ..How::default()
                },
                true,
            ),
            (
                "in 299 s",
                How {
                    off: 299,
                    ..How::default()
                },
                true,
            ),
            (
                "302 s ago",
                How {
                    off: -302,
                    ..How::default()
                },
                false,
            ),
            (
                "in 315 s",
                How {
                    off: 315,
                    ..How::default()
                },
                false,
            ),
            (
                "verb uncovered",
                How {
                    covers: Some(&["@path", "content-digest", "content-type"]),
                    ..How::default()
                },
                false,
            ),
            (
                "path uncovered",
                How {
                    covers: Some(&["@method", "content-digest", "content-type"]),
                    ..How::default()
                },
                false,
            ),
            (
                "body uncovered",
                How {
                    covers: Some(&["@method", "@path"]),
                    ..How::default()
                },
                false,
            ),
            (
                "type of the body uncovered",
                How {
                    covers: Some(&["@method", "@path", "content-digest"]),
                    ..How::default()
                },
                false,
            ),
            (
                "of another key",
                How {
                    key: Some(other.id.clone()),
                    ..How::default()
                },
                false,
            ),
            (
                "of no key",
                How {
                    key: Some("pck_aaaqeayeaudaocaj".into()),
                    ..How::default()
                },
                false,
            ),
            (
                "of an unknown algorithm",
                How {
                    alg: Some("none"),
                    ..How::default()
                },
                false,
            ),
            (
                "an empty nonce",
                How {
                    nonce: Some(String::new()),
                    ..How::default()
                },
                false,
            ),
        ];
        for (what, how, good) in hows {
            assert_eq!(signer.sign(&Request::count()).send(&served).status, 200);
            demo.reached();
            let got = signer.sign_so(&Request::count(), &how).send(&served);
            assert_eq!(
                got.status,
                if good { 200 } else { 401 },
                "{what}: {}",
                got.text()
            );
            assert_eq!(demo.reached().is_empty(), !good, "{what}");
        }
    }
    // The public key as a secret, under either name of the algorithm.
    let forger = Signer {
        id: pair.id.clone(),
        way: Way::Secret(String::new()),
        count: Cell::new(1000),
    };
    for alg in [None, Some("hmac-sha256"), Some("ed25519")] {
        let (mut request, base) = forger.sign_over(
            &Request::count(),
            &How {
                alg,
                ..How::default()
            },
        );
        request.headers.pop();
        let forged = STANDARD.encode(mac(&public, &base));
        let got = request
            .with("signature", &format!("sig=:{forged}:"))
            .send(&served);
        assert_eq!(got.status, 401, "{alg:?}");
    }
    for (signer, right, wrong) in [
        (&secret, "hmac-sha256", "ed25519"),
        (&pair, "ed25519", "hmac-sha256"),
    ] {
        for (alg, status) in [(right, 200), (wrong, 401)] {
            let how = How {
                alg: Some(alg),
                ..How::default()
            };
            assert_eq!(
                signer.sign_so(&Request::count(), &how).send(&served).status,
                status,
                "{alg}"
            );
        }
    }
    demo.reached();
    assert_eq!(noted(&place, "signature-clock"), 4, "who was late is known");
}

#[test]
fn a_key_that_must_sign_is_good_in_no_other_way() {
    let demo = Demo::start();
    let place = place(&demo);
    let made = create(
        &place,
        "strict",
        &[
            "--upstream",
            "odoo",
            "--signed",
            "hmac",
            "--must-sign",
            "--style",
            "header",
            "--style",
            "password",
        ],
    );
    let text = |member: &str| made[member].as_str().expect("a text").to_owned();
    let (key, secret) = (text("key"), text("signing-secret"));
    let signer = Signer::of(&made, Way::Secret(secret.clone()));
    let served = place.serve();
    let signed = signer.sign(&Request::count());
    assert_eq!(signed.send(&served).status, 200);
    let both = signer.sign(&Request::count()).with("x-api-key", &key);
    assert_eq!(
        both.send(&served).status,
        200,
        "a key beside its own signature"
    );
    demo.reached();
    assert_eq!(
        Request::count()
            .with("x-api-key", &key)
            .send(&served)
            .status,
        401
    );
    let login = format!(
        "{{\"params\": {{\"db\": \"demo\", \"login\": \"integration\", \"password\": \"{key}\"}}}}"
    );
    let login = Request::new("POST", "/web/session/authenticate", &login);
    assert!(!login.send(&served).headers.contains_key("set-cookie"));
    let got = signer.sign(&login).send(&served);
    assert!(
        !got.headers.contains_key("set-cookie"),
        "a session is not signed"
    );
    assert_eq!(noted(&place, "key-unsigned"), 3);

    // The secret signs, and is never sent.
    let basic = STANDARD.encode(format!("{}:{secret}", signer.id));
    for (name, value) in [
        ("x-api-key", secret.clone()),
        ("authorization", format!("Bearer {secret}")),
        ("authorization", format!("token {}:{secret}", signer.id)),
        ("authorization", format!("Basic {basic}")),
    ] {
        let got = Request::count().with(name, &value).send(&served);
        assert_eq!(got.status, 401, "{name}");
        assert!(got.text().contains("never sent"), "{}", got.text());
    }
    assert!(demo.reached().is_empty());
    let (code, _) = place.run(&[
        "key",
        "create",
        "weak",
        "--user",
        "integration",
        "--role",
        "reader",
        "--upstream",
        "odoo",
        "--signed",
        "legacy-timestamp",
        "--must-sign",
    ]);
    assert_ne!(code, 0, "an older scheme is no signature");
}

#[test]
fn a_key_beside_a_signature_is_the_one_that_signed() {
    let demo = Demo::start();
    let place = place(&demo);
    let more = [
        "--upstream",
        "odoo",
        "--style",
        "header",
        "--style",
        "bearer",
    ];
    let signer = Signer::hmac(&place, "signs", &more);
    let (other, _) = place.key("other", &["--upstream", "odoo"]);
    let served = place.serve();
    assert_eq!(
        Request::count()
            .with("x-api-key", &other)
            .send(&served)
            .status,
        200
    );
    assert_eq!(signer.sign(&Request::count()).send(&served).status, 200);
    demo.reached();
    for name in ["x-api-key", "api-key"] {
        let both = signer.sign(&Request::count()).with(name, &other);
        assert_eq!(both.send(&served).status, 401, "{name}");
    }
    let cookie = signer.sign(&Request::new(
        "POST",
        "/web/dataset/call_kw",
        "{\"params\": {}}",
    ));
    let got = cookie.with("cookie", "session_id=pcs_x").send(&served);
    assert!(got.text().contains("error"), "{}", got.text());
    assert!(demo.reached().is_empty());
}

#[test]
fn a_signature_ends_with_its_key() {
    let demo = Demo::start();
    let place = place(&demo);
    let more = ["--upstream", "odoo"];
    let served = place.serve();
    let status = |signer: &Signer| signer.sign(&Request::count()).send(&served).status;
    let becomes = |signer: &Signer, expected| {
        let known = crate::within(3000, || (status(signer) == expected).then_some(()));
        assert!(known.is_some(), "it is not {expected} in time");
        demo.reached();
        assert_eq!(status(signer), expected);
        assert_eq!(demo.reached().is_empty(), expected == 401);
    };
    let signer = Signer::hmac(&place, "shop", &more);
    becomes(&signer, 200);
    assert_eq!(place.run(&["key", "suspend", &signer.id]).0, 0);
    becomes(&signer, 401);
    assert_eq!(place.run(&["key", "resume", &signer.id]).0, 0);
    becomes(&signer, 200);
    let (code, next) = place.run(&["key", "rotate", &signer.id, "--overlap", "0d"]);
    assert_eq!(code, 0, "{next}");
    let secret = next["signing-secret"]
        .as_str()
        .expect("a new secret")
        .to_owned();
    assert!(!matches!(&signer.way, Way::Secret(old) if *old == secret));
    becomes(&signer, 401);
    let next = Signer::of(&next, Way::Secret(secret));
    becomes(&next, 200);
    assert_eq!(place.run(&["key", "revoke", &next.id]).0, 0);
    becomes(&next, 401);
    // Of another ERP than the one that is asked, and from elsewhere.
    let frappe = Signer::hmac(&place, "frappe", &["--upstream", "erpnext"]);
    let customers = Request::new("GET", "/api/resource/Customer", "");
    let good = || frappe.sign(&customers).send(&served).status;
    assert!(crate::within(3000, || (good() == 200).then_some(())).is_some());
    demo.reached();
    assert_eq!(status(&frappe), 401);
    assert!(demo.reached().is_empty());
    let far = Signer::ed25519(
        &place,
        "far",
        &["--upstream", "odoo", "--from", "192.0.2.0/24"],
    );
    crate::pause(1200);
    // Whoever makes a key has the ERP asked whether its user is an administrator.
    demo.reached();
    assert_eq!(status(&far), 401);
    assert!(demo.reached().is_empty());
    assert_eq!(noted(&place, "key-address"), 1);
}

#[test]
fn a_signature_in_clear_opens_nothing_and_tells_nothing_that_could_be_used() {
    let demo = Demo::start();
    let proxy = format!("[addresses]\ntrusted-proxies = [\"127.0.0.1\"]\n{GENEROUS}");
    let place = Place::before(&demo, &proxy);
    let signer = Signer::hmac(&place, "shop", &[]);
    let made = create(&place, "both", &["--signed", "hmac", "--style", "header"]);
    let text = |member: &str| made[member].as_str().expect("a text").to_owned();
    let both = Signer::of(&made, Way::Secret(text("signing-secret")));
    let served = place.serve();
    let from_afar = |request: Request, protocol: &str| {
        let request = request.with("x-forwarded-for", "192.0.2.7");
        request.with("x-forwarded-proto", protocol).send(&served)
    };
    let exposed = |id: &str| !place.run(&["key", "show", id]).1["exposed"].is_null();
    let with_key = || both.sign(&Request::count()).with("x-api-key", &text("key"));
    assert_eq!(
        from_afar(signer.sign(&Request::count()), "https").status,
        200
    );
    assert_eq!(from_afar(with_key(), "https").status, 200);
    demo.reached();
    for (request, id, is_exposed) in [
        (signer.sign(&Request::count()), &signer.id, false),
        (with_key(), &both.id, true),
    ] {
        let got = from_afar(request, "http");
        assert_eq!(got.status, 401);
        assert!(got.text().contains("https"), "{}", got.text());
        assert_eq!(exposed(id), is_exposed);
    }
    assert!(demo.reached().is_empty());
}

#[test]
fn a_public_key_under_which_anybody_can_sign_is_not_taken() {
    let demo = Demo::start();
    let place = place(&demo);
    let file = place.path().join("public.pem");
    let make = |key: &[u8]| {
        let prefix = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];
        let der = STANDARD.encode([&prefix[..], key].concat());
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n");
        std::fs::write(&file, pem).expect("a file");
        place
            .create(
                "pair",
                "integration",
                &[
                    "--upstream",
                    "odoo",
                    "--signed",
                    "ed25519",
                    "--public-key",
                    file.to_str().expect("a path"),
                ],
            )
            .0
    };
    let pair = Ed25519KeyPair::generate().expect("a key pair");
    assert_eq!(make(pair.public_key().as_ref()), 0);
    let mut one = [0; 32];
    one[0] = 1;
    for weak in [one, [0; 32]] {
        assert_ne!(make(&weak), 0);
    }
}
