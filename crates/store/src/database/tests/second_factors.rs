use std::sync::Arc;

use portcullis_identity::Timestamp;
use portcullis_storage::{
    Administrators, Admissions, Ending, FactorKind, FactorRow, Removal, Removed, Sealed, StoreError,
};

use super::administrators::{anna, bert, name, session, totp};
use super::{Place, on_both};

on_both! {
    second_factors_are_put_replaced_and_removed,
    of_two_that_are_removed_at_once_one_stays,
    a_log_in_that_was_judged_by_other_factors_opens_nothing,
    an_enrolment_ends_the_sessions_that_it_says_in_the_same_step,
    a_step_back_is_had_by_as_many_as_there_are_tries,
}

async fn second_factors_are_put_replaced_and_removed(place: Place) {
    let store = place.open().await;
    let all: &dyn Administrators = &store;
    for row in [anna(), bert()] {
        all.add(&row).await.unwrap();
    }
    let passkey = FactorRow {
        id: "passkey-a".to_owned(),
        kind: FactorKind::Passkey,
        step: None,
        created: Timestamp(2),
        ..totp("anna")
    };
    for row in [&totp("anna"), &totp("bert"), &passkey] {
        assert!(all.put_factor(row, Ending::None).await.unwrap());
    }
    let (anna, bert) = (name("anna"), name("bert"));
    assert_eq!(
        all.factors(&anna).await.unwrap(),
        [passkey.clone(), totp("anna")]
    );

    let new = Sealed(vec![8]);
    let used = all.used_passkey(&anna, "passkey-a", &passkey.sealed, &new, Timestamp(5));
    assert!(used.await.unwrap());
    let used = all.used_passkey(&anna, "passkey-a", &passkey.sealed, &new, Timestamp(6));
    assert!(!used.await.unwrap(), "it was used otherwise meanwhile");
    let passkey = FactorRow {
        sealed: new,
        used: Some(Timestamp(5)),
        ..passkey
    };
    assert!(
        all.count_step(&anna, "totp", 11, Timestamp(7))
            .await
            .unwrap()
    );
    let replaced = FactorRow {
        step: Some(4),
        created: Timestamp(8),
        ..totp("anna")
    };
    assert!(all.put_factor(&replaced, Ending::None).await.unwrap());
    assert_eq!(all.factors(&anna).await.unwrap(), [passkey, replaced]);
    let remove = async |id| all.remove_factor(&anna, id, Removal::Own).await.unwrap();
    assert_eq!(remove("totp").await, Removed::Done);
    assert_eq!(remove("totp").await, Removed::Absent);
    assert_eq!(remove("passkey-a").await, Removed::Last);
    let any = all.remove_factor(&anna, "passkey-a", Removal::Any).await;
    assert_eq!(any.unwrap(), Removed::Done);
    assert_eq!(
        all.factors(&bert).await.unwrap(),
        [totp("bert")],
        "another's stay"
    );
    let nobody = all
        .put_factor(&totp("nobody"), Ending::None)
        .await
        .unwrap_err();
    assert!(
        matches!(nobody, StoreError::Unavailable { .. }),
        "{nobody:?}"
    );
}

async fn of_two_that_are_removed_at_once_one_stays(place: Place) {
    let place = Arc::new(place);
    let store = place.open().await;
    store.add(&anna()).await.unwrap();
    for round in 0..6 {
        for id in ["one", "two"] {
            let row = FactorRow {
                id: id.to_owned(),
                ..totp("anna")
            };
            assert!(store.put_factor(&row, Ending::None).await.unwrap());
        }
        let mut tasks = tokio::task::JoinSet::new();
        for id in ["one", "two"] {
            let store = place.open().await;
            tasks.spawn(async move {
                let anna = name("anna");
                let removed = store.remove_factor(&anna, id, Removal::Own);
                removed.await.unwrap()
            });
        }
        let removed = tasks.join_all().await;
        let done = removed.iter().filter(|one| **one == Removed::Done).count();
        assert_eq!(done, 1, "{round}: {removed:?}");
        assert_eq!(store.factors(&name("anna")).await.unwrap().len(), 1);
    }
}

async fn a_log_in_that_was_judged_by_other_factors_opens_nothing(place: Place) {
    let store = place.open().await;
    store.add(&anna()).await.unwrap();
    let seen = async || {
        Administrators::find(&store, &name("anna"))
            .await
            .unwrap()
            .unwrap()
    };
    let open = async |bits, row| {
        let session = session(bits, "anna", 9);
        store.admit(&session, row, 9).await.unwrap()
    };
    let before = seen().await;
    assert!(open(1, &before).await, "nothing changed");
    assert!(store.put_factor(&totp("anna"), Ending::None).await.unwrap());
    assert!(!open(2, &before).await, "there was none when it was judged");
    let with = seen().await;
    assert!(open(3, &with).await);
    // The same app in the place of the one there was is another one.
    assert!(store.put_factor(&totp("anna"), Ending::None).await.unwrap());
    assert!(!open(4, &with).await);
    let again = seen().await;
    let removed = store
        .remove_factor(&name("anna"), "totp", Removal::Any)
        .await;
    assert_eq!(removed.unwrap(), Removed::Done);
    assert!(!open(5, &again).await);
    assert!(open(6, &seen().await).await);
}

async fn an_enrolment_ends_the_sessions_that_it_says_in_the_same_step(place: Place) {
    let store = place.open().await;
    let (anna_, bert_) = (anna(), bert());
    for row in [&anna_, &bert_] {
        store.add(row).await.unwrap();
    }
    let left = async || Admissions::all(&store).await.unwrap().len();
    assert!(
        store
            .admit(&session(9, "bert", 9), &bert_, 9)
            .await
            .unwrap()
    );
    for bits in [1, 2] {
        assert!(
            store
                .admit(&session(bits, "anna", 9), &anna_, 9)
                .await
                .unwrap()
        );
    }
    let (first, second) = (session(1, "anna", 9), session(2, "anna", 9));
    let put = async |ending| store.put_factor(&totp("anna"), ending).await.unwrap();
    assert!(put(Ending::None).await);
    assert_eq!(left().await, 3);
    let others = Ending::AllWith(&session(9, "bert", 9).digest);
    assert!(!put(others).await, "that is another's");
    assert_eq!(left().await, 3);
    assert!(put(Ending::AllWith(&first.digest)).await);
    assert_eq!(left().await, 1, "another's stays");
    let kept = store.factors(&name("anna")).await.unwrap();
    let late = FactorRow {
        sealed: Sealed(vec![66]),
        ..totp("anna")
    };
    let late = store
        .put_factor(&late, Ending::AllWith(&second.digest))
        .await;
    assert!(!late.unwrap(), "it has ended with the first");
    assert_eq!(
        store.factors(&name("anna")).await.unwrap(),
        kept,
        "nothing was put"
    );
}

async fn a_step_back_is_had_by_as_many_as_there_are_tries(place: Place) {
    let place = Arc::new(place);
    let store = place.open().await;
    for row in [anna(), bert()] {
        store.add(&row).await.unwrap();
    }
    let of = |who| name(who);
    let take = async |who, now| {
        let taken = store.take_try(&of(who), (10, 20), Timestamp(now)).await;
        taken.unwrap()
    };
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = place.open().await;
        tasks.spawn(async move {
            let anna = name("anna");
            let taken = store.take_try(&anna, (10, 20), Timestamp(1000));
            taken.await.unwrap()
        });
    }
    let taken = tasks.join_all().await;
    assert_eq!(
        taken.iter().filter(|taken| **taken).count(),
        3,
        "over all processes"
    );
    assert!(!take("anna", 1009).await);
    assert!(take("bert", 1000).await, "others have theirs");
    assert!(take("anna", 1010).await, "and one comes back");
    assert!(!take("anna", 1010).await);
    store.give_try_back(&name("anna"), 10).await.unwrap();
    assert!(take("anna", 1010).await, "one that was given back");
    assert!(!take("anna", 1010).await);
    assert!(!take("nobody", 1).await);
}
