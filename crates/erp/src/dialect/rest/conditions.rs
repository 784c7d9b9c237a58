//! `field[op]=value`: conditions of a list, one by one.
//!
//! A value is a text until it is known what kind of field it is compared with: `5` is a number
//! for one field and a name for another, and an ERP that is asked the wrong way finds nothing.

use super::malformed;
use super::query::shown;
use crate::calendar::is_date;
use crate::domain::FieldKind;
use crate::fault::{Fault, FaultKind};
use crate::limits::Limits;
use crate::value::{Value, from_json};

/// What is asked of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Eq,
    Ne,
    Gt,
    Gte,
    Lt,
    Lte,
    In,
    Nin,
    /// Contains, letter by letter.
    Like,
    /// Contains, in capitals or not.
    Ilike,
    /// `true`: is not set; `false`: is set.
    Null,
}

/// One condition, its value not yet read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Condition {
    /// The field, or a dotted path.
    pub(super) path: String,
    pub(super) op: Op,
    /// The value, or the values of a list.
    pub(super) texts: Vec<String>,
}

/// How many values a list may have.
const MOST: usize = 1000;

impl Op {
    fn read(text: &str) -> Option<Self> {
        Some(match text {
            "eq" => Self::Eq,
            "ne" => Self::Ne,
            "gt" => Self::Gt,
            "gte" => Self::Gte,
            "lt" => Self::Lt,
            "lte" => Self::Lte,
            "in" => Self::In,
            "nin" => Self::Nin,
            "like" => Self::Like,
            "ilike" => Self::Ilike,
            "null" => Self::Null,
            _ => return None,
        })
    }
}

impl Condition {
    /// Reads a parameter that is a condition; none for any other.
    pub(super) fn read(name: &str, value: &str) -> Option<Result<Self, Fault>> {
        let (path, op) = name.strip_suffix(']')?.split_once('[')?;
        Some(Self::of(path, op, value))
    }

    fn of(path: &str, op: &str, value: &str) -> Result<Self, Fault> {
        if !is_path(path) {
            return Err(malformed(format!("`{}` is no field", shown(path))));
        }
        let Some(op) = Op::read(op) else {
            return Err(malformed(format!(
                "there is no operator `{}`; use eq, ne, gt, gte, lt, lte, in, nin, like, ilike or null",
                shown(op)
            ))
            .about(path));
        };
        let texts = match op {
            Op::In | Op::Nin => list(path, value)?,
            Op::Null if !matches!(value, "true" | "false") => {
                return Err(malformed("`null` is compared with true or false").about(path));
            }
            _ => vec![value.to_owned()],
        };
        Ok(Self {
            path: path.to_owned(),
            op,
            texts,
        })
    }

    /// Whether it asks for a field that is not set (`null=true`).
    pub(super) fn wants_nothing(&self) -> bool {
        self.texts.first().is_some_and(|text| text == "true")
    }

    /// The first value as a text.
    pub(super) fn text(&self) -> &str {
        self.texts.first().map_or("", String::as_str)
    }

    /// Refuses values that are no days.
    pub(super) fn days(&self) -> Result<(), Fault> {
        let all = self.texts.iter().all(|text| is_date(text));
        let no = || wrong("days such as 2026-01-31").about(&self.path);
        all.then_some(()).ok_or_else(no)
    }

    /// The values, as this kind of field has them.
    pub(super) fn values(&self, kind: Option<FieldKind>) -> Result<Vec<Value>, Fault> {
        self.texts
            .iter()
            .map(|text| typed(text, kind).map_err(|fault| fault.about(&self.path)))
            .collect()
    }
}

/// What is said of a value that is not what its field is of.
fn wrong(what: &str) -> Fault {
    Fault::new(
        FaultKind::BadValue,
        format!("the field is compared with {what}"),
    )
}

/// Whether a text is a field or a dotted path.
pub(super) fn is_path(text: &str) -> bool {
    text.len() <= 280
        && text
            .split('.')
            .all(|part| crate::name::FieldName::new(part).is_ok())
}

/// `a,b`, or a JSON list where a value has a comma in it.
fn list(path: &str, text: &str) -> Result<Vec<String>, Fault> {
    let texts: Vec<String> = if text.starts_with('[') {
        let limits = Limits {
            values: MOST + 1,
            ..Limits::default()
        };
        let read = from_json(text.as_bytes(), &limits);
        let Ok(Value::List(items)) = &read else {
            return Err(malformed("a list is a,b or JSON").about(path));
        };
        let texts: Option<Vec<String>> = items.iter().map(scalar).collect();
        texts.ok_or_else(|| malformed("a list holds texts and numbers").about(path))?
    } else {
        text.split(',').map(str::to_owned).collect()
    };
    if texts.len() > MOST {
        return Err(malformed(format!("a list has at most {MOST} values")).about(path));
    }
    Ok(texts)
}

fn scalar(value: &Value) -> Option<String> {
    Some(match value {
        Value::Text(text) => text.clone(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Null
        | Value::Big(_)
        | Value::Bytes(_)
        | Value::Moment(_)
        | Value::List(_)
        | Value::Map(_) => return None,
    })
}

/// A text as a value of this kind of field.
fn typed(text: &str, kind: Option<FieldKind>) -> Result<Value, Fault> {
    match kind {
        Some(FieldKind::Boolean) => match text {
            "true" | "1" => Ok(Value::Bool(true)),
            "false" | "0" => Ok(Value::Bool(false)),
            _ => Err(wrong("true or false")),
        },
        Some(FieldKind::Integer) => text
            .parse()
            .map(Value::Int)
            .map_err(|_| wrong("a whole number")),
        Some(FieldKind::Float | FieldKind::Monetary) => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::Float(number)),
            _ => Err(wrong("a number")),
        },
        // A link is an id; any other text is looked for among the names of what is linked.
        Some(FieldKind::Many2one | FieldKind::One2many | FieldKind::Many2many) => {
            Ok(text.parse().map_or_else(|_| Value::from(text), Value::Int))
        }
        Some(
            FieldKind::Char
            | FieldKind::Text
            | FieldKind::Html
            | FieldKind::Selection
            | FieldKind::Date
            | FieldKind::Datetime
            | FieldKind::Other,
        )
        | None => Ok(Value::from(text)),
    }
}
