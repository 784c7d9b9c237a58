//! What Frappe fetches over a link (`fetch_from`) is a copy: `fields = "*"` does not open it where
//! what it is a copy of is not open. A rule that lists the field by name does.
//!
//! A copy may be one of a copy; the way is followed to its end. What cannot be followed (a link
//! that may lead to any DocType) counts as closed.

use std::collections::BTreeSet;

use portcullis_erp::Model;

use crate::bench::{Bench, No};
use crate::danger;
use crate::operation::Operation;
use crate::rule::{Effect, FieldSet};
use crate::schema::{FieldSchema, ModelSchema};

/// The fields of a DocType, and the columns of its rows (`items.rate`), that are copies of what
/// is closed to the caller.
///
/// # Errors
/// With a DocType whose fields must be known first.
pub(crate) fn closed(bench: &Bench<'_>, doctype: &Model) -> Result<BTreeSet<String>, No> {
    let mut closed = BTreeSet::new();
    if !bench.opens_all_but_some(doctype) {
        return Ok(closed);
    }
    let Some(known) = told(bench, doctype)? else {
        return Ok(closed);
    };
    for (name, facts) in &known.fields {
        if is_closed(bench, (doctype, known), facts, &mut BTreeSet::new())? {
            closed.insert(name.as_str().to_owned());
        }
        let Some(rows) = facts.relation.as_ref().filter(|_| facts.is_x2many()) else {
            continue;
        };
        let Some(columns) = told(bench, rows)? else {
            continue;
        };
        for (column, facts) in &columns.fields {
            if is_closed(bench, (rows, columns), facts, &mut BTreeSet::new())? {
                closed.insert(format!("{name}.{column}"));
            }
        }
    }
    Ok(closed)
}

/// What is known of a DocType; none where the ERP does not tell.
fn told<'a>(bench: &Bench<'a>, doctype: &Model) -> Result<Option<&'a ModelSchema>, No> {
    if bench.schema.is_absent(doctype) {
        return Ok(None);
    }
    bench.model(doctype).map(Some)
}

/// Whether a field is fetched from one that is closed. `seen` are the fields on the way here: a
/// way that comes back to one of them has come by nothing that is closed.
fn is_closed<'a>(
    bench: &Bench<'a>,
    (doctype, known): (&Model, &'a ModelSchema),
    facts: &'a FieldSchema,
    seen: &mut BTreeSet<(Model, String)>,
) -> Result<bool, No> {
    let Some((link, source)) = facts
        .fetched
        .as_deref()
        .and_then(|path| path.split_once('.'))
    else {
        return Ok(false);
    };
    let linked = known.field(link).filter(|link| link.type_name == "Link");
    let Some(linked) = linked.and_then(|link| link.relation.as_ref()) else {
        return Ok(true);
    };
    if !seen.insert((linked.clone(), source.to_owned())) {
        return Ok(false);
    }
    match opened(bench, doctype, linked, source) {
        Opened::ByName => Ok(false),
        Opened::No => Ok(true),
        Opened::WithAll => match told(bench, linked)? {
            Some(known) => match known.field(source) {
                Some(facts) => is_closed(bench, (linked, known), facts, seen),
                None => Ok(false),
            },
            None => Ok(false),
        },
    }
}

/// How a field is open to the caller, by what rules say of its DocType.
enum Opened {
    /// A rule lists it.
    ByName,
    /// A rule opens all fields, or no rule opens or closes any.
    WithAll,
    No,
}

fn opened(bench: &Bench<'_>, from: &Model, doctype: &Model, field: &str) -> Opened {
    if bench.denies_field(doctype, field, Operation::Read) {
        return Opened::No;
    }
    if bench
        .about_model(doctype)
        .all(|held| held.rule.effect == Effect::Deny)
    {
        return Opened::WithAll;
    }
    let mut found = Opened::No;
    for held in bench.rules(doctype, Operation::Read, Some(from)) {
        // Of a field that is masked there, a copy would show all.
        if held.rule.closes(field) {
            continue;
        }
        match &held.rule.fields {
            FieldSet::Only(names) if names.contains(field) => return Opened::ByName,
            FieldSet::All if !danger::credential(field) => found = Opened::WithAll,
            FieldSet::Only(_) | FieldSet::All => {}
        }
    }
    // Whoever may read a document sees its name.
    if field == "name" && !bench.rules(doctype, Operation::Read, Some(from)).is_empty() {
        return Opened::ByName;
    }
    found
}
