//! Sends every recorded exchange with a real ERPNext (v15) under `/api/resource` and
//! `/api/method` to the look-alike, and compares the answers.
//!
//! Two answers agree when
//! - the status and the media type are the same,
//! - the same happens to the session's cookie (kept, set to `Guest`, deleted),
//! - both or neither have a `Location`,
//! - a JSON body has the same shape: the same keys in each object, the same type of each value
//!   (whole numbers and fractions are two types, and so is null), each item of a list like one
//!   of the recorded items, lists empty or not alike; `exc_type` also the same value; the
//!   messages inside `_server_messages` are unpacked and compared likewise,
//! - of an HTML page nothing more; of other bodies whether there is one.
//!
//! Values are not compared: names, moments and sums differ. One site is played through all
//! files in order; session ids, names of made documents and tokens are exchanged for those
//! that the look-alike gave. Sessions and records that the recording relies on without having
//! made them are made by `frappe_recorded/site.rs`, which also completes the two request bodies
//! that are cut off in the recording. What is not served counts as not agreeing.
//!
//! Exchanges under `/api/v2` are compared too, but are not in the figure.
//!
//! `replay_frappe_exceptions.tsv` (file, number, title, reason) lists what does not agree. It
//! may only shrink: the test fails for a listed exchange that agrees and for an unlisted one
//! that does not. There is no switch that rewrites it.

use portcullis_testkit::recorded::Tally;
use portcullis_testkit::recorded::frappe::recordings;
use portcullis_testkit::recorded::frappe::shape::difference;
use portcullis_testkit::recorded::frappe::site::Site;
use portcullis_testkit::recorded::frappe::transcript::Exchange;

const EXCEPTIONS: &str = include_str!("replay_frappe_exceptions.tsv");

/// Whether the exchange counts (version 1) or must agree besides (version 2).
fn is_among(exchange: &Exchange, prefixes: &[&str]) -> bool {
    exchange.request.as_ref().is_some_and(|request| {
        let (_, target) = request.target();
        prefixes.iter().any(|prefix| target.starts_with(prefix))
    })
}

const COUNTED: [&str; 3] = ["/api/resource", "/api/method", "/api/v1/"];
const BESIDES: [&str; 1] = ["/api/v2/"];

#[test]
fn the_look_alike_answers_as_recorded() {
    let Some(recordings) = recordings() else {
        println!("skipped: no recorded exchanges at hand");
        return;
    };
    let mut site = Site::bare();
    // Version 2 must agree as well; it is counted apart, so that the figure says what it did.
    let mut counted = Tally::against(&listed(&COUNTED), 3);
    let mut besides = Tally::against(&listed(&BESIDES), 3);
    for (file, exchanges) in &recordings {
        site.enter(file);
        for exchange in exchanges {
            let (Some(request), Some(recorded)) = (&exchange.request, &exchange.response) else {
                site.note(exchange);
                continue;
            };
            let ours = site.ask(request);
            site.learn(recorded, &ours);
            let tally = if is_among(exchange, &COUNTED) {
                &mut counted
            } else if is_among(exchange, &BESIDES) {
                &mut besides
            } else {
                continue;
            };
            let name = format!("{file}\t{}\t{}", exchange.number, exchange.title);
            let outcome = difference(&request.target().0, recorded, &ours);
            tally.note(&name, outcome.map_or(Ok(()), Err));
        }
    }
    besides.close("version 2, look-alike alone", 60);
    counted.close("ERPNext's look-alike alone", 60);
}

/// The lines of the list that speak of these paths.
fn listed(prefixes: &[&str]) -> String {
    let is_two = prefixes == BESIDES;
    EXCEPTIONS
        .lines()
        .filter(|line| line.starts_with("11-v2-api") == is_two)
        .map(|line| format!("{line}\n"))
        .collect()
}
