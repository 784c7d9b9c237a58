use std::sync::Arc;

use portcullis_identity::{
    AdminRole, AdministratorName, RecoveryDigest, RoleName, Scope, SessionDigest, Timestamp,
};
use portcullis_storage::{
    AdministratorRow, Administrators, AdmissionRow, Admissions, Ending, FactorKind, FactorRow,
    Makes, Purpose, Sealed, SlipRow, Standing, Store, StoreError,
};

use super::{Place, SqlStore, on_both};

on_both! {
    an_administrator_is_added_changed_locked_and_removed,
    who_was_removed_stays_so_when_an_old_backup_is_restored,
    a_step_counts_once_over_all_processes,
    a_recovery_code_counts_once_over_all_processes,
    a_session_is_opened_touched_ended_and_swept,
    whatever_shuts_an_administrator_out_ends_what_was_open,
    a_slip_is_taken_once_for_its_purpose_and_in_time,
    of_too_many_sessions_and_slips_the_oldest_end,
}

pub(super) fn name(text: &str) -> AdministratorName {
    AdministratorName::new(text).unwrap()
}

pub(super) fn anna() -> AdministratorRow {
    AdministratorRow {
        name: name("anna"),
        roles: vec![AdminRole::Auditor, AdminRole::KeyManager],
        scope: Scope {
            roles: vec![RoleName::new("reader").unwrap()],
            users: vec!["odoo/shop".parse().unwrap()],
        },
        password: Sealed(vec![1]),
        password_set: Timestamp(1),
        handle: [1; 16],
        created: Timestamp(1),
        locked: None,
        epoch: 0,
        tries: Timestamp(0),
    }
}

pub(super) fn bert() -> AdministratorRow {
    AdministratorRow {
        name: name("bert"),
        roles: vec![AdminRole::Administrator],
        scope: Scope::default(),
        handle: [2; 16],
        ..anna()
    }
}

pub(super) fn session(bits: u8, of: &str, seen: i64) -> AdmissionRow {
    AdmissionRow {
        digest: SessionDigest::from_bytes([bits; 32]),
        administrator: name(of),
        standing: Standing::Full,
        opened: Timestamp(2),
        seen: Timestamp(seen),
        ends: Timestamp(100),
        network: "192.0.2.0/24".to_owned(),
        agent: vec![7; 32],
    }
}

fn slip(bits: u8, of: &str, ends: i64) -> SlipRow {
    SlipRow {
        digest: [bits; 32],
        administrator: name(of),
        purpose: Purpose::Totp,
        sealed: Sealed(vec![bits]),
        ends: Timestamp(ends),
    }
}

pub(super) fn totp(of: &str) -> FactorRow {
    FactorRow {
        administrator: name(of),
        id: "totp".to_owned(),
        kind: FactorKind::Totp,
        label: "app".to_owned(),
        sealed: Sealed(vec![7]),
        step: Some(10),
        created: Timestamp(3),
        used: None,
    }
}

async fn an_administrator_is_added_changed_locked_and_removed(place: Place) {
    let store = place.open().await;
    let all: &dyn Administrators = &store;
    all.add(&anna()).await.unwrap();
    all.add(&bert()).await.unwrap();
    let again = all.add(&anna()).await.unwrap_err();
    assert!(
        matches!(
            again,
            StoreError::Exists {
                what: "administrator"
            }
        ),
        "{again:?}"
    );
    assert_eq!(all.find(&name("anna")).await.unwrap(), Some(anna()));
    assert_eq!(all.find(&name("nobody")).await.unwrap(), None);
    assert_eq!(all.all().await.unwrap(), [anna(), bert()]);

    let roles = [AdminRole::Auditor];
    assert!(
        all.set_roles(&name("anna"), &roles, &Scope::default())
            .await
            .unwrap()
    );
    assert!(
        !all.set_roles(&name("nobody"), &roles, &Scope::default())
            .await
            .unwrap()
    );
    assert!(
        all.set_password(&name("anna"), &Sealed(vec![2]), Timestamp(9))
            .await
            .unwrap()
    );
    assert!(
        !all.set_password(&name("nobody"), &Sealed(vec![2]), Timestamp(9))
            .await
            .unwrap()
    );
    let (old, new) = (Sealed(vec![2]), Sealed(vec![3]));
    assert!(all.rehash(&name("anna"), &old, &new).await.unwrap());
    assert!(
        !all.rehash(&name("anna"), &old, &new).await.unwrap(),
        "it is not that any more"
    );
    assert!(all.lock(&name("anna"), Timestamp(11)).await.unwrap());
    assert!(!all.lock(&name("anna"), Timestamp(12)).await.unwrap());
    let expected = AdministratorRow {
        roles: roles.to_vec(),
        scope: Scope::default(),
        password: new,
        password_set: Timestamp(9),
        locked: Some(Timestamp(11)),
        ..anna()
    };
    assert_eq!(all.find(&name("anna")).await.unwrap(), Some(expected));
    assert!(all.unlock(&name("anna")).await.unwrap());
    assert!(!all.unlock(&name("anna")).await.unwrap());

    assert!(all.put_factor(&totp("anna"), Ending::None).await.unwrap());
    assert!(
        all.remove(&name("anna"), Makes::End, Timestamp(9))
            .await
            .unwrap()
    );
    assert!(
        !all.remove(&name("anna"), Makes::End, Timestamp(9))
            .await
            .unwrap()
    );
    assert_eq!(all.factors(&name("anna")).await.unwrap(), []);
    assert_eq!(all.all().await.unwrap(), [bert()]);
}

async fn who_was_removed_stays_so_when_an_old_backup_is_restored(place: Place) {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let one = place.open().await.remembering(file("one"));
    let other = place.open().await.remembering(file("other"));
    let everybody = async |store: &SqlStore| {
        let all = Administrators::all(store).await.unwrap();
        all.into_iter().map(|row| row.name).collect::<Vec<_>>()
    };
    for row in [anna(), bert()] {
        one.add(&row).await.unwrap();
    }
    assert_eq!(everybody(&one).await, [name("anna"), name("bert")]);
    assert!(
        one.remove(&name("anna"), Makes::End, Timestamp(50))
            .await
            .unwrap()
    );
    assert_eq!(everybody(&one).await, [name("bert")]);
    // Each gateway learns it of the store, and the store of each gateway.
    assert_eq!(everybody(&other).await, [name("bert")]);
    let restore = async || {
        let forgotten = "DELETE FROM administrator_grave";
        one.query(forgotten).execute().await.unwrap();
        one.add(&anna()).await.unwrap();
        one.admit(&session(1, "anna", 3), &anna(), 5).await.unwrap();
    };
    for (place, file) in [(&place, file("one")), (&place, file("other"))] {
        restore().await;
        let again = place.open().await.remembering(file);
        let found = Administrators::find(&again, &name("anna")).await.unwrap();
        assert_eq!(found, None);
        assert_eq!(everybody(&again).await, [name("bert")]);
        let session = SessionDigest::from_bytes([1; 32]);
        assert_eq!(again.look_up(&session).await.unwrap(), None);
        // Another gateway learns it of the store again.
        let third = place.open().await;
        assert_eq!(everybody(&third).await, [name("bert")]);
    }
    // Whoever gets the name later is somebody else.
    let newcomer = AdministratorRow {
        handle: [3; 16],
        ..anna()
    };
    one.add(&newcomer).await.unwrap();
    assert_eq!(everybody(&one).await, [name("anna"), name("bert")]);
}

async fn a_step_counts_once_over_all_processes(place: Place) {
    let place = Arc::new(place);
    let store = place.open().await;
    store.add(&anna()).await.unwrap();
    assert!(store.put_factor(&totp("anna"), Ending::None).await.unwrap());
    let count = async |step| {
        let anna = name("anna");
        let counted = store.count_step(&anna, "totp", step, Timestamp(9)).await;
        counted.unwrap()
    };
    assert!(!count(10).await, "that of the enrolment");
    assert!(count(12).await);
    assert!(!count(12).await);
    assert!(!count(11).await, "an older one neither");
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = place.open().await;
        tasks.spawn(async move {
            store
                .count_step(&name("anna"), "totp", 13, Timestamp(9))
                .await
                .unwrap()
        });
    }
    let counted = tasks.join_all().await;
    assert_eq!(counted.iter().filter(|counted| **counted).count(), 1);
}

async fn a_recovery_code_counts_once_over_all_processes(place: Place) {
    let store = place.open().await;
    store.add(&anna()).await.unwrap();
    let code = |bits| RecoveryDigest::from_bytes([bits; 32]);
    let anna = name("anna");
    assert!(
        store
            .put_recovery(&anna, &[code(1), code(2)])
            .await
            .unwrap()
    );
    assert!(
        !store
            .put_recovery(&name("nobody"), &[code(1)])
            .await
            .unwrap()
    );
    assert_eq!(store.recovery_left(&anna).await.unwrap(), 2);
    assert!(
        !store.spend_recovery(&name("bert"), &code(1)).await.unwrap(),
        "another's"
    );
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = place.open().await;
        tasks.spawn(async move { store.spend_recovery(&name("anna"), &code(1)).await.unwrap() });
    }
    let spent = tasks.join_all().await;
    assert_eq!(spent.iter().filter(|spent| **spent).count(), 1);
    assert_eq!(store.recovery_left(&anna).await.unwrap(), 1);
    assert!(store.put_recovery(&anna, &[code(3)]).await.unwrap());
    assert!(
        !store.spend_recovery(&anna, &code(2)).await.unwrap(),
        "replaced"
    );
    assert!(store.spend_recovery(&anna, &code(3)).await.unwrap());
    assert_eq!(store.recovery_left(&anna).await.unwrap(), 0);
}

async fn a_session_is_opened_touched_ended_and_swept(place: Place) {
    let store = place.open().await;
    store.add(&anna()).await.unwrap();
    let all: &dyn Admissions = &store;
    let one = session(1, "anna", 10);
    assert!(all.admit(&one, &anna(), 9).await.unwrap());
    assert_eq!(all.look_up(&one.digest).await.unwrap(), Some(one.clone()));
    let again = all.admit(&one, &anna(), 9).await.unwrap_err();
    assert!(
        matches!(again, StoreError::Exists { what: "session" }),
        "{again:?}"
    );
    all.touch(&one.digest, Timestamp(20)).await.unwrap();
    all.touch(&one.digest, Timestamp(15)).await.unwrap();
    let found = all.look_up(&one.digest).await.unwrap().unwrap();
    assert_eq!(found.seen, Timestamp(20), "never back");
    assert!(all.end(&one.digest).await.unwrap());
    assert!(!all.end(&one.digest).await.unwrap());
    all.touch(&one.digest, Timestamp(30)).await.unwrap();
    assert_eq!(all.look_up(&one.digest).await.unwrap(), None);

    let enrolling = AdmissionRow {
        standing: Standing::Enrolling,
        ..session(5, "anna", 40)
    };
    let over = AdmissionRow {
        ends: Timestamp(50),
        ..session(3, "anna", 40)
    };
    for row in [
        &session(2, "anna", 5),
        &over,
        &session(4, "anna", 40),
        &enrolling,
    ] {
        assert!(all.admit(row, &anna(), 9).await.unwrap());
    }
    assert_eq!(all.all().await.unwrap().len(), 4);
    assert_eq!(all.sweep(Timestamp(50), Timestamp(6)).await.unwrap(), 2);
    assert_eq!(
        all.all().await.unwrap(),
        [session(4, "anna", 40), enrolling]
    );
    assert_eq!(all.end_of(&name("anna")).await.unwrap(), 2);
    assert_eq!(all.end_of(&name("anna")).await.unwrap(), 0);
}

async fn whatever_shuts_an_administrator_out_ends_what_was_open(place: Place) {
    let store = place.open().await;
    let (anna_, bert_) = (name("anna"), name("bert"));
    for row in [anna(), bert()] {
        store.add(&row).await.unwrap();
    }
    let open = async |bits, set| {
        let row = session(bits, "anna", 9);
        let seen = AdministratorRow {
            password_set: Timestamp(set),
            ..anna()
        };
        store.admit(&row, &seen, 9).await.unwrap()
    };
    let left = async || Admissions::all(&store).await.unwrap().len();
    assert!(
        store
            .admit(&session(9, "bert", 9), &bert(), 9)
            .await
            .unwrap()
    );

    assert!(open(1, 1).await);
    assert!(store.put_slip(&slip(1, "anna", 50), 9).await.unwrap());
    assert!(store.lock(&anna_, Timestamp(5)).await.unwrap());
    assert_eq!(left().await, 1, "another's stays");
    assert!(
        !open(2, 1).await,
        "nothing is opened for whoever is locked out"
    );
    assert!(!store.put_slip(&slip(2, "anna", 50), 9).await.unwrap());
    let taken = store.take_slip(&[1; 32], Purpose::Totp, Timestamp(5)).await;
    assert_eq!(taken.unwrap(), None);

    assert!(store.unlock(&anna_).await.unwrap());
    assert!(open(3, 1).await);
    assert!(
        store
            .set_password(&anna_, &Sealed(vec![4]), Timestamp(7))
            .await
            .unwrap()
    );
    assert_eq!(left().await, 1);
    assert!(
        !open(4, 1).await,
        "the password was another one when it was checked"
    );
    assert!(open(5, 7).await);

    assert!(
        store
            .remove(&anna_, Makes::End, Timestamp(9))
            .await
            .unwrap()
    );
    assert_eq!(left().await, 1);
    assert!(!open(6, 7).await);
    assert_eq!(store.end_of(&bert_).await.unwrap(), 1);
}

async fn a_slip_is_taken_once_for_its_purpose_and_in_time(place: Place) {
    let store = place.open().await;
    store.add(&anna()).await.unwrap();
    let take = async |bits, purpose, now| {
        let taken = store.take_slip(&[bits; 32], purpose, Timestamp(now)).await;
        taken.unwrap()
    };
    for row in [
        slip(1, "anna", 50),
        slip(2, "anna", 50),
        slip(3, "anna", 50),
    ] {
        assert!(store.put_slip(&row, 9).await.unwrap());
    }
    assert_eq!(
        take(1, Purpose::Enrolment, 10).await,
        None,
        "another purpose"
    );
    assert_eq!(take(1, Purpose::Totp, 50).await, None, "too late");
    assert_eq!(take(1, Purpose::Totp, 49).await, Some(slip(1, "anna", 50)));
    assert_eq!(take(1, Purpose::Totp, 49).await, None, "once");
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = place.open().await;
        tasks.spawn(async move {
            let taken = store.take_slip(&[2; 32], Purpose::Totp, Timestamp(1));
            taken.await.unwrap()
        });
    }
    let taken = tasks.join_all().await;
    assert_eq!(taken.iter().flatten().count(), 1);
    assert_eq!(store.sweep(Timestamp(50), Timestamp(0)).await.unwrap(), 1);
    assert_eq!(take(3, Purpose::Totp, 1).await, None);
}

async fn of_too_many_sessions_and_slips_the_oldest_end(place: Place) {
    let store = place.open().await;
    for row in [anna(), bert()] {
        store.add(&row).await.unwrap();
    }
    for (bits, of) in [(1, "anna"), (2, "bert"), (3, "anna"), (4, "anna")] {
        let row = session(bits, of, i64::from(bits));
        assert!(store.admit(&row, &anna(), 2).await.unwrap());
        assert!(
            store
                .put_slip(&slip(bits, of, i64::from(bits) + 50), 2)
                .await
                .unwrap()
        );
    }
    let mut there = Vec::new();
    for bits in 1..=4 {
        let digest = SessionDigest::from_bytes([bits; 32]);
        let slip = store
            .take_slip(&[bits; 32], Purpose::Totp, Timestamp(1))
            .await;
        let slip = slip.unwrap().is_some();
        assert_eq!(store.look_up_admission(&digest).await, slip);
        there.push(slip);
    }
    assert_eq!(there, [false, true, true, true], "another's stay");
}

impl super::SqlStore {
    async fn look_up_admission(&self, digest: &SessionDigest) -> bool {
        let all: &dyn Store = self;
        all.admissions().look_up(digest).await.unwrap().is_some()
    }
}
