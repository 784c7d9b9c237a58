//! Ranges of dates; what becomes of a range of anything else is in `torn`.

use super::compile::may_be_unset;
use super::facts::{Column, DocField, Documents};
use super::sql::{Sql, moment};
use super::{Condition, FilterFault};

/// Whether a condition is written as `between` in SQL, but with one bound only: Frappe does so
/// for a field that is no date, and the next condition is then taken as the other bound.
pub(super) fn swallows_next(
    condition: &Condition,
    doctype: &str,
    documents: &dyn Documents,
) -> bool {
    if !condition.operator.is_range() {
        return false;
    }
    let name = condition.field.as_str();
    match documents.field(doctype, name) {
        Some(Some(field)) => !matches!(field.fieldtype.as_str(), "Date" | "Datetime"),
        Some(None) | None => !matches!(name, "creation" | "modified"),
    }
}

/// `between` two bounds.
pub(super) fn between(
    condition: &Condition,
    column: Column,
    field: Option<&DocField>,
) -> Result<Sql, FilterFault> {
    if matches!(column, Column::Text | Column::Whole | Column::Decimal) {
        let has_bounds = condition.value.as_list().is_some();
        let numeric = field.is_some_and(|field| Column::of_type(&field.fieldtype).is_number());
        let or_zero = may_be_unset(condition.field.as_str())
            && !numeric
            && !field.is_some_and(|field| field.not_nullable);
        return Ok(if has_bounds {
            Sql::Torn { or_zero }
        } else {
            Sql::Unknown
        });
    }
    if column == Column::Other {
        return Ok(Sql::Unknown);
    }
    // A bound that is left out is today, which is not known here.
    let Some([from, to, ..]) = condition.value.as_list() else {
        return Ok(Sql::Unknown);
    };
    let (Some(from), Some(to)) = (from.as_str(), to.as_str()) else {
        return Ok(Sql::Unknown);
    };
    let day = field.is_some_and(|field| field.fieldtype == "Date");
    let bound = |text: &str, time: &str| -> Option<String> {
        let long = moment(text)?;
        if day || text.trim().contains(' ') {
            return Some(long);
        }
        Some(format!("{} {time}", long.get(..10)?))
    };
    let bounds = (bound(from, "00:00:00.000000"), bound(to, "23:59:59.999999"));
    let (Some(from), Some(to)) = bounds else {
        return Ok(Sql::Unknown);
    };
    if day
        && (from.get(10..) != Some(" 00:00:00.000000") || to.get(10..) != Some(" 00:00:00.000000"))
    {
        return Ok(Sql::Unknown);
    }
    Ok(Sql::Between(from, to))
}
