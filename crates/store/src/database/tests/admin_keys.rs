use std::time::Duration;

use portcullis_identity::{
    AdminKeyId, AdminRole, AdministratorName, KeyDigest, Networks, PrincipalName, Scope, Timestamp,
    Unmet,
};
use portcullis_storage::{AdminKeyRow, AdminKeys, Administrators, Makes, Store, StoreError};

use super::{Place, on_both};

on_both! {
    an_administrative_key_is_kept_found_and_revoked_once,
    one_that_others_may_have_read_is_marked_once,
    its_last_use_is_kept_to_the_minute,
    a_revoked_administrative_key_stays_so_when_an_old_backup_is_restored,
    what_somebody_made_ends_with_them_or_goes_on_as_nobodys,
    what_somebody_made_ends_with_them_again_when_an_old_backup_is_restored,
    nothing_is_made_for_somebody_who_was_removed,
    nothing_is_made_while_its_maker_is_being_removed,
    nothing_is_made_by_a_key_that_was_revoked,
}

fn row(id: &str) -> AdminKeyRow {
    AdminKeyRow {
        id: AdminKeyId::new(id).unwrap(),
        digest: KeyDigest::from_bytes([5; 32]),
        name: PrincipalName::new("Terraform, keys").unwrap(),
        roles: vec![AdminRole::Auditor, AdminRole::KeyManager],
        scope: Scope {
            roles: vec!["reader".parse().unwrap()],
            users: vec!["odoo/a b/c".parse().unwrap()],
        },
        maker: None,
        networks: Networks(vec!["192.0.2.0/24".parse().unwrap()]),
        created: Timestamp(1),
        expires: Some(Timestamp(100)),
        revoked: None,
        exposed: None,
        used: None,
    }
}

const ONE: &str = "pca_aaaaaaaaaaaaaaaa";
const OTHER: &str = "pca_bbbbbbbbbbbbbbbb";

async fn an_administrative_key_is_kept_found_and_revoked_once(place: Place) {
    let store: &dyn Store = &place.open().await;
    let (one, mut other) = (row(ONE), row(OTHER));
    (other.expires, other.scope, other.networks) = (None, Scope::default(), Networks(Vec::new()));
    let keys = store.admin_keys();
    keys.insert(&one, None).await.unwrap();
    keys.insert(&other, None).await.unwrap();
    let again = keys.insert(&one, None).await;
    assert!(matches!(again, Err(StoreError::Exists { .. })), "{again:?}");
    assert_eq!(keys.find(&one.id).await.unwrap(), Some(one.clone()));
    assert_eq!(keys.all().await.unwrap(), [one.clone(), other]);
    assert!(keys.revoke(&one.id, Timestamp(7)).await.unwrap());
    assert!(!keys.revoke(&one.id, Timestamp(8)).await.unwrap());
    let found = keys.find(&one.id).await.unwrap().unwrap();
    assert_eq!(found.revoked, Some(Timestamp(7)));
    let near = "192.0.2.1".parse().unwrap();
    assert_eq!(found.is_good(Timestamp(9), near), Err(Unmet::Revoked));
    assert_eq!(one.is_good(Timestamp(9), near), Ok(()));
    assert_eq!(one.is_good(Timestamp(100), near), Err(Unmet::Expired));
    let far = "198.51.100.1".parse().unwrap();
    assert_eq!(one.is_good(Timestamp(9), far), Err(Unmet::Address));
}

async fn one_that_others_may_have_read_is_marked_once(place: Place) {
    let store: &dyn Store = &place.open().await;
    let keys = store.admin_keys();
    for id in [ONE, OTHER] {
        keys.insert(&row(id), None).await.unwrap();
    }
    assert!(keys.expose(&row(ONE).id, Timestamp(7)).await.unwrap());
    assert!(!keys.expose(&row(ONE).id, Timestamp(8)).await.unwrap());
    let found = keys.all().await.unwrap();
    let marked = AdminKeyRow {
        exposed: Some(Timestamp(7)),
        ..row(ONE)
    };
    assert_eq!(found, [marked, row(OTHER)]);
}

async fn its_last_use_is_kept_to_the_minute(place: Place) {
    let store = place.open().await;
    let keys: &dyn AdminKeys = &store;
    let one = row(ONE);
    keys.insert(&one, None).await.unwrap();
    let used = async || keys.find(&one.id).await.unwrap().unwrap().used.unwrap();
    let (near, far) = ("::1".parse().unwrap(), "192.0.2.9".parse().unwrap());
    keys.used(&one.id, Timestamp(5), near).await.unwrap();
    keys.used(&one.id, Timestamp(6), far).await.unwrap();
    assert_eq!(used().await, (Timestamp(5), near));
    let later = Timestamp(61_000_000);
    keys.used(&one.id, later, far).await.unwrap();
    assert_eq!(used().await, (later, far));
}

async fn a_revoked_administrative_key_stays_so_when_an_old_backup_is_restored(place: Place) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("revoked");
    let store = place.open().await.remembering(file.clone());
    let keys: &dyn AdminKeys = &store;
    keys.insert(&row(ONE), None).await.unwrap();
    keys.insert(&row(OTHER), None).await.unwrap();
    let id = row(ONE).id;
    keys.revoke(&id, Timestamp(50)).await.unwrap();
    let backup = "UPDATE admin_key SET revoked = NULL";
    store.query(backup).execute().await.unwrap();
    let again = place.open().await.remembering(file);
    let found = AdminKeys::all(&again).await.unwrap();
    let revoked: Vec<_> = found.iter().map(|row| row.revoked).collect();
    assert_eq!(revoked, [Some(Timestamp(50)), None]);
}

async fn what_somebody_made_ends_with_them_or_goes_on_as_nobodys(place: Place) {
    let store: &dyn Store = &place.open().await;
    let (keys, all) = (store.admin_keys(), store.administrators());
    let names = ["anna", "bert"].map(|name| AdministratorName::new(name).unwrap());
    let people = [super::administrators::anna(), super::administrators::bert()];
    let of = |id: &str, maker: usize| AdminKeyRow {
        maker: Some(names[maker].clone()),
        ..row(id)
    };
    for (n, id) in [ONE, OTHER].into_iter().enumerate() {
        all.add(&people[n]).await.unwrap();
        keys.insert(&of(id, n), None).await.unwrap();
        assert_eq!(keys.made_by(&names[n]).await.unwrap(), [of(id, n)]);
    }
    let state = async |id: &str| {
        let found = keys.find(&AdminKeyId::new(id).unwrap()).await.unwrap();
        let found = found.unwrap();
        (found.revoked, found.maker)
    };
    let now = Timestamp(7);
    assert!(all.remove(&names[0], Makes::End, now).await.unwrap());
    assert_eq!(state(ONE).await, (Some(now), Some(names[0].clone())));
    assert_eq!(state(OTHER).await, (None, Some(names[1].clone())));
    assert!(all.remove(&names[1], Makes::Stay, now).await.unwrap());
    assert_eq!(state(OTHER).await, (None, None));
    for name in &names {
        assert_eq!(keys.made_by(name).await.unwrap(), []);
    }
}

fn of(id: &str, maker: &AdministratorName) -> AdminKeyRow {
    AdminKeyRow {
        maker: Some(maker.clone()),
        ..row(id)
    }
}

async fn what_somebody_made_ends_with_them_again_when_an_old_backup_is_restored(place: Place) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("revoked");
    let store = place.open().await.remembering(file.clone());
    let (keys, all): (&dyn AdminKeys, &dyn Administrators) = (&store, &store);
    let people = [super::administrators::anna(), super::administrators::bert()];
    for person in &people {
        all.add(person).await.unwrap();
    }
    assert!(
        all.remove(&people[0].name, Makes::End, Timestamp(50))
            .await
            .unwrap()
    );
    // The backup has keys of which this gateway has never heard.
    store
        .query("DELETE FROM administrator_grave")
        .execute()
        .await
        .unwrap();
    all.add(&people[0]).await.unwrap();
    let plain = place.open().await;
    for (id, person) in [ONE, OTHER].into_iter().zip(&people) {
        let made = AdminKeys::insert(&plain, &of(id, &person.name), None).await;
        assert!(made.unwrap());
    }
    let states = async |keys: &dyn AdminKeys| {
        let found = keys.all().await.unwrap();
        found.iter().map(|row| row.revoked).collect::<Vec<_>>()
    };
    assert_eq!(states(keys).await, [None, None]);
    assert_eq!(all.all().await.unwrap(), [people[1].clone()]);
    assert_eq!(states(keys).await, [Some(Timestamp(50)), None]);
    // That is remembered as well.
    let backup = "UPDATE admin_key SET revoked = NULL";
    store.query(backup).execute().await.unwrap();
    let again = place.open().await.remembering(file);
    assert_eq!(states(&again).await, [Some(Timestamp(50)), None]);
}

async fn nothing_is_made_for_somebody_who_was_removed(place: Place) {
    let store: &dyn Store = &place.open().await;
    let (keys, all) = (store.admin_keys(), store.administrators());
    for (makes, known) in [(Makes::End, 1), (Makes::Stay, 2)] {
        let anna = super::administrators::anna();
        all.add(&anna).await.unwrap();
        let [one, other] = [2 * known, 2 * known + 1]
            .map(|n| of(&format!("pca_{}", n.to_string().repeat(16)), &anna.name));
        assert!(keys.insert(&one, None).await.unwrap());
        assert!(all.remove(&anna.name, makes, Timestamp(7)).await.unwrap());
        assert!(!keys.insert(&other, None).await.unwrap());
        assert_eq!(keys.find(&other.id).await.unwrap(), None);
        assert_eq!(keys.all().await.unwrap().len(), known);
    }
}

async fn nothing_is_made_while_its_maker_is_being_removed(place: Place) {
    let store = place.open().await;
    let keys: &dyn AdminKeys = &store;
    let anna = super::administrators::anna();
    Administrators::add(&store, &anna).await.unwrap();
    let (one, other) = (of(ONE, &anna.name), of(OTHER, &anna.name));
    assert!(keys.insert(&one, None).await.unwrap());
    let mut removal = store.begin().await.unwrap();
    removal.take_turn(anna.name.as_str()).await.unwrap();
    let gone = removal.query("DELETE FROM administrator WHERE name = $1");
    gone.bind(anna.name.as_str()).execute().await.unwrap();
    let made = keys.insert(&other, None);
    let remove = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        removal.commit().await.unwrap();
    };
    let (made, ()) = tokio::join!(made, remove);
    assert!(!made.unwrap());
    assert_eq!(keys.all().await.unwrap(), [one]);
}

async fn nothing_is_made_by_a_key_that_was_revoked(place: Place) {
    let store: &dyn Store = &place.open().await;
    let keys = store.admin_keys();
    let (by, one, other) = (row("pca_cccccccccccccccc"), row(ONE), row(OTHER));
    assert!(!keys.insert(&one, Some(&by.id)).await.unwrap());
    assert!(keys.insert(&by, None).await.unwrap());
    assert!(keys.insert(&one, Some(&by.id)).await.unwrap());
    assert!(keys.revoke(&by.id, Timestamp(7)).await.unwrap());
    assert!(!keys.insert(&other, Some(&by.id)).await.unwrap());
    assert_eq!(keys.find(&other.id).await.unwrap(), None);
    let found = keys.find(&by.id).await.unwrap().unwrap();
    assert_eq!(found.revoked, Some(Timestamp(7)));
}
