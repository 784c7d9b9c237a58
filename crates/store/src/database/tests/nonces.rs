//! Nonces, on either database.

use std::sync::Arc;

use portcullis_identity::Timestamp;
use portcullis_storage::{Nonce, Store};

use super::{Place, on_both};
use crate::entropy;

on_both! {
    a_nonce_is_spent_once_by_whoever_comes_first_and_forgotten_when_it_ends,
}

async fn a_nonce_is_spent_once_by_whoever_comes_first_and_forgotten_when_it_ends(place: Place) {
    let stores: [Arc<dyn Store>; 2] = [Arc::new(place.open().await), Arc::new(place.open().await)];
    let nonce = |mark, ends| Nonce {
        key: entropy::new_key().unwrap().id(),
        mark: [mark; 32],
        ends: Timestamp(ends),
    };
    let one = nonce(1, 10);
    let before = stores[0].version().await.unwrap();
    let tries: Vec<_> = (0..16)
        .map(|at| {
            let store = Arc::clone(&stores[at % 2]);
            tokio::spawn(async move { store.nonces().spend(&one).await.unwrap() })
        })
        .collect();
    let mut spent = 0;
    for one in tries {
        spent += u32::from(one.await.unwrap());
    }
    assert_eq!(spent, 1);
    let second = Nonce {
        mark: [2; 32],
        ..one
    };
    assert!(stores[0].nonces().spend(&second).await.unwrap());
    let others = nonce(1, 20);
    assert!(stores[1].nonces().spend(&others).await.unwrap());
    let after = stores[0].version().await.unwrap();
    assert_eq!(after, before, "no gateway need look");
    let forgotten = stores[0].nonces().expire(Timestamp(11)).await;
    assert_eq!(forgotten.unwrap(), 2);
    assert!(stores[1].nonces().spend(&one).await.unwrap());
}
