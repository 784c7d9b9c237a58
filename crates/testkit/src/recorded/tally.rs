//! How many exchanges agree, against a list of those that need not.
//!
//! A list may only shrink: a listed exchange that agrees is a complaint, and so is one that is
//! not listed and differs, or is listed and was never recorded. Nothing writes a list anew.

use std::collections::BTreeMap;

/// What a list says of an exchange that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It differs on purpose; the reason is given.
    Deliberate,
    /// It differs, and should not.
    Open,
}

/// The count of a replay.
pub struct Tally {
    listed: BTreeMap<String, Verdict>,
    met: Vec<String>,
    complaints: Vec<String>,
    /// Exchanges that agree.
    pub agree: usize,
    /// Exchanges that differ on purpose.
    pub deliberate: usize,
    /// Exchanges that differ and should not, listed or not.
    pub failed: usize,
}

impl Tally {
    /// A count against a list in TSV: `cells` cells that name an exchange, then `deliberate` or
    /// `open`, then the reason, which may not be missing.
    pub fn against(list: &str, cells: usize) -> Self {
        let listed = list
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
            .map(|line| {
                let all: Vec<&str> = line.split('\t').collect();
                let (name, rest) = all.split_at(cells);
                let (verdict, reason) = match rest {
                    [verdict, reason] => (*verdict, *reason),
                    _ => panic!("not a line of this list: {line}"),
                };
                assert!(!reason.trim().is_empty(), "without a reason: {line}");
                let verdict = match verdict {
                    "deliberate" => Verdict::Deliberate,
                    "open" => Verdict::Open,
                    _ => panic!("neither deliberate nor open: {line}"),
                };
                (name.join("\t"), verdict)
            })
            .collect();
        Self {
            listed,
            met: Vec::new(),
            complaints: Vec::new(),
            agree: 0,
            deliberate: 0,
            failed: 0,
        }
    }

    /// Counts one exchange, by its name in the list.
    pub fn note(&mut self, name: &str, outcome: Result<(), String>) {
        self.met.push(name.to_owned());
        match (outcome, self.listed.get(name)) {
            (Ok(()), listed) => {
                self.agree += 1;
                if listed.is_some() {
                    self.complain(format!("{name}\tagrees: take it off the list"));
                }
            }
            (Err(_), Some(Verdict::Deliberate)) => self.deliberate += 1,
            (Err(_), Some(Verdict::Open)) => self.failed += 1,
            (Err(why), None) => {
                self.failed += 1;
                self.complain(format!("{name}\t{why}"));
            }
        }
    }

    /// Adds something else that is wrong with an exchange.
    pub fn complain(&mut self, what: String) {
        self.complaints.push(what);
    }

    /// Prints the figures; fails on complaints, or when fewer than `least` of a hundred agree or
    /// differ on purpose.
    pub fn close(mut self, what: &str, least: usize) {
        let all = self.agree + self.deliberate + self.failed;
        println!(
            "{what}: {} of {all} recorded exchanges agree, {} differ on purpose, {} fail",
            self.agree, self.deliberate, self.failed
        );
        for name in self.listed.keys() {
            if !self.met.contains(name) {
                self.complaints
                    .push(format!("{name}\tis listed and not recorded"));
            }
        }
        assert!(
            self.complaints.is_empty(),
            "{} complaints:\n{}",
            self.complaints.len(),
            self.complaints.join("\n")
        );
        assert!(
            (self.agree + self.deliberate) * 100 >= all * least,
            "fewer than {least} of a hundred agree or differ on purpose"
        );
    }
}
