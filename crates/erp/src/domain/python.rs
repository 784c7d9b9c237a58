//! How Odoo's language takes the values of a domain: what is true, what is equal, what a
//! text, a number of it is.

use super::SearchError;
use crate::value::Value;

/// Whether `if value:` is taken.
pub(super) fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Int(number) => *number != 0,
        Value::Float(number) => *number != 0.0,
        Value::Big(_) | Value::Moment(_) => true,
        Value::Text(text) => !text.is_empty(),
        Value::Bytes(bytes) => !bytes.is_empty(),
        Value::List(items) => !items.is_empty(),
        Value::Map(map) => !map.is_empty(),
    }
}

/// Whether it is `False` or `None`, which a domain takes as "not set".
pub(super) fn is_false(value: &Value) -> bool {
    value.is_nothing()
}

fn as_number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(truth) => Some(f64::from(u8::from(*truth))),
        #[expect(
            clippy::cast_precision_loss,
            reason = "only ids and small numbers are met"
        )]
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        Value::Null
        | Value::Big(_)
        | Value::Text(_)
        | Value::Bytes(_)
        | Value::Moment(_)
        | Value::List(_)
        | Value::Map(_) => None,
    }
}

/// Whether two values are the same member of a set: `1`, `1.0` and `True` are one.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    if let (Value::Int(one), Value::Int(other)) = (one, other) {
        return one == other;
    }
    match (as_number(one), as_number(other)) {
        (Some(one), Some(other)) => one == other,
        (None, None) => one == other || (one.is_nothing() && other.is_nothing()),
        (Some(_), None) => other.is_nothing() && *one == Value::Bool(false),
        (None, Some(_)) => one.is_nothing() && *other == Value::Bool(false),
    }
}

/// A set in the order of insertion; of equal values the first stays. `None` becomes `False`
/// outside of lists only, as in Odoo, where both mean "not set" in the end.
///
/// # Errors
/// When a member is a list or a map, which no set takes.
pub(super) fn set(values: &[Value]) -> Result<Vec<Value>, SearchError> {
    if values
        .iter()
        .any(|value| matches!(value, Value::List(_) | Value::Map(_)))
    {
        return Err(SearchError::Value);
    }
    if values.len() > 64 {
        return Ok(large_set(values));
    }
    let mut members: Vec<Value> = Vec::with_capacity(values.len());
    for value in values {
        if !members.iter().any(|member| same(member, value)) {
            members.push(value.clone());
        }
    }
    Ok(members)
}

/// The same for long lists: texts and whole numbers are found by hash.
fn large_set(values: &[Value]) -> Vec<Value> {
    let mut texts = std::collections::HashSet::new();
    let mut numbers = std::collections::HashSet::new();
    let mut others: Vec<Value> = Vec::new();
    let mut members = Vec::new();
    for value in values {
        let new = match value {
            Value::Text(text) => texts.insert(text.as_str()),
            Value::Int(number) => {
                numbers.insert(*number) && !others.iter().any(|other| same(other, value))
            }
            Value::Bool(truth) => {
                let known = numbers.contains(&i64::from(*truth))
                    || others.iter().any(|other| same(other, value));
                others.push(value.clone());
                !known
            }
            Value::Null
            | Value::Float(_)
            | Value::Big(_)
            | Value::Bytes(_)
            | Value::Moment(_)
            | Value::List(_)
            | Value::Map(_) => {
                let known = others.iter().any(|other| same(other, value))
                    || numbers
                        .iter()
                        .any(|number| same(&Value::Int(*number), value));
                others.push(value.clone());
                !known
            }
        };
        if new {
            members.push(value.clone());
        }
    }
    members
}

/// `str(value)`; none where this cannot tell.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Bool(true) => Some("True".to_owned()),
        Value::Bool(false) => Some("False".to_owned()),
        Value::Null => Some("None".to_owned()),
        Value::Int(number) => Some(number.to_string()),
        Value::Big(digits) => Some(digits.to_string()),
        Value::Float(number) => {
            let size = number.abs();
            (size == 0.0 || (1e-4..1e16).contains(&size)).then(|| format!("{number:?}"))
        }
        Value::Text(text) => Some(text.clone()),
        Value::List(items) => {
            let items: Option<Vec<String>> = items.iter().map(member_text).collect();
            items.map(|items| format!("[{}]", items.join(", ")))
        }
        Value::Bytes(_) | Value::Moment(_) | Value::Map(_) => None,
    }
}

/// `repr(value)`, which is how a list shows its members.
fn member_text(value: &Value) -> Option<String> {
    let plain = |text: &str| {
        text.chars().all(|character| {
            !character.is_control() && character.is_ascii() && !matches!(character, '\'' | '\\')
        })
    };
    match value {
        Value::Text(member) => plain(member).then(|| format!("'{member}'")),
        member => text(member),
    }
}

/// `int(value or 0)`; none where this cannot tell.
///
/// # Errors
/// Where Odoo's language refuses.
pub(super) fn whole(value: &Value) -> Result<Option<i64>, SearchError> {
    if !truthy(value) {
        return Ok(Some(0));
    }
    match value {
        Value::Bool(truth) => Ok(Some(i64::from(*truth))),
        Value::Int(number) => Ok(Some(*number)),
        #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
        Value::Float(number) => Ok((number.abs() < 9e15).then_some(number.trunc() as i64)),
        Value::Big(_) => Ok(None),
        Value::Text(text) => match digits(text) {
            Some(clean) => Ok(clean.parse().ok()),
            None if text.is_ascii() => Err(SearchError::Value),
            None => Ok(None),
        },
        Value::Null | Value::Bytes(_) | Value::Moment(_) | Value::List(_) | Value::Map(_) => {
            Err(SearchError::Value)
        }
    }
}

/// The digits of a text that is a whole number, without blanks and single underscores.
fn digits(text: &str) -> Option<String> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let fine = !digits.is_empty()
        && digits
            .split('_')
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    fine.then(|| format!("{sign}{}", digits.replace('_', "")))
}

/// `float(value or 0.0)`; none where this cannot tell.
///
/// # Errors
/// Where Odoo's language refuses.
pub(super) fn float(value: &Value) -> Result<Option<f64>, SearchError> {
    if !truthy(value) {
        return Ok(Some(0.0));
    }
    match value {
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => Ok(as_number(value)),
        Value::Big(_) => Ok(None),
        Value::Text(text) => decimal(text).ok_or(SearchError::Value),
        Value::Null | Value::Bytes(_) | Value::Moment(_) | Value::List(_) | Value::Map(_) => {
            Err(SearchError::Value)
        }
    }
}

/// A plain decimal number: outer none if it is none, inner none where this cannot tell
/// (`nan`, `inf`, digits of other scripts).
pub(super) fn decimal(text: &str) -> Option<Option<f64>> {
    let text = text.trim();
    if !text.is_ascii() || text.contains('_') {
        return Some(None);
    }
    let lower = text.trim_start_matches(['+', '-']).to_ascii_lowercase();
    if matches!(lower.as_str(), "nan" | "inf" | "infinity") {
        return Some(None);
    }
    text.parse::<f64>()
        .ok()
        .map(|number| number.is_finite().then_some(number))
}
