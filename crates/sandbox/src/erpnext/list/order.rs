//! The order of lists.

use std::cmp::Ordering;

use portcullis_erp::value::Value;

use super::{Line, Query, column};
use crate::erpnext::failure::Failure;
use crate::erpnext::filter;
use crate::erpnext::schema::DocType;

/// Field and direction of each part of an `order_by`.
pub(crate) fn order_of(query: &Query) -> Result<Vec<(String, bool)>, Failure> {
    let Some(order) = &query.order_by else {
        return Ok(Vec::new());
    };
    let lower = order.to_lowercase();
    if lower.contains("select") && lower.contains('(') {
        return Err(Failure::invalid("Cannot use sub-query in order by"));
    }
    if lower.contains(';') || lower.contains("union") {
        return Err(Failure::invalid("Illegal SQL Query"));
    }
    Ok(order
        .split(',')
        .filter_map(|part| {
            let mut words = part.split_whitespace();
            let name = column::bare(words.next()?);
            let down = words
                .next()
                .is_some_and(|word| word.eq_ignore_ascii_case("desc"));
            Some((name, down))
        })
        .collect())
}

pub(crate) fn sort(kind: &DocType, order: &[(String, bool)], lines: &mut [Line<'_>]) {
    if order.is_empty() {
        return;
    }
    lines.sort_by(|left, right| {
        for (name, down) in order {
            let value = |line: &Line<'_>| {
                column::stored(kind, *line, &kind.name, name)
                    .cloned()
                    .unwrap_or_default()
            };
            let ordering = compared(&value(left), &value(right));
            let ordering = if *down { ordering.reverse() } else { ordering };
            if ordering.is_ne() {
                return ordering;
            }
        }
        Ordering::Equal
    });
}

pub(crate) fn sort_rows(order: &[(String, bool)], rows: &mut [Vec<(String, Value)>]) {
    rows.sort_by(|left, right| {
        for (name, down) in order {
            let value = |row: &[(String, Value)]| {
                row.iter()
                    .find(|(key, _)| key == name)
                    .map(|(_, value)| value.clone())
                    .unwrap_or_default()
            };
            let ordering = compared(&value(left), &value(right));
            let ordering = if *down { ordering.reverse() } else { ordering };
            if ordering.is_ne() {
                return ordering;
            }
        }
        Ordering::Equal
    });
}

pub(crate) fn compared(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        _ => filter::order(left, right),
    }
}
