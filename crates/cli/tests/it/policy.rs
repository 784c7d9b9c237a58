//! `policy domains` and `policy filters` on small files.

mod learning;
mod ledger;
mod monitored;
mod writing;

use std::process::{Command, Output};

const CUSTOMERS: &str = r#"{
    "Customer": [
        {"name": "A", "territory": "North", "rank": 1, "disabled": 0, "since": "2026-01-02"},
        {"name": "B", "territory": null, "rank": 2, "disabled": 1, "since": "2026-02-03"}
    ],
    "Territory": [{"name": "North", "lft": 1, "rgt": 2}]
}"#;

/// What `policy filters` answers, line by line.
fn asked(queries: &[&str], more: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let records = folder.path().join("records.json");
    let lines = folder.path().join("queries.jsonl");
    std::fs::write(&records, CUSTOMERS).unwrap();
    std::fs::write(&lines, queries.join("\n")).unwrap();
    Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["policy", "filters"])
        .args([&records, &lines])
        .args(more)
        .output()
        .unwrap()
}

fn told(queries: &[&str]) -> Vec<String> {
    let output = asked(queries, &["--json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn filters_are_answered_one_line_each() {
    let told = told(&[
        r#"{"doctype": "Customer", "filters": {"disabled": 0}}"#,
        r#"{"doctype": "Customer", "filters": [["rank", ">", 0]], "or_filters": [["territory", "is", "not set"]]}"#,
        r#"{"doctype": "Customer", "filters": [["nowhere", "=", 1]]}"#,
        r#"{"doctype": "Supplier", "filters": []}"#,
        r#"{"doctype": "Customer", "filters": ["1=1"]}"#,
    ]);
    assert_eq!(told[0], r#"{"names":["A"],"unknown":[]}"#);
    assert_eq!(told[1], r#"{"names":["B"],"unknown":[]}"#);
    assert_eq!(told[2], r#"{"names":[],"unknown":["A","B"]}"#);
    assert!(told[3].contains(r#""error""#) && told[3].contains("Supplier"));
    assert!(told[4].contains(r#""error""#));
}

#[test]
fn a_range_of_text_is_what_mariadb_makes_of_it() {
    // `ifnull(territory, 0) between 0.0 and rank = 1`: the range's truth is compared.
    let told = told(&[
        r#"{"doctype": "Customer", "filters": [["territory", "between", ["M", "O"]], ["rank", "=", 1]]}"#,
        r#"{"doctype": "Customer", "filters": [["territory", "between", ["M", "O"]]]}"#,
    ]);
    assert_eq!(told[0], r#"{"names":["A","B"],"unknown":[]}"#);
    assert!(told[1].contains(r#""error""#));
}

#[test]
fn an_answer_that_says_too_much_ends_with_one() {
    let right = r#"{"doctype": "Customer", "filters": {"disabled": 0}, "names": ["A"]}"#;
    let wrong = r#"{"doctype": "Customer", "filters": {"disabled": 0}, "names": []}"#;
    let output = asked(&[right], &["--json"]);
    assert_eq!(output.status.code(), Some(0));
    let summary = String::from_utf8(output.stderr).unwrap();
    assert!(summary.contains(r#""agree":1,"wrong_yes":0"#), "{summary}");
    let output = asked(&[wrong], &["--json"]);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_schema_settles_what_values_leave_open() {
    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join("schema.json");
    let fields = r#"{"Customer": {"fields": [{"fieldname": "since", "fieldtype": "Data"}]}}"#;
    std::fs::write(&schema, fields).unwrap();
    let query = r#"{"doctype": "Customer", "filters": [["since", "between", ["2026-01-01", "2026-01-31"]], ["rank", ">", 0]]}"#;
    let first = |output: Output| String::from_utf8(output.stdout).unwrap();
    let without = first(asked(&[query], &["--json"]));
    assert_eq!(without.trim(), r#"{"names":[],"unknown":["A"]}"#);
    let with = ["--json", "--schema", schema.to_str().unwrap()];
    let with = first(asked(&[query], &with));
    // A text of 2026: no range from nought to the rank.
    assert_eq!(with.trim(), r#"{"names":[],"unknown":[]}"#);
}
