//! Lists that may be long, in parts: each row stands in one part, in the order of the whole.

use portcullis_identity::{
    AdminKeyId, ErpLogin, KeyDigest, KeyId, Networks, Scope, SessionDigest, Style, Timestamp,
    UpstreamName,
};
use portcullis_storage::{
    AdminKeyRow, KeyRow, KeyUse, Opener, Part, Sealed, Select, SessionRow, Store,
};

use super::keys::row;
use super::{Place, on_both};

on_both! {
    keys_are_read_in_parts_with_their_last_use,
    keys_of_a_user_and_living_ones_are_told_from_the_others,
    a_key_that_was_revoked_is_revoked_in_a_part_too_when_an_old_backup_is_restored,
    administrative_keys_are_read_in_parts,
    sessions_are_read_in_parts_the_newest_first,
    erp_users_are_read_in_parts,
}

/// A key whose row clashes with no other.
fn key(name: &str, created: i64) -> KeyRow {
    KeyRow {
        created: Timestamp(created),
        certificate: None,
        ..row(name)
    }
}

async fn told(store: &dyn Store, most: u32, select: Select<'_>) -> Vec<Vec<KeyRow>> {
    let mut part = Part { after: None, most };
    let mut all = Vec::new();
    loop {
        let found = store.keys().part(&part, select).await.unwrap();
        let Some((last, _)) = found.last() else {
            return all;
        };
        part.after = Some((last.created, last.id));
        all.push(found.into_iter().map(|(row, _)| row).collect());
    }
}

async fn keys_are_read_in_parts_with_their_last_use(place: Place) {
    let store: &dyn Store = &place.open().await;
    let keys = store.keys();
    // Several were made at the same moment, and one before the first day of the calendar.
    let rows: Vec<KeyRow> = [5, 5, 5, 5, -9, 7]
        .iter()
        .map(|created| key("shop", *created))
        .collect();
    keys.insert_all(&rows).await.unwrap();
    let used = KeyUse {
        key: rows[4].id,
        at: Timestamp(8),
        address: "192.0.2.1".parse().unwrap(),
        dialect: "json2".to_owned(),
    };
    keys.used(std::slice::from_ref(&used)).await.unwrap();
    let whole = keys.all().await.unwrap();
    let parts = told(store, 2, Select::default()).await;
    assert_eq!(parts.concat(), whole);
    assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 2]);
    let first = Part {
        after: None,
        most: 2,
    };
    let first = keys.part(&first, Select::default()).await.unwrap();
    assert_eq!(first[0].1, Some(used));
    assert_eq!(first[1].1, None);
    // What comes after a row is found, whether that is there or not.
    let gone = Part {
        after: Some((Timestamp(6), KeyId::new("pck_aaaaaaaaaaaaaaaa").unwrap())),
        most: 9,
    };
    let after = keys.part(&gone, Select::default()).await.unwrap();
    assert_eq!(after.len(), 1);
    assert_eq!(after[0].0, rows[5]);
}

async fn keys_of_a_user_and_living_ones_are_told_from_the_others(place: Place) {
    let store: &dyn Store = &place.open().await;
    let keys = store.keys();
    let mut rows: Vec<KeyRow> = (1..=6).map(|created| key("shop", created)).collect();
    rows[1].erp_login = ErpLogin::new("anna").unwrap();
    rows[2].upstream = UpstreamName::new("erpnext").unwrap();
    rows[3].expires = None;
    rows[5].expires = Some(Timestamp(50));
    keys.insert_all(&rows).await.unwrap();
    keys.revoke(&rows[4].id, Timestamp(9)).await.unwrap();
    keys.suspend(&rows[0].id, Timestamp(9)).await.unwrap();
    let places = |found: Vec<Vec<KeyRow>>| -> Vec<i64> {
        let found = found.concat();
        found.iter().map(|row| row.created.micros()).collect()
    };
    let (odoo, login) = ("odoo".parse().unwrap(), "integration".parse().unwrap());
    let user = Some((&odoo, &login));
    let living = Some(Timestamp(50));
    for (select, expected) in [
        (Select::default(), &[1, 2, 3, 4, 5, 6][..]),
        (Select { user, living: None }, &[1, 4, 5, 6]),
        (Select { user: None, living }, &[1, 2, 3, 4]),
        (Select { user, living }, &[1, 4]),
    ] {
        let found = places(told(store, 2, select).await);
        assert_eq!(found, expected, "{select:?}");
    }
    // A key ends at the moment that it says.
    let living = Some(Timestamp(49));
    let found = places(told(store, 9, Select { user, living }).await);
    assert_eq!(found, [1, 4, 6]);
}

async fn a_key_that_was_revoked_is_revoked_in_a_part_too_when_an_old_backup_is_restored(
    place: Place,
) {
    let folder = tempfile::tempdir().unwrap();
    let store = place
        .open()
        .await
        .remembering(folder.path().join("revoked"));
    let store: &dyn Store = &store;
    let one = key("shop", 1);
    store.keys().insert(&one).await.unwrap();
    let part = Part {
        after: None,
        most: 9,
    };
    let found = store.keys().part(&part, Select::default()).await.unwrap();
    assert_eq!(found[0].0.revoked, None);
    let grave = format!("{} 7\n", one.id);
    std::fs::write(folder.path().join("revoked"), grave).unwrap();
    let found = store.keys().part(&part, Select::default()).await.unwrap();
    assert_eq!(found[0].0.revoked, Some(Timestamp(7)));
    let living = Some(Timestamp(2));
    let select = Select { user: None, living };
    let found = store.keys().part(&part, select).await.unwrap();
    assert_eq!(found, [], "the store has learnt it");
}

async fn administrative_keys_are_read_in_parts(place: Place) {
    let store: &dyn Store = &place.open().await;
    let keys = store.admin_keys();
    let key = |letter: char, created: i64| AdminKeyRow {
        id: AdminKeyId::new(&format!("pca_{}", letter.to_string().repeat(16))).unwrap(),
        digest: KeyDigest::from_bytes([5; 32]),
        name: "ops".parse().unwrap(),
        roles: Vec::new(),
        scope: Scope::default(),
        maker: None,
        networks: Networks(Vec::new()),
        created: Timestamp(created),
        expires: Some(Timestamp(100)),
        revoked: None,
        exposed: None,
        used: None,
    };
    let rows = [key('b', 1), key('a', 2), key('c', 2), key('d', 2)];
    for row in &rows {
        keys.insert(row, None).await.unwrap();
    }
    keys.revoke(&rows[2].id, Timestamp(3)).await.unwrap();
    let mut part = Part {
        after: None,
        most: 3,
    };
    let ids = |found: &[AdminKeyRow]| found.iter().map(|row| row.id).collect::<Vec<_>>();
    let found = keys.part(&part, None).await.unwrap();
    assert_eq!(ids(&found), [rows[0].id, rows[1].id, rows[2].id]);
    part.after = Some((rows[2].created, rows[2].id));
    assert_eq!(ids(&keys.part(&part, None).await.unwrap()), [rows[3].id]);
    part.after = None;
    let living = keys.part(&part, Some(Timestamp(99))).await.unwrap();
    assert_eq!(ids(&living), [rows[0].id, rows[1].id, rows[3].id]);
    let living = keys.part(&part, Some(Timestamp(100))).await.unwrap();
    assert_eq!(living, []);
}

async fn sessions_are_read_in_parts_the_newest_first(place: Place) {
    let store: &dyn Store = &place.open().await;
    let sessions = store.sessions();
    let session = |bits: u8, opened: i64, ends: i64| SessionRow {
        digest: SessionDigest::from_bytes([bits; 32]),
        opener: Opener::Key(KeyId::new("pck_aaaaaaaaaaaaaaaa").unwrap()),
        style: Some(Style::Password),
        opened: Timestamp(opened),
        seen: Timestamp(opened),
        ends: Timestamp(ends),
        network: String::new(),
        agent: Vec::new(),
    };
    for row in [
        session(0xff, 4, 90),
        session(0x00, 4, 90),
        session(0x80, 4, 90),
        session(3, 5, 90),
        session(4, 6, 10),
        session(5, 1, 90),
    ] {
        sessions.open(&row, 9).await.unwrap();
    }
    let mut part = Part {
        after: None,
        most: 2,
    };
    let mut told = Vec::new();
    loop {
        let found = sessions.part(&part, Timestamp(10)).await.unwrap();
        let Some(last) = found.last() else { break };
        part.after = Some((last.opened, last.digest));
        told.extend(found.iter().map(|row| row.digest.as_bytes()[0]));
    }
    assert_eq!(told, [3, 0x00, 0x80, 0xff, 5], "one of them has ended");
}

async fn erp_users_are_read_in_parts(place: Place) {
    let store: &dyn Store = &place.open().await;
    let users = store.erp_users();
    let named = |upstream: &str, login: &str| -> (UpstreamName, ErpLogin) {
        (upstream.parse().unwrap(), login.parse().unwrap())
    };
    let all = [
        named("erpnext", "zoe"),
        named("odoo", "Bert"),
        named("odoo", "anna"),
        named("odoo", "anna b"),
    ];
    for (upstream, login) in all.iter().rev() {
        let sealed = Sealed(vec![1]);
        let put = users.put(upstream, login, None, &sealed, Timestamp(1));
        put.await.unwrap();
    }
    let mut part = Part {
        after: None,
        most: 3,
    };
    let found = users.part(&part).await.unwrap();
    let names = |rows: Vec<portcullis_storage::ErpUserRow>| -> Vec<(UpstreamName, ErpLogin)> {
        rows.into_iter()
            .map(|row| (row.upstream, row.login))
            .collect()
    };
    assert_eq!(names(found), all[..3]);
    part.after = Some(all[2].clone());
    assert_eq!(names(users.part(&part).await.unwrap()), all[3..]);
}
