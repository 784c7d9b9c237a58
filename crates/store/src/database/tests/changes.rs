//! The log of changes: whoever asks what changed since learns all of it, or that it must read
//! everything.

use std::collections::BTreeSet;
use std::time::Duration;

use portcullis_identity::{KeyId, RoleName, Timestamp};
use portcullis_storage::{Changed, Changes, KeyRow, Keys, Point, Roles};

use super::keys::row;
use super::{Place, SqlStore, on_both};

on_both! {
    what_was_made_changed_and_removed_is_told,
    much_is_told_in_pages,
    whoever_knows_a_state_that_was_lost_reads_everything,
    every_way_of_changing_a_key_is_logged,
    a_statement_that_changes_nothing_is_no_change,
    numbers_are_committed_in_their_order,
    what_was_superseded_an_hour_ago_is_forgotten,
    what_a_key_is_in_the_log_stays_revoked,
}

/// A key whose row clashes with no other.
fn key(name: &str) -> KeyRow {
    KeyRow {
        certificate: None,
        ..row(name)
    }
}

async fn since(store: &SqlStore, version: u64) -> Option<Changed> {
    store.since(&Point::of(version), 1000).await.unwrap()
}

/// The ids of keys that were touched since, there or not.
async fn touched(store: &SqlStore, version: u64) -> BTreeSet<KeyId> {
    let changed = since(store, version).await.expect("a version it knows");
    let rows = changed.rows.iter().map(|row| row.id);
    rows.chain(changed.gone.iter().copied()).collect()
}

async fn what_was_made_changed_and_removed_is_told(place: Place) {
    let store = place.open().await;
    let (stays, changes, goes, comes) = (key("a"), key("b"), key("c"), key("d"));
    for row in [&stays, &changes, &goes] {
        Keys::insert(&store, row).await.unwrap();
    }
    let before = store.version().await.unwrap();
    Keys::suspend(&store, &changes.id, Timestamp(5))
        .await
        .unwrap();
    Keys::insert(&store, &comes).await.unwrap();
    let text = "DELETE FROM api_key WHERE id = $1";
    let removed = store.query(text).bind(goes.id.as_str()).execute().await;
    assert_eq!(removed.unwrap(), 1);
    Keys::suspend(&store, &comes.id, Timestamp(6))
        .await
        .unwrap();
    let changed = since(&store, before).await.unwrap();
    let now = store.version().await.unwrap();
    assert_eq!(changed.point, Point::of(now));
    assert_eq!(changed.other, None);
    assert_eq!(changed.gone, [goes.id]);
    let told: Vec<_> = changed
        .rows
        .iter()
        .map(|row| (row.id, row.suspended))
        .collect();
    let expected = [
        (changes.id, Some(Timestamp(5))),
        (comes.id, Some(Timestamp(6))),
    ];
    assert_eq!(told, expected, "each once, as it is now");

    let role = RoleName::new("reader").unwrap();
    Roles::put(&store, &role, "", Timestamp(1)).await.unwrap();
    let role_at = store.version().await.unwrap();
    Keys::resume(&store, &changes.id, Timestamp(7))
        .await
        .unwrap();
    let changed = since(&store, now).await.unwrap();
    assert_eq!(changed.other, Some(role_at));
    assert_eq!(changed.rows.len(), 1);
    assert!(changed.gone.is_empty());
}

async fn much_is_told_in_pages(place: Place) {
    let store = place.open().await;
    let before = store.version().await.unwrap();
    let rows: Vec<KeyRow> = (0..10).map(|n| key(&format!("key {n}"))).collect();
    Keys::insert_all(&store, &rows).await.unwrap();
    // Many of one number, where the database counts by statements.
    store
        .query("UPDATE api_key SET suspended = 1")
        .execute()
        .await
        .unwrap();
    for most in [2, 3, 7, 1000] {
        let (mut point, mut told, mut pages) = (Point::of(before), BTreeSet::new(), 0);
        loop {
            let changed = store.since(&point, most).await.unwrap().unwrap();
            told.extend(changed.rows.iter().map(|row| row.id));
            assert!(changed.rows.iter().all(|row| row.suspended.is_some()));
            assert_ne!(changed.point, point, "it goes on");
            (point, pages) = (changed.point, pages + 1);
            if point.entry.is_none() {
                break;
            }
        }
        assert_eq!(told, rows.iter().map(|row| row.id).collect());
        assert_eq!(point, Point::of(store.version().await.unwrap()));
        assert_eq!(pages > 1, most < 1000);
    }
}

async fn whoever_knows_a_state_that_was_lost_reads_everything(place: Place) {
    let store = place.open().await;
    let one = key("one");
    Keys::insert(&store, &one).await.unwrap();
    let backup = store.version().await.unwrap();
    for at in 2..6 {
        Keys::suspend(&store, &one.id, Timestamp(at)).await.unwrap();
        Keys::resume(&store, &one.id, Timestamp(at)).await.unwrap();
    }
    let lost = store.version().await.unwrap();
    assert!(since(&store, backup).await.is_some());
    // As a backup brings it back, or a server that takes over without the last changes.
    for (text, n) in [
        ("UPDATE change SET n = $1", backup),
        ("DELETE FROM change_log WHERE n > $1", backup),
    ] {
        let n = i64::try_from(n).unwrap();
        store.query(text).bind(n).execute().await.unwrap();
    }
    assert_eq!(since(&store, lost).await, None);
    for at in 2..60 {
        Keys::suspend(&store, &one.id, Timestamp(at)).await.unwrap();
        Keys::resume(&store, &one.id, Timestamp(at)).await.unwrap();
        assert_eq!(
            since(&store, lost).await,
            None,
            "it is not counted to again"
        );
    }
    assert!(since(&store, backup).await.is_some());
    // Whoever counts by hand logs nothing, and is noticed.
    let now = store.version().await.unwrap();
    store
        .query("UPDATE change SET n = n + 1")
        .execute()
        .await
        .unwrap();
    assert_eq!(since(&store, now).await, None);
    assert_eq!(since(&store, u64::MAX).await, None);
}

async fn every_way_of_changing_a_key_is_logged(place: Place) {
    let store = place.open().await;
    let (one, other, third) = (key("one"), key("other"), key("third"));
    let known = |rows: &[&KeyRow]| rows.iter().map(|row| row.id).collect::<BTreeSet<_>>();
    let v = store.version().await.unwrap();
    Keys::insert_all(&store, &[one.clone(), other.clone()])
        .await
        .unwrap();
    assert_eq!(touched(&store, v).await, known(&[&one, &other]));
    let v = store.version().await.unwrap();
    let text = "UPDATE api_key SET id = $2 WHERE id = $1";
    let renamed = store
        .query(text)
        .bind(one.id.as_str())
        .bind(third.id.as_str());
    assert_eq!(renamed.execute().await.unwrap(), 1);
    let changed = since(&store, v).await.unwrap();
    assert_eq!(changed.gone, [one.id]);
    assert_eq!(changed.rows[0].id, third.id);
    let v = store.version().await.unwrap();
    let text = "INSERT INTO api_key (id, digest, name, upstream, erp_login, roles, created) \
                SELECT id, digest, 'again', upstream, erp_login, roles, created FROM api_key \
                WHERE id = $1 \
                ON CONFLICT (id) DO UPDATE SET name = excluded.name";
    let put = store.query(text).bind(other.id.as_str()).execute().await;
    assert_eq!(put.unwrap(), 1);
    assert_eq!(touched(&store, v).await, known(&[&other]));
    let v = store.version().await.unwrap();
    store.query("DELETE FROM api_key").execute().await.unwrap();
    assert_eq!(touched(&store, v).await, known(&[&other, &third]));
}

async fn a_statement_that_changes_nothing_is_no_change(place: Place) {
    let store = place.open().await;
    Keys::insert(&store, &key("one")).await.unwrap();
    let v = store.version().await.unwrap();
    for text in [
        "UPDATE api_key SET name = 'other' WHERE id = 'none'",
        "DELETE FROM api_key WHERE id = 'none'",
        "INSERT INTO api_key SELECT * FROM api_key WHERE id = 'none'",
    ] {
        assert_eq!(store.query(text).execute().await.unwrap(), 0);
        assert_eq!(store.version().await.unwrap(), v, "{text}");
    }
    store
        .query("UPDATE api_key SET name = 'other'")
        .execute()
        .await
        .unwrap();
    assert!(store.version().await.unwrap() > v);
}

/// The argument that a version stands for all that is logged under lower numbers: of two
/// transactions that are under way, the one that counts first is committed first.
async fn numbers_are_committed_in_their_order(place: Place) {
    let (store, elsewhere) = (place.open().await, place.open().await);
    let (one, other) = (key("one"), key("other"));
    Keys::insert_all(&store, &[one.clone(), other.clone()])
        .await
        .unwrap();
    let v = store.version().await.unwrap();
    let mut first = store.begin().await.unwrap();
    let text = "UPDATE api_key SET suspended = 5 WHERE id = $1";
    first
        .query(text)
        .bind(one.id.as_str())
        .execute()
        .await
        .unwrap();
    let second = tokio::spawn(async move {
        Keys::suspend(&elsewhere, &other.id, Timestamp(6))
            .await
            .unwrap();
        elsewhere.version().await.unwrap()
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!second.is_finished(), "it waits for its number");
    assert_eq!(store.version().await.unwrap(), v, "nothing is committed");
    first.commit().await.unwrap();
    let second = second.await.unwrap();
    assert!(second > v);
    let changed = since(&store, v).await.unwrap();
    let told: Vec<_> = changed.rows.iter().map(|row| row.suspended).collect();
    assert_eq!(
        told,
        [Some(Timestamp(5)), Some(Timestamp(6))],
        "in the order of commits"
    );
    assert_eq!(changed.point, Point::of(second));
}

async fn what_was_superseded_an_hour_ago_is_forgotten(place: Place) {
    let store = place.open().await;
    let mut versions = Vec::new();
    for name in ["a", "b", "c"] {
        Keys::insert(&store, &key(name)).await.unwrap();
        versions.push(store.version().await.unwrap());
    }
    let age = 2 * 3_600_000_000_i64;
    for text in [
        "UPDATE change SET n = n - $1",
        "UPDATE change_log SET n = n - $1 WHERE n > 1",
    ] {
        store.query(text).bind(age).execute().await.unwrap();
    }
    let [a, b, c] = versions[..] else {
        unreachable!()
    };
    let aged = |version: u64| version - u64::try_from(age).unwrap();
    assert_eq!(
        store.forget_changes().await.unwrap(),
        0,
        "nothing has changed since"
    );
    Keys::insert(&store, &key("d")).await.unwrap();
    for known in [a, b, c] {
        assert!(since(&store, aged(known)).await.is_some());
    }
    // That of the beginning, and of the first two.
    assert_eq!(store.forget_changes().await.unwrap(), 3);
    assert_eq!(since(&store, aged(a)).await, None);
    assert_eq!(since(&store, aged(b)).await, None);
    assert!(
        since(&store, aged(c)).await.is_some(),
        "whoever slept since learns what changed"
    );
    assert_eq!(store.forget_changes().await.unwrap(), 0);
}

async fn what_a_key_is_in_the_log_stays_revoked(place: Place) {
    let folder = tempfile::tempdir().unwrap();
    let store = place.open().await.remembering(folder.path().join("graves"));
    let one = key("one");
    Keys::insert(&store, &one).await.unwrap();
    Keys::revoke(&store, &one.id, Timestamp(5)).await.unwrap();
    let v = store.version().await.unwrap();
    store
        .query("UPDATE api_key SET revoked = NULL")
        .execute()
        .await
        .unwrap();
    let changed = since(&store, v).await.unwrap();
    assert_eq!(changed.rows[0].revoked, Some(Timestamp(5)));
}

#[tokio::test]
async fn a_row_that_another_one_replaces_in_sqlite_is_logged() {
    let place = Place::file();
    let store = place.open().await;
    let (old, new) = (row("shop"), row("shop"));
    let mut foreign = key("foreign");
    foreign.is_foreign = true;
    Keys::insert_all(&store, &[old.clone(), foreign.clone()])
        .await
        .unwrap();
    let v = store.version().await.unwrap();
    let text = "INSERT OR REPLACE INTO api_key \
                (id, digest, name, upstream, erp_login, roles, created, certificate) \
                SELECT $2, digest, name, upstream, erp_login, roles, created, certificate \
                FROM api_key WHERE id = $1";
    let put = store
        .query(text)
        .bind(old.id.as_str())
        .bind(new.id.as_str());
    put.execute().await.unwrap();
    let changed = since(&store, v).await.unwrap();
    assert_eq!(changed.gone, [old.id]);
    assert_eq!(changed.rows.len(), 1);
    let v = store.version().await.unwrap();
    let text = "UPDATE OR REPLACE api_key SET is_foreign = 1, digest = \
                (SELECT digest FROM api_key WHERE id = $1) WHERE id = $2";
    let put = store
        .query(text)
        .bind(foreign.id.as_str())
        .bind(new.id.as_str());
    put.execute().await.unwrap();
    assert_eq!(since(&store, v).await.unwrap().gone, [foreign.id]);
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn keys_that_were_truncated_in_postgres_are_read_anew() {
    let place = Place::server();
    let store = place.open().await;
    Keys::insert(&store, &key("one")).await.unwrap();
    let v = store.version().await.unwrap();
    Keys::insert(&store, &key("other")).await.unwrap();
    assert!(since(&store, v).await.is_some());
    store.query("TRUNCATE api_key").execute().await.unwrap();
    assert_eq!(since(&store, v).await, None);
    let now = store.version().await.unwrap();
    assert!(now > v);
    Keys::insert(&store, &key("third")).await.unwrap();
    assert_eq!(since(&store, now).await.unwrap().rows.len(), 1);
}
