//! With what a condition of `filter` compares: what its field is of, and nothing else.
//!
//! ERPs take more, each in its own way: a text for a number, one value for a list, an id beyond
//! every id. Some of it finds nothing, some of it fails inside them.

use crate::domain::FieldKind;
use crate::fault::{Fault, FaultKind};
use crate::value::Value;

/// Whether days are looked at: Odoo knows words for them, and refuses what is none itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Days {
    Exact,
    Left,
}

/// Refuses a value that a field of this kind is not compared with.
pub(super) fn check(
    field: &str,
    kind: FieldKind,
    operator: &str,
    value: &Value,
    days: Days,
) -> Result<(), Fault> {
    let one = |value: &Value| one(kind, value, days);
    let unset = |value: &Value| value.is_nothing() || one(value);
    let fits = match operator {
        "=" | "==" | "!=" | "<>" => unset(value),
        "<" | "<=" | ">" | ">=" => one(value),
        "in" | "not in" => match value {
            Value::List(items) => items.iter().all(unset),
            _ => false,
        },
        "like" | "not like" | "ilike" | "not ilike" | "=like" | "=ilike" => is_text(value),
        _ => true,
    };
    if fits {
        return Ok(());
    }
    let expected = match operator {
        "in" | "not in" => "a list of ",
        _ => "",
    };
    let message = format!(
        "in `filter`, `{field}` is compared with {expected}{}",
        named(kind, operator)
    );
    Err(Fault::new(FaultKind::BadValue, message).about(field))
}

fn one(kind: FieldKind, value: &Value, days: Days) -> bool {
    match (kind, value) {
        (FieldKind::Integer, Value::Int(_)) => true,
        (FieldKind::Integer, Value::Float(number)) => number.fract() == 0.0,
        (FieldKind::Float | FieldKind::Monetary, Value::Int(_)) => true,
        (FieldKind::Float | FieldKind::Monetary, Value::Float(number)) => number.is_finite(),
        (FieldKind::Boolean, Value::Bool(_)) => true,
        (FieldKind::Many2one | FieldKind::One2many | FieldKind::Many2many, Value::Int(id)) => {
            *id >= 1 && i32::try_from(*id).is_ok()
        }
        (FieldKind::Date, value) if days == Days::Exact => {
            value.as_str().is_some_and(crate::calendar::is_date)
        }
        (
            FieldKind::Many2one
            | FieldKind::One2many
            | FieldKind::Many2many
            | FieldKind::Char
            | FieldKind::Text
            | FieldKind::Html
            | FieldKind::Selection
            | FieldKind::Date
            | FieldKind::Datetime,
            value,
        ) => is_text(value),
        (FieldKind::Other, _) => true,
        (FieldKind::Integer | FieldKind::Float | FieldKind::Monetary | FieldKind::Boolean, _) => {
            false
        }
    }
}

/// A text without control characters, which queries never have and databases may not take.
fn is_text(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| !text.contains(char::is_control))
}

fn named(kind: FieldKind, operator: &str) -> &'static str {
    match kind {
        _ if operator.ends_with("like") => "a text",
        FieldKind::Integer => "whole numbers",
        FieldKind::Float | FieldKind::Monetary => "numbers",
        FieldKind::Boolean => "true or false",
        FieldKind::Many2one | FieldKind::One2many | FieldKind::Many2many => "ids or names",
        FieldKind::Date => "days such as 2026-01-31",
        FieldKind::Datetime => "times such as 2026-01-31 23:59:59",
        FieldKind::Char
        | FieldKind::Text
        | FieldKind::Html
        | FieldKind::Selection
        | FieldKind::Other => "texts",
    }
}
