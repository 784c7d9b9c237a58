//! Whether a record matches a domain, as far as can be told.
//!
//! Three answers: yes, no, and unknown wherever this cannot be sure that Odoo would answer
//! the same. A rule may rest on a yes, so a yes is never guessed.

use std::rc::Rc;

use super::check::Check;
use super::facts::Records;
use super::tree::Found;
use crate::value::Value;

/// Whether a record matches.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer3 {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// It cannot be said.
    Unknown,
}

impl Answer3 {
    /// The opposite; unknown stays unknown.
    #[expect(
        clippy::should_implement_trait,
        reason = "stands beside `and` and `or`"
    )]
    pub fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
        }
    }

    /// Both: a no decides.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Unknown,
        }
    }

    /// Either: a yes decides.
    pub fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }
}

impl From<bool> for Answer3 {
    fn from(truth: bool) -> Self {
        if truth { Self::Yes } else { Self::No }
    }
}

/// A domain, ready to be asked of many records.
pub(super) enum Test {
    Constant(Answer3),
    Not(Box<Test>),
    And(Vec<Test>),
    Or(Vec<Test>),
    /// The value of a field.
    Value {
        field: String,
        check: Check,
    },
    /// The record that a link leads to.
    Link {
        field: String,
        model: String,
        test: Box<Test>,
    },
    /// One of the records that a link leads to.
    Links {
        field: String,
        model: String,
        test: Box<Test>,
    },
    /// One of these.
    Among(Rc<Found>),
}

impl Test {
    pub(super) fn answer(&self, records: &dyn Records, model: &str, id: i64) -> Answer3 {
        match self {
            Self::Constant(answer) => *answer,
            Self::Not(inner) => inner.answer(records, model, id).not(),
            Self::And(parts) => {
                let mut all = Answer3::Yes;
                for part in parts {
                    all = all.and(part.answer(records, model, id));
                    if all == Answer3::No {
                        break;
                    }
                }
                all
            }
            Self::Or(parts) => {
                let mut one = Answer3::No;
                for part in parts {
                    one = one.or(part.answer(records, model, id));
                    if one == Answer3::Yes {
                        break;
                    }
                }
                one
            }
            Self::Value { field, .. } if field == "id" => self.check(&Value::Int(id)),
            Self::Value { field, .. } => match records.value(model, id, field) {
                Some(value) => self.check(&value),
                None => Answer3::Unknown,
            },
            Self::Link {
                field,
                model: comodel,
                test,
            } => match records.value(model, id, field).as_deref().map(link) {
                Some(Some(Some(linked))) => test.answer(records, comodel, linked),
                Some(Some(None)) => Answer3::No,
                Some(None) | None => Answer3::Unknown,
            },
            Self::Links {
                field,
                model: comodel,
                test,
            } => {
                let Some(value) = records.value(model, id, field) else {
                    return Answer3::Unknown;
                };
                let Some(linked) = links(&value) else {
                    return Answer3::Unknown;
                };
                let mut one = Answer3::No;
                for linked in linked {
                    one = one.or(test.answer(records, comodel, linked));
                    if one == Answer3::Yes {
                        break;
                    }
                }
                one
            }
            Self::Among(found) => {
                if found.yes.contains(&id) {
                    Answer3::Yes
                } else if found.unsure.contains(&id) {
                    Answer3::Unknown
                } else {
                    Answer3::No
                }
            }
        }
    }

    fn check(&self, value: &Value) -> Answer3 {
        if let Self::Value { check, .. } = self {
            check.answer(value)
        } else {
            Answer3::Unknown
        }
    }
}

/// The id behind a link as `read` gives it: outer none if it is no link at all.
pub(super) fn link(value: &Value) -> Option<Option<i64>> {
    match value {
        Value::Null | Value::Bool(false) => Some(None),
        Value::Int(id) => Some(Some(*id)),
        Value::List(pair) => match pair.as_slice() {
            [Value::Int(id), _] => Some(Some(*id)),
            _ => None,
        },
        Value::Bool(true)
        | Value::Big(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::Bytes(_)
        | Value::Moment(_)
        | Value::Map(_) => None,
    }
}

/// The ids behind a link to many.
pub(super) fn links(value: &Value) -> Option<Vec<i64>> {
    if value.is_nothing() {
        return Some(Vec::new());
    }
    value.as_list()?.iter().map(Value::as_int).collect()
}
