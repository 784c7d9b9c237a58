//! How much is kept for one caller.

use serde_json::json;

use super::{CREATE, contact, made, place, post};
use crate::demo::{Demo, Got};

#[test]
fn a_caller_keeps_so_many_keys_and_no_more() {
    let demo = Demo::start();
    let place = place(&demo, "[idempotency]\nper-caller = 2\n");
    let (key, _) = place.key("maker", &[]);
    let served = place.serve();
    let send = |once: &str| {
        post(&served.url, &key, &[once], CREATE, &contact(once))
            .expect("an answer")
            .status
    };
    assert_eq!((send("a"), send("b"), made(&demo)), (200, 200, 2));
    assert_eq!((send("c"), made(&demo)), (429, 0));
    assert_eq!(
        (send("a"), made(&demo)),
        (200, 0),
        "what is kept is still answered"
    );
}

#[test]
fn of_one_callers_answers_so_many_bytes_are_kept_and_the_oldest_make_room() {
    let demo = Demo::start();
    let place = place(&demo, "[idempotency]\ncaller-bytes = 4000\n");
    let (key, _) = place.key("maker", &[]);
    let (second, _) = place.key("second", &[]);
    let served = place.serve();
    let save = |key: &str, once: &str| {
        let body = json!({ "ids": [], "vals": { "name": once, "city": "x".repeat(1000) },
            "specification": { "name": {}, "city": {} } });
        post(&served.url, key, &[once], "res.partner/web_save", &body).expect("an answer")
    };
    let others = save(&second, "z");
    let first: Vec<Got> = ["a", "b", "c"].map(|once| save(&key, once)).into();
    for (once, got) in ["a", "b", "c"].iter().zip(&first) {
        assert_eq!(got.status, 200, "{}", got.text());
        assert_eq!(save(&key, once).text(), got.text(), "there is room for all");
    }
    assert_eq!(save(&key, "d").status, 200);
    demo.reached();
    let gone = save(&key, "a");
    assert_eq!(gone.status, 409, "{}", gone.text());
    assert!(gone.text().contains("was not kept"), "{}", gone.text());
    assert_eq!(save(&key, "b").text(), first[1].text());
    assert_eq!(save(&second, "z").text(), others.text());
    assert!(demo.reached().is_empty(), "nothing of it was sent again");
}
