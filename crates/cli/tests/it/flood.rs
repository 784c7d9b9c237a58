//! A caller who goes on although its rate is spent: the ledger says how often, and does not grow
//! with it.

use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value as Json;

use crate::demo::{Demo, send};
use crate::serve::{Place, Served};
use crate::within;

fn call(served: &Served, key: &str) -> u16 {
    let url = format!("{}/json/2/res.partner/search_count", served.url);
    let request = http::Request::post(url)
        .header("content-type", "application/json")
        .header("x-api-key", key);
    send(request.body(b"{\"domain\":[]}".to_vec()).unwrap()).status
}

/// How many refusals a record stands for.
fn number(record: &Json) -> u64 {
    let mut notes = record["closed"]["notes"].as_array().into_iter().flatten();
    notes.next().map_or(1, |note| note[1].as_u64().unwrap())
}

/// Ends it in an orderly way: what was counted is written.
fn end(mut served: Served) {
    let mut stop = Command::new("kill");
    let stopped = stop.arg(served.child.id().to_string()).status().unwrap();
    assert!(stopped.success() && served.child.wait().unwrap().success());
}

#[test]
fn ten_thousand_requests_beyond_the_rate_are_a_handful_of_records_whose_numbers_add_up() {
    let demo = Demo::start();
    let limits = "[limits]\nper-minute = 1\nburst = 3\n";
    let place = Place::before(&demo, limits);
    let (key, id) = place.key("shop", &[]);
    let (_, other_id) = place.key("till", &[]);
    let served = place.serve();
    let (done, limited) = (AtomicU64::new(0), AtomicU64::new(0));
    let one = || match call(&served, &key) {
        200 => done.fetch_add(1, Ordering::SeqCst),
        429 => limited.fetch_add(1, Ordering::SeqCst),
        other => panic!("{other}"),
    };
    let known = within(1500, || (call(&served, &key) == 200).then_some(()));
    assert!(known.is_some(), "the key is good");
    done.fetch_add(1, Ordering::SeqCst);
    demo.reached();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while limited.load(Ordering::SeqCst) < 10_000 {
                    one();
                }
            });
        }
    });
    let (done, limited) = (done.into_inner(), limited.into_inner());
    // Those within the rate reached the ERP, and no other.
    assert_eq!(demo.reached().len() as u64, done - 1);

    end(served);
    let tail = |key: &str| place.lines(&["audit", "tail", "-n", "100000", "--key", key]);
    let records = tail(&id);
    let of = |outcome: &str| -> Vec<&Json> {
        let found = records.iter().filter(|record| record["outcome"] == outcome);
        found.collect()
    };
    assert_eq!(of("done").len() as u64, done, "each is written by itself");
    let refused = of("refused");
    assert!(refused.len() <= 16, "{} records", refused.len());
    let sum: u64 = refused.iter().map(|record| number(record)).sum();
    assert_eq!(sum, limited);
    for record in &refused {
        assert_eq!(record["closed"]["reason"], "limit.limited", "{record}");
        assert_eq!(record["closed"]["status"], 429);
        assert_eq!(record["principal"], "shop");
        assert_eq!(record["address"], "127.0.0.1");
        assert_eq!(record["model"], "res.partner");
    }
    assert_eq!(tail(&other_id), Vec::<Json>::new());
    assert_eq!(place.run(&["audit", "verify"]).0, 0);
}

#[test]
fn a_flood_is_written_when_it_is_over_while_the_gateway_goes_on() {
    let demo = Demo::start();
    let place = Place::before(&demo, "[limits]\nper-minute = 1\nburst = 1\n");
    let (key, id) = place.key("shop", &[]);
    let served = place.serve();
    let known = within(1500, || (call(&served, &key) == 200).then_some(()));
    assert!(known.is_some(), "the key is good");
    for _ in 0..40 {
        assert_eq!(call(&served, &key), 429);
    }
    let sum = || -> u64 {
        let records = place.lines(&["audit", "tail", "-n", "1000", "--key", &id]);
        let refused = records
            .iter()
            .filter(|record| record["outcome"] == "refused");
        refused.map(number).sum()
    };
    assert!(sum() < 40, "the number is not written yet");
    let written = within(15_000, || (sum() == 40).then_some(()));
    assert!(written.is_some(), "{}", sum());
}

#[test]
fn a_key_that_is_shown_from_elsewhere_again_and_again_is_a_handful_of_records() {
    let demo = Demo::start();
    let place = Place::before(&demo, "[limits]\naddress-failures-burst = 20\n");
    let (near, _) = place.key("near", &["--from", "127.0.0.1"]);
    let (far, id) = place.key("far", &["--from", "192.0.2.1"]);
    let served = place.serve();
    assert_eq!(call(&served, &near), 200);
    demo.reached();
    let number_of = |status: u16| {
        let all = (0..3000).filter(|_| call(&served, &far) == status);
        all.count()
    };
    assert!(number_of(429) > 2900, "the address waits");
    assert!(demo.reached().is_empty());
    end(served);
    let records = place.lines(&["audit", "tail", "-n", "100000", "--key", &id]);
    assert!(records.len() <= 100, "{} records", records.len());
    assert_eq!(records.iter().map(number).sum::<u64>(), 3000);
    for record in &records {
        assert_eq!(record["outcome"], "refused");
        assert_eq!(record["closed"]["notes"][0][0], "key-address", "{record}");
    }
}

#[test]
fn an_administrative_key_that_is_over_and_shown_again_and_again_is_a_handful_of_records() {
    let demo = Demo::start();
    let limits = "[limits]\naddress-failures-burst = 20\n";
    let gateway = crate::admin::Administered::before(&demo, limits);
    let (ops, id) = gateway.key("ops", "administrator", &[]);
    let (good, _) = gateway.key("good", "administrator", &[]);
    let path = "/admin/v1/keys";
    assert_eq!(gateway.ask(&ops, "GET", path, &Json::Null).status, 200);
    let (code, _) = gateway.place.run(&["administrator", "key", "revoke", &id]);
    assert_eq!(code, 0);
    for _ in 0..1000 {
        let status = gateway.ask(&ops, "GET", path, &Json::Null).status;
        assert!(matches!(status, 401 | 429), "{status}");
    }
    assert_eq!(gateway.ask(&good, "GET", path, &Json::Null).status, 200);
    let crate::admin::Administered { place, served, .. } = gateway;
    end(served);
    let records = place.lines(&["audit", "tail", "-n", "100000"]);
    let of = |note: &str| -> Vec<&Json> {
        let is_one = |record: &&Json| record["closed"]["notes"][0][0] == note;
        records.iter().filter(is_one).collect()
    };
    let revoked = of("key-revoked");
    assert!(revoked.len() <= 30, "{} records", revoked.len());
    let sum: u64 = revoked.iter().copied().map(number).sum();
    assert_eq!(sum, 1000);
    assert!(revoked.iter().all(|record| record["principal"] == "ops"));
}
