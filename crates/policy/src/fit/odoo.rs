//! What fields of an Odoo take.

use portcullis_erp::Value;
use portcullis_erp::calendar::{is_date, is_moment};
use portcullis_erp::domain::FieldKind;

use super::{Expected, number, one_of, text, whole};
use crate::schema::FieldSchema;

/// What the façade takes.
pub(super) fn exact(name: &str, facts: &FieldSchema, value: &Value) -> Result<(), Expected> {
    if facts.is_kept_by_the_erp(name) {
        return Err("no value: the ERP keeps it itself".to_owned());
    }
    if value.is_nothing() {
        return if facts.can_be_empty() {
            Ok(())
        } else {
            Err("a value: it cannot be empty".to_owned())
        };
    }
    let must = |holds: bool, what: &str| if holds { Ok(()) } else { Err(what.to_owned()) };
    match (facts.kind, value) {
        (FieldKind::Char | FieldKind::Text | FieldKind::Html, Value::Text(value)) => {
            text(facts, value)
        }
        (FieldKind::Char | FieldKind::Text | FieldKind::Html, _) => Err("a text".to_owned()),
        (FieldKind::Integer, value) => must(whole(value), "a whole number of 32 bits"),
        (FieldKind::Float | FieldKind::Monetary, value) => must(number(value), "a number"),
        (FieldKind::Boolean, value) => must(matches!(value, Value::Bool(_)), "true or false"),
        (FieldKind::Date, value) => must(
            value.as_str().is_some_and(is_date),
            "a date such as 2026-01-31",
        ),
        (FieldKind::Datetime, value) => must(
            value.as_str().is_some_and(is_moment),
            "a time in UTC such as 2026-01-31 23:59:59",
        ),
        (FieldKind::Selection, value) => chosen(facts, value),
        (FieldKind::Many2one, value) => must(
            matches!(value, Value::Int(1..)),
            "the id of a record, or an object with it",
        ),
        (FieldKind::One2many | FieldKind::Many2many, value) => must(
            matches!(value, Value::List(_)),
            "a list of ids, or of commands",
        ),
        (FieldKind::Other, value) if facts.type_name == "binary" => {
            must(value.as_str().is_some_and(is_base64), "bytes in base64")
        }
        (FieldKind::Other, value) if facts.type_name == "reference" => {
            must(value.as_str().is_some(), "a text such as res.partner,7")
        }
        (FieldKind::Other, _) => Ok(()),
    }
}

/// What Odoo itself is certain to refuse (`ValueError`), and nothing else: it makes texts of
/// numbers, numbers of texts, dates of the first ten letters, and truth of anything.
pub(super) fn lenient(facts: &FieldSchema, value: &Value) -> Result<(), Expected> {
    match (facts.kind, value) {
        (FieldKind::Selection, Value::Text(key)) if !key.is_empty() => chosen(facts, value),
        (FieldKind::Integer, Value::Text(told)) if no_digit(told) && !told.is_empty() => {
            Err("a whole number".to_owned())
        }
        (FieldKind::Date | FieldKind::Datetime, Value::Text(told))
            if no_digit(told) && !told.is_empty() =>
        {
            Err("a date".to_owned())
        }
        _ => Ok(()),
    }
}

fn chosen(facts: &FieldSchema, value: &Value) -> Result<(), Expected> {
    let Some(choices) = &facts.selection else {
        return Ok(());
    };
    match value {
        Value::Text(value) if choices.contains(value) => Ok(()),
        _ => Err(one_of(choices)),
    }
}

/// Digits of any script are digits to Python.
fn no_digit(text: &str) -> bool {
    !text.chars().any(char::is_numeric)
}

fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    text.len().is_multiple_of(4)
        && text.len() - body.len() <= 2
        && body
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}
