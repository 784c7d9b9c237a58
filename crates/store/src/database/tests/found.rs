//! Some of the keys: found without reading all.

use portcullis_identity::{KeyDigest, KeyId, Timestamp};
use portcullis_storage::{KeyOrigin, KeyRow, KeyUse, Keys};

use super::keys::row;
use super::{Place, on_both};

on_both! {
    keys_are_read_in_pages_by_their_ids,
    those_of_the_configuration_and_of_a_secret_are_found,
    living_keys_are_counted,
    the_last_use_of_one_key_is_found,
    of_many_keys_all_that_nobody_uses_are_suspended,
}

fn key(name: &str) -> KeyRow {
    KeyRow {
        certificate: None,
        ..row(name)
    }
}

async fn keys_are_read_in_pages_by_their_ids(place: Place) {
    let store = place.open().await;
    let rows: Vec<KeyRow> = (0..7).map(|n| key(&format!("key {n}"))).collect();
    Keys::insert_all(&store, &rows).await.unwrap();
    let (mut read, mut last): (Vec<KeyRow>, Option<KeyId>) = (Vec::new(), None);
    loop {
        let page = store.page(last.as_ref(), 3).await.unwrap();
        let Some(end) = page.last() else { break };
        last = Some(end.id);
        assert!(page.len() <= 3);
        read.extend(page);
    }
    let mut all = Keys::all(&store).await.unwrap();
    all.sort_by_key(|row| row.id);
    assert_eq!(read, all);
    assert_eq!(read.len(), 7);
}

async fn those_of_the_configuration_and_of_a_secret_are_found(place: Place) {
    let store = place.open().await;
    let of = |name: &str, origin, digest, is_foreign| KeyRow {
        origin,
        digest: KeyDigest::from_bytes([digest; 32]),
        is_foreign,
        ..key(name)
    };
    let rows = [
        of("made", KeyOrigin::Made, 1, false),
        of("imported", KeyOrigin::Imported, 2, true),
        of("declared", KeyOrigin::Declared, 3, true),
        of("undeclared", KeyOrigin::Undeclared, 4, false),
    ];
    Keys::insert_all(&store, &rows).await.unwrap();
    let found = store.configured().await.unwrap();
    let mut names: Vec<&str> = found.iter().map(|row| row.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["declared", "undeclared"]);
    let by = |digest| {
        let digest = KeyDigest::from_bytes([digest; 32]);
        let store = &store;
        async move { store.of_secret(&digest).await.unwrap() }
    };
    assert_eq!(by(2).await, Some(rows[1].clone()));
    assert_eq!(by(3).await, Some(rows[2].clone()));
    assert_eq!(by(1).await, None, "it is shown by its id");
    assert_eq!(by(9).await, None);
}

async fn living_keys_are_counted(place: Place) {
    let store = place.open().await;
    let mut endless = key("endless");
    endless.expires = None;
    let rows = [key("living"), endless, key("revoked"), key("suspended")];
    Keys::insert_all(&store, &rows).await.unwrap();
    Keys::revoke(&store, &rows[2].id, Timestamp(2))
        .await
        .unwrap();
    Keys::suspend(&store, &rows[3].id, Timestamp(2))
        .await
        .unwrap();
    assert_eq!(store.count(Timestamp(99)).await.unwrap(), 3);
    assert_eq!(
        store.count(Timestamp(100)).await.unwrap(),
        1,
        "the others have expired"
    );
}

async fn the_last_use_of_one_key_is_found(place: Place) {
    let store = place.open().await;
    let (one, other) = (key("one"), key("other"));
    Keys::insert_all(&store, &[one.clone(), other.clone()])
        .await
        .unwrap();
    let used = KeyUse {
        key: one.id,
        at: Timestamp(8),
        address: "192.0.2.1".parse().unwrap(),
        dialect: "json2".to_owned(),
    };
    store.used(std::slice::from_ref(&used)).await.unwrap();
    assert_eq!(store.last_use(&one.id).await.unwrap(), Some(used));
    assert_eq!(store.last_use(&other.id).await.unwrap(), None);
}

async fn of_many_keys_all_that_nobody_uses_are_suspended(place: Place) {
    let store = place.open().await;
    let rows: Vec<KeyRow> = (0..1_203).map(|_| key("shop")).collect();
    Keys::insert_all(&store, &rows).await.unwrap();
    let used: Vec<KeyUse> = rows
        .iter()
        .step_by(3)
        .map(|row| KeyUse {
            key: row.id,
            at: Timestamp(40),
            address: "192.0.2.1".parse().unwrap(),
            dialect: "rest".to_owned(),
        })
        .collect();
    store.used(&used).await.unwrap();
    let suspended = store.suspend_unused(Timestamp(30), Timestamp(60)).await;
    assert_eq!(suspended.unwrap().len(), 802);
    for (at, row) in rows.iter().enumerate().step_by(100) {
        let kept = Keys::find(&store, &row.id).await.unwrap().unwrap();
        assert_eq!(kept.suspended.is_none(), at % 3 == 0, "{at}");
    }
}
