//! Replays recorded exchanges with a real Odoo 19 against the look-alike.
//!
//! Every recorded exchange under `/xmlrpc`, `/jsonrpc` and `/json/2` is sent over a socket,
//! in the order of its number and with the recorded users, passwords and keys, and compared:
//!
//! - the HTTP status, and the content type (type and charset);
//! - the shape of the body: keys of maps, types of values, codes and class names of faults,
//!   the echoed id. Texts, numbers, dates and the length of lists may differ, for the data
//!   are others;
//! - within rows, `false` stands for any empty field, and an empty list for any list; rows are
//!   compared key by key, list members with any member of the recorded list;
//! - `fields_get` of everything may name fewer fields than recorded, but none that was not,
//!   and each described alike (the recorded `help` texts, `digits` and a few rarer facts are
//!   left out by the look-alike);
//! - `debug` and tracebacks are texts like any other; HTML pages are compared by status and
//!   type only;
//! - a recorded answer that its recorder cut off is compared as far as its outermost type;
//! - a request that was never answered must not be answered within three seconds.
//!
//! The exceptions are listed in `replay_odoo_exceptions.tsv`. The list may only shrink: the
//! test fails when a listed exchange agrees and when one that is not listed does not. There is
//! no switch to write it anew.

use portcullis_testkit::recorded::Tally;
use portcullis_testkit::recorded::odoo::{Lab, recordings, shape};

const EXCEPTIONS: &str = include_str!("replay_odoo_exceptions.tsv");

/// At least so many of a hundred must agree, whatever the list says.
const LEAST: usize = 70;

#[test]
fn the_look_alike_answers_as_the_real_one_did() {
    let Some(recordings) = recordings() else {
        println!("skipped: no recorded exchanges at hand");
        return;
    };
    let stock = Lab::start(&recordings, |_| {});
    let several = Lab::start(&recordings, |options| {
        options.other_databases.push("lab2".to_owned())
    });
    let silent = Lab::start(&recordings, |options| options.list_databases = false);
    let guarded = Lab::start(&recordings, |_| {});
    let mut tally = Tally::against(EXCEPTIONS, 1);
    for recording in recordings.iter().filter(|recording| recording.is_rpc()) {
        match recording.number {
            // What the recorder did meanwhile by other roads: it moved a key's end into the past,
            // gave a user a second factor, and signed up on the web page.
            781 => stock.odoo.expire_key(&recording.texts()[1]),
            786 => guarded.odoo.require_second_factor("basic"),
            902 => stock.sign_up(&recording.texts()[1], &recording.texts()[2], 12),
            _ => {}
        }
        let lab = if recording.name.contains("-multidb-") {
            &several
        } else if recording.name.contains("-nolist-") {
            &silent
        } else if recording.number == 786 {
            &guarded
        } else {
            &stock
        };
        tally.note(&recording.name, lab.replay(recording).0);
    }
    tally.close("Odoo's look-alike alone", LEAST);
}

/// The comparison itself, on answers that differ in one thing from a recorded one.
#[test]
fn the_comparison_tells_what_differs() {
    let Some(recordings) = recordings() else {
        println!("skipped: no recorded exchanges at hand");
        return;
    };
    let of = |number: u32| {
        recordings
            .iter()
            .find(|recording| recording.number == number)
            .unwrap()
    };
    let check = |number: u32, from: &str, to: &str| {
        let (recording, mut ours) = (of(number), of(number).reply.clone());
        if let Some(reply) = &mut ours {
            let body = String::from_utf8(reply.body.clone()).unwrap();
            assert!(body.contains(from), "{body}");
            reply.body = body.replacen(from, to, 1).into_bytes();
        }
        shape::compare(recording, recording.reply.as_ref(), ours.as_ref())
    };
    // Other data are no other shape.
    assert_eq!(check(400, "Acme", "Umbra"), Ok(()));
    assert_eq!(check(20, "Acme", "Umbra"), Ok(()));
    // A key more, another type, another fault, another exception are.
    assert!(check(400, "\"email\"", "\"mail\"").is_err());
    assert!(check(400, "\"id\": 9", "\"id\": \"9\"").is_err());
    assert!(check(20, "<int>9</int>", "<string>9</string>").is_err());
    assert!(check(43, "<int>4</int>", "<int>3</int>").is_err());
    assert!(check(433, "AccessError", "MissingError").is_err());
    assert!(check(239, "builtins.TypeError", "builtins.ValueError").is_err());
    assert!(check(201, "7", "false").is_err());
    assert!(shape::compare(of(400), of(400).reply.as_ref(), of(433).reply.as_ref()).is_err());
    assert!(shape::compare(of(400), of(400).reply.as_ref(), None).is_err());
}
