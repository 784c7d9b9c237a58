//! What Frappe makes of a filter, by the field's type and the value's.

use super::facts::{Column, DocField, Documents};
use super::sql::{Comparison, Literal, Sql, moment};
use super::{Condition, FilterFault, Operator, range, tree};
use crate::value::Value;

/// What stands for "unset" where moments are compared.
const NO_MOMENT: &str = "0001-01-01 00:00:00.000000";
/// What stands for "unset" where days are compared.
const NO_DAY: &str = "0001-01-01";

/// A filter as it is asked of each document's value.
pub(super) struct Asked {
    pub(super) column: Column,
    pub(super) sql: Sql,
}

/// Whether Python takes it as true.
fn truthy(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Int(number) => *number != 0,
        Value::Float(number) => *number != 0.0,
        Value::Text(text) => !text.is_empty(),
        Value::List(items) => !items.is_empty(),
        Value::Map(map) => !map.is_empty(),
        Value::Bytes(bytes) => !bytes.is_empty(),
        Value::Bool(true) | Value::Big(_) | Value::Moment(_) => true,
    }
}

/// The text of a value, as Frappe makes it; none where this cannot tell.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::Text(text) => Some(text.clone()),
        Value::Bool(true) => Some("True".to_owned()),
        Value::Bool(false) => Some("False".to_owned()),
        Value::Int(number) => Some(number.to_string()),
        Value::Float(number) => {
            let size = number.abs();
            (size == 0.0 || (1e-4..1e16).contains(&size)).then(|| format!("{number:?}"))
        }
        _ => None,
    }
}

/// The number of a value, as Frappe makes it: what is none is zero.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Null | Value::Bool(false) => Some(0.0),
        Value::Bool(true) => Some(1.0),
        #[expect(clippy::cast_precision_loss, reason = "filters compare small numbers")]
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        Value::Text(text) => {
            let text = text.replace(',', "");
            let text = text.trim();
            if !text.is_ascii() || text.contains('_') {
                return None;
            }
            let number = text.parse::<f64>().unwrap_or(0.0);
            number.is_finite().then_some(number)
        }
        _ => None,
    }
}

/// Compiles a condition on the listed DocType.
pub(super) fn condition(
    condition: &Condition,
    doctype: &str,
    documents: &dyn Documents,
) -> Result<Asked, FilterFault> {
    let unknown = Ok(Asked {
        column: Column::Other,
        sql: Sql::Unknown,
    });
    if condition
        .doctype
        .as_ref()
        .is_some_and(|named| named.as_str() != doctype)
    {
        return unknown;
    }
    let name = condition.field.as_str();
    let Some(field) = documents.field(doctype, name) else {
        return unknown;
    };
    let column = match &field {
        Some(field) => Column::of_type(&field.fieldtype),
        None => match Column::of_every(name) {
            Some(column) => column,
            // A field of a child table, or of none.
            None => return unknown,
        },
    };
    let field = field.as_deref();
    let sql = match condition.operator {
        Operator::In | Operator::NotIn => listed(condition, field)?,
        Operator::DescendantsOf
        | Operator::DescendantsOfInclusive
        | Operator::NotDescendantsOf
        | Operator::AncestorsOf
        | Operator::NotAncestorsOf => tree::listed(condition, doctype, field, documents),
        Operator::Timespan | Operator::Previous | Operator::Next => Sql::Unknown,
        Operator::Between => range::between(condition, column, field)?,
        Operator::Is => set_or_not(condition, field),
        _ => plain(condition, column, field)?,
    };
    Ok(Asked { column, sql })
}

/// Whether Frappe thinks that the column of a field that is always there may be unset.
pub(super) fn may_be_unset(name: &str) -> bool {
    !matches!(name, "name" | "modified" | "creation")
}

fn listed(condition: &Condition, field: Option<&DocField>) -> Result<Sql, FilterFault> {
    let value = &condition.value;
    let positive = condition.operator == Operator::In;
    let mut guarded =
        may_be_unset(condition.field.as_str()) && !field.is_some_and(|field| field.not_nullable);
    let empty = Value::from("");
    let parts: Vec<Value> = match if truthy(value) { value } else { &empty } {
        Value::Text(text) => text.split(',').map(Value::from).collect(),
        Value::List(items) => items.clone(),
        _ => return Err(FilterFault::Value),
    };
    if positive {
        let blank = |value: &Value| *value == Value::Null || value.as_str() == Some("");
        guarded &= !truthy(value) || value.as_list().is_some_and(|items| items.iter().any(blank));
    }
    let mut texts = Vec::with_capacity(parts.len());
    for part in &parts {
        match text(part) {
            Some(text) => texts.push(text.trim().to_owned()),
            None => return Ok(Sql::Unknown),
        }
    }
    Ok(Sql::In {
        texts,
        negative: !positive,
        guarded,
    })
}

/// `is set`, `is not set`.
fn set_or_not(condition: &Condition, field: Option<&DocField>) -> Sql {
    let nothing = Literal::Text(String::new());
    match condition.value.as_str() {
        Some("set") => Sql::Compare {
            comparison: Comparison::NotEqual,
            literal: nothing,
            fallback: None,
        },
        Some("not set") => Sql::Compare {
            comparison: Comparison::Equal,
            fallback: (!field.is_some_and(|field| field.not_nullable)).then(|| nothing.clone()),
            literal: nothing,
        },
        _ => Sql::Unknown,
    }
}

fn comparison(operator: Operator) -> Option<Comparison> {
    Some(match operator {
        Operator::Equal => Comparison::Equal,
        Operator::NotEqual => Comparison::NotEqual,
        Operator::Less => Comparison::Less,
        Operator::LessOrEqual => Comparison::LessOrEqual,
        Operator::Greater => Comparison::Greater,
        Operator::GreaterOrEqual => Comparison::GreaterOrEqual,
        Operator::Like => Comparison::Like,
        Operator::NotLike => Comparison::NotLike,
        _ => return None,
    })
}

/// One value and its stand-in, by the rules of the field's type.
fn literals(
    condition: &Condition,
    column: Column,
    field: Option<&DocField>,
    ordered: bool,
) -> Result<Option<(Literal, Literal)>, FilterFault> {
    let value = &condition.value;
    let like = matches!(condition.operator, Operator::Like | Operator::NotLike);
    let name = condition.field.as_str();
    let fieldtype = field.map(|field| field.fieldtype.as_str());
    let both = |literal: Option<String>, fallback: &str| {
        literal.map(|literal| (Literal::Text(literal), Literal::Text(fallback.to_owned())))
    };
    if matches!(value, Value::List(_) | Value::Map(_)) {
        return Err(FilterFault::Value);
    }
    if ordered && matches!(name, "creation" | "modified") {
        return Ok(both(text(value), NO_MOMENT));
    }
    if fieldtype == Some("Date") {
        return match value {
            value if !truthy(value) => Ok(both(Some(NO_DAY.to_owned()), NO_DAY)),
            Value::Text(text) if text.contains('%') => Err(FilterFault::Value),
            Value::Text(text) => Ok(both(
                moment(text).and_then(|day| Some(day.get(..10)?.to_owned())),
                NO_DAY,
            )),
            _ => Err(FilterFault::Value),
        };
    }
    if fieldtype == Some("Datetime") {
        return match value {
            value if !truthy(value) => Ok(both(Some(NO_MOMENT.to_owned()), NO_MOMENT)),
            Value::Text(text) => Ok(both(moment(text), NO_MOMENT)),
            _ => Err(FilterFault::Value),
        };
    }
    if column == Column::Other {
        return Ok(None);
    }
    let numeric = field.is_some() && column.is_number();
    if like || (value.as_str().is_some() && !numeric) {
        return Ok(both(text(value), ""));
    }
    if condition.operator == Operator::Equal
        && matches!(fieldtype, Some("Link" | "Data" | "Dynamic Link"))
    {
        return Ok(both(text(value), ""));
    }
    if name == "name" {
        if !truthy(value) {
            return Ok(both(Some(String::new()), ""));
        }
        let fallback = Literal::Text(String::new());
        return Ok(number(value).map(|number| (Literal::Number(number), fallback)));
    }
    Ok(number(value).map(|number| (Literal::Number(number), Literal::Number(0.0))))
}

fn plain(
    condition: &Condition,
    column: Column,
    field: Option<&DocField>,
) -> Result<Sql, FilterFault> {
    let Some(comparison) = comparison(condition.operator) else {
        return Ok(Sql::Unknown);
    };
    let ordered = matches!(
        comparison,
        Comparison::Less
            | Comparison::LessOrEqual
            | Comparison::Greater
            | Comparison::GreaterOrEqual
    );
    let mut may_be_unset = may_be_unset(condition.field.as_str());
    if let Some(field) = field {
        may_be_unset &= !column.is_number() && !field.not_nullable;
        if matches!(comparison, Comparison::Greater | Comparison::GreaterOrEqual) {
            may_be_unset &= !matches!(field.fieldtype.as_str(), "Date" | "Datetime");
        }
    }
    let Some((literal, fallback)) = literals(condition, column, field, ordered)? else {
        return Ok(Sql::Unknown);
    };
    let given =
        truthy(&condition.value) && matches!(comparison, Comparison::Equal | Comparison::Like);
    if !may_be_unset || given {
        return Ok(Sql::Compare {
            comparison,
            literal,
            fallback: None,
        });
    }
    Ok(Sql::Compare {
        comparison,
        literal,
        fallback: Some(fallback),
    })
}
