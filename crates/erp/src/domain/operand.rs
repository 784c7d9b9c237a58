//! Values of conditions as what a column is asked.

use std::collections::HashSet;

use super::check::{Check, Span};
use super::facts::{FieldFacts, FieldKind};
use super::leaf::Operator;
use super::moment::{self, Said};
use super::zone::Zone;
use super::{SearchError, python};
use crate::value::Value;

/// The widest that local time lies ahead of, and behind, UTC.
const AHEAD: i64 = 14 * 3600;
const BEHIND: i64 = 12 * 3600;

/// A number that a column of numbers is compared with directly; none where nobody can say.
pub(super) fn column_number(value: &Value) -> Result<Option<f64>, SearchError> {
    match value {
        Value::Int(_) | Value::Float(_) => python::float(value),
        Value::Big(_) => Ok(None),
        Value::Text(text) => python::decimal(text).ok_or(SearchError::Value),
        Value::Null
        | Value::Bool(_)
        | Value::Bytes(_)
        | Value::Moment(_)
        | Value::List(_)
        | Value::Map(_) => Err(SearchError::Value),
    }
}

pub(super) fn ids_of_id(set: &[Value]) -> Result<Check, SearchError> {
    let mut numbers = HashSet::new();
    for value in set.iter().filter(|value| !python::is_false(value)) {
        match whole_column(value)? {
            Some(Some(id)) => numbers.insert(id),
            Some(None) => continue,
            None => return Ok(Check::Unknown),
        };
    }
    Ok(Check::Wholes { numbers })
}

/// A whole number that a column of whole numbers may equal: inner none if none can.
fn whole_column(value: &Value) -> Result<Option<Option<i64>>, SearchError> {
    match value {
        Value::Int(id) => Ok(Some(Some(*id))),
        Value::Text(text) => match text.trim().parse() {
            Ok(id) => Ok(Some(Some(id))),
            Err(_) => Err(SearchError::Value),
        },
        _ => Ok(column_number(value)?.map(|number| {
            #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
            let whole = number as i64;
            (number.fract() == 0.0 && number.abs() < 9e15).then_some(whole)
        })),
    }
}

pub(super) fn wholes(set: &[Value]) -> Result<Check, SearchError> {
    let mut numbers = HashSet::new();
    for value in set {
        match python::whole(value)? {
            Some(number) => numbers.insert(number),
            None => return Ok(Check::Unknown),
        };
    }
    Ok(Check::Wholes { numbers })
}

pub(super) fn texts(set: &[Value], field: &FieldFacts) -> Result<Check, SearchError> {
    let mut texts = HashSet::new();
    let mut unset = set.iter().any(python::is_false);
    for value in set.iter().filter(|value| !python::is_false(value)) {
        if field.kind == FieldKind::Html && value.as_str().is_none() {
            return Err(SearchError::Value);
        }
        match python::text(value) {
            Some(text) => texts.insert(cut(text, field.size)),
            None => return Ok(Check::Unknown),
        };
    }
    if field.kind != FieldKind::Selection {
        if unset {
            texts.insert(String::new());
        }
        unset |= texts.contains("");
    }
    Ok(Check::Texts { texts, unset })
}

/// A text cut to the size of its column.
pub(super) fn cut(text: String, size: Option<usize>) -> String {
    match size {
        Some(size) => text.chars().take(size).collect(),
        None => text,
    }
}

/// Ids that a link, or one of several, leads to. `inverted` is for `not in` on a single link:
/// there a zero makes SQL's `NOT IN` true of nothing.
pub(super) fn links_in(set: &[Value], single: bool, inverted: bool) -> Result<Check, SearchError> {
    let mut ids = HashSet::new();
    let mut unset = false;
    let mut zero = false;
    for value in set {
        match value {
            value if python::is_false(value) => unset = true,
            Value::Int(0) if single => zero = true,
            Value::Int(0) => unset = true,
            Value::Int(id) => drop(ids.insert(*id)),
            Value::Bool(true) if single => return Err(SearchError::Value),
            Value::Float(_) if single => match whole_column(value)? {
                Some(Some(id)) => drop(ids.insert(id)),
                Some(None) => {}
                None => return Ok(Check::Unknown),
            },
            _ => return Ok(Check::Unknown),
        }
    }
    if zero && inverted {
        return Ok(Check::Unknown);
    }
    Ok(if single {
        Check::LinkIn { ids, unset }
    } else {
        Check::LinksIn { ids, unset }
    })
}

/// Reads a date; none if it is relative to now.
pub(super) fn read_date(value: &Value) -> Result<Option<Said>, SearchError> {
    match moment::read(value.as_str().ok_or(SearchError::Value)?) {
        said @ (Said::Day(_) | Said::Moment(_)) => Ok(Some(said)),
        Said::Relative => Ok(None),
        Said::Nonsense => Err(SearchError::Value),
    }
}

pub(super) fn day(said: Said) -> i64 {
    match said {
        Said::Day(day) => day,
        Said::Moment(moment) => moment.div_euclid(moment::DAY),
        Said::Relative | Said::Nonsense => 0,
    }
}

pub(super) fn days(set: &[Value]) -> Result<Check, SearchError> {
    let mut days = Vec::new();
    for value in set.iter().filter(|value| !python::is_false(value)) {
        match read_date(value)? {
            Some(said) => days.push(day(said)),
            None => return Ok(Check::Unknown),
        }
    }
    let unset = set.iter().any(python::is_false);
    Ok(Check::Days { days, unset })
}

/// The moment that is meant: midnight of a day is that of the user's zone.
fn span(said: Said, zone: Option<Zone>) -> Span {
    match said {
        Said::Day(day) => match zone.and_then(|zone| zone.midnight(day)) {
            Some(midnight) => Span {
                first: midnight,
                last: midnight,
            },
            None => {
                let midnight = day.saturating_mul(moment::DAY);
                Span {
                    first: midnight - AHEAD,
                    last: midnight + BEHIND,
                }
            }
        },
        Said::Moment(moment) => Span {
            first: moment,
            last: moment,
        },
        Said::Relative | Said::Nonsense => Span {
            first: i64::MIN,
            last: i64::MAX,
        },
    }
}

pub(super) fn moments(set: &[Value], zone: Option<Zone>) -> Result<Check, SearchError> {
    let mut moments = Vec::new();
    for value in set.iter().filter(|value| !python::is_false(value)) {
        match read_date(value)? {
            Some(said) => moments.push(span(said, zone)),
            None => return Ok(Check::Unknown),
        }
    }
    let unset = set.iter().any(python::is_false);
    Ok(Check::Moments { moments, unset })
}

pub(super) fn moment_order(said: Said, operator: Operator, zone: Option<Zone>) -> Check {
    let mut bound = span(said, zone);
    let step = if matches!(said, Said::Day(_)) {
        moment::DAY
    } else {
        1
    };
    if matches!(operator, Operator::Greater | Operator::LessOrEqual) {
        bound.first = bound.first.saturating_add(step);
        bound.last = bound.last.saturating_add(step);
    }
    Check::MomentOrder {
        before: matches!(operator, Operator::Less | Operator::LessOrEqual),
        bound,
    }
}
