use portcullis_identity::{Principal, PrincipalKind, PrincipalName, Secret, UpstreamName};

use super::*;
use crate::gcra::Rate;
use crate::sessions::{OnChange, Secure};
use crate::upstream::ErpSession;

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
    assert_eq!(entered.places.len(), 1);
    entered.sweep(&lasting(), at(61));
    assert_eq!(entered.places.len(), 0);
}

fn told(login: &str, seconds: i64) -> PersonEnd {
    PersonEnd {
        upstream: UpstreamName::new("odoo").unwrap(),
        login: ErpLogin::new(login).unwrap(),
        at: at(seconds),
    }
}

#[tokio::test]
async fn when_all_sessions_of_a_person_end_each_password_is_forgotten_once() {
    let entered = Entered::default();
    let known = |seconds| entered.known(&[1; 32], &lasting(), at(seconds)).is_some();
    enter(&entered, [1; 32], at(0)).await;
    enter(&entered, [2; 32], at(0)).await;
    assert_eq!(entered.learn(&[told("bert", 1)], at(1)).len(), 0);
    assert!(known(1), "somebody else's");
    // The clock that tells it may be ahead of this one, or behind.
    let ended = entered.learn(&[told("bert", 1), told("ANNA", 9)], at(2));
    assert_eq!(ended.len(), 2, "in any spelling");
    assert!(!known(2));
    enter(&entered, [1; 32], at(3)).await;
    let ends = [told("ANNA", 9), told("anna", 5)];
    assert_eq!(entered.learn(&ends, at(4)).len(), 0, "it is known already");
    assert!(known(4));
    assert_eq!(entered.learn(&[told("anna", 10)], at(5)).len(), 1);
    assert!(!known(5));
    enter(&entered, [1; 32], at(6)).await;
    assert_eq!(entered.learn(&[], at(7)).len(), 0);
    assert!(known(7), "what is forgotten there ends nobody");
    assert_eq!(entered.ends.len(), 0);
}

#[tokio::test]
async fn who_was_about_to_enter_when_all_sessions_ended_has_not() {
    let entered = Entered::default();
    let place = entered.place([1; 32]);
    let Turn::Mine(asking) = place.turn(&lasting(), at(0)).await else {
        panic!("nobody was asked")
    };
    let anna = anna();
    assert!(!entered.is_ended(&anna, at(0)));
    assert_eq!(entered.learn(&[told("anna", 1)], at(1)).len(), 0);
    asking.enters(&anna, at(0));
    assert!(entered.is_ended(&anna, at(0)));
    assert!(!entered.is_ended(&anna, at(2)), "who comes later may");
}
