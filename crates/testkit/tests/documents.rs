//! The documents name files that exist, and the tests that they name are there.
#![expect(clippy::unwrap_used, reason = "this file is tests, its helpers too")]

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The Markdown files of the project, without what tools have put there.
fn documents() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
        {
            let name = entry.file_name().unwrap().to_str().unwrap();
            if name.starts_with('.') || ["target", "node_modules"].contains(&name) {
                continue;
            }
            if entry.is_dir() {
                open.push(entry);
            } else if name.ends_with(".md") {
                found.push(entry);
            }
        }
    }
    found
}

/// What stands between backticks, outside fenced blocks.
fn quoted(text: &str) -> Vec<String> {
    let mut fenced = false;
    let prose: Vec<&str> = text
        .lines()
        .filter(|line| {
            let fence = line.trim_start().starts_with("```");
            fenced ^= fence;
            !fenced && !fence
        })
        .collect();
    prose
        .join("\n")
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// The targets of links that lead into the project.
fn linked(text: &str) -> Vec<String> {
    let targets = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'));
    let targets = targets.map(|(target, _)| target.split('#').next().unwrap());
    targets
        .filter(|target| !target.is_empty() && !target.contains(':'))
        .map(str::to_owned)
        .collect()
}

/// Whether a quoted word means a path of the project: it begins with one of its folders, or is
/// one of the files beside this list's folders.
fn is_path(word: &str) -> bool {
    const FOLDERS: &[&str] = &[
        "crates/", "tests/", "bench/", "fuzz/", "docs/", ".ci/", "./",
    ];
    let plain = word
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    let file = [".md", ".toml", ".rs", ".py", ".sh"]
        .iter()
        .any(|end| word.ends_with(end));
    plain && (FOLDERS.iter().any(|folder| word.starts_with(folder)) || (file && is_root_file(word)))
}

/// `Cargo.toml`, `README.md`: files of ours that are named without a folder. Names of a user's
/// own files (`portcullis.toml`) are not ours.
fn is_root_file(word: &str) -> bool {
    let ours = ["deny.toml", "clippy.toml", "rust-toolchain.toml"];
    !word.contains('/')
        && (word.starts_with(|c: char| c.is_ascii_uppercase()) || ours.contains(&word))
}

#[test]
fn every_path_that_a_document_names_exists() {
    let mut missing = Vec::new();
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        let beside = document.parent().unwrap();
        for word in quoted(&text).into_iter().filter(|word| is_path(word)) {
            if !root().join(&word).exists() && !beside.join(&word).exists() {
                missing.push(format!("{}: `{word}`", document.display()));
            }
        }
        for target in linked(&text) {
            if !beside.join(&target).exists() {
                missing.push(format!("{}: link to {target}", document.display()));
            }
        }
    }
    assert!(
        missing.is_empty(),
        "named, but not there:\n{}",
        missing.join("\n")
    );
}

#[test]
fn the_documents_that_a_newcomer_expects_are_there() {
    for name in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
        "LICENSE",
    ] {
        assert!(root().join(name).is_file(), "{name}");
    }
}

/// A test is named in a document as `file.rs::a_test_that_says_what_holds`.
#[test]
fn every_test_that_a_document_names_exists() {
    let mut missing = Vec::new();
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        for word in quoted(&text) {
            let Some((file, test)) = word.split_once(".rs::") else {
                continue;
            };
            let source = std::fs::read_to_string(root().join(format!("{file}.rs")));
            if !source.is_ok_and(|source| source.contains(&format!("fn {test}("))) {
                missing.push(format!("{}: `{word}`", document.display()));
            }
        }
    }
    assert!(
        missing.is_empty(),
        "named, but not there:\n{}",
        missing.join("\n")
    );
}
