use portcullis_identity::signing::{PublicKey, Scheme};
use portcullis_identity::{
    CertificateDigest, Conditions, ErpLogin, KeyDigest, KeyId, Networks, Principal, PrincipalName,
    RoleName, Style, Timestamp, UpstreamName,
};
use portcullis_storage::{
    KeyRow, KeyState, KeyUse, RateLimit, Sealed, Signing, StandIn, Store, StoreError,
};

use super::{Place, on_both};
use crate::entropy;

on_both! {
    a_key_is_kept_found_and_revoked_once,
    who_stands_in_is_set_and_taken_away_until_a_key_is_revoked,
    a_key_is_suspended_and_resumed_and_once_exposed,
    a_key_has_one_successor_and_ends_no_later_than_before,
    the_last_use_of_a_key_is_the_latest_whoever_tells_it_first,
    keys_that_nobody_uses_are_suspended_and_stay_resumed,
    a_certificate_is_of_one_key_that_is_not_revoked,
    a_revoked_key_stays_so_when_an_old_backup_is_restored,
    a_key_signs_in_the_way_that_was_kept_or_not_at_all,
}

pub(super) fn row(name: &str) -> KeyRow {
    let id = entropy::new_key().unwrap().id();
    let holder = Principal::integration(
        PrincipalName::new(name).unwrap(),
        id,
        UpstreamName::new("odoo").unwrap(),
        ErpLogin::new("integration").unwrap(),
        vec![
            RoleName::new("reader").unwrap(),
            RoleName::new("seller").unwrap(),
        ],
    );
    KeyRow {
        expires: Some(Timestamp(100)),
        limit: Some(RateLimit {
            per_minute: 60,
            burst: 10,
        }),
        owner: Some("Ann, Sales".to_owned()),
        purpose: Some("orders of the shop".to_owned()),
        conditions: Conditions {
            networks: Networks(vec![
                "192.0.2.0/24".parse().unwrap(),
                "2001:db8::/32".parse().unwrap(),
            ]),
            styles: vec![Style::Bearer, Style::Basic],
            must_sign: true,
        },
        stand_in: Some(StandIn {
            login: ErpLogin::new("service").unwrap(),
            administrator: true,
        }),
        certificate: Some(CertificateDigest::of(name.as_bytes())),
        signing: Some(Signing::Secret(Scheme::Hmac, Sealed(vec![1, 2, 3]))),
        ..KeyRow::new(id, KeyDigest::from_bytes([5; 32]), &holder, Timestamp(1))
    }
}

async fn who_stands_in_is_set_and_taken_away_until_a_key_is_revoked(place: Place) {
    let store: &dyn Store = &place.open().await;
    let one = row("Shop");
    let keys = store.keys();
    keys.insert(&one).await.unwrap();
    let before = store.version().await.unwrap();
    let other = StandIn {
        login: ErpLogin::new("other").unwrap(),
        administrator: false,
    };
    for set in [Some(&other), None, one.stand_in.as_ref()] {
        assert!(keys.set_stand_in(&one.id, set).await.unwrap());
        let kept = keys.find(&one.id).await.unwrap().unwrap();
        assert_eq!(kept.stand_in.as_ref(), set);
    }
    assert!(store.version().await.unwrap() > before, "gateways learn it");
    keys.revoke(&one.id, Timestamp(5)).await.unwrap();
    assert!(!keys.set_stand_in(&one.id, None).await.unwrap());
    let kept = keys.find(&one.id).await.unwrap().unwrap();
    assert_eq!(kept.stand_in, one.stand_in);
}

async fn a_key_is_kept_found_and_revoked_once(place: Place) {
    let store: &dyn Store = &place.open().await;
    let one = row("Shop");
    let mut other = row("Till");
    (other.expires, other.limit, other.roles) = (None, None, Vec::new());
    (other.owner, other.purpose, other.certificate) = (None, None, None);
    other.conditions = Conditions::default();
    other.signing = Some(Signing::Ed25519(PublicKey::from_bytes([3; 32])));
    let before = store.version().await.unwrap();
    store.keys().insert(&one).await.unwrap();
    store.keys().insert(&other).await.unwrap();
    assert_eq!(store.keys().find(&one.id).await.unwrap(), Some(one.clone()));
    assert_eq!(
        store.keys().find(&other.id).await.unwrap(),
        Some(other.clone())
    );
    assert_eq!(store.keys().all().await.unwrap().len(), 2);
    assert!(store.version().await.unwrap() > before);
    let again = store.keys().insert(&one).await.unwrap_err();
    assert!(
        matches!(again, StoreError::Exists { what: "key" }),
        "{again:?}"
    );

    let before = store.version().await.unwrap();
    assert!(store.keys().revoke(&one.id, Timestamp(50)).await.unwrap());
    assert!(store.version().await.unwrap() > before);
    let before = store.version().await.unwrap();
    assert!(!store.keys().revoke(&one.id, Timestamp(60)).await.unwrap());
    assert_eq!(store.version().await.unwrap(), before);
    let found = store.keys().find(&one.id).await.unwrap().unwrap();
    assert_eq!(found.revoked, Some(Timestamp(50)));
    assert_eq!(found.state(Timestamp(51)), KeyState::Revoked);
    let nobody = KeyId::new("pck_aaaaaaaaaaaaaaaa").unwrap();
    assert!(!store.keys().revoke(&nobody, Timestamp(1)).await.unwrap());
}

async fn a_key_is_suspended_and_resumed_and_once_exposed(place: Place) {
    let store: &dyn Store = &place.open().await;
    let keys = store.keys();
    let one = row("Shop");
    keys.insert(&one).await.unwrap();
    let state = async || {
        let found = keys.find(&one.id).await.unwrap().unwrap();
        found.state(Timestamp(2))
    };
    assert_eq!(state().await, KeyState::Valid);
    assert!(
        !keys.resume(&one.id, Timestamp(4)).await.unwrap(),
        "it is not"
    );
    let before = store.version().await.unwrap();
    assert!(keys.suspend(&one.id, Timestamp(2)).await.unwrap());
    assert!(store.version().await.unwrap() > before);
    assert_eq!(state().await, KeyState::Suspended);
    assert!(!keys.suspend(&one.id, Timestamp(3)).await.unwrap());
    assert!(keys.resume(&one.id, Timestamp(4)).await.unwrap());
    assert_eq!(state().await, KeyState::Valid);

    assert!(keys.expose(&one.id, Timestamp(5)).await.unwrap());
    assert!(!keys.expose(&one.id, Timestamp(6)).await.unwrap());
    let found = keys.find(&one.id).await.unwrap().unwrap();
    assert_eq!(found.exposed, Some(Timestamp(5)));

    keys.revoke(&one.id, Timestamp(7)).await.unwrap();
    assert!(!keys.suspend(&one.id, Timestamp(8)).await.unwrap());
    assert_eq!(state().await, KeyState::Revoked);
}

async fn a_key_has_one_successor_and_ends_no_later_than_before(place: Place) {
    let store = place.open().await;
    let keys: &dyn portcullis_storage::Keys = &store;
    let new = |name: &str| KeyRow {
        certificate: None,
        ..row(name)
    };
    let (old, next, other) = (new("Shop"), new("Shop"), new("Shop"));
    assert!(!keys.succeed(&old.id, Timestamp(9), &next).await.unwrap());
    assert_eq!(keys.find(&next.id).await.unwrap(), None, "nothing is added");
    keys.insert(&old).await.unwrap();
    assert!(keys.succeed(&old.id, Timestamp(900), &next).await.unwrap());
    let found = keys.find(&old.id).await.unwrap().unwrap();
    assert_eq!(found.expires, old.expires, "it would have ended before");
    assert_eq!(found.successor, Some(next.id));
    assert_eq!(keys.find(&next.id).await.unwrap(), Some(next.clone()));
    assert!(!keys.succeed(&old.id, Timestamp(9), &other).await.unwrap());
    assert_eq!(keys.find(&other.id).await.unwrap(), None);
    // What was said of it meanwhile is neither lifted nor handed on.
    let somebody = StandIn {
        login: ErpLogin::new("somebody").unwrap(),
        administrator: false,
    };
    let try_it = async || keys.succeed(&next.id, Timestamp(9), &other).await.unwrap();
    assert!(keys.suspend(&next.id, Timestamp(3)).await.unwrap());
    assert!(!try_it().await);
    assert!(keys.resume(&next.id, Timestamp(4)).await.unwrap());
    for meanwhile in [Some(&somebody), None] {
        assert!(keys.set_stand_in(&next.id, meanwhile).await.unwrap());
        assert!(!try_it().await, "{meanwhile:?}");
    }
    let before = next.stand_in.as_ref();
    assert!(keys.set_stand_in(&next.id, before).await.unwrap());
    assert_eq!(keys.find(&other.id).await.unwrap(), None);
    assert!(try_it().await);
    let found = keys.find(&next.id).await.unwrap().unwrap();
    assert_eq!(found.expires, Some(Timestamp(9)));
}

async fn the_last_use_of_a_key_is_the_latest_whoever_tells_it_first(place: Place) {
    let store = place.open().await;
    let keys: &dyn portcullis_storage::Keys = &store;
    let key = row("Shop").id;
    let at = |at: i64, address: &str| KeyUse {
        key,
        at: Timestamp(at),
        address: address.parse().unwrap(),
        dialect: "rest".to_owned(),
    };
    let (first, last) = (at(1, "192.0.2.1"), at(3, "2001:db8::1"));
    keys.used(std::slice::from_ref(&first)).await.unwrap();
    assert_eq!(keys.uses().await.unwrap(), [first]);
    keys.used(&[last.clone(), at(2, "192.0.2.2")])
        .await
        .unwrap();
    assert_eq!(keys.uses().await.unwrap(), [last]);
}

async fn keys_that_nobody_uses_are_suspended_and_stay_resumed(place: Place) {
    let store = place.open().await;
    let keys: &dyn portcullis_storage::Keys = &store;
    let new = |created: i64| KeyRow {
        created: Timestamp(created),
        certificate: None,
        ..row("Shop")
    };
    let (unused, used, young) = (new(1), new(1), new(50));
    for key in [&unused, &used, &young] {
        keys.insert(key).await.unwrap();
    }
    let last = KeyUse {
        key: used.id,
        at: Timestamp(40),
        address: "192.0.2.1".parse().unwrap(),
        dialect: "rest".to_owned(),
    };
    keys.used(&[last]).await.unwrap();
    let sweep = async |since| {
        let (since, now) = (Timestamp(since), Timestamp(60));
        keys.suspend_unused(since, now).await.unwrap()
    };
    assert_eq!(sweep(30).await, [unused.id]);
    assert!(sweep(30).await.is_empty(), "it is suspended already");
    assert!(keys.resume(&unused.id, Timestamp(45)).await.unwrap());
    assert!(sweep(30).await.is_empty(), "it was resumed since");
    assert_eq!(sweep(46).await.len(), 2);
}

async fn a_certificate_is_of_one_key_that_is_not_revoked(place: Place) {
    let store = place.open().await;
    let keys: &dyn portcullis_storage::Keys = &store;
    let (one, other) = (row("Shop"), row("Shop"));
    keys.insert(&one).await.unwrap();
    let again = keys.insert(&other).await.unwrap_err();
    assert!(matches!(again, StoreError::Exists { .. }), "{again:?}");
    keys.revoke(&one.id, Timestamp(2)).await.unwrap();
    keys.insert(&other).await.unwrap();
}

async fn a_revoked_key_stays_so_when_an_old_backup_is_restored(place: Place) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("revoked");
    let store = place.open().await.remembering(file.clone());
    let other = place.open().await.remembering(file.clone());
    let keys: &dyn portcullis_storage::Keys = &store;
    let new = |name: &str| KeyRow {
        certificate: None,
        ..row(name)
    };
    let (one, two, live) = (new("Shop"), new("Till"), new("Web"));
    for key in [&one, &two, &live] {
        keys.insert(key).await.unwrap();
    }
    keys.revoke(&one.id, Timestamp(50)).await.unwrap();
    // Whoever sees a revocation remembers it, not only whoever revokes.
    let seen = place.open().await;
    portcullis_storage::Keys::revoke(&seen, &two.id, Timestamp(60))
        .await
        .unwrap();
    keys.all().await.unwrap();
    let backup = "UPDATE api_key SET revoked = NULL";
    store.query(backup).execute().await.unwrap();
    let forgotten = portcullis_storage::Keys::find(&seen, &one.id)
        .await
        .unwrap();
    assert_eq!(
        forgotten.unwrap().revoked,
        None,
        "the store has forgotten it"
    );
    // Cut off in the middle of a line, as by a kill.
    let mut torn = std::fs::read_to_string(&file).unwrap();
    torn.push_str("pck_aaaa");
    std::fs::write(&file, torn).unwrap();
    for store in [
        &store,
        &other,
        &place.open().await.remembering(file.clone()),
    ] {
        let keys: &dyn portcullis_storage::Keys = store;
        let revoked = |id: KeyId| async move { keys.find(&id).await.unwrap().unwrap().revoked };
        assert_eq!(revoked(one.id).await, Some(Timestamp(50)));
        assert_eq!(revoked(two.id).await, Some(Timestamp(60)));
        assert_eq!(revoked(live.id).await, None);
        let all = keys.all().await.unwrap();
        assert_eq!(all.iter().filter(|key| key.revoked.is_some()).count(), 2);
    }
    let told = portcullis_storage::Keys::find(&seen, &one.id).await;
    assert_eq!(
        told.unwrap().unwrap().revoked,
        Some(Timestamp(50)),
        "the store knows again, and whoever has another file"
    );
    keys.revoke(&live.id, Timestamp(70)).await.unwrap();
    store.query(backup).execute().await.unwrap();
    assert_eq!(
        keys.find(&live.id).await.unwrap().unwrap().revoked,
        Some(Timestamp(70))
    );
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    let blind = place.open().await.remembering(file);
    assert!(
        portcullis_storage::Keys::all(&blind).await.is_err(),
        "it cannot know"
    );
}

async fn a_key_signs_in_the_way_that_was_kept_or_not_at_all(place: Place) {
    let store = place.open().await;
    let kept: &dyn Store = &store;
    let ways = [
        None,
        Some(Signing::Beside(Scheme::LegacyTimestamp)),
        Some(Signing::Secret(Scheme::LegacySortedJson, Sealed(vec![7]))),
    ];
    for (at, signing) in ways.into_iter().enumerate() {
        let mut one = row(&format!("shop {at}"));
        one.signing = signing;
        kept.keys().insert(&one).await.unwrap();
        assert_eq!(kept.keys().find(&one.id).await.unwrap(), Some(one.clone()));
    }
    type Damage = (&'static str, Option<&'static [u8]>, Option<&'static [u8]>);
    let damages: [Damage; 5] = [
        ("none", None, None),
        ("hmac", None, None),
        ("hmac", Some(&[1]), Some(&[1; 32])),
        ("ed25519", Some(&[1]), None),
        ("legacy-timestamp", Some(&[1]), None),
    ];
    for (at, (scheme, secret, key)) in damages.into_iter().enumerate() {
        let other = row(&format!("till {at}"));
        kept.keys().insert(&other).await.unwrap();
        store
            .query(
                "UPDATE api_key SET signing = $2, signing_secret = $3, signing_key = $4 \
                 WHERE id = $1",
            )
            .bind(other.id.as_str())
            .bind(scheme)
            .bind(secret)
            .bind(key)
            .execute()
            .await
            .unwrap();
        let read = kept.keys().find(&other.id).await;
        assert!(
            matches!(read, Err(StoreError::Damaged { .. })),
            "{scheme}: {read:?}"
        );
    }
}
