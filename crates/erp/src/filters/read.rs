//! Reads filters in every form that clients send.

use super::{Condition, Filters, Operator};
use crate::name::{FieldName, Model};
use crate::value::Value;

/// Why something is no filter that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Neither a map nor a list.
    #[error("filters are a map or a list of conditions")]
    Form,
    /// A condition of a wrong form; a bare text is one.
    #[error("a filter is `[field, operator, value]`, or that with a DocType in front")]
    Condition,
    /// The field's or the DocType's name is none.
    #[error("a filter does not name a field")]
    Name,
    /// The operator is not known.
    #[error("the operator of a filter is not known")]
    Operator,
    /// A range on something that is no date.
    #[error("a range of dates was asked of something that is not known to be a date")]
    Range,
    /// Too many conditions.
    #[error("there are more than {MAX} filters")]
    Many,
}

/// How many conditions are taken.
const MAX: usize = 1_000;

impl Filters {
    /// Reads `filters` and `or_filters`; `null`, `false` and an empty text are no filters.
    ///
    /// # Errors
    /// When a condition is not of a form that Frappe takes, or would be SQL to it.
    pub fn parse(filters: &Value, or_filters: &Value) -> Result<Self, FilterError> {
        Ok(Self {
            all: conditions(filters)?,
            any: conditions(or_filters)?,
        })
    }
}

fn conditions(value: &Value) -> Result<Vec<Condition>, FilterError> {
    let found = match value {
        Value::Null | Value::Bool(false) => Vec::new(),
        Value::Text(text) if text.is_empty() => Vec::new(),
        Value::Map(map) => map
            .iter()
            .map(|(field, value)| of_pair(field, value))
            .collect::<Result<_, _>>()?,
        Value::List(members) => members.iter().map(of_member).collect::<Result<_, _>>()?,
        Value::Bool(true)
        | Value::Int(_)
        | Value::Big(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::Bytes(_)
        | Value::Moment(_) => return Err(FilterError::Form),
    };
    if found.len() > MAX {
        Err(FilterError::Many)
    } else {
        Ok(found)
    }
}

/// A member of a filter list: a list, or a map of one field (of more, Frappe sees one only).
fn of_member(member: &Value) -> Result<Condition, FilterError> {
    if let Some(map) = member.as_map() {
        let mut pairs = map.iter();
        return match (pairs.next(), pairs.next()) {
            (Some((field, value)), None) => of_pair(field, value),
            _ => Err(FilterError::Condition),
        };
    }
    match member.as_list() {
        Some([field, operator, value]) => condition(None, field, operator, value),
        // The fifth says whether a list view hides the filter.
        Some([doctype, field, operator, value] | [doctype, field, operator, value, _]) => {
            condition(Some(doctype), field, operator, value)
        }
        Some(_) | None => Err(FilterError::Condition),
    }
}

/// A member of a filter map: `field: value` or `field: [operator, value]`.
fn of_pair(field: &str, value: &Value) -> Result<Condition, FilterError> {
    let field = Value::from(field);
    match value {
        Value::List(pair) => match pair.as_slice() {
            [operator, value] => condition(None, &field, operator, value),
            _ => Err(FilterError::Condition),
        },
        _ => condition(None, &field, &Value::from("="), value),
    }
}

fn condition(
    doctype: Option<&Value>,
    field: &Value,
    operator: &Value,
    value: &Value,
) -> Result<Condition, FilterError> {
    let doctype = match doctype {
        None => None,
        Some(doctype) => {
            let name = doctype.as_str().ok_or(FilterError::Name)?;
            Some(Model::new(name).map_err(|_| FilterError::Name)?)
        }
    };
    let field = field.as_str().ok_or(FilterError::Name)?;
    let field = FieldName::new(field).map_err(|_| FilterError::Name)?;
    let operator = match operator {
        Value::Null => Operator::Equal,
        Value::Text(text) if text.is_empty() => Operator::Equal,
        _ => {
            let text = operator.as_str().ok_or(FilterError::Operator)?;
            Operator::read(text).ok_or(FilterError::Operator)?
        }
    };
    Ok(Condition {
        doctype,
        field,
        operator,
        value: value.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::value::from_json;

    fn read(json: &str) -> Result<Filters, FilterError> {
        Filters::parse(
            &from_json(json.as_bytes(), &Limits::default()).unwrap(),
            &Value::Null,
        )
    }

    #[test]
    fn every_form_says_the_same() {
        let one = read(r#"[["status", "=", "Draft"]]"#).unwrap();
        assert_eq!(read(r#"{"status": "Draft"}"#).unwrap(), one);
        assert_eq!(read(r#"{"status": ["=", "Draft"]}"#).unwrap(), one);
        assert_eq!(read(r#"[{"status": "Draft"}]"#).unwrap(), one);
        let four = read(r#"[["Sales Order", "status", "=", "Draft", false]]"#).unwrap();
        assert_eq!(
            four.all[0].doctype.as_ref().unwrap().as_str(),
            "Sales Order"
        );
        assert_eq!(
            Filters::parse(&four.filters_value(), &Value::Null).unwrap(),
            four
        );
    }

    #[test]
    fn text_that_would_be_sql_is_refused() {
        assert!(read(r#"[["name", "like", "%"]]"#).is_ok());
        assert_eq!(read(r#"["1=1"]"#), Err(FilterError::Condition));
        assert_eq!(
            read(r#"[["name` or 1=1 --", "=", "x"]]"#),
            Err(FilterError::Name)
        );
        assert_eq!(
            read(r#"[["name", "regexp", "x"]]"#),
            Err(FilterError::Operator)
        );
        assert_eq!(read(r#"[{"a": 1, "b": 2}]"#), Err(FilterError::Condition));
    }
}
