//! Keys are made, rotated and revoked while others are used: no request is lost that should
//! pass, and none passes that should not.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

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

#[test]
fn keys_change_under_load_without_a_wrong_answer() {
    let demo = Demo::start();
    let (_database, place, elsewhere) = places(&demo, demo.fact("/odoo"));
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
