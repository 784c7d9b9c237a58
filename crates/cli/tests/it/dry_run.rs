//! `X-Dry-Run: 1`: judged, recorded and not sent, by every face; and nothing that resembles it is
//! sent either.

use serde_json::{Value as Json, json};

use crate::admin::Administered;
use crate::demo::{Demo, Got, send};
use crate::once::faces::{Both, FACES, Face, is_done, told};
use crate::once::header;
use crate::serve::Place;

/// Changes companies only, so that the ERP is asked first whether the record is one; and tells
/// why it refuses.
const ROLE: &str = r#"
explains = true
[[rule]]
name = "companies"
models = ["res.partner"]
operations = ["write", "read", "create"]
fields = ["name", "city"]
domain = '[["is_company", "=", true]]'
"#;

const LIMITS: &str = "[limits]\nper-minute = 6000\nburst = 1000\naddress-failures-per-minute = 6000\naddress-failures-burst = 1000\n";

fn with(mut request: http::Request<Vec<u8>>, values: &[&str]) -> http::Request<Vec<u8>> {
    for value in values {
        let value = value.parse().expect("a value");
        request.headers_mut().append("x-dry-run", value);
    }
    request
}

/// A call in JSON-2, with this header as often as there are values.
fn call(url: &str, key: &str, (path, body): (&str, &Json), values: &[&str]) -> Got {
    let request = http::Request::post(format!("{url}/json/2/{path}"))
        .header("content-type", "application/json")
        .header("x-api-key", key);
    let request = request.body(body.to_string().into_bytes()).expect("one");
    send(with(request, values))
}

fn is_malformed(face: Face, told: &(u16, String)) -> bool {
    let says = told.1.contains("X-Dry-Run is `1`");
    says && (told.0 == 400 || !is_done(face, told))
}

#[test]
fn every_face_is_told_what_would_happen_and_nothing_is_sent() {
    let both = Both::start();
    for face in FACES {
        let [key, _] = both.keys(*face);
        let once = format!("{face:?}");
        let request = || face.request(&both.served.url, both.uid, key, &once, "Dry");
        let got = send(with(request(), &["1"]));
        let tried = told(*face, &got);
        assert!(is_done(*face, &tried), "{face:?}: {tried:?}");
        assert!(tried.1.contains("dry-run"), "{face:?}: {tried:?}");
        assert!(!tried.1.contains("rule"), "{face:?}: {tried:?}");
        assert_eq!(header(&got, "x-dry-run"), Some("allowed"), "{face:?}");
        assert_eq!(both.made(), 0, "{face:?}");
        for bad in [&["yes"][..], &["0"], &["true"], &[""], &["1", "1"]] {
            let got = send(with(request(), bad));
            // A batch is refused as a whole.
            let refused = match face.is_batch() {
                true => (got.status, got.text()),
                false => told(*face, &got),
            };
            assert!(
                is_malformed(*face, &refused),
                "{face:?} {bad:?}: {refused:?}"
            );
            assert_eq!(header(&got, "x-dry-run"), Some("refused"), "{face:?}");
            assert_eq!(both.made(), 0, "{face:?} {bad:?}");
        }
        // The Idempotency-Key beside it is still free.
        let got = send(request());
        let made = told(*face, &got);
        assert!(is_done(*face, &made), "{face:?}: {made:?}");
        assert!(!made.1.contains("dry-run"), "{face:?}: {made:?}");
        assert_eq!(header(&got, "x-dry-run"), None, "{face:?}");
        assert_eq!(both.made(), 1, "{face:?}");
    }
}

#[test]
fn what_the_erp_would_be_asked_first_is_not_asked_and_said() {
    let demo = Demo::start();
    let place = Place::before(&demo, LIMITS);
    place.put_role(ROLE);
    let (key, _) = place.key("maker", &[]);
    let served = place.serve();
    let change = json!({ "ids": [1], "vals": { "city": "Ghent" } });
    let make = json!({ "vals_list": [{ "name": "Dry" }] });
    let try_ = |path: &str, body: &Json| call(&served.url, &key, (path, body), &["1"]);
    let real = call(&served.url, &key, ("res.partner/write", &change), &[]);
    assert_eq!(real.status, 200, "{}", real.text());
    let asked = demo.reached();
    assert!(
        asked.iter().any(|line| line["call"] == "search_read"),
        "{asked:?}"
    );

    let got = try_("res.partner/write", &change);
    let said: Json = serde_json::from_slice(&got.body).expect("JSON");
    let expected = json!({ "dry-run": true, "allowed": true, "operation": "write",
        "guarded": true, "rule": "reader/companies" });
    assert_eq!((got.status, said), (200, expected));
    assert_eq!(demo.reached(), Vec::<Json>::new());

    let without = call(
        &served.url,
        &key,
        ("res.partner/unlink", &json!({ "ids": [1] })),
        &[],
    );
    let with = try_("res.partner/unlink", &json!({ "ids": [1] }));
    assert_eq!((without.status, header(&without, "x-dry-run")), (403, None));
    assert_eq!(header(&with, "x-dry-run"), Some("refused"));
    let but_its_id = |got: &Got| {
        let id = header(got, "x-request-id").expect("an id").to_owned();
        (got.status, got.text().replace(&id, "ID"))
    };
    assert_eq!(but_its_id(&with), but_its_id(&without));
    assert_eq!(
        header(&with, "x-portcullis-reason"),
        header(&without, "x-portcullis-reason")
    );
    let stranger = call(
        &served.url,
        "pck_nobody",
        ("res.partner/create", &make),
        &["1"],
    );
    assert_eq!(
        (stranger.status, header(&stranger, "x-dry-run")),
        (401, Some("refused"))
    );
    assert_eq!(demo.reached(), Vec::<Json>::new());

    // The record says that it was one, be it allowed or refused.
    let noted = crate::within(5000, || {
        let lines = place.lines(&["audit", "tail", "-n", "100"]);
        let noted = lines
            .iter()
            .filter(|line| line["closed"]["notes"][0][0] == "dry-run");
        let outcomes: Vec<&Json> = noted.map(|line| &line["outcome"]).collect();
        (outcomes == [&json!("done"), &json!("refused")]).then_some(())
    });
    assert_eq!(noted, Some(()));
}

#[test]
fn a_log_in_is_not_tried_and_what_the_gateway_answers_by_itself_is_answered() {
    let demo = Demo::start();
    let place = Place::before(&demo, LIMITS);
    place.put_role(ROLE);
    let (key, _) = place.key("maker", &[]);
    let served = place.serve();
    let log_in = |values: &[&str]| {
        let body = json!({ "params": { "db": "demo", "login": "integration", "password": key } });
        let request = http::Request::post(format!("{}/web/session/authenticate", served.url))
            .header("content-type", "application/json")
            .body(body.to_string().into_bytes())
            .expect("a request");
        send(with(request, values))
    };
    let real = log_in(&[]);
    assert!(real.headers.contains_key("set-cookie"), "{}", real.text());
    let tried = log_in(&["1"]);
    assert!(tried.text().contains("cannot be tried"), "{}", tried.text());
    assert!(!tried.headers.contains_key("set-cookie"));
    assert_eq!(header(&tried, "x-dry-run"), Some("refused"));

    let version = http::Request::get(format!("{}/web/version", served.url));
    let version = send(with(version.body(Vec::new()).expect("a request"), &["1"]));
    assert!(version.text().contains("version"), "{}", version.text());
    assert_eq!(header(&version, "x-dry-run"), Some("allowed"));
}

#[test]
fn of_a_batch_each_request_is_tried_and_none_can_say_otherwise() {
    let both = Both::start();
    let [key, _] = both.keys(Face::OdooBatch);
    let batch = |own: Json| {
        let item = |name: &str, headers: &Json| {
            json!({ "method": "POST", "path": "/api/v1/res.partner", "headers": headers,
                "body": { "name": name } })
        };
        let body = json!([item("A", &json!({})), item("B", &own)]);
        let request = http::Request::post(format!("{}/api/v1/-/batch", both.served.url))
            .header("content-type", "application/json")
            .header("x-api-key", key);
        send(with(
            request.body(body.to_string().into_bytes()).expect("one"),
            &["1"],
        ))
    };
    let got = batch(json!({}));
    let said: Json = serde_json::from_slice(&got.body).expect("JSON");
    for at in 0..2 {
        assert_eq!(
            said["data"][at]["headers"]["x-dry-run"], "allowed",
            "{said}"
        );
        assert_eq!(said["data"][at]["body"]["data"]["dry-run"], true, "{said}");
    }
    assert_eq!(header(&got, "x-dry-run"), Some("allowed"));
    let got = batch(json!({ "X-Dry-Run": "0" }));
    assert_eq!(
        (got.status, header(&got, "x-dry-run")),
        (422, Some("refused")),
        "{}",
        got.text()
    );
    assert_eq!(both.made(), 0);
}

#[test]
fn the_administration_does_nothing_dry() {
    let demo = Demo::start();
    let at = Administered::before(&demo, LIMITS);
    let (key, _) = at.key("chief", "administrator", &[]);
    let bearer = format!("Bearer {key}");
    let ask = |more: &[(&str, &str)]| {
        let mut headers = vec![("authorization", &*bearer)];
        headers.extend_from_slice(more);
        at.send(("GET", "/admin/v1/self"), &headers, "")
    };
    assert_eq!(ask(&[]).status, 200);
    let got = ask(&[("x-dry-run", "1")]);
    assert_eq!(got.status, 400, "{}", got.text());
    assert!(got.text().contains("X-Dry-Run"), "{}", got.text());
}
