//! Roles of the store are exchanged under load: no request is lost, and what was narrowed at one
//! gateway holds at all within a second.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::json;

use super::place::{Two, places};
use super::post;
use crate::demo::Demo;
use crate::pause;
use crate::serve::Place;

/// What the keys may see, turn by turn.
const WIDE: &str = "[[rule]]\nname = \"contacts\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"name\", \"email\"]\n";

/// Within which a change holds: a second, and half of one for a machine that is busy.
const HOLDS: u64 = 1500;

const TURNS: usize = 6;

/// What is certain now of a read of addresses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sure {
    Open,
    Shut,
    /// A change is under way.
    Either,
}

fn put(place: &Place, fields: &str) {
    let file = place.path().join("seller.toml");
    std::fs::write(&file, WIDE.replace(r#"["name", "email"]"#, fields)).expect("a file");
    let file = file.to_str().expect("a path");
    let (code, told) = place.run(&["role", "put", "seller", file]);
    assert_eq!(code, 0, "{told}");
}

#[test]
fn a_role_changes_under_load_and_no_request_is_lost() {
    let demo = Demo::start();
    let (_database, place, elsewhere) = places(&demo, demo.fact("/odoo"));
    put(&place, r#"["name", "email"]"#);
    let (code, made) = place.run(&[
        "key",
        "create",
        "shop",
        "--user",
        "integration",
        "--role",
        "seller",
    ]);
    assert_eq!(code, 0, "{made}");
    let key = made["key"].as_str().expect("a key");
    let two = Two::serve(&place, &elsewhere);
    super::become_both(&two, key, 200);

    let sure = Mutex::new(Sure::Open);
    let (over, counts) = (AtomicBool::new(false), [const { AtomicUsize::new(0) }; 2]);
    let body = json!({"domain": [], "fields": ["name", "email"], "limit": 1});
    std::thread::scope(|scope| {
        for served in [&two.one, &two.other] {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !over.load(Ordering::Acquire) {
                        let before = *sure.lock().expect("what is sure");
                        let got = post(&served.url, key, None, "search_read", &body);
                        let status = got.expect("no request is lost").status;
                        let after = *sure.lock().expect("what is sure");
                        assert!(matches!(status, 200 | 403), "{status}");
                        counts[usize::from(status == 403)].fetch_add(1, Ordering::Relaxed);
                        // What began and ended while it was sure is what it must be.
                        match (before, after) {
                            (Sure::Open, Sure::Open) => assert_eq!(status, 200),
                            (Sure::Shut, Sure::Shut) => assert_eq!(status, 403),
                            _ => {}
                        }
                    }
                });
            }
        }
        let turns = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for turn in 0..TURNS {
                let at = [&place, &elsewhere][turn % 2];
                let (fields, next) = if turn % 2 == 0 {
                    (r#"["name"]"#, Sure::Shut)
                } else {
                    (r#"["name", "email"]"#, Sure::Open)
                };
                *sure.lock().expect("what is sure") = Sure::Either;
                put(at, fields);
                pause(HOLDS);
                *sure.lock().expect("what is sure") = next;
                pause(HOLDS);
            }
        }));
        over.store(true, Ordering::Release);
        if let Err(panic) = turns {
            std::panic::resume_unwind(panic);
        }
    });
    let [passed, refused] = counts.map(AtomicUsize::into_inner);
    eprintln!("{passed} passed, {refused} were refused, none was lost");
    assert!(
        passed > 100 && refused > 100,
        "{passed} and {refused} are too few"
    );
}
