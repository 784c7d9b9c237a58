use std::sync::Arc;

use portcullis_identity::Timestamp;
use portcullis_storage::{Claim, ClaimState, Claiming, Claims, ProcessId, Sealed, Store};

use super::{Place, on_both};

on_both! {
    of_a_hundred_who_claim_at_once_one_claims,
    at_once_a_caller_claims_no_more_than_it_may,
    a_claim_is_ended_once_released_or_forgotten,
    a_new_answer_takes_the_room_of_the_oldest_of_its_caller,
}

fn claim(caller: &str, key: u8, at: i64, process: ProcessId) -> Claim {
    Claim {
        caller: caller.into(),
        key: [key; 32],
        call: [7; 32],
        guards: [8; 32],
        process,
        claimed: Timestamp(at),
    }
}

/// What comes of claims that are made at once, by four processes.
async fn at_once(place: &Place, claims: Vec<Claim>, most: u32) -> Vec<Claiming> {
    let mut stores = Vec::new();
    for _ in 0..4 {
        stores.push(Arc::new(place.open().await));
    }
    let mut tasks = tokio::task::JoinSet::new();
    for (wanted, store) in claims.into_iter().zip(stores.iter().cycle()) {
        let store = Arc::clone(store);
        tasks.spawn(async move {
            let claiming = Claims::claim(&*store, &wanted, Timestamp(0), most);
            claiming.await.unwrap()
        });
    }
    tasks.join_all().await
}

async fn of_a_hundred_who_claim_at_once_one_claims(place: Place) {
    let one = claim("one", 1, 1, ProcessId(1));
    let claimings = at_once(&place, vec![one.clone(); 100], 100).await;
    let claimed = claimings.iter().filter(|done| **done == Claiming::Claimed);
    assert_eq!(claimed.count(), 1);
    let taken = Claiming::Taken(one, ClaimState::Running);
    assert_eq!(claimings.iter().filter(|done| **done == taken).count(), 99);
}

async fn at_once_a_caller_claims_no_more_than_it_may(place: Place) {
    let all = (0..40).map(|key| claim("one", key, 1, ProcessId(1)));
    let claimings = at_once(&place, all.collect(), 10).await;
    let claimed = claimings.iter().filter(|done| **done == Claiming::Claimed);
    assert_eq!(claimed.count(), 10);
    let full = claimings.iter().filter(|done| **done == Claiming::Full);
    assert_eq!(full.count(), 30);
}

async fn a_claim_is_ended_once_released_or_forgotten(place: Place) {
    let store = place.open().await;
    let store: &dyn Store = &store;
    let me = store.presence().enter().await.unwrap();
    assert!(store.presence().is_there(me).await.unwrap());
    let claims = store.claims();
    let one = claim("one", 1, 10, me);
    let again = || claims.claim(&one, Timestamp(5), 2);
    assert_eq!(again().await.unwrap(), Claiming::Claimed);
    assert_eq!(
        again().await.unwrap(),
        Claiming::Taken(one.clone(), ClaimState::Running)
    );
    let answer = ClaimState::Answered(Sealed(vec![1, 2]));
    claims.end("one", &one.key, &answer, 99).await.unwrap();
    claims
        .end("one", &one.key, &ClaimState::Unknown, 99)
        .await
        .unwrap();
    claims.release(&one).await.unwrap();
    assert_eq!(again().await.unwrap(), Claiming::Taken(one.clone(), answer));

    let (two, three) = (claim("one", 2, 10, me), claim("one", 3, 10, me));
    assert_eq!(
        claims.claim(&two, Timestamp(5), 2).await.unwrap(),
        Claiming::Claimed
    );
    assert_eq!(
        claims.claim(&three, Timestamp(5), 2).await.unwrap(),
        Claiming::Full
    );
    let other = claim("other", 3, 10, me);
    assert_eq!(
        claims.claim(&other, Timestamp(5), 2).await.unwrap(),
        Claiming::Claimed
    );
    let older = claim("one", 2, 9, me);
    claims.release(&older).await.unwrap();
    assert_eq!(
        claims.claim(&two, Timestamp(5), 2).await.unwrap(),
        Claiming::Taken(two.clone(), ClaimState::Running),
        "another attempt is not given up"
    );
    claims.release(&two).await.unwrap();
    assert_eq!(
        claims.claim(&three, Timestamp(5), 2).await.unwrap(),
        Claiming::Claimed
    );

    let later = claim("one", 1, 99, me);
    assert_eq!(
        claims.claim(&later, Timestamp(50), 2).await.unwrap(),
        Claiming::Claimed
    );
    assert_eq!(claims.forget(Timestamp(50)).await.unwrap(), 2);
}

async fn a_new_answer_takes_the_room_of_the_oldest_of_its_caller(place: Place) {
    let store = place.open().await;
    let store: &dyn Store = &store;
    let claims = store.claims();
    let answered = |bytes| ClaimState::Answered(Sealed(vec![1; bytes]));
    let process = ProcessId(1);
    for (caller, key, at, bytes) in [
        ("other", 1, 1, 50),
        ("one", 1, 1, 40),
        ("one", 2, 2, 40),
        ("one", 3, 3, 20),
    ] {
        let new = claim(caller, key, at, process);
        claims.claim(&new, Timestamp(0), 9).await.unwrap();
        let answer = answered(bytes);
        let ended = claims.end(caller, &new.key, &answer, 100);
        ended.await.unwrap();
    }
    let state = async |caller, key| {
        let wanted = claim(caller, key, 9, process);
        match claims.claim(&wanted, Timestamp(0), 9).await.unwrap() {
            Claiming::Taken(_, state) => state,
            other @ (Claiming::Claimed | Claiming::Full) => panic!("{other:?}"),
        }
    };
    assert_eq!(state("one", 1).await, answered(40), "all have room");
    let new = claim("one", 4, 4, process);
    claims.claim(&new, Timestamp(0), 9).await.unwrap();
    let answer = answered(50);
    let ended = claims.end("one", &new.key, &answer, 100);
    ended.await.unwrap();
    assert_eq!(state("one", 1).await, ClaimState::Unkept);
    assert_eq!(state("one", 2).await, ClaimState::Unkept);
    assert_eq!(state("one", 3).await, answered(20));
    assert_eq!(state("one", 4).await, answered(50));
    assert_eq!(state("other", 1).await, answered(50));
}
