//! The table of problems in `docs/administration.md` has every one that there is.
#![expect(clippy::unwrap_used, reason = "this file is tests")]

use std::collections::BTreeSet;

/// What follows `self.told()`'s arms in a source: a status and a word.
fn told(source: &str) -> BTreeSet<(u16, String)> {
    let from = source.find("fn told(").unwrap();
    let text = source.get(from..).unwrap();
    let text = text.get(..text.find("\n    }\n").unwrap()).unwrap();
    let arms = text.split('(').filter_map(|part| {
        let (status, rest) = part.split_once(',')?;
        let status: u16 = status.trim().parse().ok()?;
        let word = rest.split('"').nth(1)?;
        Some((status, word.to_owned()))
    });
    arms.collect()
}

fn documented() -> BTreeSet<(u16, String)> {
    let page = include_str!("../../../docs/administration.md");
    let (_, table) = page.split_once("\n## Problems\n").unwrap();
    let rows = table.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split('|');
        let word = cells.next()?.trim().trim_matches('`');
        Some((cells.next()?.trim().parse().ok()?, word.to_owned()))
    });
    rows.collect()
}

#[test]
fn every_problem_stands_in_the_page_and_no_other() {
    let mut all = told(include_str!("../src/refusal.rs"));
    assert!(all.contains(&(401, "unidentified".to_owned())), "{all:?}");
    let of_log_ins = told(include_str!("../../administrators/src/refused.rs"));
    assert!(
        of_log_ins.contains(&(401, "wrong".to_owned())),
        "{of_log_ins:?}"
    );
    all.extend(of_log_ins);
    let documented = documented();
    let missing: Vec<_> = all.difference(&documented).collect();
    assert!(missing.is_empty(), "not in the page: {missing:?}");
    let gone: Vec<_> = documented.difference(&all).collect();
    assert!(gone.is_empty(), "in the page alone: {gone:?}");
}
