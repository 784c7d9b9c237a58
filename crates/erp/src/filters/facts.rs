//! What is known of DocTypes and documents.

use std::borrow::Cow;

use crate::value::Value;

/// What is known of a field of a DocType.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocField {
    /// Its type (`Data`, `Link`, `Check`, …).
    pub fieldtype: String,
    /// For a `Link` the DocType that it leads to.
    pub options: Option<String>,
    /// Whether its column refuses to be unset.
    pub not_nullable: bool,
}

/// The documents that filters are judged on. What it does not tell is unknown.
pub trait Documents {
    /// What is known of a field that the DocType itself defines; none if it defines none of
    /// that name. Outer none: it is not known whether it does.
    fn field(&self, doctype: &str, field: &str) -> Option<Option<Cow<'_, DocField>>>;

    /// The names of all documents; none if they are not known.
    fn names(&self, doctype: &str) -> Option<Cow<'_, [String]>>;

    /// The value of a field as Frappe answers it (`null` if it is unset); none if it is not
    /// known.
    fn value(&self, doctype: &str, name: &str, field: &str) -> Option<Cow<'_, Value>>;
}

/// How a column is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    /// Text.
    Text,
    /// A whole number, never unset.
    Whole,
    /// A number with nine digits behind the point, never unset.
    Decimal,
    /// A day.
    Date,
    /// A moment.
    Datetime,
    /// Anything else: never judged here.
    Other,
}

impl Column {
    /// The column of a field that a DocType defines.
    pub(super) fn of_type(fieldtype: &str) -> Self {
        match fieldtype {
            "Data" | "Link" | "Dynamic Link" | "Select" | "Small Text" | "Text" | "Long Text"
            | "Text Editor" | "Code" | "Markdown Editor" | "HTML Editor" | "Read Only"
            | "Attach" | "Attach Image" | "Color" | "Barcode" | "Autocomplete" | "Phone"
            | "Signature" | "Icon" => Self::Text,
            "Check" | "Int" => Self::Whole,
            "Float" | "Currency" | "Percent" => Self::Decimal,
            "Date" => Self::Date,
            "Datetime" => Self::Datetime,
            _ => Self::Other,
        }
    }

    /// The column of a field that every DocType has.
    pub(super) fn of_every(field: &str) -> Option<Self> {
        match field {
            "name" | "owner" | "modified_by" | "parent" | "parentfield" | "parenttype"
            | "_user_tags" | "_comments" | "_assign" | "_liked_by" => Some(Self::Text),
            "docstatus" | "idx" => Some(Self::Whole),
            "creation" | "modified" => Some(Self::Datetime),
            _ => None,
        }
    }

    /// Whether it holds numbers.
    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Whole | Self::Decimal)
    }
}
