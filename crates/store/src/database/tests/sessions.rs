use portcullis_identity::{ErpLogin, KeyId, SessionDigest, Style, Timestamp, UpstreamName};
use portcullis_storage::{
    Opener, PersonEnd, PersonRow, Sealed, SessionRow, Store, StoreError, Whose,
};

use super::{Place, on_both};

on_both! {
    a_session_is_opened_touched_ended_and_swept,
    of_too_many_sessions_of_a_key_the_longest_unused_end,
    a_persons_sessions_are_kept_exchanged_listed_and_ended_together,
    that_all_sessions_of_a_person_were_ended_is_remembered_and_told_to_running_gateways,
}

async fn a_session_is_opened_touched_ended_and_swept(place: Place) {
    let store = place.open().await;
    let store: &dyn Store = &store;
    let sessions = store.sessions();
    let session = |bits: u8, seen: i64, ends: i64| SessionRow {
        digest: SessionDigest::from_bytes([bits; 32]),
        opener: Opener::Key(KeyId::new("pck_aaaaaaaaaaaaaaaa").unwrap()),
        style: Some(Style::Password),
        opened: Timestamp(1),
        seen: Timestamp(seen),
        ends: Timestamp(ends),
        network: String::new(),
        agent: Vec::new(),
    };
    let one = session(1, 10, 100);
    sessions.open(&one, 9).await.unwrap();
    assert_eq!(
        sessions.look_up(&one.digest).await.unwrap(),
        Some(one.clone())
    );
    let again = sessions.open(&one, 9).await.unwrap_err();
    assert!(matches!(again, StoreError::Exists { what: "session" }));

    sessions.touch(&one.digest, Timestamp(20)).await.unwrap();
    sessions.touch(&one.digest, Timestamp(15)).await.unwrap();
    let found = sessions.look_up(&one.digest).await.unwrap().unwrap();
    assert_eq!(found.seen, Timestamp(20), "never back");

    assert!(sessions.end(&one.digest).await.unwrap());
    assert!(!sessions.end(&one.digest).await.unwrap());
    sessions.touch(&one.digest, Timestamp(30)).await.unwrap();
    assert_eq!(sessions.look_up(&one.digest).await.unwrap(), None);

    let (idle, over, good) = (session(2, 5, 100), session(3, 40, 50), session(4, 40, 100));
    for row in [&idle, &over, &good] {
        sessions.open(row, 9).await.unwrap();
    }
    let swept = sessions.sweep(Timestamp(50), Timestamp(6)).await.unwrap();
    assert_eq!(swept, 2);
    assert_eq!(sessions.look_up(&good.digest).await.unwrap(), Some(good));
    assert_eq!(sessions.look_up(&over.digest).await.unwrap(), None);
}

async fn of_too_many_sessions_of_a_key_the_longest_unused_end(place: Place) {
    let store = place.open().await;
    let store: &dyn Store = &store;
    let sessions = store.sessions();
    let session = |bits: u8, key: &str, seen: i64| SessionRow {
        digest: SessionDigest::from_bytes([bits; 32]),
        opener: Opener::Key(KeyId::new(key).unwrap()),
        style: Some(Style::Password),
        opened: Timestamp(1),
        seen: Timestamp(seen),
        ends: Timestamp(100),
        network: String::new(),
        agent: Vec::new(),
    };
    let (key, other) = ("pck_aaaaaaaaaaaaaaaa", "pck_bbbbbbbbbbbbbbbb");
    for (row, ended) in [
        (session(1, key, 1), 0),
        (session(2, other, 1), 0),
        (session(3, key, 2), 0),
    ] {
        assert_eq!(sessions.open(&row, 2).await.unwrap(), ended);
    }
    let used = session(1, key, 1).digest;
    sessions.touch(&used, Timestamp(9)).await.unwrap();
    let new = session(4, key, 3);
    assert_eq!(sessions.open(&new, 2).await.unwrap(), 1);
    let mut there = Vec::new();
    for bits in 1..=4 {
        let digest = SessionDigest::from_bytes([bits; 32]);
        there.push(sessions.look_up(&digest).await.unwrap().is_some());
    }
    assert_eq!(there, [true, true, false, true], "another key's stays");
    let last = session(5, key, 4);
    assert_eq!(sessions.open(&last, 1).await.unwrap(), 2);
    assert_eq!(sessions.look_up(&last.digest).await.unwrap(), Some(last));
}

async fn a_persons_sessions_are_kept_exchanged_listed_and_ended_together(place: Place) {
    let store = place.open().await;
    let store: &dyn Store = &store;
    let sessions = store.sessions();
    let session = |bits: u8, upstream: &str, login: &str| SessionRow {
        digest: SessionDigest::from_bytes([bits; 32]),
        opener: Opener::Person(PersonRow {
            upstream: UpstreamName::new(upstream).unwrap(),
            login: ErpLogin::new(login).unwrap(),
            uid: (upstream == "odoo").then_some(7),
            sealed: Sealed(vec![bits; 9]),
        }),
        style: (upstream == "odoo").then_some(Style::Password),
        opened: Timestamp(i64::from(bits)),
        seen: Timestamp(i64::from(bits)),
        ends: Timestamp(100),
        network: "192.0.2.0/24".to_owned(),
        agent: vec![bits; 32],
    };
    let rows = [
        session(1, "odoo", "anna"),
        session(2, "odoo", "anna"),
        session(3, "erpnext", "anna"),
        session(4, "odoo", "anna b"),
    ];
    for row in &rows {
        assert_eq!(sessions.open(row, 2).await.unwrap(), 0);
    }
    let mut newest = rows.to_vec();
    newest.reverse();
    assert_eq!(sessions.all().await.unwrap(), newest);

    let mut exchanged = rows[0].clone();
    let Opener::Person(person) = &mut exchanged.opener else {
        panic!("a person's")
    };
    person.sealed = Sealed(vec![9; 5]);
    let sealed = person.sealed.clone();
    sessions.exchange(&exchanged.digest, &sealed).await.unwrap();
    let found = sessions.look_up(&exchanged.digest).await.unwrap();
    assert_eq!(found, Some(exchanged));

    assert_eq!(
        sessions.open(&session(5, "odoo", "anna"), 2).await.unwrap(),
        1
    );
    let odoo = UpstreamName::new("odoo").unwrap();
    let anna = Whose::Person(odoo, ErpLogin::new("anna").unwrap());
    let now = Timestamp(50);
    assert_eq!(sessions.end_of(&anna, now).await.unwrap().len(), 2);
    assert_eq!(sessions.end_of(&anna, now).await.unwrap(), []);
    let left = sessions.all().await.unwrap();
    assert_eq!(left, [rows[3].clone(), rows[2].clone()]);
}

async fn that_all_sessions_of_a_person_were_ended_is_remembered_and_told_to_running_gateways(
    place: Place,
) {
    let store = place.open().await;
    let store: &dyn Store = &store;
    let sessions = store.sessions();
    let odoo = UpstreamName::new("odoo").unwrap();
    let whose = |login: &str| Whose::Person(odoo.clone(), ErpLogin::new(login).unwrap());
    let end = |login: &str, at: i64| PersonEnd {
        upstream: odoo.clone(),
        login: ErpLogin::new(login).unwrap(),
        at: Timestamp(at),
    };
    let ends = async || {
        let mut all = sessions.ends().await.unwrap();
        all.sort_by_key(|end| end.login.clone());
        all
    };
    let mut version = store.version().await.unwrap();
    let mut is_told = async || {
        let before = std::mem::replace(&mut version, store.version().await.unwrap());
        version > before
    };
    let key = Whose::Key(KeyId::new("pck_aaaaaaaaaaaaaaaa").unwrap());
    sessions.end_of(&key, Timestamp(5)).await.unwrap();
    assert!(!is_told().await, "a key tells each process itself");
    assert_eq!(ends().await, []);

    // Also where there was no session in the store.
    sessions.end_of(&whose("anna"), Timestamp(7)).await.unwrap();
    assert!(is_told().await);
    sessions.end_of(&whose("bert"), Timestamp(9)).await.unwrap();
    assert_eq!(ends().await, [end("anna", 7), end("bert", 9)]);
    assert!(is_told().await);
    // Each end is another moment, whatever the clock says.
    sessions.end_of(&whose("anna"), Timestamp(3)).await.unwrap();
    assert_eq!(ends().await[0], end("anna", 8));
    sessions
        .end_of(&whose("anna"), Timestamp(20))
        .await
        .unwrap();
    assert_eq!(ends().await[0], end("anna", 20));
    assert!(is_told().await);
    sessions.forget_ends(Timestamp(20)).await.unwrap();
    assert_eq!(ends().await, [end("anna", 20)]);
}
