use super::*;
use crate::journal::tests::{begin, call, end, open};
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
