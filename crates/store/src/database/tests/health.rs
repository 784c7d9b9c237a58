//! How ERP users fare, and who renews their credentials.

use portcullis_storage::{ErpUsers, Renewed};

use super::*;

on_both! {
    a_renewal_is_claimed_once_and_again_when_its_claim_is_old,
    who_is_archived_is_noted_beside_everything_else,
    a_renewed_credential_takes_the_place_of_the_one_that_was_renewed_and_of_no_other,
}

fn names() -> (UpstreamName, ErpLogin) {
    (
        UpstreamName::new("odoo").unwrap(),
        ErpLogin::new("integration").unwrap(),
    )
}

async fn a_renewal_is_claimed_once_and_again_when_its_claim_is_old(place: Place) {
    let (one, other) = (place.open().await, place.open().await);
    let (upstream, login) = names();
    let claim_of = async |store: &SqlStore, put: i64, since: i64, now: i64| {
        let (put, since, now) = (Timestamp(put), Timestamp(since), Timestamp(now));
        let claimed = store.claim_renewal(&upstream, &login, put, since, now);
        claimed.await.unwrap()
    };
    let claim =
        async |store: &SqlStore, since: i64, now: i64| claim_of(store, 10, since, now).await;
    assert!(!claim(&one, 0, 50).await, "there is none");
    let sealed = Sealed(vec![1]);
    ErpUsers::put(&one, &upstream, &login, Some(7), &sealed, Timestamp(10))
        .await
        .unwrap();
    assert!(claim(&one, 0, 100).await);
    assert!(!claim(&other, 50, 110).await);
    assert!(claim(&other, 101, 200).await, "the first gave up");
    other
        .fail_renewal(&upstream, &login, "it does not answer", Timestamp(210))
        .await
        .unwrap();
    assert!(!claim(&one, 205, 220).await, "it is let rest");
    assert!(claim(&one, 211, 300).await);
    let [health] = &one.health().await.unwrap()[..] else {
        panic!("one user")
    };
    assert_eq!(health.failed, Some(Timestamp(210)));
    assert_eq!(health.failure.as_deref(), Some("it does not answer"));
    // Whoever still goes by the one that was renewed meanwhile does not renew the new one.
    let renewed = Renewed {
        sealed: Sealed(vec![2]),
        expires: None,
        at: Timestamp(400),
    };
    let put = Timestamp(10);
    assert!(one.renew(&upstream, &login, put, &renewed).await.unwrap());
    assert!(!claim(&other, 401, 500).await, "it is another one by now");
    assert!(claim_of(&other, 400, 401, 500).await);
}

async fn who_is_archived_is_noted_beside_everything_else(place: Place) {
    let store = place.open().await;
    let (upstream, login) = names();
    let archived = async || {
        let [health] = &store.health().await.unwrap()[..] else {
            panic!("one user")
        };
        (health.archived, health.administrator)
    };
    store.note_standing(&upstream, &login, false).await.unwrap();
    assert_eq!(archived().await, (None, Some(false)));
    for since in [Some(Timestamp(7)), None, Some(Timestamp(9))] {
        store.note_archived(&upstream, &login, since).await.unwrap();
        assert_eq!(archived().await, (since, Some(false)));
    }
    let sealed = Sealed(vec![1]);
    ErpUsers::put(&store, &upstream, &login, None, &sealed, Timestamp(20))
        .await
        .unwrap();
    assert_eq!(archived().await, (None, None), "it may be another user");
}

async fn a_renewed_credential_takes_the_place_of_the_one_that_was_renewed_and_of_no_other(
    place: Place,
) {
    let store = place.open().await;
    let (upstream, login) = names();
    let put = async |secret: u8, at: i64| {
        let sealed = Sealed(vec![secret]);
        ErpUsers::put(&store, &upstream, &login, Some(7), &sealed, Timestamp(at))
            .await
            .unwrap();
    };
    let renewed = |secret: u8, at: i64| Renewed {
        sealed: Sealed(vec![secret]),
        expires: Some(Timestamp(at + 1000)),
        at: Timestamp(at),
    };
    put(1, 10).await;
    store
        .fail_renewal(&upstream, &login, "once", Timestamp(15))
        .await
        .unwrap();
    store.note_standing(&upstream, &login, true).await.unwrap();
    let before = store.version().await.unwrap();
    let renew = async |put: i64, new: Renewed| {
        store
            .renew(&upstream, &login, Timestamp(put), &new)
            .await
            .unwrap()
    };
    assert!(renew(10, renewed(2, 20)).await);
    assert!(store.version().await.unwrap() > before);
    let row = ErpUsers::find(&store, &upstream, &login)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (row.sealed, row.uid, row.updated),
        (Sealed(vec![2]), Some(7), Timestamp(20))
    );
    let [health] = &store.health().await.unwrap()[..] else {
        panic!("one user")
    };
    assert_eq!(
        (
            health.rotated,
            health.expires,
            health.failed,
            health.administrator
        ),
        (Some(Timestamp(20)), Some(Timestamp(1020)), None, Some(true))
    );

    put(3, 30).await;
    assert!(!renew(20, renewed(4, 40)).await, "somebody put another");
    let row = ErpUsers::find(&store, &upstream, &login)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.sealed, Sealed(vec![3]));
    let [health] = &store.health().await.unwrap()[..] else {
        panic!("one user")
    };
    assert_eq!(health.rotated, None, "it is another credential");
}
