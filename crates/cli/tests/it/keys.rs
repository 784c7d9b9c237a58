//! The life of a key: its conditions, its suspension, its successor, its last use.

use base64::Engine as _;
use serde_json::Value as Json;

use crate::demo::{Demo, Got, send};
use crate::serve::{Place, Served};
use crate::{pause, within};

fn ask(served: &Served, headers: &[(&str, &str)]) -> Got {
    let mut request =
        http::Request::post(format!("{}/json/2/res.partner/search_count", served.url))
            .header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(request.body(b"{\"domain\":[]}".to_vec()).unwrap())
}

fn status(served: &Served, key: &str) -> u16 {
    ask(served, &[("x-api-key", key)]).status
}

/// Waits until a key is answered so; a change is known within a second.
fn becomes(served: &Served, key: &str, expected: u16) {
    let known = within(1500, || (status(served, key) == expected).then_some(()));
    assert!(known.is_some(), "it is not {expected} within a second");
}

#[test]
fn a_key_is_good_from_its_networks_only() {
    let demo = Demo::start();
    let trusting =
        "[addresses]\ntrusted-proxies = [\"127.0.0.1\"]\n[limits]\naddress-failures-burst = 100\n";
    let place = Place::before(&demo, trusting);
    let (key, _) = place.key("shop", &["--from", "192.0.2.0/24", "--from", "2001:db8::7"]);
    let served = place.serve();
    let from = |address: &str| {
        let headers = [
            ("x-api-key", key.as_str()),
            ("x-forwarded-for", address),
            ("x-forwarded-proto", "https"),
        ];
        ask(&served, &headers)
    };
    for near in ["192.0.2.7", "2001:db8::7"] {
        assert_eq!(from(near).status, 200);
    }
    demo.reached();
    let said = |got: &Got| {
        let body: Json = serde_json::from_slice(&got.body).unwrap();
        (got.status, body["message"].clone())
    };
    let nothing = [
        ("x-api-key", "pck_nothing"),
        ("x-forwarded-for", "192.0.2.7"),
        ("x-forwarded-proto", "https"),
    ];
    let unknown = said(&ask(&served, &nothing));
    assert_eq!(unknown.0, 401);
    for far in ["198.51.100.1", "2001:db8::8"] {
        assert_eq!(said(&from(far)), unknown, "it is not told that it is a key");
    }
    assert!(demo.reached().is_empty());
    // Closed records are written in a moment.
    pause(500);
    let trail = place.lines(&["audit", "tail"]);
    let told = trail
        .iter()
        .filter(|line| line.to_string().contains("key-address"));
    assert_eq!(told.count(), 2, "{trail:?}");
}

#[test]
fn a_key_is_shown_in_its_styles_only() {
    let demo = Demo::start();
    let place = Place::before(&demo, "");
    let (key, _) = place.key("shop", &["--style", "bearer", "--style", "password"]);
    let served = place.serve();
    let bearer = format!("Bearer {key}");
    assert_eq!(ask(&served, &[("authorization", &bearer)]).status, 200);
    demo.reached();
    let (id, secret) = key.rsplit_once('_').unwrap();
    let pair = format!("{id}:{secret}");
    let basic = base64::engine::general_purpose::STANDARD.encode(&pair);
    for (name, value) in [
        ("x-api-key", key.clone()),
        ("api-key", key.clone()),
        ("authorization", format!("ApiKey {key}")),
        ("authorization", format!("token {pair}")),
        ("authorization", format!("Basic {basic}")),
    ] {
        assert_eq!(
            ask(&served, &[(name, &value)]).status,
            401,
            "{name}: {value}"
        );
    }
    assert!(demo.reached().is_empty());
    // Closed records are written in a moment.
    pause(500);
    let trail = place.lines(&["audit", "tail"]);
    let told = trail
        .iter()
        .filter(|line| line.to_string().contains("key-style"));
    assert_eq!(told.count(), 5, "{trail:?}");
}

#[test]
fn a_key_is_suspended_resumed_and_rotated_while_the_gateway_runs() {
    let demo = Demo::start();
    let place = Place::before(
        &demo,
        "[limits]\nper-minute = 6000\nburst = 1000\naddress-failures-burst = 500\n",
    );
    let more = [
        "--owner",
        "Ann",
        "--purpose",
        "orders",
        "--per-minute",
        "600",
        "--burst",
        "50",
    ];
    let (key, id) = place.key("shop", &more);
    let served = place.serve();
    assert_eq!(status(&served, &key), 200);
    assert_eq!(place.run(&["key", "suspend", &id]).1["state"], "suspended");
    becomes(&served, &key, 401);
    demo.reached();
    assert_eq!(status(&served, &key), 401);
    assert!(demo.reached().is_empty());
    assert_eq!(
        place.run(&["key", "rotate", &id]).0,
        1,
        "a new one would lift the suspension"
    );
    assert!(place.run(&["key", "show", &id]).1["successor"].is_null());
    assert_eq!(place.run(&["key", "resume", &id]).1["state"], "valid");
    becomes(&served, &key, 200);

    let (code, made) = place.run(&["key", "rotate", &id, "--overlap", "1h"]);
    assert_eq!(code, 0, "{made}");
    let new = made["key"].as_str().unwrap();
    for member in [
        "name", "upstream", "user", "roles", "owner", "purpose", "limit",
    ] {
        assert_eq!(
            made[member],
            place.run(&["key", "show", &id]).1[member],
            "{member}"
        );
    }
    becomes(&served, new, 200);
    assert_eq!(status(&served, &key), 200, "both are good for a while");
    let old = place.run(&["key", "show", &id]).1;
    assert_eq!(old["successor"], made["id"]);
    assert!(old["expires"].is_string());
    assert_eq!(
        place.run(&["key", "rotate", &id]).0,
        1,
        "it has a successor"
    );
    let next = place
        .run(&[
            "key",
            "rotate",
            made["id"].as_str().unwrap(),
            "--overlap",
            "0d",
        ])
        .1;
    becomes(&served, next["key"].as_str().unwrap(), 200);
    becomes(&served, new, 401);
}

#[test]
fn keys_last_as_long_as_the_configuration_lets_them() {
    let demo = Demo::start();
    let days = |key: &Json| {
        let moment = |member: &str| {
            let text = key[member].as_str().unwrap_or_else(|| panic!("{key}"));
            time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339)
                .unwrap()
        };
        (moment("expires") - moment("created")).whole_days()
    };
    let create = |place: &Place, more: &[&str]| place.create("shop", "integration", more);
    let place = Place::before(&demo, "");
    assert_eq!(days(&create(&place, &[]).1), 90);
    assert_eq!(days(&create(&place, &["--expires", "30d"]).1), 30);
    assert_ne!(create(&place, &["--expires", "91d"]).0, 0);
    let place = Place::before(&demo, "[keys]\nlongest-days = 0\n");
    assert!(create(&place, &[]).1["expires"].is_null());
    assert_eq!(days(&create(&place, &["--expires", "900d"]).1), 900);
}

#[test]
fn when_a_key_was_used_last_is_kept() {
    let demo = Demo::start();
    let place = Place::before(&demo, "");
    let (key, id) = place.key("shop", &[]);
    let (_, unused) = place.key("till", &[]);
    let served = place.serve();
    assert_eq!(status(&served, &key), 200);
    let used = within(10_000, || {
        let used = place.run(&["key", "show", &id]).1["used"].clone();
        (!used.is_null()).then_some(used)
    });
    let used = used.expect("it is kept");
    assert_eq!(
        (&used["address"], &used["dialect"]),
        (&"127.0.0.1".into(), &"json2".into())
    );
    assert!(place.run(&["key", "show", &unused]).1["used"].is_null());
}

#[test]
fn keys_that_took_over_from_each_other_have_one_allowance() {
    let demo = Demo::start();
    let place = Place::before(&demo, "");
    let rate = ["--per-minute", "1", "--burst", "6"];
    let (old, id) = place.key("shop", &rate);
    let (other, _) = place.key("other", &rate);
    let served = place.serve();
    assert_eq!(status(&served, &old), 200);
    let (code, made) = place.run(&["key", "rotate", &id, "--overlap", "1h"]);
    assert_eq!(code, 0, "{made}");
    let new = made["key"].as_str().expect("a key").to_owned();
    becomes(&served, &new, 200);
    let told: Vec<u16> = (0..3)
        .flat_map(|_| [status(&served, &old), status(&served, &new)])
        .collect();
    assert_eq!(told, [200, 200, 200, 200, 429, 429], "six in all");
    demo.reached();
    assert_eq!((status(&served, &old), status(&served, &new)), (429, 429));
    assert!(demo.reached().is_empty());
    assert_eq!(status(&served, &other), 200, "another key has its own");
}
