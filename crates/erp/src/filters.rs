//! Frappe list filters: read, write, evaluate.
//!
//! What clients send comes in many forms (a map, lists of three, four or five, maps in a
//! list); here it is one: conditions that must all hold, and conditions of which one must.
//! A bare text in a filter list is taken as SQL by Frappe and refused here.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "of the many kinds of values and operators each step takes a few; the rest is refused or unknown"
)]

mod collation;
mod compile;
mod eval;
mod facts;
mod known;
mod operator;
mod range;
mod read;
mod sql;
mod torn;
mod tree;

pub use eval::{FilterFault, Listed};
pub use facts::{DocField, Documents};
pub use known::{DocumentsError, KnownDocuments, ListQuery, QueryError};
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

    /// One more condition that must hold: what was asked only gets narrower. It is put in
    /// front, for a condition may tear the one behind it apart (see [`Self::untangled`]).
    #[must_use]
    pub fn and(mut self, condition: Condition) -> Self {
        self.all.insert(0, condition);
        self
    }

    /// The same filters without ranges that tear the query apart.
    ///
    /// Of `between` on a field that is no date, Frappe makes SQL with one bound only, and
    /// MariaDB takes the next condition (be it a rule of the ERP's own) as the other bound.
    /// Here such a range becomes two comparisons; where it cannot, it is refused.
    ///
    /// # Errors
    /// For a timespan on a field that `is_date` does not know as a date, and for such a range
    /// among alternatives.
    pub fn untangled(self, is_date: &dyn Fn(&Condition) -> bool) -> Result<Self, FilterError> {
        let tears = |condition: &Condition| {
            condition.operator.is_range()
                && !matches!(condition.field.as_str(), "creation" | "modified")
                && !is_date(condition)
        };
        if self.any.iter().any(tears) {
            return Err(FilterError::Range);
        }
        let mut all = Vec::with_capacity(self.all.len());
        for condition in self.all {
            if !tears(&condition) {
                all.push(condition);
                continue;
            }
            let bounds = match (condition.operator, condition.value.as_list()) {
                (Operator::Between, Some([from, to])) => (from.clone(), to.clone()),
                _ => return Err(FilterError::Range),
            };
            let (from, to) = bounds;
            all.push(Condition {
                operator: Operator::GreaterOrEqual,
                value: from,
                ..condition.clone()
            });
            all.push(Condition {
                operator: Operator::LessOrEqual,
                value: to,
                ..condition
            });
        }
        Ok(Self { all, any: self.any })
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
        Self {
            doctype: None,
            field,
            operator,
            value: value.into(),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn range(field: &str, from: &str, to: &str) -> Condition {
        let bounds = Value::List(vec![Value::from(from), Value::from(to)]);
        Condition::new(FieldName::new(field).unwrap(), Operator::Between, bounds)
    }

    #[test]
    fn a_range_of_text_becomes_two_comparisons() {
        let filters = Filters {
            all: vec![
                range("territory", "A", "M"),
                range("creation", "2026-01-01", "2026-02-01"),
            ],
            any: Vec::new(),
        };
        let filters = filters.untangled(&|_| false).unwrap();
        let written: Vec<_> = filters
            .all
            .iter()
            .map(|one| (one.field.as_str(), one.operator.as_str()))
            .collect();
        assert_eq!(
            written,
            [
                ("territory", ">="),
                ("territory", "<="),
                ("creation", "between")
            ]
        );
    }

    #[test]
    fn a_range_of_text_among_alternatives_is_refused() {
        let filters = Filters {
            all: Vec::new(),
            any: vec![range("territory", "A", "M")],
        };
        assert!(filters.clone().untangled(&|_| true).is_ok());
        assert_eq!(filters.untangled(&|_| false), Err(FilterError::Range));
    }

    #[test]
    fn a_rule_stands_before_what_the_caller_asks() {
        let rule = Condition::new(FieldName::new("territory").unwrap(), Operator::Equal, "US");
        let asked = Filters {
            all: vec![range("name", "A", "M")],
            any: Vec::new(),
        };
        assert_eq!(asked.and(rule.clone()).all.first(), Some(&rule));
    }
}
