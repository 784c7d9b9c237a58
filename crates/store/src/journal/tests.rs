use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt as _;

use portcullis_audit::{Report, Shape};
use portcullis_erp::Dialect;
use portcullis_identity::UpstreamName;

use super::*;
use crate::ledger::Ledger;

const LEDGER: LedgerId = LedgerId(0xfeed);

pub(crate) fn open(folder: &Path, core: u16) -> FileJournal {
    FileJournal::open(folder, core, JournalOptions::new(LEDGER), Timestamp(1)).unwrap()
}

pub(crate) fn call(journal: &mut FileJournal, request: u128) {
    begin(journal, request).unwrap();
    end(journal, request);
}

pub(crate) fn begin(journal: &mut FileJournal, request: u128) -> Result<(), JournalError> {
    begin_at(journal, request, Timestamp(10))
}

pub(crate) fn begin_at(
    journal: &mut FileJournal,
    request: u128,
    at: Timestamp,
) -> Result<(), JournalError> {
    journal.open(&Opening {
        request: RequestId(request),
        at,
        principal: None,
        address: IpAddr::from([127, 0, 0, 1]),
        upstream: &UpstreamName::new("odoo").unwrap(),
        dialect: Dialect::JsonRpc,
        model: "res.partner",
        operation: "read",
        method: "search_read",
        shape: &Shape::default(),
        policy_version: 7,
        rule: "companies",
        would: None,
    })
}

pub(crate) fn end(journal: &mut FileJournal, request: u128) {
    journal.close(Closing {
        request: RequestId(request),
        at: Timestamp(11),
        outcome: Outcome::Done,
        status: 200,
        duration_us: 5,
        bytes_out: 2,
        notes: &[],
    });
}

fn check(folder: &Path) -> Report {
    Ledger::new(folder).verify(&[]).unwrap()
}

#[test]
fn an_opening_is_in_the_file_when_it_returns() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(folder.path(), 3);
    begin(&mut journal, 1).unwrap();
    let report = check(folder.path());
    assert_eq!((report.records, report.unclosed.len()), (1, 1));
    end(&mut journal, 1);
    assert_eq!(check(folder.path()).unclosed.len(), 1);
    journal.flush().unwrap();
    assert_eq!(check(folder.path()).unclosed.len(), 0);
    assert_eq!(journal.writer(), WriterId(3));
    for file in fs::read_dir(folder.path()).unwrap() {
        assert_eq!(
            file.unwrap().metadata().unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}

#[test]
fn a_held_lane_is_left_alone_and_a_free_one_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let mut one = open(folder.path(), 0);
    let mut other = open(folder.path(), 0);
    assert_eq!((one.writer(), other.writer()), (WriterId(0), WriterId(1)));
    call(&mut one, 1);
    call(&mut other, 2);
    drop(one);
    let mut again = open(folder.path(), 0);
    assert_eq!(again.writer(), WriterId(0));
    call(&mut again, 3);
    drop((again, other));
    let report = check(folder.path());
    assert!(report.is_whole(), "{:?}", report.broken);
    assert_eq!((report.records, report.lanes.len()), (3, 2));
    assert_eq!(report.lanes[0].segments, 2);
}

#[test]
fn segments_follow_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let options = JournalOptions {
        segment_bytes: 2000,
        ..JournalOptions::new(LEDGER)
    };
    let mut journal = FileJournal::open(folder.path(), 0, options, Timestamp(1)).unwrap();
    for request in 0..50 {
        call(&mut journal, request);
    }
    drop(journal);
    let report = check(folder.path());
    assert!(report.is_whole(), "{:?}", report.broken);
    assert_eq!((report.records, report.unclosed.len()), (50, 0));
    assert!(report.lanes[0].segments > 5);
}

#[test]
fn a_torn_end_is_noted_by_the_next_segment() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(folder.path(), 0);
    call(&mut journal, 1);
    drop(journal);
    let first = segment::path(folder.path(), WriterId(0), 1);
    let whole = fs::read(&first).unwrap();
    fs::write(&first, &whole[..whole.len() - 30]).unwrap();
    // The next process was killed while it wrote its head, and one before it had written any.
    fs::write(segment::path(folder.path(), WriterId(0), 2), b"{\"n\":").unwrap();
    fs::write(segment::path(folder.path(), WriterId(0), 3), b"").unwrap();
    let mut journal = open(folder.path(), 0);
    call(&mut journal, 2);
    drop(journal);
    let report = check(folder.path());
    assert!(report.is_whole(), "{:?}", report.broken);
    assert_eq!(
        (report.torn.len(), report.unclosed.len(), report.records),
        (2, 1, 2)
    );
}

#[test]
fn a_tail_cut_off_is_found_where_another_lane_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut one = open(folder.path(), 0);
    call(&mut one, 1);
    call(&mut one, 2);
    drop(one);
    drop(open(folder.path(), 1));
    assert!(check(folder.path()).is_whole());
    let first = segment::path(folder.path(), WriterId(0), 1);
    let whole = fs::read(&first).unwrap();
    let cut = whole
        .split_inclusive(|byte| *byte == b'\n')
        .take(3)
        .collect::<Vec<_>>()
        .concat();
    fs::write(&first, cut).unwrap();
    assert!(!check(folder.path()).is_whole());
    fs::remove_file(&first).unwrap();
    assert!(!check(folder.path()).is_whole());
}

#[test]
fn what_cannot_be_written_is_refused_and_the_chain_stays_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(folder.path(), 0);
    call(&mut journal, 1);
    let good = std::mem::replace(&mut journal.file, File::open("/dev/full").unwrap());
    assert!(begin(&mut journal, 2).is_err());
    assert!(journal.flush().is_err());
    journal.file = good;
    call(&mut journal, 3);
    drop(journal);
    let report = check(folder.path());
    assert!(report.is_whole(), "{:?}", report.broken);
    assert_eq!((report.records, report.unclosed.len()), (2, 0));
}

#[test]
fn a_segment_that_cannot_be_begun_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let options = JournalOptions {
        segment_bytes: 500,
        ..JournalOptions::new(LEDGER)
    };
    let mut journal = FileJournal::open(folder.path(), 0, options, Timestamp(1)).unwrap();
    begin(&mut journal, 1).unwrap();
    // An attempt that failed left a piece of a head.
    fs::write(segment::path(folder.path(), WriterId(0), 2), b"{\"n\":").unwrap();
    begin(&mut journal, 2).unwrap();
    drop(journal);
    let report = check(folder.path());
    assert!(report.is_whole(), "{:?}", report.broken);
    assert_eq!((report.records, report.torn.len()), (2, 1));
}
