//! A recorded call, judged again: a record names models, methods, fields and operators, and no
//! values. What depends on values cannot be told, and is said to be unknown.

mod frappe;
mod odoo;

use std::collections::BTreeMap;

use portcullis_erp::{Call, Value};

use crate::operation::Family;
use crate::schema::Schema;

/// What a record says of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Recorded {
    /// The model.
    pub model: String,
    /// The method.
    pub method: String,
    /// The fields and paths that were named.
    pub fields: Vec<String>,
    /// Path and operator of each condition.
    pub domain: Vec<(String, String)>,
    /// The keys of the context.
    pub context: Vec<String>,
    /// How many records were named by id.
    pub ids: u64,
    /// What else there is to know: see [`Shape::how`](crate::Shape).
    pub how: Vec<String>,
    /// How many more names there were than stand here.
    pub cut: u64,
    /// Whether it was refused: then less of it was written down.
    pub refused: bool,
}

/// What is taken for the values, which no record holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guess {
    /// Whether links that are set are taken to be emptied.
    pub(crate) emptied: bool,
    /// Values that a rule's domain wants, by field.
    pub(crate) wanted: BTreeMap<String, Value>,
    /// Whether what is sent to people, and what is asked of rights, is taken to be the plainest.
    pub(crate) plainest: bool,
}

impl Recorded {
    /// A call of this shape.
    ///
    /// # Errors
    /// With what the record does not tell.
    pub fn call(&self, family: Family, schema: &Schema) -> Result<Call, &'static str> {
        self.guessed(family, schema, &Guess::default())
    }

    /// A call of this shape, with values that are taken to be so.
    ///
    /// # Errors
    /// With what the record does not tell.
    pub(crate) fn guessed(
        &self,
        family: Family,
        schema: &Schema,
        guess: &Guess,
    ) -> Result<Call, &'static str> {
        if self.cut > 0 {
            return Err("the record does not hold all names");
        }
        let call = Call::new(&self.model, &self.method);
        let mut call = call.map_err(|_| "it is no call of a model")?;
        let sends = match family {
            Family::Odoo => crate::odoo::mail::known(&self.method),
            Family::Frappe => crate::frappe::mail::known(&self.method),
        };
        if sends {
            let plain = match family {
                Family::Odoo if guess.plainest => self.sent(),
                Family::Odoo | Family::Frappe => None,
            };
            let plain = plain.ok_or("the record does not tell what was sent, and to whom")?;
            call.named = plain;
            call.ids = Some(self.numbered());
            return Ok(call);
        }
        match family {
            Family::Odoo => self.odoo(&mut call, schema, guess)?,
            Family::Frappe => self.frappe(&mut call, guess)?,
        }
        Ok(call)
    }

    /// What stands behind a word in `how`.
    fn told<'a>(&'a self, word: &'a str) -> impl Iterator<Item = &'a str> {
        self.how
            .iter()
            .filter_map(move |one| one.strip_prefix(word)?.strip_prefix(' '))
    }
}

/// Names as a value.
fn names<'a>(names: impl IntoIterator<Item = &'a String>) -> Value {
    Value::List(
        names
            .into_iter()
            .map(|name| Value::from(name.as_str()))
            .collect(),
    )
}
