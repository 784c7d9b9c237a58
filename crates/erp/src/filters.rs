//! Frappe list filters: read, write, evaluate.
//!
//! What clients send comes in many forms (a map, lists of three, four or five, maps in a
//! list); here it is one: conditions that must all hold, and conditions of which one must.
//! A bare text in a filter list is taken as SQL by Frappe and refused here.

mod operator;
mod read;

pub use operator::Operator;
pub use read::FilterError;

use std::collections::BTreeSet;

use crate::name::{FieldName, Model};
use crate::value::Value;

/// One condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The DocType that the field belongs to, where the client named one: the listed DocType,
    /// or one of its child tables.
    pub doctype: Option<Model>,
    /// The field. Without a DocType, one that the listed DocType does not have is looked for
    /// in its child tables by Frappe.
    pub field: FieldName,
    /// What is asked.
    pub operator: Operator,
    /// What it is compared with.
    pub value: Value,
}

/// The filters of one list query.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filters {
    /// All of these.
    pub all: Vec<Condition>,
    /// And one of these, unless there are none.
    pub any: Vec<Condition>,
}

/// A field that filters name, with the DocType that was named with it.
pub type NamedField = (Option<Model>, FieldName);

impl Filters {
    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty() && self.any.is_empty()
    }

    /// Every condition, those of `filters` first.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.all.iter().chain(&self.any)
    }

    /// Every field that is named, each once.
    pub fn fields(&self) -> BTreeSet<NamedField> {
        self.conditions()
            .map(|condition| (condition.doctype.clone(), condition.field.clone()))
            .collect()
    }

    /// One more condition that must hold: what was asked only gets narrower.
    #[must_use]
    pub fn and(mut self, condition: Condition) -> Self {
        self.all.push(condition);
        self
    }

    /// What is sent as `filters`.
    pub fn filters_value(&self) -> Value {
        Value::List(self.all.iter().map(Condition::to_value).collect())
    }

    /// What is sent as `or_filters`.
    pub fn or_filters_value(&self) -> Value {
        Value::List(self.any.iter().map(Condition::to_value).collect())
    }
}

impl Condition {
    /// A condition on a field of the listed DocType.
    pub fn new(field: FieldName, operator: Operator, value: impl Into<Value>) -> Self {
        Self { doctype: None, field, operator, value: value.into() }
    }

    /// `[doctype, field, operator, value]`, or without the DocType.
    pub fn to_value(&self) -> Value {
        let mut members = Vec::with_capacity(4);
        if let Some(doctype) = &self.doctype {
            members.push(Value::from(doctype.as_str()));
        }
        members.push(Value::from(self.field.as_str()));
        members.push(Value::from(self.operator.as_str()));
        members.push(self.value.clone());
        Value::List(members)
    }
}
