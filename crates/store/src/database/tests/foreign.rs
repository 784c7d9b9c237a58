use portcullis_identity::{KeyDigest, Timestamp};
use portcullis_storage::{Declaration, KeyOrigin, KeyRow, Keys, StoreError};

use super::keys::row;
use super::{Place, on_both};

on_both! {
    several_keys_come_together_or_not_at_all,
    a_secret_from_elsewhere_is_of_one_key_for_ever,
    what_is_declared_takes_the_place_of_what_was,
    a_key_that_is_declared_no_longer_is_suspended_until_it_is_again,
    no_declaration_takes_a_key_that_was_made,
}

fn new(name: &str, digest: u8) -> KeyRow {
    KeyRow {
        digest: KeyDigest::from_bytes([digest; 32]),
        is_foreign: true,
        origin: KeyOrigin::Imported,
        certificate: None,
        signing: None,
        ..row(name)
    }
}

fn declared(name: &str, digest: u8) -> KeyRow {
    KeyRow {
        origin: KeyOrigin::Declared,
        ..new(name, digest)
    }
}

async fn several_keys_come_together_or_not_at_all(place: Place) {
    let store = place.open().await;
    let keys: &dyn Keys = &store;
    let all = [new("Shop", 1), new("Till", 2)];
    keys.insert_all(&all).await.unwrap();
    for row in &all {
        assert_eq!(keys.find(&row.id).await.unwrap().as_ref(), Some(row));
    }
    let again = [new("Web", 3), all[0].clone()];
    let refused = keys.insert_all(&again).await.unwrap_err();
    assert!(matches!(refused, StoreError::Exists { .. }), "{refused:?}");
    assert_eq!(keys.find(&again[0].id).await.unwrap(), None);
}

async fn a_secret_from_elsewhere_is_of_one_key_for_ever(place: Place) {
    let store = place.open().await;
    let keys: &dyn Keys = &store;
    let (one, other) = (new("Shop", 1), new("Till", 1));
    keys.insert(&one).await.unwrap();
    assert!(keys.insert(&other).await.is_err());
    keys.revoke(&one.id, Timestamp(2)).await.unwrap();
    assert!(keys.insert(&other).await.is_err(), "not even once revoked");
    // The hashes of keys that are found by their ids are nobody's business.
    let made = KeyRow {
        is_foreign: false,
        origin: KeyOrigin::Made,
        ..other
    };
    keys.insert(&made).await.unwrap();
}

async fn what_is_declared_takes_the_place_of_what_was(place: Place) {
    let store = place.open().await;
    let keys: &dyn Keys = &store;
    let (shop, till) = (declared("Shop", 1), declared("Till", 2));
    let declare = async |rows: &[KeyRow]| {
        let declaration = Declaration {
            rows: rows.to_vec(),
            gone: Vec::new(),
        };
        keys.declare(&declaration, Timestamp(5)).await
    };
    let before = keys_version(&store).await;
    declare(&[shop.clone(), till.clone()]).await.unwrap();
    assert!(keys_version(&store).await > before, "gateways learn of it");
    assert_eq!(keys.find(&shop.id).await.unwrap(), Some(shop.clone()));
    keys.expose(&shop.id, Timestamp(6)).await.unwrap();
    keys.suspend(&till.id, Timestamp(6)).await.unwrap();
    let at_ten = |row: &KeyRow| KeyRow {
        purpose: Some("another".to_owned()),
        limit: None,
        ..row.clone()
    };
    declare(&[at_ten(&shop), at_ten(&till)]).await.unwrap();
    let found = keys.find(&shop.id).await.unwrap().unwrap();
    assert_eq!((found.exposed, found.limit), (Some(Timestamp(6)), None));
    let found = keys.find(&till.id).await.unwrap().unwrap();
    assert_eq!(found.suspended, Some(Timestamp(6)), "by somebody else");
    // Both have changed their secrets, with each other.
    let swapped = |row: &KeyRow, with: &KeyRow| KeyRow {
        digest: with.digest,
        ..row.clone()
    };
    declare(&[swapped(&shop, &till), swapped(&till, &shop)])
        .await
        .unwrap();
    let found = keys.find(&shop.id).await.unwrap().unwrap();
    assert_eq!((found.digest, found.exposed), (till.digest, None));
    // The secret of another key: nothing is done at all.
    let foreign = new("Web", 9);
    keys.insert(&foreign).await.unwrap();
    let renamed = KeyRow {
        purpose: None,
        ..till.clone()
    };
    let refused = declare(&[renamed, swapped(&shop, &foreign)]).await;
    assert!(matches!(refused, Err(StoreError::Exists { .. })));
    let found = keys.find(&till.id).await.unwrap().unwrap();
    assert!(found.purpose.is_some() && found.is_foreign);
    keys.revoke(&shop.id, Timestamp(7)).await.unwrap();
    let refused = declare(&[swapped(&shop, &till)]).await;
    assert!(refused.is_err(), "what is revoked takes no other secret");
    let found = keys.find(&shop.id).await.unwrap().unwrap();
    assert_eq!(found.revoked, Some(Timestamp(7)), "for good");
}

async fn keys_version(store: &super::SqlStore) -> u64 {
    portcullis_storage::Changes::version(store).await.unwrap()
}

async fn a_key_that_is_declared_no_longer_is_suspended_until_it_is_again(place: Place) {
    let store = place.open().await;
    let keys: &dyn Keys = &store;
    let (shop, till) = (declared("Shop", 1), declared("Till", 2));
    let both = Declaration {
        rows: vec![shop.clone(), till.clone()],
        gone: Vec::new(),
    };
    keys.declare(&both, Timestamp(5)).await.unwrap();
    keys.suspend(&till.id, Timestamp(6)).await.unwrap();
    let gone = Declaration {
        rows: Vec::new(),
        gone: vec![shop.id, till.id],
    };
    keys.declare(&gone, Timestamp(7)).await.unwrap();
    let found = async |row: &KeyRow| {
        let found = keys.find(&row.id).await.unwrap().unwrap();
        (found.suspended, found.origin)
    };
    let undeclared = (Some(Timestamp(7)), KeyOrigin::Undeclared);
    let renamed = declared("Web", 1);
    assert_eq!(found(&shop).await, undeclared);
    let by_hand = (Some(Timestamp(6)), KeyOrigin::Declared);
    assert_eq!(found(&till).await, by_hand);
    let by_another_name = Declaration {
        rows: vec![renamed.clone()],
        gone: Vec::new(),
    };
    keys.declare(&by_another_name, Timestamp(7)).await.unwrap();
    let back = Declaration {
        rows: Vec::new(),
        gone: vec![renamed.id],
    };
    keys.declare(&back, Timestamp(7)).await.unwrap();
    keys.declare(&both, Timestamp(8)).await.unwrap();
    assert_eq!(found(&shop).await, (None, KeyOrigin::Declared));
    assert_eq!(
        found(&till).await,
        by_hand,
        "whoever suspended it resumes it"
    );
    // Somebody resumes what is declared no longer: the next start ends that.
    keys.declare(&gone, Timestamp(9)).await.unwrap();
    keys.resume(&shop.id, Timestamp(10)).await.unwrap();
    keys.declare(&gone, Timestamp(11)).await.unwrap();
    assert_eq!(found(&shop).await.0, Some(Timestamp(11)));
}

async fn no_declaration_takes_a_key_that_was_made(place: Place) {
    let store = place.open().await;
    let keys: &dyn Keys = &store;
    let made = KeyRow {
        is_foreign: false,
        origin: KeyOrigin::Made,
        ..new("Shop", 1)
    };
    keys.insert(&made).await.unwrap();
    let taken = KeyRow {
        origin: KeyOrigin::Declared,
        purpose: None,
        ..made.clone()
    };
    let declaration = Declaration {
        rows: vec![taken],
        gone: vec![made.id],
    };
    let refused = keys.declare(&declaration, Timestamp(5)).await;
    assert!(matches!(refused, Err(StoreError::Exists { .. })));
    let gone = Declaration {
        gone: vec![made.id],
        ..Declaration::default()
    };
    keys.declare(&gone, Timestamp(5)).await.unwrap();
    assert_eq!(keys.find(&made.id).await.unwrap(), Some(made));
}
