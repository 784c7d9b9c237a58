//! What was acknowledged survives a kill at any instant.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value as Json;

use crate::demo::{Demo, try_send};
use crate::serve::Place;

/// How often the gateway is killed under load.
const KILLS: usize = 20;
/// How many calls are made at least, over all rounds.
const CALLS: usize = 10_000;
/// What is called, in turn: model and method.
const CALLED: &[&str] = &[
    "res.partner/search_count",
    "res.partner/search",
    "res.partner/fields_get",
];

#[test]
fn every_request_that_reached_the_erp_has_an_opened_record() {
    let demo = Demo::start();
    let limits = "[limits]\nper-minute = 60000000\nburst = 1000000\naddress-failures-per-minute = 600000\naddress-failures-burst = 100000\n";
    let place = Place::before(&demo, limits);
    let (key, _) = place.key("load", &[]);
    let answered = AtomicUsize::new(0);
    let mut kills = 0;
    // Rounds of different length, so that the kills come at every phase of a request.
    for round in 0_usize.. {
        let mut served = place.serve();
        let enough = answered.load(Ordering::Relaxed) + CALLS / KILLS + (round * 7919) % 97;
        std::thread::scope(|scope| {
            let workers = [0, 1, 2, 3].map(|worker| {
                let (url, key, answered) = (served.url.clone(), &key, &answered);
                scope.spawn(move || load(&url, key, worker, answered))
            });
            while answered.load(Ordering::Relaxed) < enough {
                let ended = workers.iter().all(|worker| worker.is_finished());
                assert!(!ended, "nobody is served any more");
                std::thread::yield_now();
            }
            served.child.kill().expect("a kill");
            served.child.wait().expect("an end");
        });
        kills += 1;
        if kills >= KILLS && answered.load(Ordering::Relaxed) >= CALLS {
            break;
        }
    }

    let (code, report) = place.run(&["audit", "verify"]);
    assert_eq!(code, 0, "the ledger is whole: {report}");
    let records = place.lines(&["audit", "tail", "-n", "10000000"]);

    let mut opened: BTreeMap<String, usize> = BTreeMap::new();
    let mut unknown = 0;
    for record in &records {
        *opened.entry(name(record, "model", "method")).or_default() += 1;
        unknown += usize::from(record["outcome"] == "unknown");
    }
    // What the gateway itself asks when it starts is recorded under names of its own.
    let told = [
        ("res.users/context_get", "res.users/authenticate"),
        ("null/null", "-/version"),
    ];
    let mut reached: BTreeMap<String, usize> = BTreeMap::new();
    for line in demo.reached() {
        *reached.entry(name(&line, "model", "call")).or_default() += 1;
    }
    for (call, count) in &reached {
        let call = told
            .iter()
            .find(|(asked, _)| asked == call)
            .map_or(call.as_str(), |(_, named)| named);
        let records = opened.get(call).copied().unwrap_or_default();
        assert!(
            records >= *count,
            "{call}: {count} arrived, {records} were recorded"
        );
    }
    let arrived: usize = reached.values().sum();
    println!(
        "{kills} kills, {} answered, {arrived} arrived, {} recorded, {unknown} unknown",
        answered.load(Ordering::Relaxed),
        records.len()
    );
    assert!(
        unknown <= kills * 8,
        "only what was under way at a kill is unknown: {unknown}"
    );
}

fn name(line: &Json, model: &str, method: &str) -> String {
    format!(
        "{}/{}",
        line[model].as_str().unwrap_or("null"),
        line[method].as_str().unwrap_or("null")
    )
}

/// Calls until the gateway is gone.
fn load(url: &str, key: &str, worker: usize, answered: &AtomicUsize) {
    for turn in worker.. {
        let call = CALLED[turn % CALLED.len()];
        let body: &[u8] = if call.ends_with("fields_get") {
            b"{\"allfields\":[\"name\"]}"
        } else {
            b"{\"domain\":[]}"
        };
        let request = http::Request::post(format!("{url}/json/2/{call}"))
            .header("content-type", "application/json")
            .header("x-api-key", key)
            .body(body.to_vec())
            .expect("a request");
        match try_send(request) {
            Ok(got) => {
                assert_eq!(got.status, 200, "{}", got.text());
                answered.fetch_add(1, Ordering::Relaxed);
            }
            Err(_) => return,
        }
    }
}
