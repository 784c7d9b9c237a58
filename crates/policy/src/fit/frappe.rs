//! What fields of a Frappe's documents take.

use portcullis_erp::Value;
use portcullis_erp::calendar::{is_date, is_moment};
use portcullis_erp::domain::FieldKind;

use super::{Expected, number, one_of, text, whole};
use crate::schema::{FieldSchema, Schema};

/// Fields that clients send back because they were given them; they are left out, not refused.
const SENT_BACK: &[&str] = &[
    "name",
    "owner",
    "creation",
    "modified",
    "modified_by",
    "docstatus",
    "idx",
];

/// What the façade takes.
pub(super) fn exact(
    name: &str,
    facts: &FieldSchema,
    value: &Value,
    schema: &Schema,
) -> Result<(), Expected> {
    let must = |holds: bool, what: &str| if holds { Ok(()) } else { Err(what.to_owned()) };
    if SENT_BACK.contains(&name) {
        let plain = matches!(value, Value::Text(_) | Value::Int(_) | Value::Null);
        return must(plain, "a text or a number");
    }
    if facts.readonly {
        return Err("no value: the ERP keeps it itself".to_owned());
    }
    let is_empty = matches!(value, Value::Null) || value.as_str() == Some("");
    if is_empty && !facts.can_be_empty() {
        return Err("a value: it cannot be empty".to_owned());
    }
    match (facts.kind, value) {
        (_, Value::Null) => Ok(()),
        (FieldKind::Selection, Value::Text(value)) => match &facts.selection {
            Some(choices) if !value.is_empty() && !choices.contains(value) => Err(one_of(choices)),
            _ => Ok(()),
        },
        // Documents are named after such texts, and a name stands in paths.
        (FieldKind::Char, Value::Text(value)) if value.contains(char::is_control) => {
            Err("a text of one line".to_owned())
        }
        (FieldKind::Char | FieldKind::Text, Value::Text(value)) => text(facts, value),
        (FieldKind::Char | FieldKind::Text | FieldKind::Selection, _) => Err("a text".to_owned()),
        (FieldKind::Integer, value) if facts.type_name == "Check" => must(
            matches!(value, Value::Int(0 | 1) | Value::Bool(_)),
            "0 or 1",
        ),
        (FieldKind::Integer, value) => must(whole(value), "a whole number of 32 bits"),
        (FieldKind::Float, value) => must(number(value), "a number"),
        (FieldKind::Date, value) => must(
            value.as_str().is_some_and(is_date),
            "a date such as 2026-01-31",
        ),
        (FieldKind::Datetime, value) => must(
            value.as_str().is_some_and(is_moment),
            "a time such as 2026-01-31 23:59:59",
        ),
        (FieldKind::One2many, Value::List(rows)) => rows.iter().try_for_each(|row| {
            let row = row.as_map().ok_or("a list of rows, each an object")?;
            let known = facts
                .relation
                .as_ref()
                .and_then(|model| schema.model(model));
            for (column, value) in row {
                let Some(facts) = known.and_then(|known| known.field(column)) else {
                    continue;
                };
                exact(column, facts, value, schema)
                    .map_err(|expected| format!("in `{column}` {expected}"))?;
            }
            Ok(())
        }),
        (FieldKind::One2many, _) => Err("a list of rows, each an object".to_owned()),
        (
            FieldKind::Boolean
            | FieldKind::Monetary
            | FieldKind::Html
            | FieldKind::Many2one
            | FieldKind::Many2many
            | FieldKind::Other,
            _,
        ) => Ok(()),
    }
}
