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

#[test]
fn whoever_signs_the_question_otherwise_is_told_of_texts_and_of_no_key() {
    let demo = Demo::start();
    let place = place(&demo);
    let more = ["--upstream", "odoo", "--must-sign"];
    let signer = Signer::hmac(&place, "strict", &more);
    let plain = Signer::hmac(&place, "plain", &["--upstream", "odoo"]);
    let over = Signer::hmac(&place, "over", &more);
    assert_eq!(place.run(&["key", "revoke", &over.id]).0, 0);
    let served = place.serve();
    let told = signer.sign_over(&Request::count(), &How::default());
    let (told, base) = (told.0, told.1);
    let (status, full) = explain(&served, |r| signer.sign(r), &told, Some(&base));
    assert_eq!((status, &full["good"]), (200, &json!(true)), "{full}");
    demo.reached();

    // A client that has the wrong secret, and others that only know an id, or make one up.
    let guess = |id: &str| Signer {
        id: id.to_owned(),
        way: Way::Secret("pcsign_".to_owned() + &"a".repeat(59)),
        count: Cell::new(500),
    };
    let mut answers = Vec::new();
    for id in [&*signer.id, &plain.id, &over.id, "pck_aaaqeayeaudaocaj"] {
        let wrong_one = guess(id);
        let (status, answer) = explain(&served, |r| wrong_one.sign(r), &told, Some(&base));
        assert_eq!(status, 200, "{id}: {answer}");
        assert_eq!(answer["base"], json!([base]));
        assert!(
            answer["good"].is_null(),
            "it is not told whether it is good"
        );
        answers.push(answer);
    }
    // The right signature of a key that is over.
    let (status, answer) = explain(&served, |r| over.sign(r), &told, Some(&base));
    assert_eq!(status, 200);
    answers.push(answer);
    // What is told of does not matter either: a signature that is no key's.
    let mut forged = told.clone();
    forged.headers.pop();
    let forged = forged.with("signature", &format!("sig=:{}:", STANDARD.encode([7; 32])));
    let asker = guess(&signer.id);
    answers.push(explain(&served, |r| asker.sign(r), &forged, Some(&base)).1);
    let clockless = |answer: &Json| {
        let mut answer = answer.clone();
        for step in answer["steps"].as_array_mut().expect("steps") {
            if step["step"] == "time" {
                step["told"] = Json::Null;
            }
        }
        answer
    };
    answers = answers.iter().map(clockless).collect();
    answers.dedup();
    assert_eq!(answers.len(), 1, "it is the same of every key: {answers:?}");

    let theirs = base.replace("search_count", "search");
    let answer = explain(&served, |r| asker.sign(r), &told, Some(&theirs)).1;
    assert_eq!(wrong(&answer), "base", "{answer}");
    let found = answer["difference"]["gateway"].as_str().expect("a line");
    assert!(found.contains("search_count"), "{answer}");
    assert_eq!(answer["good"], false);

    // It is good for nothing else, and whoever shows more, or nothing, is a stranger.
    let refused = |request: Request| request.send(&served).status;
    assert_eq!(refused(asker.sign(&Request::count())), 401);
    let with_key = |r: &Request| asker.sign(r).with("x-api-key", "pck_x");
    assert_eq!(status_of(explain(&served, with_key, &told, None)), 401);
    assert_eq!(
        status_of(explain(&served, Request::clone, &told, None)),
        401
    );
    assert!(demo.reached().is_empty(), "nothing is done");
}

#[test]
fn such_questions_are_failed_requests_of_their_address() {
    let demo = Demo::start();
    let limits = "[limits]\naddress-failures-per-minute = 1\naddress-failures-burst = 3\n";
    let place = Place::before(&demo, limits);
    let signer = Signer::hmac(&place, "strict", &["--must-sign"]);
    let served = place.serve();
    let told = signer.sign(&Request::count());
    let asker = Signer {
        id: signer.id.clone(),
        way: Way::Secret("another".to_owned()),
        count: Cell::new(500),
    };
    let ask = || explain(&served, |r| asker.sign(r), &told, None).0;
    let asked: Vec<u16> = (0..5).map(|_| ask()).collect();
    assert_eq!(asked, [200, 200, 200, 429, 429]);
    let good = explain(&served, |r| signer.sign(r), &told, None);
    assert_eq!(good.0, 200, "its holder goes on");
}

fn status_of((status, _): (u16, Json)) -> u16 {
    status
}
