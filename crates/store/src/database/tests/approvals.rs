use std::sync::Arc;

use portcullis_audit::RequestId;
use portcullis_identity::{ErpLogin, KeyId, Timestamp, UpstreamName};
use portcullis_storage::{
    ApprovalRow, ApprovalState, Approvals, Asked, Decided, Part, Sealed, Waiting,
};

use super::{Place, on_both};

on_both! {
    of_a_hundred_who_ask_at_once_one_makes_an_entry_and_one_uses_it_up,
    no_more_wait_than_may,
    an_entry_is_decided_once_in_its_time_and_another_call_is_another_entry,
    what_is_over_is_forgotten_its_values_first,
    who_had_a_key_in_hands_had_its_successors,
}

const MOST: Waiting = Waiting {
    per_caller: 10,
    most: 15,
};

fn entry(id: u128, caller: &str, call: u8, at: i64) -> ApprovalRow {
    ApprovalRow {
        id: RequestId(id),
        caller: caller.into(),
        call: [call; 32],
        asked: Timestamp(at),
        ends: Timestamp(at + 100),
        name: "shop".to_owned(),
        kind: "integration".to_owned(),
        key: Some(KeyId::new("pck_aaaqeayeaudaocaj").unwrap()),
        upstream: UpstreamName::new("odoo").unwrap(),
        login: ErpLogin::new("integration").unwrap(),
        model: "res.partner".to_owned(),
        method: "write".to_owned(),
        operation: "write".to_owned(),
        rule: "shop/contacts".to_owned(),
        sealed: Some(Sealed(vec![1, 2])),
        state: ApprovalState::Waits,
        decided: None,
    }
}

fn said(at: i64) -> Decided {
    Decided {
        by: "ann".to_owned(),
        at: Timestamp(at),
        why: Some("fine".to_owned()),
    }
}

/// What comes of asking at once, by four processes.
async fn at_once(place: &Place, rows: Vec<ApprovalRow>) -> Vec<Asked> {
    let mut stores = Vec::new();
    for _ in 0..4 {
        stores.push(Arc::new(place.open().await));
    }
    let mut tasks = tokio::task::JoinSet::new();
    for (row, store) in rows.into_iter().zip(stores.iter().cycle()) {
        let store = Arc::clone(store);
        tasks.spawn(async move { store.ask(&row, MOST).await.unwrap() });
    }
    tasks.join_all().await
}

async fn of_a_hundred_who_ask_at_once_one_makes_an_entry_and_one_uses_it_up(place: Place) {
    let all = |from: u128, at| (0..100).map(|id| entry(from + id, "one", 1, at)).collect();
    let first = at_once(&place, all(0, 10)).await;
    let queued = first.iter().filter(|asked| **asked == Asked::Queued);
    assert_eq!(queued.count(), 1);
    let ids: std::collections::BTreeSet<RequestId> = first
        .iter()
        .filter_map(|asked| match asked {
            Asked::Waits(row) => Some(row.id),
            Asked::Queued | Asked::Used(_) | Asked::Rejected(_) | Asked::Full => None,
        })
        .collect();
    assert_eq!(ids.len(), 1, "the others wait for the same: {first:?}");
    let store = place.open().await;
    let id = *ids.first().unwrap();
    assert!(
        store
            .decide(id, ApprovalState::Approved, &said(20), Timestamp(200))
            .await
            .unwrap()
    );
    let second = at_once(&place, all(1000, 30)).await;
    let used = second
        .iter()
        .filter(|asked| matches!(asked, Asked::Used(_)));
    assert_eq!(used.count(), 1, "{second:?}");
    let queued = second.iter().filter(|asked| **asked == Asked::Queued);
    assert_eq!(queued.count(), 1, "the next one waits anew");
}

async fn no_more_wait_than_may(place: Place) {
    let one = (0..20).map(|call| entry(u128::from(call), "one", call, 10));
    let asked = at_once(&place, one.collect()).await;
    let queued = |asked: &[Asked]| asked.iter().filter(|one| **one == Asked::Queued).count();
    assert_eq!(queued(&asked), 10);
    assert!(asked.contains(&Asked::Full));
    let two = (0..20).map(|call| entry(100 + u128::from(call), "two", call, 10));
    assert_eq!(queued(&at_once(&place, two.collect()).await), 5);
    // What is over makes room.
    let later = (0..20).map(|call| entry(200 + u128::from(call), "two", call, 200));
    assert_eq!(queued(&at_once(&place, later.collect()).await), 10);
}

async fn an_entry_is_decided_once_in_its_time_and_another_call_is_another_entry(place: Place) {
    let store = place.open().await;
    let one = entry(1, "one", 1, 10);
    assert_eq!(store.ask(&one, MOST).await.unwrap(), Asked::Queued);
    assert_eq!(store.find(one.id).await.unwrap(), Some(one.clone()));
    let decide = async |id: u128, state, at: i64| {
        let said = said(at);
        store
            .decide(RequestId(id), state, &said, Timestamp(at + 50))
            .await
            .unwrap()
    };
    assert!(!decide(1, ApprovalState::Approved, 110).await, "too late");
    assert!(
        !decide(2, ApprovalState::Approved, 20).await,
        "there is none"
    );
    assert!(decide(1, ApprovalState::Approved, 20).await);
    assert!(
        !decide(1, ApprovalState::Rejected, 20).await,
        "decided before"
    );
    for other in [entry(3, "two", 1, 30), entry(4, "one", 2, 30)] {
        assert_eq!(
            store.ask(&other, MOST).await.unwrap(),
            Asked::Queued,
            "{other:?}"
        );
    }
    // Too late to be used.
    let late = entry(5, "one", 1, 70);
    assert_eq!(store.ask(&late, MOST).await.unwrap(), Asked::Queued);
    assert!(decide(5, ApprovalState::Approved, 80).await);
    let Asked::Used(used) = store.ask(&entry(6, "one", 1, 90), MOST).await.unwrap() else {
        panic!("it was approved")
    };
    assert_eq!((used.id, used.decided), (RequestId(5), Some(said(80))));
    let kept = store.find(RequestId(5)).await.unwrap().unwrap();
    assert_eq!((kept.state, kept.sealed), (ApprovalState::Used, None));

    assert!(decide(4, ApprovalState::Rejected, 40).await);
    let again = store.ask(&entry(7, "one", 2, 60), MOST).await.unwrap();
    let Asked::Rejected(rejected) = again else {
        panic!("it was rejected: {again:?}")
    };
    assert_eq!((rejected.decided, rejected.sealed), (Some(said(40)), None));
    let anew = store.ask(&entry(8, "one", 2, 100), MOST).await.unwrap();
    assert_eq!(anew, Asked::Queued, "a rejection is over, too");
}

async fn what_is_over_is_forgotten_its_values_first(place: Place) {
    let store = place.open().await;
    for id in 0..5_u8 {
        let row = entry(id.into(), "one", id, i64::from(id) * 100);
        store.ask(&row, MOST).await.unwrap();
    }
    let part = |after, most| Part { after, most };
    let ids = async |part| {
        let rows = store.part(&part).await.unwrap();
        assert!(rows.iter().all(|row| row.sealed.is_none()));
        rows.iter().map(|row| row.id.0).collect::<Vec<_>>()
    };
    assert_eq!(ids(part(None, 2)).await, [4, 3]);
    let after = (Timestamp(300), RequestId(3));
    assert_eq!(ids(part(Some(after), 9)).await, [2, 1, 0]);
    assert_eq!(
        store.forget(Timestamp(300), Timestamp(150)).await.unwrap(),
        1
    );
    assert_eq!(ids(part(None, 9)).await, [4, 3, 2, 1]);
    let sealed = async |id| store.find(RequestId(id)).await.unwrap().unwrap().sealed;
    assert_eq!((sealed(1).await, sealed(2).await), (None, None));
    assert!(sealed(3).await.is_some());
}

async fn who_had_a_key_in_hands_had_its_successors(place: Place) {
    let store = place.open().await;
    let [old, new, other] =
        ["b", "c", "d"].map(|last| KeyId::new(&format!("pck_aaaqeayeaudaoca{last}")).unwrap());
    store.touched(&old, None, "ann").await.unwrap();
    store.touched(&old, None, "ann").await.unwrap();
    store.touched(&new, Some(&old), "bob").await.unwrap();
    assert_eq!(store.hands(&old).await.unwrap(), ["ann"]);
    assert_eq!(store.hands(&new).await.unwrap(), ["ann", "bob"]);
    assert_eq!(store.hands(&other).await.unwrap(), Vec::<String>::new());
}
