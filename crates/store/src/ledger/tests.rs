use super::*;
use crate::journal::tests::{begin, begin_at, call, end, open};
use crate::{FileJournal, JournalOptions};
use portcullis_audit::LedgerId;
use portcullis_storage::Journal as _;

#[test]
fn records_are_joined_selected_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::new(&folder.path().join("none"));
    assert!(ledger.records(&Selection::default()).unwrap().is_empty());
    assert!(ledger.verify(&[]).unwrap().is_whole());

    let ledger = Ledger::new(folder.path());
    let (mut one, mut other) = (open(folder.path(), 0), open(folder.path(), 1));
    call(&mut one, 1);
    call(&mut other, 2);
    begin(&mut one, 3).unwrap();
    drop((one, other));
    let all = ledger.records(&Selection::default()).unwrap();
    assert_eq!(all.len(), 3);
    assert_eq!(
        all.iter().filter(|record| record.closed.is_none()).count(),
        1
    );
    let unknown = Selection {
        outcome: Some(Verdict::Unknown),
        ..Selection::default()
    };
    let unknown = ledger.records(&unknown).unwrap();
    assert_eq!(unknown.len(), 1);
    assert_eq!(unknown[0].opened.request, RequestId(3));
    let last = Selection {
        last: Some(2),
        ..Selection::default()
    };
    assert_eq!(ledger.records(&last).unwrap().len(), 2);
    let none = Selection {
        model: Some("res.users".into()),
        ..Selection::default()
    };
    assert!(ledger.records(&none).unwrap().is_empty());
    let one = Selection {
        request: Some(RequestId(2)),
        ..Selection::default()
    };
    assert_eq!(ledger.records(&one).unwrap().len(), 1);
}

#[test]
fn a_ledger_is_followed_as_it_grows() {
    let folder = tempfile::tempdir().unwrap();
    let mut follower = Ledger::new(folder.path()).follow();
    let mut journal = open(folder.path(), 0);
    let mut seen = Vec::new();
    for request in 1..=3 {
        begin(&mut journal, request).unwrap();
        follower
            .poll(&mut |record| seen.push(record.opened.request.0))
            .unwrap();
        end(&mut journal, request);
    }
    assert_eq!(seen, [1, 2]);
    journal.flush().unwrap();
    follower
        .poll(&mut |record| seen.push(record.opened.request.0))
        .unwrap();
    follower
        .poll(&mut |record| seen.push(record.opened.request.0))
        .unwrap();
    assert_eq!(seen, [1, 2, 3]);
    assert_eq!(follower.unreadable(), 0);
}

#[test]
fn the_last_records_are_found_without_reading_all() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::new(folder.path());
    let hour = Timestamp(0).plus_millis(3_600_000).micros();
    // Thirty starts of two cores, an hour apart, with one record each.
    for start in 1_u16..=30 {
        let at = Timestamp(i64::from(start) * hour);
        for core in 0..2 {
            let options = JournalOptions::new(LedgerId(1));
            let mut journal = FileJournal::open(folder.path(), core, options, at).unwrap();
            let request = u128::from(start) * 10 + u128::from(core);
            begin_at(&mut journal, request, at.plus_millis(1)).unwrap();
        }
    }
    assert_eq!(ledger.window(2).unwrap().from.get(&WriterId(0)), Some(&29));
    let found = |selection: Selection| -> Vec<u128> {
        let records = ledger.records(&selection).unwrap();
        records
            .iter()
            .map(|record| record.opened.request.0)
            .collect()
    };
    let last = |last| {
        found(Selection {
            last: Some(last),
            ..Selection::default()
        })
    };
    assert_eq!(last(1), [301]);
    assert_eq!(last(3), [291, 300, 301]);
    assert_eq!(last(10).len(), 10);
    assert_eq!(last(100).len(), 60);
    let since = Timestamp(20 * hour);
    let late = found(Selection {
        since: Some(since),
        ..Selection::default()
    });
    assert_eq!((late.len(), late.first()), (22, Some(&200)));
    assert_eq!(found(Selection::default()).len(), 60);
}

#[test]
fn an_altered_byte_in_a_file_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(folder.path(), 0);
    for request in 1..=5 {
        call(&mut journal, request);
    }
    drop(journal);
    let ledger = Ledger::new(folder.path());
    assert!(ledger.verify(&[]).unwrap().is_whole());
    let path = folder.path().join("lane-0000-00000001.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("res.partner", "res.pirates", 1)).unwrap();
    let report = ledger.verify(&[]).unwrap();
    assert_eq!(report.broken.len(), 1);
    assert_eq!(
        report.broken[0].to_string(),
        "lane 0, segment 1, line 2: the line was altered"
    );
    let checkpoint = report.lanes[0].last.unwrap();
    std::fs::write(&path, text).unwrap();
    assert!(ledger.verify(&[checkpoint]).unwrap().is_whole());
    std::fs::remove_file(&path).unwrap();
    assert!(!ledger.verify(&[checkpoint]).unwrap().is_whole());
}
