//! Every setting stands in the documents, under the table that it belongs to, and nothing stands
//! there that is no setting.
#![expect(clippy::unwrap_used, reason = "this file is tests, its helpers too")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The structures of the files as they are written, and the head of the table with their settings.
const TABLES: &[(&str, &str, &str)] = &[
    ("RawConfig", "docs/configuration.md", "| setting |"),
    ("RawLimits", "docs/configuration.md", "| of `[limits]`"),
    (
        "RawAddresses",
        "docs/configuration.md",
        "| of `[addresses]`",
    ),
    ("RawTls", "docs/configuration.md", "| of `[tls]`"),
    ("RawAdmin", "docs/configuration.md", "| of `[admin]`"),
    (
        "RawCredentials",
        "docs/configuration.md",
        "| of `[credentials]`",
    ),
    ("RawKeys", "docs/configuration.md", "| of `[keys]`"),
    ("RawSessions", "docs/configuration.md", "| of `[sessions]`"),
    (
        "RawIdempotency",
        "docs/configuration.md",
        "| of `[idempotency]`",
    ),
    ("RawErrors", "docs/configuration.md", "| of `[errors]`"),
    (
        "RawUpstream",
        "docs/configuration.md",
        "| of `[upstream.NAME]`",
    ),
    (
        "RawUser",
        "docs/configuration.md",
        "| of `[upstream.NAME.user.LOGIN]`",
    ),
    (
        "RawPeople",
        "docs/configuration.md",
        "| of `[upstream.NAME.people]`",
    ),
    (
        "RawRest",
        "docs/configuration.md",
        "| of `[upstream.NAME.rest]`",
    ),
    (
        "RawResource",
        "docs/configuration.md",
        "| of `[upstream.NAME.rest.resource.RESOURCE]`",
    ),
    ("RawNotice", "docs/configuration.md", "| of `notice`"),
    ("RawKey", "docs/configuration.md", "| of `[[key]]`"),
    ("RawIssuer", "docs/configuration.md", "| of `[[issuer]]`"),
    ("RawRoute", "docs/configuration.md", "| of `[[route]]`"),
    (
        "RawCredential",
        "docs/configuration.md",
        "| of `[route.credential]`",
    ),
    ("RawSource", "docs/configuration.md", "| of each of these"),
    ("RawRule", "docs/roles.md", "| of a `[[rule]]`"),
    (
        "RawApprovals",
        "docs/configuration.md",
        "| of `[approvals]`",
    ),
    ("RawCaps", "docs/roles.md", "| of `[caps]`"),
    ("RawContext", "docs/roles.md", "| of `[context]`"),
];

/// Those whose members are tables alone, each with a line above.
const OUTER: &[&str] = &["RawRole"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The Rust files below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found
}

/// Each structure called `Raw…`, and its members as they are written in a file.
fn raw_structures() -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    let folders = ["crates/gateway/src/config", "crates/policy/src/role"];
    for path in folders
        .iter()
        .flat_map(|folder| sources(&root().join(folder)))
    {
        let text = std::fs::read_to_string(path).unwrap();
        for (_, rest) in text
            .match_indices("struct Raw")
            .map(|(at, _)| text.split_at(at))
        {
            let (name, rest) = rest.split_at("struct ".len()).1.split_once(' ').unwrap();
            let body = rest.split("\n}").next().unwrap();
            let members = body.lines().skip(1).map(str::trim);
            let members = members.filter(|line| !line.starts_with(['#', '/']));
            let names = members
                .filter_map(|line| line.split_once(": "))
                .map(|(head, _)| {
                    let name = head.rsplit(' ').next().unwrap();
                    name.replace('_', "-")
                });
            found.insert(name.to_owned(), names.collect());
        }
    }
    found
}

/// What stands between backticks in the first column of a table, by the table's head.
fn described(document: &str, head: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join(document)).unwrap();
    let lines = text.lines().skip_while(|line| !line.starts_with(head));
    let rows = lines.skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.split('`').nth(1).unwrap().to_owned())
        .collect()
}

#[test]
fn every_setting_is_documented_where_it_belongs() {
    let structures = raw_structures();
    let known: BTreeSet<&str> = TABLES
        .iter()
        .map(|(name, ..)| *name)
        .chain(OUTER.iter().copied())
        .collect();
    let there: BTreeSet<&str> = structures.keys().map(String::as_str).collect();
    assert_eq!(
        there, known,
        "each structure has its table in the documents"
    );
    for (name, document, head) in TABLES {
        assert_eq!(
            structures[*name],
            described(document, head),
            "{name} (left), and `{head}` in {document}"
        );
    }
}
