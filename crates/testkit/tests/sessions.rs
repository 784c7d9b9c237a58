//! How long a session lasts, in times of our own making.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in what its cases share"
)]

use std::sync::Arc;
use std::time::Duration;

use portcullis_gateway::archive::Safe;
use portcullis_gateway::sessions::{Lasting, OnChange, Secure, Sessions};
use portcullis_identity::{KeyId, Pepper, Secret, SessionToken, Timestamp};
use portcullis_storage::{Sealed, Store};
use portcullis_store::SqlStore;

/// A safe that hides nothing.
struct Open;

impl Safe for Open {
    fn seal(&self, _: &'static str, _: &str, plain: Vec<u8>) -> Option<Sealed> {
        Some(Sealed(plain))
    }
    fn open(&self, _: &'static str, _: &str, sealed: &Sealed) -> Option<Vec<u8>> {
        Some(sealed.0.clone())
    }
    fn digest(&self, _: &[&[u8]]) -> [u8; 32] {
        [0; 32]
    }
}

const MINUTE: i64 = 60_000_000;

fn at(minutes: i64) -> Timestamp {
    Timestamp(1_000 * MINUTE + minutes * MINUTE)
}

fn key() -> KeyId {
    KeyId::new("pck_aaaaaaaaaaaaaaaa").unwrap()
}

/// What one process knows of the sessions of a store: 20 minutes unused, 12 hours in all,
/// three of a key.
fn process(store: &Arc<SqlStore>) -> Sessions {
    let lasting = Lasting {
        idle: Duration::from_secs(20 * 60),
        absolute: Duration::from_secs(12 * 3600),
        per_key: 3,
        secure: Secure::Auto,
        on_new_network: OnChange::Ignore,
        on_new_agent: OnChange::End,
    };
    let pepper = Pepper::new(&Secret::new([7; 32]));
    let store = Arc::clone(store) as Arc<dyn Store>;
    Sessions::new(store, pepper, lasting, Arc::new(Open))
}

async fn store() -> Arc<SqlStore> {
    Arc::new(SqlStore::in_memory().await.unwrap())
}

async fn is_good(sessions: &Sessions, token: &SessionToken, minutes: i64) -> bool {
    sessions.find(token, at(minutes)).await.unwrap().is_some()
}

#[tokio::test]
async fn an_unused_session_ends_and_a_used_one_goes_on() {
    let sessions = process(&store().await);
    let (used, _) = sessions.open(key(), at(0)).await.unwrap();
    let (unused, _) = sessions.open(key(), at(0)).await.unwrap();
    for minutes in [19, 38, 57] {
        assert!(is_good(&sessions, &used, minutes).await, "{minutes}");
    }
    assert!(!is_good(&sessions, &unused, 21).await);
    assert!(!is_good(&sessions, &used, 78).await);
}

#[tokio::test]
async fn no_use_carries_a_session_beyond_its_last_hour() {
    let sessions = process(&store().await);
    let (token, _) = sessions.open(key(), at(0)).await.unwrap();
    for quarter in 1..48 {
        assert!(is_good(&sessions, &token, quarter * 15).await);
    }
    assert!(!is_good(&sessions, &token, 12 * 60).await);
}

#[tokio::test]
async fn what_one_process_ends_another_refuses_within_a_second() {
    let store = store().await;
    let (one, other) = (process(&store), process(&store));
    let (token, digest) = one.open(key(), at(0)).await.unwrap();
    assert!(is_good(&other, &token, 0).await, "it is known at once");
    one.end(&digest).await.unwrap();
    assert!(!is_good(&one, &token, 0).await);
    let second = Timestamp(at(0).micros() + 1_000_000);
    assert!(other.find(&token, second).await.unwrap().is_none());
}

#[tokio::test]
async fn a_use_in_one_process_keeps_a_session_good_in_another() {
    let store = store().await;
    let (one, other) = (process(&store), process(&store));
    let (token, _) = one.open(key(), at(0)).await.unwrap();
    assert!(is_good(&other, &token, 0).await);
    assert!(is_good(&one, &token, 15).await);
    assert!(is_good(&other, &token, 30).await);
}

#[tokio::test]
async fn who_logs_in_again_and_again_keeps_so_many_sessions_and_those_in_use() {
    let sessions = process(&store().await);
    let mut opened = Vec::new();
    for minutes in 0..3 {
        opened.push(sessions.open(key(), at(minutes)).await.unwrap().0);
    }
    for token in &opened {
        assert!(is_good(&sessions, token, 4).await, "a key has three");
    }
    for used in [0, 2] {
        assert!(is_good(&sessions, &opened[used], 6).await);
    }
    opened.push(sessions.open(key(), at(7)).await.unwrap().0);
    let mut good = Vec::new();
    for token in &opened {
        good.push(is_good(&sessions, token, 8).await);
    }
    assert_eq!(good, [true, false, true, true]);
}

#[tokio::test]
async fn sessions_outlive_the_process_and_are_swept_when_they_are_over() {
    let store = store().await;
    let (token, digest) = process(&store).open(key(), at(0)).await.unwrap();
    let (idle, idle_digest) = process(&store).open(key(), at(0)).await.unwrap();
    let after = process(&store);
    assert!(is_good(&after, &token, 19).await);
    after.sweep(at(30)).await.unwrap();
    let kept: &dyn Store = &*store;
    assert!(kept.sessions().look_up(&digest).await.unwrap().is_some());
    assert!(
        kept.sessions()
            .look_up(&idle_digest)
            .await
            .unwrap()
            .is_none()
    );
    assert!(!is_good(&after, &idle, 30).await);
    after.sweep(at(60)).await.unwrap();
    assert!(kept.sessions().look_up(&digest).await.unwrap().is_none());
}

#[tokio::test]
async fn a_store_that_does_not_answer_lets_nobody_in() {
    let store = store().await;
    let sessions = process(&store);
    let (token, digest) = sessions.open(key(), at(0)).await.unwrap();
    store.close().await;
    assert!(is_good(&sessions, &token, 0).await, "it was asked just now");
    assert!(sessions.find(&token, at(1)).await.is_err());
    assert!(sessions.end(&digest).await.is_err());
    assert!(sessions.open(key(), at(1)).await.is_err());
}
