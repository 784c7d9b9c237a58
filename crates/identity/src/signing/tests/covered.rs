//! What a signature covers: what it must, and nothing else than this request.

use super::*;

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
            "precondition beside it",
            |r| r.headers.push(("if-match".into(), "\"1\"".into())),
            Flaw::Uncovered("if-match"),
        ),
        (
            "another database beside it",
            |r| r.headers.push(("x-odoo-database".into(), "other".into())),
            Flaw::Uncovered("x-odoo-database"),
        ),
        (
            "another type of the body",
            |r| *r.header("content-type") = "text/xml".into(),
            Flaw::Wrong,
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
fn headers_that_mean_something_are_covered_wherever_they_are_sent() {
    let all = r#"("@method" "@path" "content-digest")"#;
    let headers = [
        "content-type",
        "idempotency-key",
        "if-match",
        "if-none-match",
        "x-dry-run",
        "x-odoo-database",
    ];
    for header in headers {
        let beside = [(header, "x")];
        let more = all.replace(')', &format!(" \"{header}\")"));
        assert_eq!(
            signed(&format!("{more}{TAIL}"), "/jsonrpc", "{}", &beside),
            Ok(())
        );
        assert_eq!(
            signed(&format!("{all}{TAIL}"), "/jsonrpc", "{}", &beside),
            Err(Flaw::Uncovered(header))
        );
    }
    // Others, and the type of no body, mean nothing.
    let bare = format!(r#"("@method" "@path"){TAIL}"#);
    let beside = [("content-type", "text/xml"), ("accept", "text/plain")];
    assert_eq!(signed(&bare, "/jsonrpc", "", &beside), Ok(()));
}

const TAIL: &str = r#";created=1764000000;nonce="n";keyid="pck_aaaqeayeaudaocaj""#;

/// What is said of a request that covers this, signed by whoever signs whatever the gateway
/// makes of it: only the coverage can be wrong.
fn signed(input: &str, target: &str, body: &str, beside: &[(&str, &str)]) -> Result<(), Flaw> {
    let verifier = verifier(&vectors(), Scheme::Hmac);
    let mut headers = vec![
        ("host", "erp".to_owned()),
        ("signature-input", format!("s={input}")),
        ("signature", format!("s=:{}:", STANDARD.encode([0; 32]))),
    ];
    if !body.is_empty() {
        let digest = "sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:";
        headers.push(("content-digest", digest.to_owned()));
    }
    headers.extend(
        beside
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned())),
    );
    let mut request = Request {
        verb: "POST".into(),
        target: target.into(),
        headers: headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        body: body.into(),
    };
    if let Ok(Some(read)) = request.with(Signed::read) {
        let Verifier::Hmac(key) = &verifier else {
            unreachable!()
        };
        let tag = aws_lc_rs::hmac::sign(key, read.base().as_bytes());
        *request.header("signature") = format!("s=:{}:", STANDARD.encode(tag.as_ref()));
    }
    request.verified(&verifier).map(drop)
}

#[test]
fn what_is_covered_is_not_the_signers_choice() {
    let tail = TAIL;
    let all = r#"("@method" "@path" "@query" "content-digest")"#;
    assert_eq!(
        signed(&format!("{all}{tail}"), "/jsonrpc?a=1", "{}", &[]),
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
            r#"("@method" "@path" "@query" "content-digest" "X-Forwarded-For")"#,
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
            Flaw::Absent("another header"),
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
        assert_eq!(
            signed(&input, "/jsonrpc?a=1", "{}", &[]),
            Err(*flaw),
            "{input}"
        );
    }
    let long = format!("{all};created=1764000000;nonce=\"{}\"", "n".repeat(129));
    assert_eq!(
        signed(&long, "/jsonrpc?a=1", "{}", &[]),
        Err(Flaw::BadParameter("nonce"))
    );
}
