//! The columns of an import (`load`), where a rule lists it with any arguments.
//!
//! An import writes linked records as well (`user_ids/password`), so that whoever may import
//! contacts could make users. Columns that hold credentials, or that write records of a model
//! which must be named and is not, are refused; a path whose end cannot be judged is refused too.

use portcullis_erp::{Call, Model, Value};

use crate::bench::{Bench, No};
use crate::danger;
use crate::decision::Reason;
use crate::odoo::view::View;
use crate::odoo::{bad_argument, no_rule};
use crate::operation::{Family, Operation};

/// Judges the columns.
pub(crate) fn columns(bench: &Bench<'_>, view: &View<'_>, call: &Call) -> Result<(), No> {
    let bad = || bad_argument(view, "fields");
    let columns = call.named.get("fields").and_then(Value::as_list);
    for column in columns.ok_or_else(bad)? {
        let path = column.as_str().ok_or_else(bad)?;
        let mut parts: Vec<&str> = path.split(['/', ':']).map(str::trim).collect();
        // The identity of a linked record: its row is found by it, not written.
        if matches!(parts.last(), Some(&("id" | ".id"))) {
            parts.pop();
        }
        if let Some(part) = parts.iter().find(|part| danger::credential(part)) {
            return Err(view.refuse_write(
                Reason::Dangerous,
                part,
                format!("the column `{path}` holds a credential; an import writes none"),
            ));
        }
        if let Some(field) = parts.first() {
            is_set(bench, view, field)?;
        }
        let written = match parts.as_slice() {
            [] | [_] => continue,
            [link, column] => {
                if let Some(comodel) = view.relation(link) {
                    is_set_behind(bench, view, comodel, column)?;
                }
                view.relation(link)
            }
            [..] => None,
        };
        let is_open = written.is_some_and(|model| {
            !danger::model(model.as_str(), Family::Odoo) || bench.knows(model)
        });
        if !is_open {
            return Err(view.refuse_write(
                Reason::Dangerous,
                path,
                format!("the column `{path}` writes records that no rule names, or leads further than can be judged"),
            ));
        }
    }
    Ok(())
}

/// A row of an import makes a record, or changes the one that its external id names: rules must
/// let the column be set either way, in whatever record.
fn is_set(bench: &Bench<'_>, view: &View<'_>, field: &str) -> Result<(), No> {
    is_settable(bench, view.model, field, None)
}

/// The same of a record behind a link.
fn is_set_behind(
    bench: &Bench<'_>,
    view: &View<'_>,
    comodel: &Model,
    field: &str,
) -> Result<(), No> {
    is_settable(bench, comodel, field, Some(view.model))
}

fn is_settable(
    bench: &Bench<'_>,
    model: &Model,
    field: &str,
    through: Option<&Model>,
) -> Result<(), No> {
    for operation in [Operation::Create, Operation::Write] {
        let mut first_no = None;
        let mut open = false;
        for held in bench.rules(model, operation, through) {
            if held.rule.domain.is_some() {
                continue;
            }
            match View::new(bench, held, model)?.writable(field, operation) {
                Ok(_) => open = true,
                Err(no) if no.wants.is_some() => return Err(no),
                Err(no) => first_no = first_no.or(Some(no)),
            }
        }
        if !open {
            return Err(first_no.unwrap_or_else(|| no_rule(bench, model, operation)));
        }
    }
    Ok(())
}
