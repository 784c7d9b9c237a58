//! Several gateways, each with a folder of its own, over one PostgreSQL: what is done at one is
//! done at all.

mod declared;
mod load;
mod lost;
mod outage;
mod place;
mod roles;
mod tunnel;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use portcullis_testkit::postgres::{Cluster, Database};
use serde_json::json;

use crate::demo::{Demo, Got, try_send};
use crate::relay::Relay;
use crate::serve::{Place, Served};
use crate::sessions::Visitor;
use crate::signing::{Request, Signer};
use crate::{pause, within};
use place::{Two, places};

fn post(
    url: &str,
    key: &str,
    once: Option<&str>,
    call: &str,
    body: &serde_json::Value,
) -> Result<Got, ureq::Error> {
    let mut request = http::Request::post(format!("{url}/json/2/res.partner/{call}"))
        .header("content-type", "application/json")
        .header("x-api-key", key);
    if let Some(once) = once {
        request = request.header("idempotency-key", once);
    }
    let body = body.to_string().into_bytes();
    try_send(request.body(body).expect("a request"))
}

fn count(served: &Served, key: &str) -> u16 {
    let got = post(
        &served.url,
        key,
        None,
        "search_count",
        &json!({"domain": []}),
    );
    got.expect("an answer").status
}

fn create(served: &Served, key: &str, once: &str, name: &str) -> Got {
    let body = json!({"vals_list": [{"name": name}]});
    post(&served.url, key, Some(once), "create", &body).expect("an answer")
}

/// How often contacts were made at the ERP since this was asked last.
fn made(demo: &Demo) -> usize {
    let is_create = |line: &serde_json::Value| line["call"] == "create";
    demo.reached().iter().filter(|line| is_create(line)).count()
}

/// Waits until a key is claimed in the database.
fn claimed(database: &Database) {
    let claimed = within(10_000, || {
        (database.sql("SELECT count(*) FROM claim") == "1").then_some(())
    });
    assert!(claimed.is_some(), "nothing was claimed");
}

/// Both answer so within a second (and a half, for a machine that is busy with other tests).
fn become_both(two: &Two, key: &str, status: u16) {
    for served in [&two.one, &two.other] {
        let known = within(1500, || (count(served, key) == status).then_some(()));
        assert!(known.is_some(), "it is not {status} within a second");
    }
}

#[test]
fn a_key_that_changes_at_one_has_changed_at_both() {
    let demo = Demo::start();
    let (database, place, elsewhere) = places(&demo, demo.fact("/odoo"));
    let two = Two::serve(&place, &elsewhere);
    let (key, id) = place.key("shop", &[]);
    become_both(&two, &key, 200);
    assert_eq!(
        elsewhere.run(&["key", "suspend", &id]).1["state"],
        "suspended"
    );
    become_both(&two, &key, 401);
    assert_eq!(place.run(&["key", "resume", &id]).1["state"], "valid");
    become_both(&two, &key, 200);

    let (code, made) = elsewhere.run(&["key", "rotate", &id, "--overlap", "1h"]);
    assert_eq!(code, 0, "{made}");
    let (new, new_id) = (made["key"].as_str().unwrap(), made["id"].as_str().unwrap());
    become_both(&two, new, 200);
    become_both(&two, &key, 200);
    assert_eq!(place.run(&["key", "revoke", &id]).0, 0);
    become_both(&two, &key, 401);

    // By whatever way a row is changed, a shell too.
    become_both(&two, new, 200);
    database.sql(&format!("DELETE FROM api_key WHERE id = '{new_id}'"));
    become_both(&two, new, 401);
}

#[test]
fn a_hundred_creates_with_one_key_at_two_gateways_make_one() {
    let demo = Demo::start();
    let (_, place, elsewhere) = places(&demo, demo.fact("/odoo"));
    let (key, _) = place.key("maker", &[]);
    let two = Two::serve(&place, &elsewhere);
    become_both(&two, &key, 200);
    made(&demo);

    let (waited, ids) = (AtomicUsize::new(0), Mutex::new(BTreeSet::new()));
    std::thread::scope(|scope| {
        for turn in 0..100 {
            let served = if turn % 2 == 0 { &two.one } else { &two.other };
            let (key, waited, ids) = (&key, &waited, &ids);
            scope.spawn(move || {
                let got = create(served, key, "order-4711", "Once");
                match got.status {
                    200 => drop(ids.lock().unwrap().insert(got.text())),
                    409 => {
                        assert!(got.text().contains("still runs"), "{}", got.text());
                        waited.fetch_add(1, Ordering::Relaxed);
                    }
                    status => panic!("{status}: {}", got.text()),
                }
            });
        }
    });
    let ids = ids.into_inner().unwrap();
    assert_eq!(
        ids.len(),
        1,
        "all who were answered got one answer: {ids:?}"
    );
    assert_eq!(made(&demo), 1, "{} were told to wait", waited.into_inner());

    // What was claimed at one is answered from the other.
    let first = create(&two.one, &key, "order-4712", "Twice");
    assert_eq!((first.status, made(&demo)), (200, 1), "{}", first.text());
    let again = create(&two.other, &key, "order-4712", "Twice");
    assert_eq!((again.status, again.text()), (200, first.text()));
    assert_eq!(again.headers["idempotent-replayed"], "true");
    let reused = create(&two.other, &key, "order-4712", "Another");
    assert_eq!((reused.status, made(&demo)), (422, 0), "{}", reused.text());
}

#[test]
fn what_a_killed_gateway_was_at_is_unknown_to_the_other() {
    let demo = Demo::start();
    let relay = Relay::before(demo.fact("/odoo"));
    let (database, place, elsewhere) = places(&demo, &relay.url());
    let (key, _) = place.key("maker", &[]);
    let mut two = Two::serve(&place, &elsewhere);
    become_both(&two, &key, 200);
    made(&demo);
    relay.slow_down(3000);
    std::thread::scope(|scope| {
        let (url, key) = (&two.one.url, &key);
        let cut = scope.spawn(move || {
            let body = json!({"vals_list": [{"name": "Cut"}]});
            post(url, key, Some("cut"), "create", &body)
        });
        claimed(&database);
        let told = create(&two.other, key, "cut", "Cut");
        assert_eq!(told.status, 409, "{}", told.text());
        assert!(told.text().contains("still runs"), "{}", told.text());
        two.one.child.kill().expect("a kill");
        two.one.child.wait().expect("an end");
        assert!(cut.join().expect("a thread").is_err(), "it was cut off");
    });
    let told = within(2000, || {
        let got = create(&two.other, &key, "cut", "Cut");
        let text = got.text();
        (got.status == 409 && text.contains("outcome unknown")).then_some(())
    });
    assert!(
        told.is_some(),
        "{}",
        create(&two.other, &key, "cut", "Cut").text()
    );
    relay.slow_down(0);
    pause(3500);
    assert!(made(&demo) <= 1, "it is not sent again");
}

#[test]
fn a_signature_counts_once_over_both() {
    let demo = Demo::start();
    let (_, place, elsewhere) = places(&demo, demo.fact("/odoo"));
    let signer = Signer::hmac(&place, "signs", &["--must-sign"]);
    let two = Two::serve(&place, &elsewhere);
    let both = [&two.one, &two.other];
    let known = within(3000, || {
        let good = |served| signer.sign(&Request::create()).send(served).status == 200;
        both.into_iter().all(good).then_some(())
    });
    assert!(known.is_some(), "a signature is good at both");
    let request = signer.sign(&Request::create());
    made(&demo);
    let served = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for turn in 0..16 {
            let (request, served, gateway) = (&request, &served, both[turn % 2]);
            scope.spawn(move || match request.send(gateway).status {
                200 => drop(served.fetch_add(1, Ordering::Relaxed)),
                status => assert_eq!(status, 401),
            });
        }
    });
    assert_eq!((served.into_inner(), made(&demo)), (1, 1));
    drop(two);
    let two = Two::serve(&place, &elsewhere);
    for gateway in [&two.one, &two.other] {
        let got = request.send(gateway);
        assert!(got.text().contains("used before"), "{}", got.text());
    }
    assert_eq!(made(&demo), 0, "after both were killed, too");
}

#[test]
fn a_session_of_one_is_good_at_the_other_and_ends_at_both() {
    let demo = Demo::start();
    let (_, place, elsewhere) = places(&demo, demo.fact("/odoo"));
    let (key, _) = place.key("shop", &[]);
    let two = Two::serve(&place, &elsewhere);
    become_both(&two, &key, 200);
    let mut visitor = Visitor::of(&two.one.url);
    let (got, _) = visitor.log_in("integration", &key);
    assert!(visitor.cookie.is_some(), "{}", got.text());
    let mut there = Visitor::of(&two.other.url);
    assert!(there.count()["error"].is_object(), "without the cookie");
    there.cookie.clone_from(&visitor.cookie);
    assert!(visitor.count()["result"].is_u64(), "{}", visitor.count());
    assert!(there.count()["result"].is_u64(), "{}", there.count());
    there.ask("/web/session/destroy", &[], &json!({}));
    assert!(there.count()["error"].is_object(), "it has ended");
    let ended = within(1500, || visitor.count()["error"].is_object().then_some(()));
    assert!(ended.is_some(), "it has not ended here within a second");
}

#[test]
fn a_gateway_with_another_master_key_does_not_start() {
    let demo = Demo::start();
    let (_, place, elsewhere) = places(&demo, demo.fact("/odoo"));
    let list = |at: &Place| at.program(&["key", "list"]).output().unwrap();
    assert!(list(&elsewhere).status.success());
    let file = elsewhere.path().join("data/master.key");
    let good = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    for command in ["serve", "key list"] {
        let command: Vec<&str> = command.split(' ').collect();
        let refused = elsewhere.program(&command).output().unwrap();
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(
            said.contains("master.key") && said.contains("same master key"),
            "{said}"
        );
    }
    std::fs::write(&file, good).unwrap();
    assert!(list(&elsewhere).status.success());
    assert!(list(&place).status.success());
    // The folder alone says where its ledger is, and not where the store.
    let by_folder = |arguments: &[&str]| {
        let mut program = crate::demo::program();
        program.args(arguments).arg("--data");
        program.arg(place.path().join("data")).output().unwrap()
    };
    let verified = by_folder(&["audit", "verify"]);
    assert!(verified.status.success(), "{verified:?}");
    let refused = by_folder(&["key", "list"]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("there is no store in"), "{said}");
    assert!(!place.path().join("data/portcullis.db").exists());
    let ledger = |at: &Place| std::fs::read(at.path().join("data/ledger.id")).unwrap();
    assert_ne!(
        ledger(&place),
        ledger(&elsewhere),
        "each has a ledger of its own"
    );
}

#[test]
fn many_gateways_start_at_once_over_a_new_database() {
    let demo = Demo::start();
    let database = Cluster::shared().database();
    // The master key is there before any of them, and the tables are not.
    let key = format!("1:{}\n", "07".repeat(32));
    let all: Vec<_> = (0..4)
        .map(|_| {
            let place = place::before(&demo, demo.fact("/odoo"), &database.url());
            place::put_master(&place, key.as_bytes());
            place
        })
        .collect();
    std::thread::scope(|scope| {
        let running = all.iter().map(|place| scope.spawn(|| place.serve()));
        let running: Vec<_> = running.collect();
        for served in running {
            let served = served.join().expect("it starts");
            let ready = format!("{}/readyz", served.url);
            let request = http::Request::get(ready).body(Vec::new()).unwrap();
            assert_eq!(crate::demo::send(request).status, 200);
        }
    });
}
