//! The arrows between our crates point down, and the pure crates stay pure.
//!
//! The table here is the one of `ARCHITECTURE.md`. If this failed, a manifest names a crate that
//! its crate must not know; move the code, do not widen the table.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "this file is tests, its helpers too"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Crates without socket, file, clock, randomness, environment, thread or async.
const PURE: &[&str] = &["identity", "erp", "policy", "audit", "oauth", "monitor"];

/// Every crate of the workspace with those that it may name.
const ARROWS: &[(&str, &[&str])] = &[
    ("identity", &[]),
    ("erp", &[]),
    ("policy", &["identity", "erp"]),
    ("audit", &["identity", "erp"]),
    ("oauth", &["identity"]),
    ("monitor", &["audit"]),
    ("storage", PURE),
    (
        "gateway",
        &["storage", "policy", "oauth", "audit", "erp", "identity"],
    ),
    (
        "admin",
        &[
            "administrators",
            "gateway",
            "storage",
            "policy",
            "audit",
            "erp",
            "identity",
        ],
    ),
    ("administrators", &["gateway", "storage", "identity"]),
    ("broker", &["storage", "audit", "identity", "erp"]),
    ("scanner", &["policy", "erp"]),
    (
        "console",
        &["storage", "monitor", "policy", "audit", "oauth", "identity"],
    ),
    // The store fills the seam, so it speaks the seam's words, which are those of the pure crates.
    (
        "store",
        &[
            "storage", "identity", "erp", "policy", "audit", "oauth", "monitor",
        ],
    ),
    ("sandbox", &["erp"]),
    ("client", &["identity"]),
];

/// These may name every other: the program, and what the tests share.
const UNBOUND: &[&str] = &["cli", "testkit"];

/// What would make a pure crate impure, wherever it stands below it.
const IMPURE: &[&str] = &[
    "tokio",
    "hyper",
    "mio",
    "socket2",
    "sqlx-core",
    "getrandom",
    "rand",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn table(path: &Path) -> toml::Table {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.parse().unwrap()
}

/// Folder name → manifest, of every crate.
fn manifests() -> BTreeMap<String, toml::Table> {
    std::fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|folder| folder.join("Cargo.toml").is_file())
        .map(|folder| {
            let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
            (name, table(&folder.join("Cargo.toml")))
        })
        .collect()
}

/// The names in a section of a manifest, those under `[target.…]` too.
fn named(manifest: &toml::Table, section: &str) -> BTreeSet<String> {
    let own = manifest.get(section).into_iter();
    let targets = manifest
        .get("target")
        .and_then(toml::Value::as_table)
        .into_iter();
    let theirs = targets
        .flat_map(|table| table.values())
        .filter_map(|target| target.get(section));
    own.chain(theirs)
        .flat_map(|table| table.as_table().unwrap().keys().cloned())
        .collect()
}

fn ours(names: &BTreeSet<String>) -> BTreeSet<&str> {
    names
        .iter()
        .filter_map(|name| name.strip_prefix("portcullis-"))
        .collect()
}

#[test]
fn no_crate_names_one_that_it_must_not_know() {
    for (name, manifest) in manifests() {
        if UNBOUND.contains(&name.as_str()) {
            continue;
        }
        let Some((_, allowed)) = ARROWS.iter().find(|(one, _)| *one == name) else {
            panic!("`{name}` is in no line of ARROWS: say what it may name");
        };
        for section in ["dependencies", "build-dependencies"] {
            for other in ours(&named(&manifest, section)) {
                assert!(
                    allowed.contains(&other),
                    "`{name}` must not name `{other}` ({section})"
                );
            }
        }
        // Tests may share the testkit, and look down as the crate itself does.
        for other in ours(&named(&manifest, "dev-dependencies")) {
            let fine = other == "testkit" || allowed.contains(&other);
            assert!(fine, "the tests of `{name}` must not name `{other}`");
        }
    }
}

#[test]
fn only_the_program_names_the_store() {
    for (name, manifest) in manifests() {
        let names = named(&manifest, "dependencies");
        let fine = UNBOUND.contains(&name.as_str()) || !ours(&names).contains("store");
        assert!(fine, "`{name}` names `store`");
    }
}

#[test]
fn nothing_that_acts_stands_below_a_pure_crate() {
    let below = locked();
    for (name, manifest) in manifests() {
        if !PURE.contains(&name.as_str()) {
            continue;
        }
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut open: Vec<String> = named(&manifest, "dependencies").into_iter().collect();
        while let Some(one) = open.pop() {
            assert!(
                !IMPURE.contains(&one.as_str()),
                "`{one}` stands below the pure crate `{name}`"
            );
            if seen.insert(one.clone()) && !one.starts_with("portcullis") {
                open.extend(below.get(&one).into_iter().flatten().cloned());
            }
        }
    }
}

#[test]
fn every_crate_takes_its_versions_and_lints_from_the_workspace() {
    for (name, manifest) in manifests() {
        let lints = manifest
            .get("lints")
            .and_then(|lints| lints.get("workspace"));
        assert_eq!(
            lints.and_then(toml::Value::as_bool),
            Some(true),
            "lints of `{name}`"
        );
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let table = manifest.get(section).and_then(toml::Value::as_table);
            for (dependency, how) in table.into_iter().flatten() {
                let shared = how.get("workspace").and_then(toml::Value::as_bool);
                assert_eq!(
                    shared,
                    Some(true),
                    "`{name}` has its own version of `{dependency}`"
                );
            }
        }
    }
}

/// Package → what it needs, by name, from the lock file. Build scripts' needs stand among them,
/// so those that only build are left out.
fn locked() -> BTreeMap<String, Vec<String>> {
    const ONLY_BUILDS: &[&str] = &["cc", "cmake", "jobserver", "bindgen"];
    let lock = table(&root().join("Cargo.lock"));
    let packages = lock.get("package").unwrap().as_array().unwrap();
    packages
        .iter()
        .map(|package| {
            let needs = package.get("dependencies").and_then(toml::Value::as_array);
            let needs = needs.into_iter().flatten().filter_map(toml::Value::as_str);
            let names = needs.filter_map(|need| need.split(' ').next());
            let names = names
                .filter(|name| !ONLY_BUILDS.contains(name))
                .map(str::to_owned);
            (
                package.get("name").unwrap().as_str().unwrap().to_owned(),
                names.collect(),
            )
        })
        .collect()
}
