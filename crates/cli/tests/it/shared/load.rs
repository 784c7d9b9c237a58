//! Keys are made, rotated and revoked while others are used: no request is lost that should
//! pass, and none passes that should not.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use portcullis_testkit::postgres::Database;

use super::place::{Two, places};
use super::{become_both, count};
use crate::demo::Demo;
use crate::pause;

/// How often a key goes through its life.
const LIVES: usize = 3;

/// What a second is on a machine that is busy with other tests.
const SECOND: u64 = 1500;

/// What is used all the while.
#[derive(Default)]
struct Traffic {
    /// Keys that must open at both.
    open: Mutex<Vec<String>>,
    /// Keys that must open at neither.
    shut: Mutex<Vec<String>>,
    over: AtomicBool,
    passed: AtomicUsize,
    refused: AtomicUsize,
}

fn held(keys: &Mutex<Vec<String>>) -> Vec<String> {
    keys.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn put(keys: &Mutex<Vec<String>>, key: &str) {
    keys.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(key.to_owned());
}

fn take(keys: &Mutex<Vec<String>>, key: &str) {
    keys.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .retain(|held| held != key);
}

impl Traffic {
    /// Uses every key at both gateways until it is over. A key that is taken off its list
    /// while it is being used counts neither way.
    fn flow(&self, two: &Two) {
        while !self.over.load(Ordering::Acquire) {
            for (keys, expected, tally) in [
                (&self.open, 200, &self.passed),
                (&self.shut, 401, &self.refused),
            ] {
                for key in held(keys) {
                    for served in [&two.one, &two.other] {
                        let status = count(served, &key);
                        let still = held(keys).contains(&key);
                        assert!(
                            !still || status == expected,
                            "{status} instead of {expected}"
                        );
                        tally.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
        }
    }
}

/// So many keys that reading all of them at each change would take too long.
const MANY: usize = 30_000;

/// Keys of one name that nobody holds: for the gateways they are keys like any other.
fn add_many(database: &Database) {
    database.sql(&format!(
        "INSERT INTO api_key (id, digest, name, upstream, erp_login, roles, created) \
         SELECT 'pck_' || translate(lpad(to_hex(n), 16, 'z'), '0189', 'ghij'), \
                sha256(n::text::bytea), 'nobody', 'odoo', 'integration', 'maker', n \
         FROM generate_series(1, {MANY}) AS n"
    ));
    let count = database.sql("SELECT count(*) FROM api_key WHERE name = 'nobody'");
    assert_eq!(count, MANY.to_string());
}

/// A thousand of them change in one step.
fn change_a_thousand(database: &Database, turn: usize) {
    database.sql(&format!(
        "UPDATE api_key SET suspended = {turn} \
         WHERE name = 'nobody' AND created % 30 = {turn} AND suspended IS NULL"
    ));
    let count = database.sql("SELECT count(*) FROM api_key WHERE suspended IS NOT NULL");
    assert!(count.parse::<usize>().expect("a number") >= 1000, "{count}");
}

#[test]
fn keys_change_under_load_without_a_wrong_answer() {
    change_under_load(|_| {}, |_, _| {});
}

#[test]
fn keys_change_under_load_among_many_without_a_wrong_answer() {
    change_under_load(add_many, change_a_thousand);
}

/// Keys live their lives at two gateways while others are used. `before` these serve, and in
/// each `turn`, something else happens in their database.
fn change_under_load(before: impl Fn(&Database), turn: impl Fn(&Database, usize)) {
    let demo = Demo::start();
    let (database, place, elsewhere) = places(&demo, demo.fact("/odoo"));
    before(&database);
    let two = Two::serve(&place, &elsewhere);
    let (steady, _) = place.key("steady", &[]);
    become_both(&two, &steady, 200);
    let traffic = Traffic::default();
    put(&traffic.open, &steady);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| traffic.flow(&two));
        }
        // Whatever happens here, the others are let go.
        let lives = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for life in 0..LIVES {
                let (made_at, changed_at) = if life % 2 == 0 {
                    (&place, &elsewhere)
                } else {
                    (&elsewhere, &place)
                };
                let (key, id) = made_at.key(&format!("shop {life}"), &[]);
                pause(SECOND);
                turn(&database, life);
                put(&traffic.open, &key);
                let (code, made) = changed_at.run(&["key", "rotate", &id, "--overlap", "1h"]);
                assert_eq!(code, 0, "{made}");
                let next = made["key"].as_str().expect("a key").to_owned();
                pause(SECOND);
                put(&traffic.open, &next);
                take(&traffic.open, &key);
                assert_eq!(changed_at.run(&["key", "revoke", &id]).0, 0);
                pause(SECOND);
                put(&traffic.shut, &key);
                // One stays open, one is shut; the others make room.
                take(&traffic.open, &next);
                let next_id = made["id"].as_str().expect("an id");
                assert_eq!(made_at.run(&["key", "suspend", next_id]).0, 0);
                pause(SECOND);
                put(&traffic.shut, &next);
            }
            pause(SECOND);
        }));
        traffic.over.store(true, Ordering::Release);
        if let Err(panic) = lives {
            std::panic::resume_unwind(panic);
        }
    });
    let (passed, refused) = (traffic.passed.into_inner(), traffic.refused.into_inner());
    eprintln!("{passed} requests passed that should, {refused} were refused that should be");
    assert!(
        passed > 100 && refused > 100,
        "{passed} and {refused} are too few"
    );
}
