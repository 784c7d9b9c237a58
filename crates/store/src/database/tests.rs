//! What every store does, on SQLite and on PostgreSQL.

mod admin_keys;
mod administrators;
mod approvals;
mod changes;
mod claims;
mod foreign;
mod found;
mod health;
mod keys;
mod nonces;
mod parts;
mod second_factors;
mod sessions;

use std::sync::Arc;
use std::time::Duration;

use portcullis_audit::RequestId;
use portcullis_identity::{ErpLogin, RoleName, Timestamp, UpstreamName};
use portcullis_storage::{
    Changes, Keys, OriginalRow, Presence, ProcessId, Roles, Sealed, Store, StoreError,
};
#[cfg(feature = "postgres")]
use portcullis_testkit::postgres::{Cluster, Database as Server};

use super::*;
use crate::entropy;
use keys::row;

/// Where a store lies.
pub(crate) enum Place {
    File(tempfile::TempDir),
    #[cfg(feature = "postgres")]
    Server(Server),
}

/// Each of these tests, on either database.
macro_rules! on_both {
    ($($name:ident,)*) => {
        mod on_sqlite {
            use super::Place;
            $(#[tokio::test]
            async fn $name() {
                super::$name(Place::file()).await;
            })*
        }
        #[cfg(feature = "postgres")]
        mod on_postgres {
            use super::Place;
            $(#[tokio::test]
            async fn $name() {
                super::$name(Place::server()).await;
            })*
        }
    };
}
use on_both;

on_both! {
    roles_and_users_are_put_replaced_and_removed,
    a_setting_is_written_once,
    original_errors_are_kept_by_request_and_forgotten_by_age_and_number,
    what_one_opening_changes_another_sees,
    every_way_of_changing_a_row_is_seen,
    a_row_that_does_not_say_what_it_should_is_damaged,
    a_database_of_a_newer_program_is_refused,
    what_is_not_committed_has_not_happened,
    many_write_at_once,
    many_open_a_new_store_at_once,
    a_process_is_there_until_its_end,
}

impl Place {
    pub(crate) fn file() -> Self {
        Self::File(tempfile::tempdir().unwrap())
    }

    #[cfg(feature = "postgres")]
    pub(crate) fn server() -> Self {
        Self::Server(Cluster::shared().database())
    }

    pub(crate) async fn try_open(&self) -> Result<SqlStore, StoreError> {
        match self {
            Self::File(folder) => SqlStore::open(&folder.path().join("store.db")).await,
            #[cfg(feature = "postgres")]
            Self::Server(database) => {
                let server = postgres::Server {
                    url: database.url(),
                    password: None,
                    authorities: None,
                };
                SqlStore::connect(&server).await
            }
        }
    }

    /// The store, as one more process opens it.
    pub(crate) async fn open(&self) -> SqlStore {
        self.try_open().await.unwrap()
    }
}

async fn roles_and_users_are_put_replaced_and_removed(place: Place) {
    let store = place.open().await;
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

async fn a_setting_is_written_once(place: Place) {
    let store = place.open().await;
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

async fn original_errors_are_kept_by_request_and_forgotten_by_age_and_number(place: Place) {
    let store = place.open().await;
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

async fn what_one_opening_changes_another_sees(place: Place) {
    let one = place.open().await;
    let other = place.open().await;
    let (one, other): (&dyn Store, &dyn Store) = (&one, &other);
    let key = row("Shop");
    one.keys().insert(&key).await.unwrap();
    let before = other.version().await.unwrap();
    assert_eq!(other.keys().find(&key.id).await.unwrap(), Some(key.clone()));
    assert!(one.keys().revoke(&key.id, Timestamp(9)).await.unwrap());
    assert!(other.version().await.unwrap() > before);
    assert!(!other.keys().revoke(&key.id, Timestamp(9)).await.unwrap());
}

async fn every_way_of_changing_a_row_is_seen(place: Place) {
    let store = place.open().await;
    for text in [
        "INSERT INTO role (name, text, updated) VALUES ('a', 'b', 1), ('c', 'd', 1)",
        "UPDATE role SET updated = 2",
        "DELETE FROM role",
        "INSERT INTO erp_user (upstream, login, sealed, updated) SELECT 'a', 'b', value, 1 FROM setting",
        "UPDATE erp_user SET updated = 2",
        "DELETE FROM erp_user",
        "INSERT INTO api_key (id, digest, name, upstream, erp_login, roles, created) \
         SELECT 'a', value, 'b', 'c', 'd', '', 1 FROM setting",
        "UPDATE api_key SET created = 2",
        "DELETE FROM api_key",
    ] {
        let settings: &dyn Store = &store;
        let settings = settings.settings();
        settings.put_if_absent("bytes", &[7; 32]).await.unwrap();
        let before = store.version().await.unwrap();
        assert!(store.query(text).execute().await.unwrap() > 0, "{text}");
        assert!(store.version().await.unwrap() > before, "{text}");
    }
}

async fn what_is_not_committed_has_not_happened(place: Place) {
    let store = place.open().await;
    // More often than there are connections.
    for _ in 0..20 {
        let mut dropped = store.begin().await.unwrap();
        let text = "INSERT INTO role (name, text, updated) VALUES ('a', 'b', 1)";
        assert_eq!(dropped.query(text).execute().await.unwrap(), 1);
    }
    assert_eq!(store.version().await.unwrap(), 1);
    assert_eq!(Roles::all(&store).await.unwrap(), []);
    // A statement that fails ends the transaction, and nothing else.
    let mut failing = store.begin().await.unwrap();
    let text = "INSERT INTO change (one, n) VALUES (2, 2)";
    assert!(failing.query(text).execute().await.is_err());
    drop(failing);
    assert_eq!(store.version().await.unwrap(), 1);
}

async fn a_row_that_does_not_say_what_it_should_is_damaged(place: Place) {
    let store = place.open().await;
    store
        .query(
            "INSERT INTO api_key (id, digest, name, upstream, erp_login, roles, created) \
             VALUES ('pck_', $1, 'a', 'b', 'c', '', 1)",
        )
        .bind([0_u8; 32].as_slice())
        .execute()
        .await
        .unwrap();
    let error = Keys::all(&store).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Damaged { what: "key" }),
        "{error:?}"
    );
}

async fn a_database_of_a_newer_program_is_refused(place: Place) {
    let store = place.open().await;
    place.open().await;
    store
        .query(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (9999, 'later', true, $1, 0)",
        )
        .bind([0_u8; 48].as_slice())
        .execute()
        .await
        .unwrap();
    let error = place.try_open().await.unwrap_err();
    let what = "bring its tables up to date";
    assert!(
        matches!(error, StoreError::Unavailable { what: found, .. } if found == what),
        "{error:?}"
    );
}

async fn many_write_at_once(place: Place) {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let store = place.open().await;
        tasks.spawn(async move {
            for _ in 0..25 {
                let mut new = row("Shop");
                new.certificate = None;
                Keys::insert(&store, &new).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    let store = place.open().await;
    assert_eq!(Keys::all(&store).await.unwrap().len(), 100);
    assert!(store.version().await.unwrap() >= 101, "each is counted");
}

async fn many_open_a_new_store_at_once(place: Place) {
    let place = Arc::new(place);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let place = Arc::clone(&place);
        tasks.spawn(async move { place.try_open().await.map(|_| ()) });
    }
    for done in tasks.join_all().await {
        done.unwrap();
    }
}

async fn a_process_is_there_until_its_end(place: Place) {
    let (one, other) = (place.open().await, place.open().await);
    let id = one.enter().await.unwrap();
    assert_eq!(one.enter().await.unwrap(), id, "asked again, the same");
    assert_ne!(other.enter().await.unwrap(), id);
    assert!(one.is_there(id).await.unwrap());
    for _ in 0..20 {
        assert!(other.is_there(id).await.unwrap());
    }
    assert!(!other.is_there(ProcessId(id.0 ^ 1)).await.unwrap());
    drop(one);
    let gone = async {
        while other.is_there(id).await.unwrap() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let gone = tokio::time::timeout(Duration::from_secs(10), gone).await;
    assert!(gone.is_ok(), "it is still taken for one that is there");
}

impl SqlStore {
    /// What a query calls `text`, of each row.
    #[cfg(feature = "postgres")]
    pub(crate) async fn texts(&self, query: &'static str) -> Vec<String> {
        let rows = self.query(query).fetch_all().await.unwrap();
        rows.iter().map(|row| row.get("text").unwrap()).collect()
    }
}
