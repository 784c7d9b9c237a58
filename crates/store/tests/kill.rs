//! What was acknowledged survives `kill -9`, and what one process changes another sees.
//!
//! The children are this very program, started in a folder that holds a file with their name.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, also in what its cases share"
)]

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::net::IpAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use portcullis_audit::{Closing, LedgerId, Opening, Outcome, RequestId, Shape};
use portcullis_erp::Dialect;
use portcullis_identity::{
    ErpLogin, KeyDigest, Principal, PrincipalName, RoleName, Timestamp, UpstreamName,
};
use portcullis_storage::{
    Changes as _, Journal, KeyRow, Keys as _, Presence as _, ProcessId, Roles as _,
};
use portcullis_store::{
    Durability, FileJournal, JournalOptions, Ledger, Selection, Server, SqlStore, entropy,
};
use portcullis_testkit::postgres::Cluster;

const ROUNDS: u64 = 20;

fn options() -> JournalOptions {
    // Small, so that segments are changed while the blow falls.
    JournalOptions {
        ledger: LedgerId(0xfeed),
        durability: Durability::Process,
        segment_bytes: 40_000,
    }
}

fn start(child: &str, folder: &Path) -> Child {
    start_with(child, folder, "")
}

fn start_with(child: &str, folder: &Path, text: &str) -> Child {
    fs::write(folder.join(child), text).unwrap();
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", child])
        .current_dir(folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn is_child(name: &str) -> bool {
    Path::new(name).exists()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test waits for another process"
)]
fn wait(millis: u64) {
    thread::sleep(Duration::from_millis(millis));
}

/// Writes records, and each acknowledged one into `acknowledged`, until it is killed.
#[test]
fn child_journal() {
    if !is_child("child_journal") {
        return;
    }
    let writers = [0, 1].map(|core| {
        thread::spawn(move || {
            let mut journal =
                FileJournal::open(Path::new("ledger"), core, options(), Timestamp(1)).unwrap();
            let mut acknowledged = OpenOptions::new()
                .append(true)
                .create(true)
                .open("acknowledged")
                .unwrap();
            for count in 1_u64.. {
                if count.is_multiple_of(50) {
                    wait(1);
                }
                let request = u128::from_be_bytes(entropy::bytes().unwrap());
                open(&mut journal, request);
                acknowledged
                    .write_all(format!("{request:032x}\n").as_bytes())
                    .unwrap();
                journal.close(Closing {
                    request: RequestId(request),
                    at: Timestamp(11),
                    outcome: Outcome::Done,
                    status: 200,
                    duration_us: 5,
                    bytes_out: 2,
                    notes: &[],
                });
            }
        })
    });
    for writer in writers {
        writer.join().unwrap();
    }
}

fn open(journal: &mut FileJournal, request: u128) {
    let opening = Opening {
        request: RequestId(request),
        at: Timestamp(10),
        principal: None,
        address: IpAddr::from([127, 0, 0, 1]),
        upstream: &UpstreamName::new("odoo").unwrap(),
        dialect: Dialect::JsonRpc,
        model: "res.partner",
        operation: "read",
        method: "search_read",
        shape: &Shape::default(),
        policy_version: 7,
        rule: "companies",
        would: None,
    };
    journal.open(&opening).unwrap();
}

#[test]
fn acknowledged_records_survive_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::new(&folder.path().join("ledger"));
    for round in 0..ROUNDS {
        let mut child = start("child_journal", folder.path());
        wait(10 + round * 37 % 61);
        child.kill().unwrap();
        child.wait().unwrap();
        let report = ledger.verify(&[]).unwrap();
        assert!(report.is_whole(), "round {round}: {:?}", report.broken);
    }
    let records = ledger.records(&Selection::default()).unwrap();
    let known: std::collections::HashSet<String> = records
        .iter()
        .map(|record| record.opened.request.to_string())
        .collect();
    let acknowledged = fs::read_to_string(folder.path().join("acknowledged")).unwrap();
    let whole = acknowledged
        .rfind('\n')
        .map_or("", |end| acknowledged.get(..end).unwrap());
    assert!(
        whole.lines().count() > 1000,
        "{} records",
        whole.lines().count()
    );
    for request in whole.lines() {
        assert!(
            known.contains(request),
            "{request} was acknowledged and is not there"
        );
    }
    let report = ledger.verify(&[]).unwrap();
    assert!(
        !report.unclosed.is_empty(),
        "nobody was killed in the middle of a call"
    );
}

fn row(name: &str) -> KeyRow {
    let id = entropy::new_key().unwrap().id();
    let holder = Principal::integration(
        PrincipalName::new(name).unwrap(),
        id,
        UpstreamName::new("odoo").unwrap(),
        ErpLogin::new("integration").unwrap(),
        vec![RoleName::new("reader").unwrap()],
    );
    KeyRow::new(id, KeyDigest::from_bytes([5; 32]), &holder, Timestamp(1))
}

/// A store in a file of the folder, or in the database of this URL.
async fn store(folder: &Path, url: &str) -> SqlStore {
    if url.is_empty() {
        return SqlStore::open(&folder.join("store.db")).await.unwrap();
    }
    let server = Server {
        url: url.to_owned(),
        password: None,
        authorities: None,
    };
    SqlStore::connect(&server).await.unwrap()
}

/// Adds keys and replaces a role until it is killed.
#[tokio::test]
async fn child_store() {
    if !is_child("child_store") {
        return;
    }
    let url = fs::read_to_string("child_store").unwrap();
    let store = store(Path::new(""), &url).await;
    let mut acknowledged = OpenOptions::new()
        .append(true)
        .create(true)
        .open("acknowledged")
        .unwrap();
    let role = RoleName::new("reader").unwrap();
    loop {
        let row = row("Shop");
        store.insert(&row).await.unwrap();
        acknowledged
            .write_all(format!("{}\n", row.id).as_bytes())
            .unwrap();
        store.put(&role, "text", Timestamp(1)).await.unwrap();
    }
}

async fn survives_kill_9(url: &str) {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..ROUNDS {
        let mut child = start_with("child_store", folder.path(), url);
        wait(30 + round * 37 % 101);
        child.kill().unwrap();
        child.wait().unwrap();
        store(folder.path(), url).await.close().await;
    }
    let store = store(folder.path(), url).await;
    let acknowledged = fs::read_to_string(folder.path().join("acknowledged")).unwrap();
    let whole = acknowledged
        .rfind('\n')
        .map_or("", |end| acknowledged.get(..end).unwrap());
    assert!(whole.lines().count() > 20, "{} keys", whole.lines().count());
    for id in whole.lines() {
        assert!(
            store.find(&id.parse().unwrap()).await.unwrap().is_some(),
            "{id}"
        );
    }
}

#[tokio::test]
async fn sqlite_survives_kill_9() {
    survives_kill_9("").await;
}

#[tokio::test]
async fn postgres_survives_kill_9() {
    survives_kill_9(&Cluster::shared().database().url()).await;
}

/// Revokes every key there is, and ends.
#[tokio::test]
async fn child_revoke() {
    if !is_child("child_revoke") {
        return;
    }
    let url = fs::read_to_string("child_revoke").unwrap();
    let store = store(Path::new(""), &url).await;
    for row in portcullis_storage::Keys::all(&store).await.unwrap() {
        assert!(store.revoke(&row.id, Timestamp(99)).await.unwrap());
    }
}

async fn sees_a_revocation(url: &str) {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), url).await;
    let key = row("Shop");
    store.insert(&key).await.unwrap();
    let before = store.version().await.unwrap();
    assert_eq!(store.version().await.unwrap(), before);
    let mut child = start_with("child_revoke", folder.path(), url);
    assert!(child.wait().unwrap().success());
    assert!(store.version().await.unwrap() > before);
    let found = store.find(&key.id).await.unwrap().unwrap();
    assert_eq!(found.revoked, Some(Timestamp(99)));
}

#[tokio::test]
async fn sqlite_sees_a_revocation_of_another_process() {
    sees_a_revocation("").await;
}

#[tokio::test]
async fn postgres_sees_a_revocation_of_another_process() {
    sees_a_revocation(&Cluster::shared().database().url()).await;
}

/// Enters, says as whom, and stays until it is killed.
#[tokio::test]
async fn child_present() {
    if !is_child("child_present") {
        return;
    }
    let url = fs::read_to_string("child_present").unwrap();
    let store = store(Path::new(""), &url).await;
    let id = store.enter().await.unwrap();
    fs::write("entered.draft", id.0.to_string()).unwrap();
    fs::rename("entered.draft", "entered").unwrap();
    std::future::pending().await
}

async fn knows_who_was_killed(url: &str) {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), url).await;
    let mut child = start_with("child_present", folder.path(), url);
    let entered = folder.path().join("entered");
    while !entered.exists() {
        wait(10);
    }
    let id = fs::read_to_string(entered).unwrap().parse().unwrap();
    assert!(store.is_there(ProcessId(id)).await.unwrap());
    child.kill().unwrap();
    child.wait().unwrap();
    // The kernel closes what it held; a server learns of that in a moment.
    for _ in 0..100 {
        if !store.is_there(ProcessId(id)).await.unwrap() {
            return;
        }
        wait(10);
    }
    panic!("it is taken for one that is there");
}

#[tokio::test]
async fn sqlite_knows_who_was_killed() {
    knows_who_was_killed("").await;
}

#[tokio::test]
async fn postgres_knows_who_was_killed() {
    knows_who_was_killed(&Cluster::shared().database().url()).await;
}
