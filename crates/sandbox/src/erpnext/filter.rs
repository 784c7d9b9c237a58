//! Filters of lists: read, checked, applied.

use std::cmp::Ordering;

use portcullis_erp::value::Value;

use super::Turn;
use super::failure::Failure;
use super::schema::DocType;
use super::values::{number, plain};

const OPERATORS: &str = "not ancestors of, not in, >=, ancestors of, !=, <, >, <=, in, =, is, like, timespan, \
    between, not like, fiscal year, next, previous, descendants of, descendants of (inclusive), not descendants of";

/// One condition.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    /// The DocType whose field it is.
    pub(crate) doctype: String,
    pub(crate) field: String,
    operator: String,
    value: Value,
}

/// Reads filters: `{field: value}`, `{field: [operator, value]}`, `[[field, operator, value]]`,
/// `[[doctype, field, operator, value]]`, or one such list alone.
pub(crate) fn parse(doctype: &str, filters: &Value) -> Result<Vec<Condition>, Failure> {
    match filters {
        Value::Null => Ok(Vec::new()),
        Value::Map(map) => Ok(map
            .iter()
            .map(|(field, value)| match value.as_list() {
                Some([Value::Text(operator), value]) => made(doctype, field, operator, value),
                _ => made(doctype, field, "=", value),
            })
            .collect()),
        Value::List(items) => match items.as_slice() {
            [Value::Text(_), ..] => one(doctype, items).map(|condition| vec![condition]),
            _ => items
                .iter()
                .map(|item| match item {
                    Value::List(parts) => one(doctype, parts),
                    Value::Map(_) => parse(doctype, item).and_then(|conditions| {
                        conditions.into_iter().next().ok_or_else(out_of_range)
                    }),
                    _ => Err(out_of_range()),
                })
                .collect(),
        },
        other => Ok(vec![made(doctype, "name", "=", other)]),
    }
}

fn out_of_range() -> Failure {
    Failure::internal("", "IndexError", "list index out of range")
}

fn one(doctype: &str, parts: &[Value]) -> Result<Condition, Failure> {
    let name = |value: &Value| plain(Some(value));
    match parts {
        [field, value] => Ok(made(doctype, &name(field), "=", value)),
        [field, operator, value] => Ok(made(doctype, &name(field), &name(operator), value)),
        [table, field, operator, value, ..] => {
            Ok(made(&name(table), &name(field), &name(operator), value))
        }
        _ => Err(out_of_range()),
    }
}

fn made(doctype: &str, field: &str, operator: &str, value: &Value) -> Condition {
    Condition {
        doctype: doctype.to_owned(),
        field: field.to_owned(),
        operator: operator.trim().to_lowercase(),
        value: value.clone(),
    }
}

/// Whether every condition names a known operator and a field that is there.
pub(crate) fn check(turn: &Turn<'_>, conditions: &[Condition]) -> Result<(), Failure> {
    for condition in conditions {
        let kind: &DocType = turn.doctype(&condition.doctype)?;
        if !OPERATORS
            .split(", ")
            .any(|known| known.trim() == condition.operator)
        {
            return Err(Failure::invalid(format!(
                "Operator must be one of {OPERATORS}"
            )));
        }
        if !kind.has_column(&condition.field) {
            return Err(not_permitted(&condition.field));
        }
    }
    Ok(())
}

/// 417 of a field that the table does not have.
pub(crate) fn not_permitted(field: &str) -> Failure {
    Failure::thrown(
        417,
        "DataError",
        format!("Field not permitted in query: {field}"),
    )
}

/// Whether a stored value meets the condition.
pub(crate) fn meets(condition: &Condition, stored: &Value) -> bool {
    let wanted = &condition.value;
    let null = *stored == Value::Null;
    match condition.operator.as_str() {
        "=" => equal(stored, wanted),
        "!=" => !equal(stored, wanted),
        "like" => like(&plain(Some(stored)), &plain(Some(wanted))),
        "not like" => !like(&plain(Some(stored)), &plain(Some(wanted))),
        "in" => any(stored, wanted),
        "not in" => !any(stored, wanted),
        "is" => {
            let set = !null && !plain(Some(stored)).is_empty();
            if plain(Some(wanted)) == "set" {
                set
            } else {
                !set
            }
        }
        ">" => !null && order(stored, wanted).is_gt(),
        "<" => order(stored, wanted).is_lt(),
        ">=" => !null && order(stored, wanted).is_ge(),
        "<=" => order(stored, wanted).is_le(),
        "between" => match wanted.as_list() {
            Some([low, high]) => {
                let high = match high {
                    Value::Text(day) if day.len() == 10 => {
                        Value::Text(format!("{day} 23:59:59.999999"))
                    }
                    other => other.clone(),
                };
                !null && order(stored, low).is_ge() && order(stored, &high).is_le()
            }
            _ => false,
        },
        _ => false,
    }
}

fn any(stored: &Value, wanted: &Value) -> bool {
    match wanted {
        Value::List(values) => values.iter().any(|value| equal(stored, value)),
        Value::Text(values) => values
            .split(',')
            .any(|value| equal(stored, &Value::from(value.trim()))),
        other => equal(stored, other),
    }
}

fn equal(stored: &Value, wanted: &Value) -> bool {
    if *stored == Value::Null {
        return plain(Some(wanted)).is_empty();
    }
    order(stored, wanted).is_eq()
}

/// Text compares without regard to case, numbers by size.
pub(crate) fn order(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Int(_) | Value::Float(_), _) => number(Some(left)).total_cmp(&number(Some(right))),
        (Value::Text(left), Value::Text(right)) => fold(left).cmp(&fold(right)),
        _ => fold(&plain(Some(left))).cmp(&fold(&plain(Some(right)))),
    }
}

fn fold(text: &str) -> String {
    text.trim_end().to_lowercase()
}

/// `%` stands for any letters, `_` for one.
pub(crate) fn like(text: &str, pattern: &str) -> bool {
    let (text, pattern): (Vec<char>, Vec<char>) = (
        text.to_lowercase().chars().collect(),
        pattern.to_lowercase().chars().collect(),
    );
    let (mut at, mut in_pattern, mut star, mut mark) = (0_usize, 0_usize, None, 0_usize);
    while at < text.len() {
        match pattern.get(in_pattern) {
            Some('%') => {
                star = Some(in_pattern);
                mark = at;
                in_pattern = in_pattern.saturating_add(1);
            }
            Some(letter) if *letter == '_' || Some(letter) == text.get(at) => {
                at = at.saturating_add(1);
                in_pattern = in_pattern.saturating_add(1);
            }
            _ => {
                let Some(star) = star else { return false };
                in_pattern = star.saturating_add(1);
                mark = mark.saturating_add(1);
                at = mark;
            }
        }
    }
    pattern
        .get(in_pattern..)
        .unwrap_or_default()
        .iter()
        .all(|letter| *letter == '%')
}
