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

#[cfg(test)]
mod frappe_recorded;

use std::collections::BTreeMap;
use std::path::PathBuf;

use frappe_recorded::shape::difference;
use frappe_recorded::site::Site;
use frappe_recorded::transcript::{self, Exchange};

const EXCEPTIONS: &str = include_str!("replay_frappe_exceptions.tsv");

#[expect(
    clippy::disallowed_methods,
    reason = "a test may be told where the recordings lie"
)]
fn folder() -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let facts =
        std::env::var("PORTCULLIS_FACTS").map_or_else(|_| root.join("../shared"), PathBuf::from);
    let folder = facts.join("frappe/transcripts");
    folder.is_dir().then_some(folder)
}

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
    let Some(folder) = folder() else {
        println!("skipped: no recorded exchanges at hand");
        return;
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "http")
        })
        .collect();
    files.sort();
    let mut excepted: BTreeMap<(String, usize), &str> = EXCEPTIONS
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let mut cells = line.split('\t');
            let (file, number) = (cells.next().unwrap(), cells.next().unwrap());
            ((file.to_owned(), number.parse().unwrap()), line)
        })
        .collect();
    let mut site = Site::new();
    let (mut all, mut agreeing, mut wrong) = (0, 0, Vec::new());
    for path in &files {
        let file = path.file_stem().unwrap().to_str().unwrap().to_owned();
        site.enter(&file);
        for exchange in transcript::read(&std::fs::read(path).unwrap()) {
            let (Some(request), Some(recorded)) = (&exchange.request, &exchange.response) else {
                site.note(&exchange);
                continue;
            };
            let ours = site.ask(request);
            site.learn(recorded, &ours);
            let counts = is_among(&exchange, &COUNTED);
            if !counts && !is_among(&exchange, &BESIDES) {
                continue;
            }
            all += usize::from(counts);
            let listed = excepted.remove(&(file.clone(), exchange.number)).is_some();
            match difference(&request.target().0, recorded, &ours) {
                None => {
                    agreeing += usize::from(counts);
                    if listed {
                        wrong.push(format!(
                            "{file}\t{}\tis listed, but agrees",
                            exchange.number
                        ));
                    }
                }
                Some(_) if listed => {}
                Some(why) => wrong.push(format!(
                    "{file}\t{}\t{}\t{why}",
                    exchange.number, exchange.title
                )),
            }
        }
    }
    println!("{agreeing} of {all} recorded exchanges agree");
    wrong.extend(
        excepted
            .values()
            .map(|line| format!("{line}\tis listed, but not recorded")),
    );
    assert!(
        wrong.is_empty(),
        "{} do not fit the list:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(agreeing * 100 >= all * 60, "only {agreeing} of {all} agree");
}
