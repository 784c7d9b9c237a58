use portcullis_identity::{
    ErpLogin, Principal, PrincipalKind, PrincipalName, Secret, UpstreamName,
};

use super::*;
use crate::gcra::Rate;
use crate::sessions::{OnChange, Secure};
use crate::upstream::{ErpSession, ErpUser};

const SECOND: i64 = 1_000_000;

fn lasting() -> Lasting {
    Lasting {
        idle: Duration::from_secs(60),
        absolute: Duration::from_secs(300),
        per_key: 1,
        secure: Secure::Auto,
        on_new_network: OnChange::Ignore,
        on_new_agent: OnChange::Ignore,
    }
}

fn anna() -> Arc<Holder> {
    let login = ErpLogin::new("anna").unwrap();
    let session = ErpSession::new(Secret::new("session_id=a".to_owned()), None);
    let principal = Principal::new(
        PrincipalKind::Person,
        PrincipalName::new("anna").unwrap(),
        UpstreamName::new("odoo").unwrap(),
        login.clone(),
        Vec::new(),
    );
    let rate = Rate {
        per_minute: 60,
        burst: 10,
    };
    let user = Arc::new(ErpUser::person(login, session, Some(7)));
    Arc::new(Holder::person(principal, rate, Arc::default(), user))
}

fn at(seconds: i64) -> Timestamp {
    Timestamp(seconds * SECOND)
}

async fn enter(entered: &Entered, mark: Mark, now: Timestamp) -> Arc<Holder> {
    let (place, anna) = (entered.place(mark), anna());
    let Turn::Mine(asking) = place.turn(&lasting(), now).await else {
        panic!("nobody was asked")
    };
    asking.enters(&anna, now);
    anna
}

#[tokio::test]
async fn who_entered_is_known_by_the_same_password_for_as_long_as_a_session_lasts() {
    let entered = Entered::default();
    enter(&entered, [1; 32], at(0)).await;
    let known = |mark: [u8; 32], seconds| entered.known(&mark, &lasting(), at(seconds)).is_some();
    assert!(known([1; 32], 60) && known([1; 32], 120), "each use counts");
    assert!(!known([2; 32], 120), "another password is nobody's");
    assert!(!known([1; 32], 181), "unused for too long");

    enter(&entered, [1; 32], at(0)).await;
    assert!((0..300).step_by(50).all(|second| known([1; 32], second)));
    assert!(!known([1; 32], 300), "however much it is used");
}

#[tokio::test]
async fn what_the_erp_has_ended_is_over_here() {
    let entered = Entered::default();
    let anna = enter(&entered, [1; 32], at(0)).await;
    assert!(entered.known(&[1; 32], &lasting(), at(1)).is_some());
    anna.user.as_ref().unwrap().session().unwrap().end();
    assert!(entered.known(&[1; 32], &lasting(), at(1)).is_none());
}

#[tokio::test]
async fn of_many_who_ask_at_once_one_does_and_all_hear_what_came_of_it() {
    let entered = Entered::default();
    let place = entered.place([1; 32]);
    let Turn::Mine(asking) = place.turn(&lasting(), at(0)).await else {
        panic!("nobody was asked")
    };
    let other = entered.place([1; 32]);
    let lasting = lasting();
    let waits = other.turn(&lasting, at(0));
    entered.forget(&[1; 32]);
    asking.fails(NoEntry::Refused);
    assert!(matches!(waits.await, Turn::InVain(NoEntry::Refused)));
    let new = entered.place([1; 32]);
    assert!(matches!(new.turn(&lasting, at(1)).await, Turn::Mine(_)));
}

#[tokio::test]
async fn who_has_not_come_for_long_is_forgotten() {
    let entered = Entered::default();
    enter(&entered, [1; 32], at(0)).await;
    entered.sweep(&lasting(), at(60));
    assert_eq!(entered.0.len(), 1);
    entered.sweep(&lasting(), at(61));
    assert_eq!(entered.0.len(), 0);
}
