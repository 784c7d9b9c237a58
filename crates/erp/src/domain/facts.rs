//! What is known of models and records: all that an evaluation rests on.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::zone::Zone;
use crate::value::Value;

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

    /// Whether it links to records.
    pub fn is_link(self) -> bool {
        matches!(self, Self::Many2one | Self::One2many | Self::Many2many)
    }

    /// Whether it links to any number of records.
    pub fn is_multiple(self) -> bool {
        matches!(self, Self::One2many | Self::Many2many)
    }

    /// Whether an unset column counts as the kind's own "nothing" (`0`, `''`, `false`) when
    /// it is compared.
    pub(super) fn has_falsy(self) -> bool {
        matches!(
            self,
            Self::Boolean
                | Self::Integer
                | Self::Float
                | Self::Monetary
                | Self::Char
                | Self::Text
                | Self::Html
        )
    }
}

/// How a float is rounded before it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Digits {
    /// Nothing is known.
    #[default]
    Unknown,
    /// Not rounded, or to at least so many digits behind the point.
    AtLeast(u8),
    /// Rounded to so many.
    Exactly(u8),
    /// Not rounded.
    Unrounded,
}

/// What is known of a field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldFacts {
    /// Its kind.
    pub kind: FieldKind,
    /// The linked model, for links.
    pub relation: Option<String>,
    /// Whether it is a column (or a link table) of its own.
    pub stored: bool,
    /// The keys of a selection, where they are known.
    pub selection: Option<Vec<String>>,
    /// How floats are rounded.
    pub digits: Digits,
    /// The longest text that a `char` takes, if it is bounded: what it is compared with is
    /// cut to that.
    pub size: Option<usize>,
}

impl FieldFacts {
    /// A stored field of that kind.
    pub fn stored(kind: FieldKind) -> Self {
        Self {
            kind,
            relation: None,
            stored: true,
            selection: None,
            digits: Digits::Unknown,
            size: None,
        }
    }

    /// A stored link.
    pub fn link(kind: FieldKind, relation: &str) -> Self {
        Self {
            relation: Some(relation.to_owned()),
            ..Self::stored(kind)
        }
    }
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

impl ModelFacts {
    /// Whether something else than `fields` says that there is a field of that name.
    pub(super) fn mentions(&self, name: &str) -> bool {
        let mentioned = [&self.rec_name, &self.parent, &self.active];
        mentioned
            .into_iter()
            .any(|field| field.as_deref() == Some(name))
            || self
                .rec_names_search
                .iter()
                .any(|path| path.split('.').next() == Some(name))
            || self.inherits.iter().any(|(_, link)| link == name)
    }
}

/// The records that a domain is judged on. What it does not tell is unknown.
pub trait Records {
    /// What is known of a model.
    fn model(&self, model: &str) -> Option<&ModelFacts>;

    /// All ids of a model, inactive ones included, in order; none if they are not known.
    fn ids(&self, model: &str) -> Option<Cow<'_, [i64]>>;

    /// The value of a field as `read` answers it (links as an id or `[id, name]`, lists of
    /// ids with the inactive ones, `false` for what is empty); none if it is not known. Owned
    /// where it is computed.
    fn value(&self, model: &str, id: i64, field: &str) -> Option<Cow<'_, Value>>;

    /// Whether `ilike` looks past accents (PostgreSQL's `unaccent`); none if it is not known.
    fn ignores_accents(&self) -> Option<bool> {
        None
    }

    /// The user's time zone, by which a day begins; none if it is not known.
    fn zone(&self) -> Option<Zone> {
        None
    }

    /// Whether texts are ordered by code point (PostgreSQL's collation `C`); none if it is
    /// not known.
    fn orders_by_code_point(&self) -> Option<bool> {
        None
    }
}
