use portcullis_identity::{KeyId, SessionDigest, Timestamp};
use portcullis_storage::{SessionRow, Store, StoreError};

use super::{Place, on_both};

on_both! {
    a_session_is_opened_touched_ended_and_swept,
    of_too_many_sessions_of_a_key_the_longest_unused_end,
}

async fn a_session_is_opened_touched_ended_and_swept(place: Place) {
    let store = place.open().await;
    let store: &dyn Store = &store;
    let sessions = store.sessions();
    let session = |bits: u8, seen: i64, ends: i64| SessionRow {
        digest: SessionDigest::from_bytes([bits; 32]),
        key: KeyId::new("pck_aaaaaaaaaaaaaaaa").unwrap(),
        opened: Timestamp(1),
        seen: Timestamp(seen),
        ends: Timestamp(ends),
    };
    let one = session(1, 10, 100);
    sessions.open(&one, 9).await.unwrap();
    assert_eq!(sessions.look_up(&one.digest).await.unwrap(), Some(one));
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
        key: KeyId::new(key).unwrap(),
        opened: Timestamp(1),
        seen: Timestamp(seen),
        ends: Timestamp(100),
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
