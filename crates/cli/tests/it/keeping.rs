//! `key`, `role`, `user` and `audit` as an operator types them.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const CONFIG: &str = r#"
listen = "127.0.0.1:0"
roles = ["reader.toml"]
[upstream.odoo]
kind = "odoo"
url = "http://127.0.0.1:9"
database = "demo"
[upstream.odoo.user.integration]
secret-file = "secret"
"#;

const ROLE: &str = r#"
[[rule]]
name = "companies"
models = ["res.partner"]
operations = ["read"]
fields = ["name"]
"#;

/// An installation in a folder of its own.
fn installation() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("portcullis.toml"), CONFIG).unwrap();
    fs::write(folder.path().join("reader.toml"), ROLE).unwrap();
    fs::write(folder.path().join("secret"), "open sesame\n").unwrap();
    folder
}

fn run(folder: &Path, args: &[&str]) -> Output {
    run_with(folder, args, "")
}

fn run_with(folder: &Path, args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(args)
        .current_dir(folder)
        .env_remove("PORTCULLIS_CONFIG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_key_is_shown_once_listed_and_revoked() {
    let folder = installation();
    let folder = folder.path();
    let create = [
        "key",
        "create",
        "Web shop",
        "--user",
        "integration",
        "--role",
        "reader",
        "--json",
    ];
    let made = run(folder, &create);
    assert_eq!(code(&made), 0, "{}", said(&made));
    let made = json(&made);
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    let (left, right) = made["pair"].as_str().unwrap().split_once(':').unwrap();
    assert_eq!(format!("{left}_{right}"), key);
    assert_eq!(left, id);

    let listed = run(folder, &["key", "list"]);
    assert!(said(&listed).contains(id) && !said(&listed).contains(right));
    for file in files(&folder.join("data")) {
        let bytes = fs::read(file).unwrap();
        assert!(
            !bytes
                .windows(16)
                .any(|window| window == &right.as_bytes()[..16])
        );
    }

    assert_eq!(code(&run(folder, &["key", "revoke", id])), 0);
    assert_eq!(code(&run(folder, &["key", "revoke", id])), 0);
    assert_eq!(
        code(&run(folder, &["key", "revoke", "pck_aaaaaaaaaaaaaaaa"])),
        1
    );
    assert_eq!(code(&run(folder, &["key", "revoke", "nonsense"])), 2);
    assert_eq!(
        json(&run(folder, &["key", "list", "--json"])),
        Value::Array(Vec::new())
    );
    let all = json(&run(folder, &["key", "list", "--all", "--json"]));
    assert_eq!(all[0]["state"], "revoked");
    assert!(all[0].get("key").is_none());
}

#[test]
fn names_that_are_not_there_are_told() {
    let folder = installation();
    let folder = folder.path();
    let try_it = |user: &str, role: &str, upstream: &str| {
        let args = [
            "key",
            "create",
            "x",
            "--user",
            user,
            "--role",
            role,
            "--upstream",
            upstream,
        ];
        run(folder, &args)
    };
    assert_eq!(code(&try_it("integration", "reader", "odoo")), 0);
    for (refused, known) in [
        (try_it("nobody", "reader", "odoo"), "`integration`"),
        (try_it("integration", "nothing", "odoo"), "`reader`"),
        (try_it("integration", "reader", "other"), "`odoo`"),
    ] {
        assert_eq!(code(&refused), 2);
        assert!(said(&refused).contains(known), "{}", said(&refused));
    }
}

#[test]
fn a_credential_is_kept_sealed_and_never_shown() {
    let folder = installation();
    let folder = folder.path();
    let added = run_with(folder, &["user", "add", "bot"], "abracadabra\n");
    assert_eq!(code(&added), 0, "{}", said(&added));
    let listed = run(folder, &["user", "list", "--json"]);
    assert_eq!(json(&listed)[1]["login"], "bot");
    assert!(!said(&added).contains("abracadabra") && !said(&listed).contains("abracadabra"));
    assert_eq!(
        code(&run(
            folder,
            &["key", "create", "x", "--user", "bot", "--role", "reader"]
        )),
        0
    );
    for file in files(&folder.join("data")) {
        let bytes = fs::read(file).unwrap();
        assert!(!bytes.windows(11).any(|window| window == b"abracadabra"));
    }
    assert_eq!(code(&run_with(folder, &["user", "add", "none"], "\n")), 2);
    assert_eq!(code(&run(folder, &["user", "remove", "bot"])), 0);
    assert_eq!(code(&run(folder, &["user", "remove", "bot"])), 1);
}

#[test]
fn another_master_key_is_refused_in_clear_words() {
    let folder = installation();
    let folder = folder.path();
    assert_eq!(code(&run(folder, &["key", "list"])), 0);
    let file = folder.join("data/master.key");
    let digits = "ab".repeat(32);
    fs::write(&file, format!("1:{digits}\n")).unwrap();
    let refused = run(folder, &["key", "list"]);
    assert_eq!(code(&refused), 2);
    assert!(
        said(&refused).contains("this master key is not the one"),
        "{}",
        said(&refused)
    );
    assert!(!said(&refused).contains("abab"));
}

#[test]
fn roles_are_listed_put_and_removed() {
    let folder = installation();
    let folder = folder.path();
    assert_eq!(
        code(&run(folder, &["role", "put", "second", "reader.toml"])),
        0
    );
    let listed = json(&run(folder, &["role", "list", "--json"]));
    assert_eq!(
        (&listed[0]["from"], &listed[1]["from"]),
        (&"configuration".into(), &"store".into())
    );
    assert!(said(&run(folder, &["role", "show", "second"])).contains("companies"));
    fs::write(folder.join("bad.toml"), "[[rule]]\nname = 1\n").unwrap();
    let bad = run(folder, &["role", "put", "third", "bad.toml"]);
    assert_eq!(code(&bad), 2);
    assert!(said(&bad).contains("bad.toml:2:"), "{}", said(&bad));
    assert_eq!(code(&run(folder, &["role", "remove", "second"])), 0);
    assert_eq!(code(&run(folder, &["role", "show", "second"])), 1);
}

#[test]
fn a_profile_is_shown_and_put_as_a_role() {
    let folder = installation();
    let folder = folder.path();
    let listed = said(&run(folder, &["role", "profiles"]));
    assert!(listed.contains("odoo/shop-sync") && listed.contains("erpnext/pos"));
    let shown = run(folder, &["role", "show", "--profile", "odoo/bi"]);
    fs::write(folder.join("bi.toml"), &shown.stdout).unwrap();
    let put = run(folder, &["role", "put", "figures", "bi.toml"]);
    assert_eq!(code(&put), 0, "{}", said(&put));
    let put = ["role", "put", "figures too", "--profile", "odoo/bi"];
    assert_eq!(code(&run(folder, &put)), 2, "a role's name has no blank");
    let put = ["role", "put", "figures-too", "--profile", "odoo/bi"];
    assert_eq!(code(&run(folder, &put)), 0);
    let rules = |name: &str| json(&run(folder, &["role", "show", name, "--json"]))["rules"].clone();
    assert_eq!(rules("figures"), rules("figures-too"));
    let none = run(
        folder,
        &["role", "put", "x", "--profile", "odoo/everything"],
    );
    assert_eq!(code(&none), 2);
    assert!(said(&none).contains("role profiles"), "{}", said(&none));
}

#[test]
fn an_empty_ledger_is_whole_and_an_altered_one_is_not() {
    let folder = installation();
    let folder = folder.path();
    assert_eq!(code(&run(folder, &["audit", "verify"])), 0);
    let ledger = folder.join("data/ledger");
    fs::create_dir_all(&ledger).unwrap();
    fs::write(ledger.join("lane-0000-00000001.jsonl"), "{\"n\":0}\n").unwrap();
    let broken = run(folder, &["audit", "verify", "--json"]);
    assert_eq!(code(&broken), 1);
    assert_eq!(json(&broken)["whole"], false);
    assert_eq!(json(&broken)["broken"][0]["line"], 1);
}
