//! Which documents filters let through, as far as can be told.

use std::borrow::Cow;

use super::compile::{self, Asked};
use super::facts::Documents;
use super::{Condition, Filters, Operator, range, torn};
use crate::domain::Answer3;
use crate::value::Value;

/// Why Frappe would refuse a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FilterFault {
    /// `between` on something that is no date.
    #[error("`between` is for dates")]
    Between,
    /// A value that the field cannot be compared with.
    #[error("a value cannot be compared with its field in this way")]
    Value,
}

/// What filters let through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// The documents that match, in the order they were given.
    pub names: Vec<String>,
    /// Those of which nobody can say.
    pub unknown: Vec<String>,
}

/// Filters, ready to be asked of many documents.
struct Ready<'a> {
    all: Vec<(&'a Condition, Asked)>,
    any: Vec<(&'a Condition, Asked)>,
    /// A condition is taken apart by another one.
    torn: bool,
}

impl Filters {
    /// Whether one document matches. What Frappe would answer with an error is unknown.
    pub fn evaluate(&self, doctype: &str, name: &str, documents: &dyn Documents) -> Answer3 {
        match self.ready(doctype, documents) {
            Ok(ready) => ready.answer(doctype, name, documents),
            Err(_) => Answer3::Unknown,
        }
    }

    /// The documents of a DocType that match; none where its documents are not known.
    ///
    /// # Errors
    /// When Frappe would answer with an error.
    pub fn matching(
        &self,
        doctype: &str,
        documents: &dyn Documents,
    ) -> Result<Option<Listed>, FilterFault> {
        let ready = self.ready(doctype, documents)?;
        let Some(names) = documents.names(doctype) else {
            return Ok(None);
        };
        let mut listed = Listed::default();
        for name in names.iter() {
            match ready.answer(doctype, name, documents) {
                Answer3::Yes => listed.names.push(name.clone()),
                Answer3::Unknown => listed.unknown.push(name.clone()),
                Answer3::No => {}
            }
        }
        Ok(Some(listed))
    }

    fn ready(&self, doctype: &str, documents: &dyn Documents) -> Result<Ready<'_>, FilterFault> {
        let ready = |conditions: &'_ [Condition]| -> Result<Vec<Asked>, FilterFault> {
            conditions
                .iter()
                .map(|one| compile::condition(one, doctype, documents))
                .collect()
        };
        let swallows = |condition: &Condition| range::swallows_next(condition, doctype, documents);
        // Without a condition behind it, what remains is no SQL.
        let last_swallows = self.any.is_empty() && self.all.last().is_some_and(swallows);
        // Of a range of names not even that remains.
        let of_names = |condition: &Condition| {
            condition.operator == Operator::Between && condition.field.as_str() == "name"
        };
        if last_swallows || self.any.iter().any(swallows) || self.all.iter().any(of_names) {
            return Err(FilterFault::Between);
        }
        let torn = self.all.iter().any(swallows);
        Ok(Ready {
            torn,
            all: self.all.iter().zip(ready(&self.all)?).collect(),
            any: self.any.iter().zip(ready(&self.any)?).collect(),
        })
    }
}

impl Ready<'_> {
    fn answer(&self, doctype: &str, name: &str, documents: &dyn Documents) -> Answer3 {
        if self.torn {
            return self.torn_answer(doctype, name, documents);
        }
        let ask = |(condition, asked): &(&Condition, Asked)| match documents.value(
            doctype,
            name,
            condition.field.as_str(),
        ) {
            Some(value) => asked.sql.answer(asked.column, &value),
            None => Answer3::Unknown,
        };
        let mut all = self.all.iter().map(ask).fold(Answer3::Yes, Answer3::and);
        if !self.any.is_empty() {
            all = all.and(self.any.iter().map(ask).fold(Answer3::No, Answer3::or));
        }
        all
    }

    fn torn_answer(&self, doctype: &str, name: &str, documents: &dyn Documents) -> Answer3 {
        let values = |conditions: &[(&Condition, Asked)]| -> Vec<Option<Value>> {
            let each = conditions.iter().map(|(condition, _)| {
                let value = documents.value(doctype, name, condition.field.as_str());
                value.map(Cow::into_owned)
            });
            each.collect()
        };
        let (all_values, any_values) = (values(&self.all), values(&self.any));
        torn::answer(
            &pieces(&self.all, &all_values),
            &pieces(&self.any, &any_values),
        )
    }
}

fn pieces<'a>(
    conditions: &'a [(&Condition, Asked)],
    values: &'a [Option<Value>],
) -> Vec<torn::Piece<'a>> {
    let each = conditions.iter().zip(values);
    each.map(|((_, asked), value)| torn::Piece {
        column: asked.column,
        sql: &asked.sql,
        value: value.as_ref(),
    })
    .collect()
}
