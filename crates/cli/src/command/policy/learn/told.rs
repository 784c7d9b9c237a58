//! What is proposed, and how it is shown: as role files with what they were made of at their
//! head, or as JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use portcullis_identity::Timestamp;
use portcullis_policy::{Learnt, LearntRole};
use serde_json::json;

use crate::show;

/// What is proposed for one caller.
pub(super) struct Proposal {
    pub(super) caller: String,
    pub(super) learnt: Learnt,
    pub(super) not_learnt: BTreeMap<&'static str, u64>,
    pub(super) from: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
    /// What the roles' files are called, in their order, without the ending.
    pub(super) files: Vec<String>,
}

impl Proposal {
    /// Calls its roles after the caller, as nobody else's are called.
    pub(super) fn name_files(&mut self, taken: &mut BTreeSet<String>) {
        let slug: String = self
            .caller
            .chars()
            .map(|one| one.to_ascii_lowercase())
            .map(|one| {
                if one.is_ascii_alphanumeric() {
                    one
                } else {
                    '-'
                }
            })
            .take(48)
            .collect();
        let slug = slug.trim_matches('-');
        let slug = if slug.is_empty() { "caller" } else { slug };
        for _ in &self.learnt.roles {
            let mut name = format!("learnt-{slug}");
            let mut number = 2;
            while !taken.insert(name.clone()) {
                name = format!("learnt-{slug}-{number}");
                number += 1;
            }
            self.files.push(name);
        }
    }

    /// The file of a role: what it was made of, and its text.
    fn file(&self, role: &LearntRole) -> String {
        let mut head = String::new();
        for line in self.head(role) {
            // A name in it must not end the comment.
            let line: String = line
                .chars()
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect();
            head.push_str(&format!("# {line}\n"));
        }
        format!("{head}\n{}", role.toml)
    }

    fn head(&self, role: &LearntRole) -> Vec<String> {
        let learnt = &self.learnt;
        let moment = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), |at| at.to_string());
        let mut head = vec![
            format!(
                "Learnt from {} calls of `{}`, from {} to {}.",
                learnt.calls,
                self.caller,
                moment(self.from),
                moment(self.until),
            ),
            format!(
                "{} of {} calls pass under it; it stands for {}.",
                learnt.passing,
                learnt.calls,
                listed(role.instead_of.iter().map(String::as_str)),
            ),
        ];
        let more = |what: &str, why: &str, count: u64| format!("{count} {what}: {why}.");
        for (why, count) in &learnt.untold {
            head.push(more(
                "cannot be told from a record (what they name is kept)",
                why,
                *count,
            ));
        }
        for (why, count) in &learnt.left_out {
            head.push(more("are not covered", why, *count));
        }
        for (why, count) in &self.not_learnt {
            head.push(more("were not learnt from", why, *count));
        }
        for wider in &learnt.wider {
            head.push(format!("WIDER than the present roles: {wider}."));
        }
        let dialects = role.dialects.iter().map(|one| format!("\"{one}\""));
        head.push(format!(
            "Seen: dialects = [{}]",
            dialects.collect::<Vec<_>>().join(", ")
        ));
        let addresses = role
            .addresses
            .iter()
            .take(20)
            .map(|one| format!("\"{one}\""));
        head.push(format!(
            "Seen: networks = [{}]",
            addresses.collect::<Vec<_>>().join(", ")
        ));
        head
    }
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Writes the roles into a folder, or the only one into a file. Nothing is written over.
pub(super) fn write(to: &Path, proposals: &[Proposal]) -> anyhow::Result<Vec<PathBuf>> {
    let roles = || {
        proposals.iter().flat_map(|proposal| {
            let roles = proposal.learnt.roles.iter();
            roles
                .zip(&proposal.files)
                .map(move |(role, name)| (name, proposal.file(role)))
        })
    };
    let is_file = to.extension().is_some_and(|ending| ending == "toml");
    let mut files = Vec::new();
    if is_file {
        anyhow::ensure!(
            roles().count() <= 1,
            "{} roles were learnt: name a folder to write them to",
            roles().count()
        );
        files.extend(roles().map(|(_, text)| (to.to_owned(), text)));
    } else {
        std::fs::create_dir_all(to)
            .with_context(|| format!("the folder {} cannot be made", to.display()))?;
        files.extend(roles().map(|(name, text)| (to.join(format!("{name}.toml")), text)));
    }
    for (path, text) in &files {
        let new = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path);
        let mut file = new.with_context(|| format!("{} cannot be written", path.display()))?;
        std::io::Write::write_all(&mut file, text.as_bytes())
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}

/// Prints the roles as files, one after the other.
pub(super) fn print(proposals: &[Proposal]) -> anyhow::Result<()> {
    let mut nothing = true;
    for proposal in proposals {
        for (role, name) in proposal.learnt.roles.iter().zip(&proposal.files) {
            if !std::mem::replace(&mut nothing, false) {
                show::line("")?;
            }
            show::line(&format!("# {name}.toml"))?;
            show::line(proposal.file(role).trim_end())?;
        }
    }
    if nothing {
        show::line("# there is nothing to learn from")?;
    }
    Ok(())
}

/// Says what was written.
pub(super) fn tell(proposals: &[Proposal], written: &[PathBuf]) -> anyhow::Result<()> {
    let mut table = show::table(&[
        "caller",
        "calls",
        "pass",
        "cannot be told",
        "not covered",
        "wider",
    ]);
    for proposal in proposals {
        let learnt = &proposal.learnt;
        let sum = |counts: &BTreeMap<String, u64>| counts.values().sum::<u64>().to_string();
        table.add_row([
            proposal.caller.as_str().into(),
            learnt.calls.to_string().into(),
            learnt.passing.to_string().into(),
            sum(&learnt.untold).into(),
            sum(&learnt.left_out).into(),
            match learnt.wider.len() {
                0 => show::good("no"),
                count => show::bad(count),
            },
        ]);
    }
    show::print(&table, "there is nothing to learn from")?;
    for path in written {
        show::line(&format!("written: {}", path.display()))?;
    }
    Ok(())
}

pub(super) fn as_json(proposals: &[Proposal], strangers: usize) -> serde_json::Value {
    let all = proposals.iter().map(|proposal| {
        let learnt = &proposal.learnt;
        let roles = learnt
            .roles
            .iter()
            .zip(&proposal.files)
            .map(|(role, name)| {
                json!({
                    "name": name,
                    "instead-of": role.instead_of,
                    "toml": proposal.file(role),
                    "dialects": role.dialects,
                    "addresses": role.addresses,
                })
            });
        json!({
            "principal": proposal.caller,
            "from": proposal.from.map(|at| at.to_string()),
            "until": proposal.until.map(|at| at.to_string()),
            "calls": learnt.calls,
            "passing": learnt.passing,
            "cannot-be-told": learnt.untold,
            "not-covered": learnt.left_out,
            "not-learnt-from": proposal.not_learnt,
            "wider": learnt.wider,
            "roles": roles.collect::<Vec<_>>(),
        })
    });
    json!({ "proposals": all.collect::<Vec<_>>(), "callers-not-known": strangers })
}
