//! What is kept of sessions, and what several processes know of them.

use serde_json::json;

use super::{Visitor, set_cookies};
use crate::demo::Demo;
use crate::serve::{Place, Served};

fn until(what: &str, done: impl Fn() -> bool) {
    for _ in 0..300 {
        if done() {
            return;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(10));
    }
    panic!("not within three seconds: {what}");
}

fn at(served: &Served, cookie: Option<&String>) -> Visitor {
    Visitor {
        cookie: cookie.cloned(),
        ..Visitor::of(&served.url)
    }
}

const GENEROUS: &str = "[limits]\nper-minute = 60000000\nburst = 1000000\naddress-failures-per-minute = 600000\naddress-failures-burst = 100000\n";

#[test]
fn a_revoked_key_takes_its_sessions_along_everywhere() {
    let demo = Demo::start();
    let place = Place::before(&demo, GENEROUS);
    let (key, id) = place.key("shop", &[]);
    let (one, other) = (place.serve(), place.serve());
    let mut mine = at(&one, None);
    mine.log_in("integration", &key);
    let there = at(&other, mine.cookie.as_ref());
    assert!(mine.count()["result"].is_i64());
    assert!(there.count()["result"].is_i64(), "all processes know it");

    let mut second = at(&other, None);
    second.log_in("integration", &key);
    let copy = at(&one, second.cookie.as_ref());
    assert!(copy.count()["result"].is_i64());
    second.ask("/web/session/destroy", &[], &json!({}));
    until("a log-out holds in the other process", || {
        copy.count()["error"]["code"] == 100
    });

    let cookie = mine.cookie.clone();
    drop(one);
    let again = place.serve();
    let mine = at(&again, cookie.as_ref());
    assert!(mine.count()["result"].is_i64(), "it outlives a kill");

    let token = cookie.expect("a cookie").replace("session_id=", "");
    for file in ["portcullis.db", "portcullis.db-wal"] {
        let kept = std::fs::read(place.path().join("data").join(file)).unwrap_or_default();
        let found = kept
            .windows(token.len() - 4)
            .any(|part| part == &token.as_bytes()[4..]);
        assert!(!found, "{file} holds a token");
    }

    assert_eq!(place.run(&["key", "revoke", &id]).0, 0);
    for visitor in [&mine, &there] {
        until("a revocation ends the session", || {
            visitor.count()["error"]["code"] == 100
        });
    }
    demo.reached();
    assert_eq!(there.count()["error"]["code"], 100);
    assert!(demo.reached().is_empty());
}

#[test]
fn behind_a_proxy_cookies_are_for_encrypted_connections() {
    let demo = Demo::start();
    let place = Place::before(
        &demo,
        &format!(
            "{GENEROUS}[sessions]\nsecure-cookies = \"always\"\nidle-minutes = 5\nabsolute-hours = 1\n"
        ),
    );
    let (key, _) = place.key("shop", &[]);
    let served = place.serve();
    let (got, _) = at(&served, None).log_in("integration", &key);
    let line = &set_cookies(&got)[0];
    assert!(
        line.contains("Secure") && line.contains("Max-Age=3600"),
        "{line}"
    );
    let https = [("x-forwarded-proto", "https")];
    for (trusted, secure) in [("127.0.0.1", true), ("192.0.2.1", false)] {
        let more = format!("{GENEROUS}[addresses]\ntrusted-proxies = [\"{trusted}\"]\n");
        let place = Place::before(&demo, &more);
        let (key, _) = place.key("shop", &[]);
        let served = place.serve();
        let params = json!({"db": "demo", "login": "integration", "password": key});
        let (got, _) = at(&served, None).ask("/web/session/authenticate", &https, &params);
        let line = &set_cookies(&got)[0];
        assert_eq!(line.contains("Secure"), secure, "{line}");
    }
}

#[test]
fn one_session_more_than_a_key_may_have_ends_the_one_that_was_not_used_for_longest() {
    let demo = Demo::start();
    let place = Place::before(&demo, &format!("{GENEROUS}[sessions]\nper-key = 3\n"));
    let (key, _) = place.key("shop", &[]);
    let (other, _) = place.key("other", &[]);
    let served = place.serve();
    let log_in = |key: &str| {
        let mut visitor = at(&served, None);
        visitor.log_in("integration", key);
        visitor
    };
    let elses = log_in(&other);
    let all = [log_in(&key), log_in(&key), log_in(&key)];
    for visitor in &all {
        assert!(visitor.count()["result"].is_i64(), "there is room for it");
    }
    let last = log_in(&key);
    until("the oldest ends", || all[0].count()["error"]["code"] == 100);
    for visitor in [&elses, &all[1], &all[2], &last] {
        assert!(visitor.count()["result"].is_i64());
    }
}

#[test]
fn a_session_is_good_while_the_way_in_which_it_was_opened_is() {
    let demo = Demo::start();
    let place = Place::before(&demo, GENEROUS);
    let (key, _) = place.key("shop", &["--style", "header", "--style", "password"]);
    let served = place.serve();
    let mut by_password = at(&served, None);
    by_password.log_in("integration", &key);
    let mut by_header = at(&served, None);
    let params = json!({"db": "demo", "login": "integration", "password": ""});
    let header = [("x-api-key", key.as_str())];
    let (got, _) = by_header.ask("/web/session/authenticate", &header, &params);
    by_header.cookie = super::cookie(&got, "session_id");
    let both = [&by_password, &by_header];
    for visitor in both {
        assert!(visitor.count()["result"].is_i64(), "{}", got.text());
    }
    drop(served);

    let file = place.path().join("portcullis.toml");
    let before = std::fs::read_to_string(&file).expect("a file");
    let of_erp = "database = \"demo\"\n";
    for now in [
        before.replace(of_erp, &format!("{of_erp}styles = [\"header\"]\n")),
        format!("{before}[credentials.from]\npassword = [\"192.0.2.0/24\"]\n"),
    ] {
        std::fs::write(&file, now).expect("a file");
        let served = place.serve();
        demo.reached();
        let of = |visitor: &Visitor| at(&served, visitor.cookie.as_ref()).count();
        assert_eq!(of(&by_password)["error"]["code"], 100);
        assert!(demo.reached().is_empty());
        assert!(of(&by_header)["result"].is_i64());
    }
    std::fs::write(&file, before).expect("a file");
    let served = place.serve();
    for visitor in both {
        let visitor = at(&served, visitor.cookie.as_ref());
        assert!(visitor.count()["result"].is_i64(), "it was not ended");
    }
}
