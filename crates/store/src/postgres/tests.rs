use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use portcullis_identity::Secret;
use portcullis_storage::{Changes as _, Presence as _, Settings as _, StoreError};
use portcullis_testkit::postgres::{Cluster, Database, PASSWORD};

use super::*;

fn server(url: String, password: Option<&str>, authorities: Option<PathBuf>) -> Server {
    Server {
        url,
        password: password.map(Secret::from),
        authorities,
    }
}

async fn open(database: &Database) -> SqlStore {
    let server = server(database.url(), None, None);
    SqlStore::connect(&server).await.unwrap()
}

/// Asks until the store answers.
async fn answers(store: &SqlStore) {
    let answer = async {
        while store.version().await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let answered = tokio::time::timeout(Duration::from_secs(30), answer).await;
    assert!(answered.is_ok(), "it does not answer any more");
}

#[tokio::test]
async fn the_tables_are_those_of_sqlite() {
    let database = Cluster::shared().database();
    open(&database).await;
    let theirs = database.sql(
        "SELECT table_name || '.' || column_name FROM information_schema.columns \
         WHERE table_schema = 'public' AND column_name <> 'rowid'",
    );
    let theirs: BTreeSet<String> = theirs.lines().map(str::to_owned).collect();
    let sqlite = SqlStore::in_memory().await.unwrap();
    let ours = sqlite.texts(
        "SELECT tables.name || '.' || columns.name AS text \
         FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns \
         WHERE tables.type = 'table'",
    );
    let ours: BTreeSet<String> = ours.await.into_iter().collect();
    assert!(ours.contains("api_key.digest"), "{ours:?}");
    assert_eq!(ours, theirs, "SQLite (left), and PostgreSQL");
}

#[tokio::test]
async fn a_table_that_is_emptied_has_changed() {
    let database = Cluster::shared().database();
    let store = open(&database).await;
    for table in ["api_key", "role", "erp_user"] {
        let before = store.version().await.unwrap();
        database.sql(&format!("TRUNCATE {table}"));
        assert!(store.version().await.unwrap() > before, "{table}");
    }
}

#[tokio::test]
async fn a_password_is_shown_where_one_is_asked_for() {
    let database = Cluster::shared().database();
    let by_port = |password| server(database.url_by_port(), password, None);
    assert!(SqlStore::connect(&by_port(Some(PASSWORD))).await.is_ok());
    for wrong in [Some("another"), None] {
        let error = SqlStore::connect(&by_port(wrong)).await.unwrap_err();
        let StoreError::Unavailable { source, .. } = error else {
            panic!("{error:?}")
        };
        let said = source.to_string();
        assert!(said.contains("password authentication failed"), "{said}");
        assert!(!said.contains("another"), "{said}");
    }
}

#[tokio::test]
async fn the_server_is_known_by_its_certificate() {
    let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let other = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (own.cert.pem(), own.signing_key.serialize_pem());
    let database = Cluster::with_tls(&certificate, &key).database();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let trusted = file("own.pem", certificate);
    let untrusted = file("other.pem", other.cert.pem());
    let with = async |mode: &str, authorities: Option<&PathBuf>| {
        let url = format!("{}?sslmode={mode}", database.url_by_port());
        let server = server(url, Some(PASSWORD), authorities.cloned());
        SqlStore::connect(&server).await
    };
    assert!(with("verify-full", Some(&trusted)).await.is_ok());
    assert!(with("require", None).await.is_ok());
    assert!(with("verify-full", Some(&untrusted)).await.is_err());
    assert!(with("verify-full", None).await.is_err());
    assert!(with("disable", None).await.is_err(), "it asks for TLS");
}

#[tokio::test]
async fn after_a_crash_all_goes_on() {
    let cluster = Cluster::own();
    let database = cluster.database();
    let (store, other) = (open(&database).await, open(&database).await);
    let id = store.enter().await.unwrap();
    let kept = store.put_if_absent("a", b"one").await.unwrap();
    assert!(other.is_there(id).await.unwrap());
    cluster.crash();
    assert!(store.version().await.is_err());
    assert!(other.is_there(id).await.is_err(), "it cannot be told");
    cluster.begin();
    answers(&store).await;
    answers(&other).await;
    assert_eq!(store.get("a").await.unwrap(), Some(kept));
    let back = async {
        while !other.is_there(id).await.unwrap() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let back = tokio::time::timeout(Duration::from_secs(30), back).await;
    assert!(back.is_ok(), "it has not taken its place again");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_not_waited_for() {
    let cluster = Cluster::own();
    let database = cluster.database();
    let store = std::sync::Arc::new(open(&database).await);
    cluster.halt();
    // More than there are connections, and each of them in the middle of a question.
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let store = std::sync::Arc::clone(&store);
        tasks.spawn(async move { store.version().await });
    }
    let refused = tokio::time::timeout(Duration::from_secs(20), tasks.join_all()).await;
    for done in refused.expect("an end") {
        assert!(done.is_err());
    }
    cluster.go_on();
    answers(&store).await;
    for _ in 0..20 {
        store.version().await.unwrap();
    }
}

#[test]
fn connections_outlive_the_runtime_that_asked_first() {
    let database = Cluster::shared().database();
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let store = runtime().block_on(async {
        let store = open(&database).await;
        store.version().await.unwrap();
        store
    });
    for _ in 0..2 {
        assert_eq!(runtime().block_on(store.version()).unwrap(), 1);
    }
    runtime().block_on(async move { drop(store) });
}
