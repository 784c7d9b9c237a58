//! Access rights by group, and record rules.

use super::schema::{Field, Model};
use super::trouble::{Kind, Trouble};
use super::user::{GROUPS, Who};

const RIGHTS: &str = include_str!("data/access.tsv");

/// What somebody wants to do with records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Read,
    Write,
    Create,
    Unlink,
}

impl Op {
    pub(crate) const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Create, Self::Unlink];

    /// The field of a record rule that says whether it holds for this.
    pub(crate) fn column(self) -> &'static str {
        match self {
            Self::Read => "perm_read",
            Self::Write => "perm_write",
            Self::Create => "perm_create",
            Self::Unlink => "perm_unlink",
        }
    }

    pub(crate) fn read(name: &str) -> Option<Self> {
        Some(match name {
            "read" => Self::Read,
            "write" => Self::Write,
            "create" => Self::Create,
            "unlink" => Self::Unlink,
            _ => return None,
        })
    }

    pub(crate) fn letter(self) -> char {
        match self {
            Self::Read => 'r',
            Self::Write => 'w',
            Self::Create => 'c',
            Self::Unlink => 'u',
        }
    }

    fn verb(self) -> &'static str {
        match self {
            Self::Read => "access",
            Self::Write => "modify",
            Self::Create => "create",
            Self::Unlink => "delete",
        }
    }
}

fn granting(model: &str, op: Op) -> impl Iterator<Item = &'static str> {
    RIGHTS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(move |line| {
            let mut parts = line.split('\t');
            let (named, group, rights) = (parts.next()?, parts.next()?, parts.next()?);
            (named == model && rights.contains(op.letter())).then_some(group)
        })
}

pub(crate) fn may(who: &Who, model: &Model, op: Op) -> bool {
    granting(model.name, op).any(|group| who.has(group))
}

/// Refuses what the caller's groups do not allow on the whole model.
pub(crate) fn check(who: &Who, model: &Model, op: Op) -> Result<(), Trouble> {
    if may(who, model, op) {
        return Ok(());
    }
    let groups: Vec<_> = granting(model.name, op)
        .filter_map(|name| GROUPS.iter().find(|group| group.external == name))
        .map(|group| format!("\t- {}", group.full_name))
        .collect();
    let (verb, label, name) = (op.verb(), model.label, model.name);
    Err(Trouble::new(
        Kind::AccessError,
        format!(
            "You may not {verb} '{label}' ({name}) records.\n\nThese groups may:\n{}\n\nAsk who administers \
             this database.",
            groups.join("\n")
        ),
    ))
}

/// What is said when a rule hides a record.
pub(crate) fn hidden(who: &Who, model: &Model, op: Op, ids: &[i64]) -> Trouble {
    let ids: Vec<_> = ids.iter().map(i64::to_string).collect();
    Trouble::new(
        Kind::AccessError,
        format!(
            "A rule of this database forbids it.\n\n(Document type: {}, Operation: {})\n\nRecords: {}, User: {}",
            model.label,
            op.verb(),
            ids.join(", "),
            who.uid
        ),
    )
}

/// Whether the caller may see the field at all.
pub(crate) fn sees(who: &Who, field: &Field) -> bool {
    field.groups.is_empty() || field.groups.iter().any(|group| who.has(group))
}

/// Refuses a field that the caller's groups do not show.
pub(crate) fn check_field(who: &Who, model: &Model, field: &Field) -> Result<(), Trouble> {
    if sees(who, field) {
        return Ok(());
    }
    Err(Trouble::new(
        Kind::AccessError,
        format!(
            "Your groups do not show the field \"{}\" of '{}' ({}).\n\nOne of these would: {}",
            field.label,
            model.label,
            model.name,
            field.groups.join(", ")
        ),
    ))
}
