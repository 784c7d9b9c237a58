//! The ERP ends a session of its own; whoever shows the password with each request goes on.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::atomic::Ordering;

use serde_json::{Value as Json, json};

use super::Person;
use super::basic::{ON, basic, coming, log_ins};
use super::town::{Heard, Town, logins, password};

const CREATE: &str = "/json/2/res.partner/create";
const ANNA: &str = "anna@example.com";

/// How often an ERP was asked for this.
fn asked(heard: &[Heard], what: &str) -> usize {
    let one = |heard: &&Heard| heard.line.contains(what) || heard.body.contains(what);
    heard.iter().filter(one).count()
}

#[test]
fn whose_session_the_erp_has_ended_is_logged_in_again_within_the_same_request() {
    let town = Town::of(&logins(&[ANNA]), ON);
    let served = town.serve();
    let anna = coming(&served.url, ANNA, &password(ANNA));
    let before = anna.count_by_json2().1.as_i64().expect("a count");
    assert_eq!(anna.customers().0.status, 200);
    let body = json!({"vals_list": [{"name": "Of Anna"}]});
    for (what, more) in [
        ("a call", &[][..]),
        ("one that is done once", &[("idempotency-key", "order-1")]),
    ] {
        town.odoo.heard();
        town.odoo.ends.store(true, Ordering::SeqCst);
        let (got, made) = anna.json("POST", CREATE, more, &body);
        assert_eq!(got.status, 200, "{what}: {made}");
        let heard = town.odoo.heard();
        assert_eq!(log_ins(&heard), 1, "{what}: {heard:?}");
        assert_eq!(asked(&heard, "\"create\""), 2, "{what}: refused, then done");
    }
    let (got, again) = anna.json("POST", CREATE, &[("idempotency-key", "order-1")], &body);
    assert_eq!(got.status, 200, "{again}");
    assert_eq!(asked(&town.odoo.heard(), "\"create\""), 0, "it was done");
    assert_eq!(anna.count_by_json2().1, before + 2, "each was done once");

    town.erpnext.heard();
    town.erpnext.ends.store(true, Ordering::SeqCst);
    let (got, rows) = anna.customers();
    assert_eq!(got.status, 200, "{rows}");
    assert_eq!(log_ins(&town.erpnext.heard()), 1);
    let trail = town.place.lines(&["audit", "tail", "-n", "200"]);
    let again = trail.iter().filter(|line| line["method"] == "log-in");
    assert_eq!(again.count(), 5, "each log-in is recorded");
}

#[test]
fn many_at_once_whose_session_has_ended_are_one_log_in() {
    let town = Town::of(&logins(&["anna"]), ON);
    let served = town.serve();
    let anna = coming(&served.url, "anna", &password("anna"));
    assert_eq!(anna.count_by_json2().0.status, 200);
    town.odoo.heard();
    town.odoo.ends.store(true, Ordering::SeqCst);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(anna.count_by_json2().0.status, 200));
        }
    });
    assert_eq!(log_ins(&town.odoo.heard()), 1);
}

#[test]
fn a_key_calls_on_for_a_person_whose_session_has_ended_and_a_cookie_does_not() {
    let town = Town::of(&logins(&["anna"]), ON);
    let made = [
        "key",
        "create",
        "till",
        "--upstream",
        "odoo",
        "--user",
        "integration",
        "--role",
        "reader",
        "--administrator",
    ];
    let (code, made) = town.place.run(&made);
    assert_eq!(code, 0, "{made}");
    let served = town.serve();
    let mut both = Person::at(&served.url);
    let key = made["key"].as_str().expect("a key").to_owned();
    both.headers = vec![
        ("api-key", key),
        ("authorization", basic("anna", &password("anna"))),
    ];
    let mut visitor = Person::at(&served.url);
    visitor.log_in("anna", &password("anna"));
    assert_eq!(both.count_by_json2().0.status, 200);
    assert!(visitor.count()["result"].is_i64());
    town.odoo.heard();
    town.odoo.ends.store(true, Ordering::SeqCst);
    assert_eq!(both.count_by_json2().0.status, 200);
    assert_eq!(log_ins(&town.odoo.heard()), 1);
    town.odoo.ends.store(true, Ordering::SeqCst);
    assert_eq!(visitor.count()["error"]["code"], 100);
    assert_eq!(
        log_ins(&town.odoo.heard()),
        0,
        "its password is not at hand"
    );
}

#[test]
fn who_hangs_up_while_it_is_logged_in_again_has_done_nothing_and_the_record_says_so() {
    let town = Town::of(&logins(&[ANNA]), ON);
    let served = town.serve();
    let anna = coming(&served.url, ANNA, &password(ANNA));
    let body = json!({"vals_list": [{"name": "Of Anna"}]});
    let create = |more: &[(&str, &str)]| anna.json("POST", CREATE, more, &body).0;
    assert_eq!(create(&[]).status, 200);
    let before = anna.count_by_json2().1.as_i64().expect("a count");
    let creations = || -> Vec<Json> {
        let trail = town.place.lines(&["audit", "tail", "-n", "200"]);
        let of = |record: &&Json| record["method"] == "create";
        trail.iter().filter(of).cloned().collect()
    };
    for more in ["", "Idempotency-Key: order-7\r\n"] {
        assert_eq!(anna.count_by_json2().0.status, 200, "there is a session");
        let known = creations().len();
        town.odoo.slow.store(true, Ordering::SeqCst);
        town.odoo.ends.store(true, Ordering::SeqCst);
        town.odoo.heard();
        let host = served
            .url
            .trim_start_matches("http://")
            .trim_end_matches('/');
        let mut caller = TcpStream::connect(host).expect("a connection");
        let (text, pair) = (body.to_string(), basic(ANNA, &password(ANNA)));
        let asked = format!(
            "POST {CREATE} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {pair}\r\n{more}\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{text}",
            text.len()
        );
        caller.write_all(asked.as_bytes()).expect("a request");
        let begun = crate::within(3000, || {
            let heard = town.odoo.heard();
            (log_ins(&heard) > 0).then_some(())
        });
        assert!(begun.is_some(), "it is logged in again");
        drop(caller);
        let record = crate::within(3000, || {
            let all = creations();
            let new = all.get(known).filter(|one| one["closed"].is_object());
            new.cloned()
        });
        let record = record.unwrap_or_else(|| panic!("{:?}", creations()));
        assert_eq!(record["outcome"], "refused", "{record}");
        assert_eq!(record["closed"]["reason"], "upstream.hung-up", "{record}");
        town.odoo.slow.store(false, Ordering::SeqCst);
    }
    assert_eq!(anna.count_by_json2().1, before, "nothing was done");
    let again = crate::within(5000, || {
        let got = create(&[("idempotency-key", "order-7")]);
        (got.status == 200).then_some(())
    });
    assert!(again.is_some(), "it may be asked again, and is done then");
    assert_eq!(anna.count_by_json2().1, before + 1);
}
