use portcullis_audit::RequestId;
use portcullis_identity::{
    CertificateDigest, Conditions, ErpLogin, KeyDigest, KeyId, Principal, PrincipalName, RoleName,
    SessionDigest, Style, Timestamp, UpstreamName,
};
use portcullis_storage::{
    Claim, ClaimState, Claiming, Claims, KeyRow, KeyState, KeyUse, OriginalRow, ProcessId,
    RateLimit, Sealed, SessionRow, Store,
};

use super::*;
use crate::entropy;

fn row(name: &str) -> KeyRow {
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
            networks: vec![
                "192.0.2.0/24".parse().unwrap(),
                "2001:db8::/32".parse().unwrap(),
            ],
            styles: vec![Style::Bearer, Style::Basic],
            must_sign: true,
        },
        certificate: Some(CertificateDigest::of(name.as_bytes())),
        ..KeyRow::new(id, KeyDigest::from_bytes([5; 32]), &holder, Timestamp(1))
    }
}

#[tokio::test]
async fn a_key_is_kept_found_and_revoked_once() {
    let store: Box<dyn Store> = Box::new(SqliteStore::in_memory().await.unwrap());
    let one = row("Shop");
    let mut other = row("Till");
    (other.expires, other.limit, other.roles) = (None, None, Vec::new());
    (other.owner, other.purpose, other.certificate) = (None, None, None);
    other.conditions = Conditions::default();
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

#[tokio::test]
async fn a_key_is_suspended_and_resumed_and_once_exposed() {
    let store: Box<dyn Store> = Box::new(SqliteStore::in_memory().await.unwrap());
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

#[tokio::test]
async fn a_key_has_one_successor_and_ends_no_later_than_before() {
    let store = SqliteStore::in_memory().await.unwrap();
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
    assert!(keys.succeed(&next.id, Timestamp(9), &other).await.unwrap());
    let found = keys.find(&next.id).await.unwrap().unwrap();
    assert_eq!(found.expires, Some(Timestamp(9)));
}

#[tokio::test]
async fn the_last_use_of_a_key_is_the_latest_whoever_tells_it_first() {
    let store = SqliteStore::in_memory().await.unwrap();
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

#[tokio::test]
async fn keys_that_nobody_uses_are_suspended_and_stay_resumed() {
    let store = SqliteStore::in_memory().await.unwrap();
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

#[tokio::test]
async fn a_certificate_is_of_one_key_that_is_not_revoked() {
    let store = SqliteStore::in_memory().await.unwrap();
    let keys: &dyn portcullis_storage::Keys = &store;
    let (one, other) = (row("Shop"), row("Shop"));
    keys.insert(&one).await.unwrap();
    let again = keys.insert(&other).await.unwrap_err();
    assert!(matches!(again, StoreError::Exists { .. }), "{again:?}");
    keys.revoke(&one.id, Timestamp(2)).await.unwrap();
    keys.insert(&other).await.unwrap();
}

#[tokio::test]
async fn roles_and_users_are_put_replaced_and_removed() {
    let store = SqliteStore::in_memory().await.unwrap();
    let store: &dyn Store = &store;
    let name = RoleName::new("reader").unwrap();
    store.roles().put(&name, "one", Timestamp(1)).await.unwrap();
    store.roles().put(&name, "two", Timestamp(2)).await.unwrap();
    assert_eq!(
        store.roles().all().await.unwrap(),
        [(name.clone(), "two".to_owned())]
    );
    assert!(store.roles().remove(&name).await.unwrap());
    assert!(!store.roles().remove(&name).await.unwrap());

    let upstream = UpstreamName::new("odoo").unwrap();
    let login = ErpLogin::new("integration").unwrap();
    let users = store.erp_users();
    users
        .put(&upstream, &login, None, &Sealed(vec![1]), Timestamp(1))
        .await
        .unwrap();
    let before = store.version().await.unwrap();
    users
        .put(&upstream, &login, Some(7), &Sealed(vec![2]), Timestamp(2))
        .await
        .unwrap();
    assert!(store.version().await.unwrap() > before);
    let user = users.find(&upstream, &login).await.unwrap().unwrap();
    assert_eq!(
        (user.uid, user.sealed, user.updated),
        (Some(7), Sealed(vec![2]), Timestamp(2))
    );
    assert_eq!(users.of(&upstream).await.unwrap().len(), 1);
    assert_eq!(
        users
            .of(&UpstreamName::new("other").unwrap())
            .await
            .unwrap()
            .len(),
        0
    );
    assert_eq!(users.all().await.unwrap().len(), 1);
    assert!(users.remove(&upstream, &login).await.unwrap());
    assert!(users.find(&upstream, &login).await.unwrap().is_none());
}

#[tokio::test]
async fn a_session_is_opened_touched_ended_and_swept() {
    let store = SqliteStore::in_memory().await.unwrap();
    let store: &dyn Store = &store;
    let sessions = store.sessions();
    let session = |bits: u8, seen: i64, ends: i64| SessionRow {
        digest: SessionDigest::from_bytes([bits; 32]),
        key: KeyId::new("pck_aaaaaaaaaaaaaaaa").unwrap(),
        opened: Timestamp(1),
        seen: Timestamp(seen),
        ends: Timestamp(ends),
    };
    let one = session(1, 10, 100);
    sessions.open(&one, 9).await.unwrap();
    assert_eq!(sessions.look_up(&one.digest).await.unwrap(), Some(one));
    let again = sessions.open(&one, 9).await.unwrap_err();
    assert!(matches!(again, StoreError::Exists { what: "session" }));

    sessions.touch(&one.digest, Timestamp(20)).await.unwrap();
    sessions.touch(&one.digest, Timestamp(15)).await.unwrap();
    let found = sessions.look_up(&one.digest).await.unwrap().unwrap();
    assert_eq!(found.seen, Timestamp(20), "never back");

    assert!(sessions.end(&one.digest).await.unwrap());
    assert!(!sessions.end(&one.digest).await.unwrap());
    sessions.touch(&one.digest, Timestamp(30)).await.unwrap();
    assert_eq!(sessions.look_up(&one.digest).await.unwrap(), None);

    let (idle, over, good) = (session(2, 5, 100), session(3, 40, 50), session(4, 40, 100));
    for row in [&idle, &over, &good] {
        sessions.open(row, 9).await.unwrap();
    }
    let swept = sessions.sweep(Timestamp(50), Timestamp(6)).await.unwrap();
    assert_eq!(swept, 2);
    assert_eq!(sessions.look_up(&good.digest).await.unwrap(), Some(good));
    assert_eq!(sessions.look_up(&over.digest).await.unwrap(), None);
}

#[tokio::test]
async fn of_too_many_sessions_of_a_key_the_longest_unused_end() {
    let store = SqliteStore::in_memory().await.unwrap();
    let store: &dyn Store = &store;
    let sessions = store.sessions();
    let session = |bits: u8, key: &str, seen: i64| SessionRow {
        digest: SessionDigest::from_bytes([bits; 32]),
        key: KeyId::new(key).unwrap(),
        opened: Timestamp(1),
        seen: Timestamp(seen),
        ends: Timestamp(100),
    };
    let (key, other) = ("pck_aaaaaaaaaaaaaaaa", "pck_bbbbbbbbbbbbbbbb");
    for (row, ended) in [
        (session(1, key, 1), 0),
        (session(2, other, 1), 0),
        (session(3, key, 2), 0),
    ] {
        assert_eq!(sessions.open(&row, 2).await.unwrap(), ended);
    }
    let used = session(1, key, 1).digest;
    sessions.touch(&used, Timestamp(9)).await.unwrap();
    let new = session(4, key, 3);
    assert_eq!(sessions.open(&new, 2).await.unwrap(), 1);
    let mut there = Vec::new();
    for bits in 1..=4 {
        let digest = SessionDigest::from_bytes([bits; 32]);
        there.push(sessions.look_up(&digest).await.unwrap().is_some());
    }
    assert_eq!(there, [true, true, false, true], "another key's stays");
    let last = session(5, key, 4);
    assert_eq!(sessions.open(&last, 1).await.unwrap(), 2);
    assert_eq!(sessions.look_up(&last.digest).await.unwrap(), Some(last));
}

#[tokio::test]
async fn a_setting_is_written_once() {
    let store = SqliteStore::in_memory().await.unwrap();
    let settings: &dyn Store = &store;
    let settings = settings.settings();
    assert_eq!(settings.get("a").await.unwrap(), None);
    assert_eq!(settings.put_if_absent("a", b"one").await.unwrap(), b"one");
    assert_eq!(settings.put_if_absent("a", b"two").await.unwrap(), b"one");
    assert_eq!(
        settings.get("a").await.unwrap().as_deref(),
        Some(b"one".as_slice())
    );
    let id = entropy::ledger_id(settings).await.unwrap();
    assert_eq!(entropy::ledger_id(settings).await.unwrap(), id);
}

#[tokio::test]
async fn what_one_opening_changes_another_sees() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let one = SqliteStore::open(&path).await.unwrap();
    let other = SqliteStore::open(&path).await.unwrap();
    let (one, other): (&dyn Store, &dyn Store) = (&one, &other);
    let key = row("Shop");
    one.keys().insert(&key).await.unwrap();
    let before = other.version().await.unwrap();
    assert_eq!(other.keys().find(&key.id).await.unwrap(), Some(key.clone()));
    assert!(one.keys().revoke(&key.id, Timestamp(9)).await.unwrap());
    assert!(other.version().await.unwrap() > before);
    assert!(!other.keys().revoke(&key.id, Timestamp(9)).await.unwrap());
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", file.path());
    }
}

#[tokio::test]
async fn a_row_that_does_not_say_what_it_should_is_damaged() {
    let store = SqliteStore::in_memory().await.unwrap();
    sqlx::query(
        "INSERT INTO api_key (id, digest, name, upstream, erp_login, roles, created) \
         VALUES ('pck_', zeroblob(32), 'a', 'b', 'c', '', 1)",
    )
    .execute(&store.pool)
    .await
    .unwrap();
    let store: &dyn Store = &store;
    let error = store.keys().all().await.unwrap_err();
    assert!(
        matches!(error, StoreError::Damaged { what: "key" }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_file_that_is_no_store_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    std::fs::write(&path, "this is not a database".repeat(100)).unwrap();
    let error = SqliteStore::open(&path).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    let nowhere = SqliteStore::open(&folder.path().join("none/store.db")).await;
    assert!(nowhere.is_err());
}

#[tokio::test]
async fn many_write_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let store = SqliteStore::open(&path).await.unwrap();
        tasks.spawn(async move {
            for _ in 0..25 {
                portcullis_storage::Keys::insert(&store, &row("Shop"))
                    .await
                    .unwrap();
            }
        });
    }
    tasks.join_all().await;
    let store = SqliteStore::open(&path).await.unwrap();
    let store: &dyn Store = &store;
    assert_eq!(store.keys().all().await.unwrap().len(), 100);
    assert_eq!(store.version().await.unwrap(), 101);
}

#[tokio::test]
async fn many_open_a_new_store_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let path = path.clone();
        tasks.spawn(async move { SqliteStore::open(&path).await.map(|_| ()) });
    }
    for done in tasks.join_all().await {
        done.unwrap();
    }
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

#[tokio::test]
async fn of_many_who_claim_at_once_one_claims() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let store = SqliteStore::open(&path).await.unwrap();
        tasks.spawn(async move {
            let mut claimed = 0;
            for key in 0..10 {
                let wanted = claim("one", key, 1, ProcessId(1));
                let claiming = Claims::claim(&store, &wanted, Timestamp(0), 100)
                    .await
                    .unwrap();
                claimed += u32::from(claiming == Claiming::Claimed);
            }
            claimed
        });
    }
    assert_eq!(tasks.join_all().await.into_iter().sum::<u32>(), 10);
}

#[tokio::test]
async fn a_claim_is_ended_once_released_or_forgotten() {
    let store = SqliteStore::in_memory().await.unwrap();
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
    claims.release("one", &one.key).await.unwrap();
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
    claims.release("one", &two.key).await.unwrap();
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

#[tokio::test]
async fn a_new_answer_takes_the_room_of_the_oldest_of_its_caller() {
    let store = SqliteStore::in_memory().await.unwrap();
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

#[tokio::test]
async fn original_errors_are_kept_by_request_and_forgotten_by_age_and_number() {
    let store = SqliteStore::in_memory().await.unwrap();
    let store: &dyn Store = &store;
    let row = |request, at| OriginalRow {
        request: RequestId(request),
        at: Timestamp(at),
        sealed: Sealed(vec![u8::try_from(at).unwrap()]),
    };
    let rows = [row(1, 1), row(2, 2), row(1, 3), row(4, 4)];
    store.originals().keep(&rows).await.unwrap();
    let of = async |request| store.originals().of(RequestId(request)).await.unwrap();
    assert_eq!(of(1).await, [row(1, 1), row(1, 3)]);
    assert_eq!(store.originals().forget(Timestamp(2), 10).await.unwrap(), 1);
    assert_eq!(of(1).await, [row(1, 3)]);
    assert_eq!(store.originals().forget(Timestamp(0), 1).await.unwrap(), 2);
    assert!(of(1).await.is_empty() && of(2).await.is_empty());
    assert_eq!(of(4).await, [row(4, 4)]);
}
