//! Whether a record matches a domain, as far as can be told.
//!
//! Three answers: yes, no, and unknown wherever this cannot be sure that Odoo would answer
//! the same. A rule may rest on a yes, so a yes is never guessed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Domain;
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

/// What kind of field it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// `boolean`
    Boolean,
    /// `integer`
    Integer,
    /// `float`
    Float,
    /// `monetary`
    Monetary,
    /// `char`
    Char,
    /// `text`
    Text,
    /// `html`
    Html,
    /// `selection`
    Selection,
    /// `date`
    Date,
    /// `datetime`
    Datetime,
    /// `many2one`
    Many2one,
    /// `one2many`
    One2many,
    /// `many2many`
    Many2many,
    /// Any other: never judged here.
    Other,
}

impl FieldKind {
    /// Reads the `type` of `fields_get`.
    pub fn read(text: &str) -> Self {
        match text {
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "float" => Self::Float,
            "monetary" => Self::Monetary,
            "char" => Self::Char,
            "text" => Self::Text,
            "html" => Self::Html,
            "selection" => Self::Selection,
            "date" => Self::Date,
            "datetime" => Self::Datetime,
            "many2one" => Self::Many2one,
            "one2many" => Self::One2many,
            "many2many" => Self::Many2many,
            _ => Self::Other,
        }
    }
}

/// What is known of a field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldFacts {
    /// Its kind.
    pub kind: FieldKind,
    /// The linked model, for links.
    pub relation: Option<String>,
    /// Whether it is a column of its own.
    pub stored: bool,
    /// The keys of a selection, where they are known.
    pub selection: Option<Vec<String>>,
}

/// What is known of a model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelFacts {
    /// Its fields by name.
    pub fields: BTreeMap<String, FieldFacts>,
    /// Whether `fields` is all of them, so that a name not there is an error in Odoo.
    pub complete: bool,
    /// The field that names a record.
    pub rec_name: Option<String>,
    /// The fields (paths) by which names are searched; empty: by `rec_name`.
    pub rec_names_search: Vec<String>,
    /// The link to the parent in a hierarchy.
    pub parent: Option<String>,
    /// The field that says whether a record is active.
    pub active: Option<String>,
    /// Models that this one inherits by link: model, and the linking field.
    pub inherits: Vec<(String, String)>,
    /// Whether the model searches names by code of its own.
    pub custom_name_search: bool,
}

/// The records that a domain is judged on. What it does not tell is unknown.
pub trait Records {
    /// What is known of a model.
    fn model(&self, model: &str) -> Option<&ModelFacts>;

    /// All ids of a model, inactive ones included, in order; none if they are not known.
    fn ids(&self, model: &str) -> Option<Cow<'_, [i64]>>;

    /// The value of a field as `read` answers it (links as an id or `[id, name]`, lists of
    /// ids, `false` for what is empty); none if it is not known. Owned where it is computed.
    fn value(&self, model: &str, id: i64, field: &str) -> Option<Cow<'_, Value>>;
}

impl Domain {
    /// Whether the record of that model matches. That it is active is not asked.
    pub fn evaluate(&self, model: &str, id: i64, records: &dyn Records) -> Answer3 {
        let _ = (model, id, records);
        if self.is_all() {
            Answer3::Yes
        } else if self.is_none() {
            Answer3::No
        } else {
            Answer3::Unknown
        }
    }
}
