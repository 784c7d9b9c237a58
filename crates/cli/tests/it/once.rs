//! What carries an `Idempotency-Key` is done once: in parallel, over several processes, in any
//! dialect, and over a kill.

mod bounds;
mod doubt;
pub(crate) mod faces;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use portcullis_erp::{Answer, Call, Dialect, Value};
use serde_json::{Value as Json, json};

use crate::demo::{Demo, Got, try_send};
use crate::serve::Place;

/// May make, change and read contacts.
const MAKER: &str = r#"
[[rule]]
name = "contacts"
models = ["res.partner"]
operations = ["create", "write", "read"]
fields = ["name", "email", "city"]
"#;

/// As many requests as the tests send.
const LIMITS: &str = "[limits]\nper-minute = 60000000\nburst = 1000000\naddress-failures-per-minute = 600000\naddress-failures-burst = 100000\n";

const CREATE: &str = "res.partner/create";

fn place(demo: &Demo, more: &str) -> Place {
    let place = Place::before(demo, &format!("{LIMITS}{more}"));
    place.put_role(MAKER);
    place
}

/// Makes a JSON-2 call under an Idempotency-Key.
fn post(url: &str, key: &str, once: &[&str], call: &str, body: &Json) -> Result<Got, ureq::Error> {
    let mut request = http::Request::post(format!("{url}/json/2/{call}"))
        .header("content-type", "application/json")
        .header("x-api-key", key);
    for once in once {
        request = request.header("idempotency-key", *once);
    }
    try_send(
        request
            .body(body.to_string().into_bytes())
            .expect("a request"),
    )
}

fn contact(name: &str) -> Json {
    json!({ "vals_list": [{ "name": name }] })
}

pub(crate) fn header<'a>(got: &'a Got, name: &str) -> Option<&'a str> {
    got.headers
        .get(name)
        .map(|value| value.to_str().expect("text"))
}

/// How often contacts were made at the ERP since this was asked last.
fn made(demo: &Demo) -> usize {
    let is_create = |line: &Json| line["model"] == "res.partner" && line["call"] == "create";
    demo.reached().iter().filter(|line| is_create(line)).count()
}

#[test]
fn a_hundred_creates_with_one_key_in_two_processes_make_one() {
    let demo = Demo::start();
    let place = place(&demo, "");
    let (key, _) = place.key("maker", &[]);
    let (one, other) = (place.serve(), place.serve());
    let free = post(&one.url, &key, &[], CREATE, &contact("Free")).expect("an answer");
    assert_eq!(free.status, 200, "{}", free.text());
    assert_eq!(made(&demo), 1);

    let (waited, ids) = (AtomicUsize::new(0), std::sync::Mutex::new(BTreeSet::new()));
    std::thread::scope(|scope| {
        for turn in 0..100 {
            let url = if turn % 2 == 0 { &one.url } else { &other.url };
            let (key, waited, ids) = (&key, &waited, &ids);
            scope.spawn(move || {
                let got = post(url, key, &["order-4711"], CREATE, &contact("Once"));
                let got = got.expect("an answer");
                match got.status {
                    200 => drop(ids.lock().expect("ids").insert(got.text())),
                    409 => {
                        assert!(got.text().contains("still runs"), "{}", got.text());
                        assert_eq!(header(&got, "retry-after"), Some("1"));
                        waited.fetch_add(1, Ordering::Relaxed);
                    }
                    status => panic!("{status}: {}", got.text()),
                }
            });
        }
    });
    let ids = ids.into_inner().expect("ids");
    assert_eq!(
        ids.len(),
        1,
        "all who were answered got one answer: {ids:?}"
    );
    assert_eq!(made(&demo), 1, "{} were told to wait", waited.into_inner());

    let again = post(
        &other.url,
        &key,
        &["\"order-4711\""],
        CREATE,
        &contact("Once"),
    );
    let again = again.expect("an answer");
    assert_eq!((again.status, ids.contains(&again.text())), (200, true));
    assert_eq!(header(&again, "idempotent-replayed"), Some("true"));
    assert_eq!(made(&demo), 0);
    let next = post(&one.url, &key, &["order-4712"], CREATE, &contact("Once")).expect("an answer");
    assert_eq!(
        (next.status, made(&demo)),
        (200, 1),
        "another key is another call"
    );
    assert_eq!(header(&next, "idempotent-replayed"), None);
}

#[test]
fn another_call_under_the_same_key_is_refused_and_so_is_a_key_that_is_none() {
    let demo = Demo::start();
    let place = place(&demo, "");
    let (key, _) = place.key("maker", &[]);
    let (second, _) = place.key("second", &[]);
    let served = place.serve();
    let send = |key: &str, once: &[&str], name: &str| {
        post(&served.url, key, once, CREATE, &contact(name)).expect("an answer")
    };
    let first = send(&key, &["k"], "One");
    assert_eq!((first.status, made(&demo)), (200, 1), "{}", first.text());
    let other = send(&key, &["k"], "Two");
    assert_eq!((other.status, made(&demo)), (422, 0), "{}", other.text());
    assert!(other.text().contains("another call"), "{}", other.text());
    let elsewhere = send(&second, &["k"], "Two");
    assert_eq!(
        (elsewhere.status, made(&demo)),
        (200, 1),
        "another caller's key is its own"
    );

    let long = "k".repeat(256);
    for bad in [
        &["a", "a"][..],
        &[""],
        &["a b"],
        &["a,b"],
        &["\"a"],
        &[&long],
    ] {
        let got = send(&key, bad, "One");
        assert_eq!(
            (got.status, made(&demo)),
            (400, 0),
            "{bad:?}: {}",
            got.text()
        );
    }
    // What changes nothing is not kept: it may be repeated, and be another call.
    let count = |domain: Json| {
        let body = json!({ "domain": domain });
        post(&served.url, &key, &["k"], "res.partner/search_count", &body).expect("an answer")
    };
    assert_eq!(count(json!([])).status, 200);
    assert_eq!(count(json!([["name", "=", "One"]])).text(), "1");
}

#[test]
fn a_repetition_may_speak_another_dialect() {
    let demo = Demo::start();
    let values = Value::Map(
        [("name".to_owned(), Value::from("Once"))]
            .into_iter()
            .collect(),
    );
    let call = Call::new("res.partner", "create")
        .expect("names")
        .with("vals_list", Value::List(vec![values]));
    let mut ids = BTreeSet::new();
    for dialect in [
        Dialect::Json2,
        Dialect::XmlRpc1,
        Dialect::XmlRpc2,
        Dialect::JsonRpc,
    ] {
        let (got, answer) =
            demo.call_with(dialect, "odoo_full", &call, &[("idempotency-key", "k")]);
        let Answer::Value(Value::List(made)) = &answer else {
            panic!("{dialect:?}: {}", got.text())
        };
        ids.insert(made[0].as_int().expect("an id"));
    }
    assert_eq!((ids.len(), made(&demo)), (1, 1));
    let (got, answer) = demo.call_with(
        Dialect::XmlRpc2,
        "odoo_full",
        &call.clone().with("vals_list", Value::List(Vec::new())),
        &[("idempotency-key", "k")],
    );
    assert!(matches!(answer, Answer::Fault(_)), "{}", got.text());
    assert_eq!((got.status, made(&demo)), (422, 0));
}

#[test]
fn a_role_that_was_narrowed_gives_the_repetition_no_more_than_it_opens() {
    let demo = Demo::start();
    let place = place(&demo, "");
    let (key, _) = place.key("maker", &[]);
    let served = place.serve();
    let save = json!({
        "ids": [], "vals": { "name": "Once", "email": "once@example.com" },
        "specification": { "name": {}, "email": {} },
    });
    let send =
        || post(&served.url, &key, &["k"], "res.partner/web_save", &save).expect("an answer");
    let first = send();
    assert_eq!(first.status, 200, "{}", first.text());
    assert!(
        first.text().contains("once@example.com"),
        "{}",
        first.text()
    );
    demo.reached();
    let again = send();
    assert_eq!(again.text(), first.text());
    assert_eq!(header(&again, "idempotent-replayed"), Some("true"));

    place.put_role(&MAKER.replace("\"email\", ", ""));
    crate::pause(1200);
    let narrowed = send();
    assert_eq!(narrowed.status, 403, "{}", narrowed.text());
    assert!(!narrowed.text().contains("once@example.com"));
    assert!(demo.reached().is_empty(), "nothing of it was sent again");
}

#[test]
fn a_key_that_took_over_from_another_repeats_what_that_one_began() {
    let demo = Demo::start();
    let place = place(&demo, "");
    let (key, id) = place.key("maker", &[]);
    let served = place.serve();
    let send =
        |key: &str| post(&served.url, key, &["k"], CREATE, &contact("Once")).expect("an answer");
    let first = send(&key);
    assert_eq!((first.status, made(&demo)), (200, 1), "{}", first.text());
    let mut last = id;
    for _ in 0..2 {
        let (code, next) = place.run(&["key", "rotate", &last, "--overlap", "1h"]);
        assert_eq!(code, 0, "{next}");
        let text = |member: &str| next[member].as_str().expect("text").to_owned();
        last = text("id");
        let is_good = || Some(send(&text("key"))).filter(|got| got.status == 200);
        let again = crate::within(3000, is_good).expect("the new key is good");
        assert_eq!((again.text(), made(&demo)), (first.text(), 0));
        assert_eq!(header(&again, "idempotent-replayed"), Some("true"));
    }
    assert_eq!((send(&key).text(), made(&demo)), (first.text(), 0));
}

#[test]
fn after_a_kill_a_repetition_gets_the_first_answer_or_unknown() {
    const KILLS: usize = 20;
    let demo = Demo::start();
    let place = place(&demo, "");
    let (key, _) = place.key("maker", &[]);
    let (mut unknown, mut answered) = (0, 0);
    for round in 0..KILLS {
        let mut served = place.serve();
        let first = std::sync::Mutex::new(Vec::new());
        let done = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for worker in 0..4 {
                let (url, key, first, done) = (&served.url, &key, &first, &done);
                scope.spawn(move || {
                    for turn in 0.. {
                        let once = format!("{round}-{worker}-{turn}");
                        let got = post(url, key, &[&once], CREATE, &contact(&once));
                        let body = got.as_ref().ok().map(Got::text);
                        first.lock().expect("answers").push((once, body));
                        if got.is_err() {
                            return;
                        }
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            let enough = 3 + round * 7 % 11;
            while done.load(Ordering::Relaxed) < enough {
                std::thread::yield_now();
            }
            served.child.kill().expect("a kill");
            served.child.wait().expect("an end");
        });
        let served = place.serve();
        for (once, body) in first.into_inner().expect("answers") {
            let got =
                post(&served.url, &key, &[&once], CREATE, &contact(&once)).expect("an answer");
            match (got.status, body) {
                (200, Some(body)) => assert_eq!(got.text(), body, "{once}"),
                (200, None) => answered += 1,
                (409, None) => {
                    assert!(
                        got.text().contains("outcome unknown"),
                        "{once}: {}",
                        got.text()
                    );
                    unknown += 1;
                }
                (status, body) => panic!("{once}: {status} {} after {body:?}", got.text()),
            }
            let named = json!({ "domain": [["name", "=", once]] });
            let count = post(&served.url, &key, &[], "res.partner/search_count", &named);
            let count = count.expect("an answer").text();
            assert!(
                count == "1" || (count == "0" && got.status == 409),
                "{once}: {count}"
            );
        }
    }
    println!(
        "{KILLS} kills: {unknown} unknown, {answered} answered, by the first answer or, where nothing was claimed, by a first call"
    );
}
