//! A client is told why its signature differs, of its own key, and of nothing else.

use serde_json::json;

use super::*;

/// Asks why a request's signature differs.
fn explain(
    served: &Served,
    asker: impl Fn(&Request) -> Request,
    told: &Request,
    base: Option<&str>,
) -> (u16, Json) {
    let headers: serde_json::Map<String, Json> = told
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    let body = json!({"method": told.verb, "target": told.target, "headers": headers,
        "body": told.body, "base": base});
    let request = Request::new("POST", "/api/v1/-/explain-signature", &body.to_string());
    let got = asker(&request).send(served);
    let answer: Json = serde_json::from_slice(&got.body).expect("JSON");
    (got.status, answer["data"].clone())
}

/// The first step that is not good.
fn wrong(answer: &Json) -> &str {
    let steps = answer["steps"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer}"));
    let wrong = steps.iter().find(|step| step["good"] == false);
    wrong.map_or("", |step| step["step"].as_str().expect("a text"))
}

#[test]
fn a_client_is_told_where_its_text_differs() {
    let demo = Demo::start();
    let place = place(&demo);
    let made = create(
        &place,
        "shop",
        &[
            "--upstream",
            "odoo",
            "--signed",
            "hmac",
            "--style",
            "header",
        ],
    );
    let text = |member: &str| made[member].as_str().expect("a text").to_owned();
    let key = text("key");
    let secret = text("signing-secret");
    let signer = Signer::of(&made, Way::Secret(secret.clone()));
    let served = place.serve();
    let shown = |request: &Request| request.clone().with("x-api-key", &key);
    let ask = |told: &Request, base: Option<&str>| explain(&served, shown, told, base);

    let list = Request::new("GET", "/api/v1/res.partner?limit=1&fields=name", "");
    let (signed, base) = signer.sign_over(&list, &How::default());
    let (status, answer) = ask(&signed, Some(&base));
    assert_eq!(
        (status, wrong(&answer), &answer["good"]),
        (200, "", &json!(true)),
        "{answer}"
    );
    assert_eq!(answer["base"], json!([base]));
    assert!(answer["difference"].is_null());
    assert_eq!(
        signed.send(&served).status,
        200,
        "it was neither done nor used up"
    );
    demo.reached();

    // It has signed the query with its escapes undone.
    let escaped = Request::new("GET", "/api/v1/res.partner?filter%5Bname%5D=Azure", "");
    let (_, theirs) = signer.sign_over(
        &Request::new("GET", "/api/v1/res.partner?filter[name]=Azure", ""),
        &How::default(),
    );
    let (mut sent, _) = signer.sign_over(&escaped, &How::default());
    let input = theirs
        .rsplit_once("@signature-params\": ")
        .expect("parameters")
        .1;
    sent.headers = vec![
        ("signature-input".into(), format!("sig={input}")),
        (
            "signature".into(),
            format!("sig=:{}:", STANDARD.encode(mac(secret.as_bytes(), &theirs))),
        ),
    ];
    let (_, answer) = ask(&sent, Some(&theirs));
    assert_eq!(wrong(&answer), "base", "{answer}");
    assert_eq!(
        answer["difference"],
        json!({"line": 3, "yours": "\"@query\": ?filter[name]=Azure",
        "gateway": "\"@query\": ?filter%5Bname%5D=Azure"})
    );
    assert!(
        answer.to_string().contains("only the text differs"),
        "{answer}"
    );

    for (what, change) in [
        ("body", (|r| r.body.push(' ')) as fn(&mut Request)),
        ("headers", |r| {
            r.headers.retain(|(name, _)| name != "signature")
        }),
        ("headers", |r| r.target.push_str("?a=1")),
        ("signature", |r| r.verb = "PUT"),
    ] {
        let mut told = signer.sign(&Request::count());
        assert_eq!(wrong(&ask(&told, None).1), "");
        change(&mut told);
        assert_eq!(wrong(&ask(&told, None).1), what, "{told:?}");
    }
    let late = signer.sign_so(
        &Request::count(),
        &How {
            off: -400,
            ..How::default()
        },
    );
    assert_eq!(wrong(&ask(&late, None).1), "time");
    assert!(demo.reached().is_empty(), "nothing is done");
    // Whoever makes a key has the ERP asked whether its user is an administrator.
    let other = Signer::hmac(&place, "other", &["--upstream", "odoo"]);
    demo.reached();
    let (_, answer) = ask(&other.sign(&Request::count()), None);
    assert_eq!(wrong(&answer), "key", "{answer}");
    let stranger = explain(&served, Request::clone, &late, None);
    assert_eq!(stranger.0, 401);
    assert!(demo.reached().is_empty(), "nothing is done");
    // Neither a secret nor what it computes is told.
    let (told, base) = signer.sign_over(&Request::count(), &How::default());
    let mut forged = told.clone();
    forged.headers.pop();
    let forged = forged.with("signature", &format!("sig=:{}:", STANDARD.encode([0; 32])));
    let answer = ask(&forged, Some(&base)).1.to_string();
    let right = STANDARD.encode(mac(secret.as_bytes(), &base));
    assert!(
        !answer.contains(&right) && !answer.contains(&secret) && !answer.contains(&key),
        "{answer}"
    );
    assert!(noted(&place, "explain-signature") > 10, "it is recorded");
}

#[test]
fn a_client_that_signs_asks_with_a_signature_and_at_its_rate() {
    let demo = Demo::start();
    let place = place(&demo);
    let more = [
        "--upstream",
        "odoo",
        "--must-sign",
        "--per-minute",
        "60",
        "--burst",
        "3",
    ];
    let signer = Signer::ed25519(&place, "shop", &more);
    let served = place.serve();
    demo.reached();
    let told = signer.sign(&Request::count());
    let ask = || explain(&served, |request| signer.sign(request), &told, None);
    let (status, answer) = ask();
    assert_eq!((status, wrong(&answer)), (200, ""), "{answer}");
    let statuses: Vec<u16> = (0..4).map(|_| ask().0).collect();
    assert!(statuses.contains(&429), "{statuses:?}");
    assert!(demo.reached().is_empty());
}

#[test]
fn older_schemes_are_explained_too() {
    let demo = Demo::start();
    let place = place(&demo);
    let made = create(
        &place,
        "old",
        &[
            "--upstream",
            "erpnext",
            "--signed",
            "legacy-timestamp",
            "--style",
            "token",
        ],
    );
    let pair = made["pair"].as_str().expect("a pair").to_owned();
    let (_, half) = pair.split_once(':').expect("a pair");
    let served = place.serve();
    demo.reached();
    let token = format!("token {pair}");
    let told = |text: &str, stamp: &str| {
        let bytes = mac(half.as_bytes(), text);
        let hexadecimal: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Request::new("GET", "/api/resource/Customer?limit=1", "")
            .with("authorization", &token)
            .with("x-timestamp", stamp)
            .with("x-signature", &hexadecimal)
    };
    let ask = |told: &Request, base: Option<&str>| {
        explain(
            &served,
            |request| request.clone().with("authorization", &token),
            told,
            base,
        )
        .1
    };
    let now = time::OffsetDateTime::from_unix_timestamp(seconds()).expect("a moment");
    let stamp = format!(
        "{}T{:02}:{:02}:{:02}.5",
        now.date(),
        now.hour(),
        now.minute(),
        now.second()
    );
    let text = format!("GET:/api/resource/Customer:{stamp}");
    let answer = ask(&told(&text, &stamp), Some(&text));
    assert_eq!(wrong(&answer), "", "{answer}");
    assert!(!answer.to_string().contains(half), "{answer}");
    let other = format!("get:/api/resource/Customer:{stamp}");
    let answer = ask(&told(&other, &stamp), Some(&other));
    assert_eq!(wrong(&answer), "base", "{answer}");
    assert_eq!(answer["difference"]["gateway"], text);
    let old = "2020-01-01T00:00:00.5";
    let answer = ask(
        &told(&format!("GET:/api/resource/Customer:{old}"), old),
        None,
    );
    assert_eq!(wrong(&answer), "time", "{answer}");
    assert!(demo.reached().is_empty());
}
