//! What is asked of the ERP, whatever the dialect.
//!
//! Readers bring every dialect to the same form:
//! - arguments that are known by name are in `named` (positional ones are named by the
//!   signatures in `dialect/signature.rs`), the records in `ids`, the context in `context`;
//! - positional arguments that nobody can name stay in `positional`, in order.
//!
//! Odoo methods keep their names. Frappe's REST paths and `frappe.client.*` become these
//! methods: `get_list`, `get_count`, `get`, `insert`, `save`, `delete`, `submit`, `cancel`
//! (`PUT` and `frappe.client.set_value` are `save`; the arguments stand in
//! `dialect/frappe.rs`); any other dotted method keeps its dotted name, with the DocType as
//! model where an argument `doctype` (or `dt`) names one, else [`Call::NO_MODEL`].

use std::fmt;

use crate::name::{Method, Model, NameError};
use crate::value::packed::{Entries, pack, pack_map, pack_text};
use crate::value::{Map, Value};

/// One record's identity: Odoo counts, Frappe names.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RecordId {
    /// An Odoo id.
    Number(i64),
    /// A Frappe document's name.
    Name(Box<str>),
}

impl RecordId {
    /// The id as a value.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Number(number) => Value::Int(*number),
            Self::Name(name) => Value::from(&**name),
        }
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(_) => f.write_str("Name(…)"),
        }
    }
}

/// One call of a method of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The model, or the DocType.
    pub model: Model,
    /// The method.
    pub method: Method,
    /// The records it is called on; none where the method is not called on records.
    pub ids: Option<Vec<RecordId>>,
    /// Arguments by name, without records and context.
    pub named: Map,
    /// Arguments that could not be named, in order, without the records.
    pub positional: Vec<Value>,
    /// Odoo's context; always empty for Frappe.
    pub context: Map,
    /// Whether it must change nothing: Frappe undoes whatever a method does that is asked by
    /// GET. Methods that are known by name are told by what they do; it is false for them.
    pub safe: bool,
    /// Whether empty fields of a document are told as well: Frappe does so where it is asked by
    /// `frappe.client`, and not by a path. It is the same document by the same right.
    pub whole: bool,
}

impl Call {
    /// Stands for "no model" in calls of Frappe methods that name no DocType.
    pub const NO_MODEL: &str = "-";

    /// A call without arguments.
    ///
    /// # Errors
    /// When model or method is no valid name.
    pub fn new(model: &str, method: &str) -> Result<Self, NameError> {
        Ok(Self {
            model: Model::new(model)?,
            method: Method::new(method)?,
            ids: None,
            named: Map::new(),
            positional: Vec::new(),
            context: Map::new(),
            safe: false,
            whole: false,
        })
    }

    /// The call as bytes: calls that are equal have the same, in whichever dialect they were
    /// made and in whatever order their arguments stood, and no others have.
    pub fn canonical(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        pack_text(self.model.as_str(), &mut bytes);
        pack_text(self.method.as_str(), &mut bytes);
        let ids = self.ids.as_deref().map_or(Value::Null, |ids| {
            Value::List(ids.iter().map(RecordId::to_value).collect())
        });
        pack(&ids, Entries::ByKey, &mut bytes);
        pack_map(&self.named, Entries::ByKey, &mut bytes);
        for value in &self.positional {
            pack(value, Entries::ByKey, &mut bytes);
        }
        pack_map(&self.context, Entries::ByKey, &mut bytes);
        bytes
    }

    /// The same call on these records.
    #[must_use]
    pub fn on(mut self, ids: Vec<RecordId>) -> Self {
        self.ids = Some(ids);
        self
    }

    /// The same call with one more named argument.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.named.insert(name.to_owned(), value.into());
        self
    }
}
