//! `policy explain`, `check` and `test` on files, as somebody writes a role.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value as Json, json};

/// What an Odoo answers to `fields_get`.
const FIELDS: &str = r#"{"res.partner": {
    "id": {"type": "integer", "store": true, "readonly": true},
    "name": {"type": "char", "store": true},
    "email": {"type": "char", "store": true},
    "email_normalized": {"type": "char", "store": true, "depends": ["email"]},
    "is_company": {"type": "boolean", "store": true},
    "signup_token": {"type": "char", "store": true}
}}"#;

const ROLE: &str = r#"
[[rule]]
name = "companies"
models = ["res.partner"]
operations = ["read"]
fields = ["name"]
domain = '[["is_company", "=", true]]'
"#;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("fields.json"), FIELDS).unwrap();
    fs::write(folder.path().join("web-shop.toml"), ROLE).unwrap();
    folder
}

fn run(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .arg("policy")
        .args(args)
        .current_dir(folder)
        .env_remove("PORTCULLIS_CONFIG")
        .output()
        .unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn said(output: &Output) -> String {
    let (out, aside) = (&output.stdout, &output.stderr);
    String::from_utf8_lossy(&[out.as_slice(), aside.as_slice()].concat()).into_owned()
}

/// `policy explain` of a call, as JSON.
fn explained(folder: &Path, call: &Json) -> (i32, Json) {
    fs::write(folder.join("call.json"), call.to_string()).unwrap();
    let args = [
        "explain",
        "call.json",
        "--role",
        "web-shop.toml",
        "--schema",
        "fields.json",
        "--json",
    ];
    let output = run(folder, &args);
    let told = serde_json::from_slice(&output.stdout);
    (
        code(&output),
        told.unwrap_or_else(|_| panic!("{}", said(&output))),
    )
}

#[test]
fn a_suggestion_that_is_put_into_the_file_lets_the_call_pass() {
    let folder = folder();
    let folder = folder.path();
    let call =
        json!({"model": "res.partner", "method": "search_read", "args": [[], ["name", "email"]]});
    let (ended, told) = explained(folder, &call);
    assert_eq!(ended, 1);
    assert_eq!(
        (&told["decision"], &told["reason"]),
        (&json!("refuse"), &json!("field"))
    );
    assert_eq!(told["suggestion"]["role"], "web-shop");
    assert_eq!(told["suggestion"]["changes-besides"], json!([]));
    let more = told["suggestion"]["toml"].as_str().unwrap();
    assert!(more.contains(r#"fields = ["email", "name"]"#), "{more}");
    fs::write(folder.join("web-shop.toml"), format!("{ROLE}\n{more}")).unwrap();
    let (ended, told) = explained(folder, &call);
    assert_eq!((ended, &told["decision"]), (0, &json!("allow")), "{told}");
    // What is sent is bound to the records of the rule that came closest.
    assert_eq!(
        told["sent"][0]["args"]["domain"],
        json!([["is_company", "=", true]])
    );
}

#[test]
fn where_nothing_is_suggested_it_says_why() {
    let folder = folder();
    let token = json!({"model": "res.partner", "method": "search_read", "kwargs": {"fields": ["signup_token"]}});
    let (ended, told) = explained(folder.path(), &token);
    let why = told["suggestion"]["none"].as_str().unwrap();
    assert!(ended == 1 && why.contains("credential"), "{told}");
    let shown = run(
        folder.path(),
        &[
            "explain",
            "--field",
            "res.partner.email",
            "--schema",
            "fields.json",
        ],
    );
    assert!(
        said(&shown).contains("email_normalized"),
        "{}",
        said(&shown)
    );
    let none = run(
        folder.path(),
        &[
            "explain",
            "--field",
            "res.partner.nothing",
            "--schema",
            "fields.json",
        ],
    );
    assert_eq!(code(&none), 2, "{}", said(&none));
}

#[test]
fn role_files_are_checked() {
    let folder = folder();
    let folder = folder.path();
    let check = || {
        run(
            folder,
            &["check", "web-shop.toml", "--schema", "fields.json"],
        )
    };
    assert_eq!(code(&check()), 0, "{}", said(&check()));
    let misspelt = ROLE.replace(r#"["name"]"#, r#"["nmae"]"#);
    fs::write(folder.join("web-shop.toml"), misspelt).unwrap();
    assert_eq!(code(&check()), 1);
    let told = said(&check());
    assert!(
        told.contains("web-shop.toml:3:8: `res.partner` has no field `nmae`"),
        "{told}"
    );
    assert!(
        told.contains("3 | name = \"companies\"\n  |        ^"),
        "{told}"
    );
    fs::write(folder.join("web-shop.toml"), ROLE.replace("read", "raed")).unwrap();
    assert_eq!(code(&check()), 2);
    assert!(
        said(&check()).contains("web-shop.toml:5:15: `raed` is no operation"),
        "{}",
        said(&check())
    );
}

/// The sample of the documents, as it stands there.
#[test]
fn decisions_of_data_files_are_judged() {
    let folder = folder();
    let folder = folder.path();
    let page = include_str!("../../../../../docs/policy.md");
    let (_, sample) = page
        .split_once("<!-- tested: web-shop.test.toml -->\n```toml\n")
        .unwrap();
    let (sample, _) = sample.split_once("\n```").unwrap();
    fs::write(folder.join("web-shop.test.toml"), sample).unwrap();
    let fine = run(folder, &["test", "web-shop.test.toml"]);
    assert_eq!(code(&fine), 0, "{}", said(&fine));
    assert!(said(&fine).contains("3 of 3 decisions are as expected"));
    for (what, other, word) in [
        (
            r#"expect = "allow""#,
            r#"expect = "refuse""#,
            "allowed by `web-shop/companies`",
        ),
        (
            r#"rule = "web-shop/companies""#,
            r#"rule = "web-shop/others""#,
            "not by `web-shop/others`",
        ),
        (
            r#"reason = "field""#,
            r#"reason = "no-rule""#,
            "refused for `field`",
        ),
    ] {
        let wrong = sample.replacen(what, other, 1);
        let wrong = wrong.replace(
            "rule = \"web-shop/companies\"\n",
            if what.starts_with("rule") {
                ""
            } else {
                "rule = \"web-shop/companies\"\n"
            },
        );
        fs::write(folder.join("wrong.toml"), wrong).unwrap();
        let told = run(folder, &["test", "wrong.toml", "web-shop.test.toml"]);
        assert_eq!(code(&told), 1, "{}", said(&told));
        assert!(said(&told).contains(word), "{}", said(&told));
        assert!(said(&told).contains("5 of 6"), "{}", said(&told));
    }
    let as_json = json!({
        "roles": ["web-shop.toml"], "schema": "fields.json",
        "case": [{"name": "a", "call": {"model": "res.partner", "method": "search"}, "expect": "allow"}],
    });
    fs::write(folder.join("one.json"), as_json.to_string()).unwrap();
    let fine = run(folder, &["test", "one.json", "--json"]);
    assert_eq!(said(&fine).trim(), r#"{"cases":1,"wrong":[]}"#);
    fs::write(folder.join("bad.toml"), sample.replace("expect", "expects")).unwrap();
    assert_eq!(code(&run(folder, &["test", "bad.toml"])), 2);
}
