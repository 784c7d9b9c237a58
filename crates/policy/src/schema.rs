//! What is known of an ERP's models: fields, where their values come from, how names are made.
//!
//! Judging rests on an Odoo's only. A Frappe's DocTypes are known for describing them, and for
//! looking at values before they are sent.

mod doctype;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use portcullis_erp::Value;
use portcullis_erp::dialect::rest;
use portcullis_erp::domain::FieldKind;
use portcullis_erp::{FieldName, Model};
use portcullis_identity::ErpLogin;

use crate::whom::UserFacts;

/// What is known of an upstream's models.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Schema {
    models: BTreeMap<Model, Arc<ModelSchema>>,
    absent: BTreeSet<Model>,
    users: BTreeMap<ErpLogin, UserFacts>,
}

/// One model. `Eq`: what is kept once is found the same without a look at its fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelSchema {
    /// Its fields by name.
    pub fields: BTreeMap<FieldName, FieldSchema>,
    /// The field that names a record; `name` if it is not told.
    pub rec_name: Option<String>,
    /// The fields by which names are searched, where they are known.
    pub rec_names_search: Vec<String>,
    /// Whether it is known which fields the ERP fills by itself.
    pub filled: bool,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldSchema {
    /// Its kind.
    pub kind: FieldKind,
    /// Its kind as Odoo writes it (`binary`, `reference`, … have no [`FieldKind`]).
    pub type_name: String,
    /// The linked model.
    pub relation: Option<Model>,
    /// Whether it is a column of its own.
    pub stored: bool,
    /// The paths that its value is computed from.
    pub depends: Vec<String>,
    /// The path that it mirrors.
    pub related: Option<String>,
    /// The path that it is filled from when a link is set (Frappe).
    pub fetched: Option<String>,
    /// Whether it must be given.
    pub required: bool,
    /// Whether it cannot be set.
    pub readonly: bool,
    /// The field of the linked model that leads back (`one2many`).
    pub inverse: Option<FieldName>,
    /// What it is called by people.
    pub label: String,
    /// The values that it can have, where it has a list of them.
    pub selection: Option<Vec<String>>,
    /// How many letters its values may have.
    pub size: Option<u32>,
    /// Whether the ERP can search by it.
    pub searchable: bool,
    /// Whether the ERP can sort by it.
    pub sortable: bool,
    /// Whether the ERP is known to have a value for it where none is given.
    pub defaulted: bool,
}

impl Schema {
    /// Nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Frappe needs none.
    pub fn frappe() -> Self {
        Self::default()
    }

    /// Adds what `fields_get` answered (all attributes asked) for a model.
    /// What cannot be read is left out: a field that is not known is not open.
    pub fn learn(&mut self, model: Model, fields_get: &Value) {
        self.absent.remove(&model);
        let read = ModelSchema::from_fields_get(model.as_str(), fields_get);
        self.models.insert(model, Arc::new(read));
    }

    /// Adds what a Frappe told of a DocType (`/api/v2/doctype/{name}/meta`).
    pub fn learn_doctype(&mut self, model: Model, meta: &Value) {
        self.absent.remove(&model);
        self.models.insert(model, Arc::new(doctype::read(meta)));
    }

    /// Adds what is known of a model.
    pub fn put(&mut self, model: Model, known: ModelSchema) {
        self.absent.remove(&model);
        self.models.insert(model, Arc::new(known));
    }

    /// Notes which fields of a model the ERP fills by itself (the answer of `default_get`).
    pub fn learn_defaults(&mut self, model: &Model, defaults: &Value) {
        let Some(known) = self.models.get_mut(model).map(Arc::make_mut) else {
            return;
        };
        known.filled = true;
        for name in defaults.as_map().into_iter().flat_map(|map| map.keys()) {
            let field = FieldName::new(name).ok();
            if let Some(facts) = field.and_then(|name| known.fields.get_mut(&name)) {
                facts.defaulted = true;
            }
        }
    }

    /// Notes that there is no such model (or none that the ERP user may see).
    pub fn absent(&mut self, model: Model) {
        self.models.remove(&model);
        self.absent.insert(model);
    }

    /// Adds what the ERP told of one of its users.
    pub fn learn_user(&mut self, login: ErpLogin, facts: UserFacts) {
        self.users.insert(login, facts);
    }

    /// What is known of a user; none where the ERP was not asked.
    pub fn user(&self, login: &ErpLogin) -> Option<&UserFacts> {
        self.users.get(login)
    }

    /// What is known of a model.
    pub fn model(&self, model: &Model) -> Option<&ModelSchema> {
        self.models.get(model).map(Arc::as_ref)
    }

    /// The models that were told anew since this was known; what is told is not compared.
    pub fn news(&self, before: &Self) -> Vec<Model> {
        let is_old = |(model, known): &(&Model, &Arc<ModelSchema>)| {
            let old = before.models.get(*model);
            old.is_some_and(|old| Arc::ptr_eq(old, known))
        };
        let news = self.models.iter().filter(|known| !is_old(known));
        news.map(|(model, _)| model.clone()).collect()
    }

    /// Keeps once what is known here and there of a model, if it is the same; whether it is.
    pub fn share(&mut self, model: &Model, other: &Self) -> bool {
        match (self.models.get_mut(model), other.models.get(model)) {
            (Some(own), Some(theirs)) if Arc::ptr_eq(own, theirs) => true,
            (Some(own), Some(theirs)) if own == theirs => {
                *own = Arc::clone(theirs);
                true
            }
            _ => false,
        }
    }

    /// Whether the same is known of the same models. Which are known not to be there makes no
    /// difference: clients name models as they like.
    pub fn knows_as(&self, other: &Self) -> bool {
        self.models == other.models
    }

    /// Whether the model is known not to be there.
    pub fn is_absent(&self, model: &Model) -> bool {
        self.absent.contains(model)
    }

    /// How many models are known not to be there.
    pub fn absences(&self) -> usize {
        self.absent.len()
    }

    /// The models that are known.
    pub fn models(&self) -> impl Iterator<Item = (&Model, &ModelSchema)> {
        self.models.iter().map(|(model, known)| (model, &**known))
    }
}

impl rest::Models for Schema {
    fn field(&self, model: &str, field: &str) -> Option<(FieldKind, Option<&str>)> {
        let facts = self.models.get(&Model::new(model).ok()?)?.field(field)?;
        Some((facts.kind, facts.relation.as_ref().map(Model::as_str)))
    }
}

impl ModelSchema {
    /// Reads the answer of `fields_get`.
    pub fn from_fields_get(model: &str, answer: &Value) -> Self {
        let mut fields = BTreeMap::new();
        for (name, facts) in answer.as_map().into_iter().flatten() {
            if let (Ok(name), Some(facts)) = (FieldName::new(name), FieldSchema::read(facts)) {
                fields.insert(name, facts);
            }
        }
        let rec_names_search = crate::names::searched(model)
            .iter()
            .map(|name| (*name).to_owned())
            .collect();
        Self {
            fields,
            rec_name: None,
            rec_names_search,
            filled: false,
        }
    }

    /// A field by its name.
    pub fn field(&self, name: &str) -> Option<&FieldSchema> {
        self.fields.get(name)
    }

    /// The field that names a record.
    pub fn rec_name(&self) -> &str {
        match self.rec_name.as_deref() {
            Some(name) => name,
            None if self.field("name").is_some() => "name",
            None if self.field("x_name").is_some() => "x_name",
            None => "id",
        }
    }
}

impl FieldSchema {
    fn read(facts: &Value) -> Option<Self> {
        let facts = facts.as_map()?;
        let text = |key: &str| facts.get(key).and_then(Value::as_str);
        let truth = |key: &str| facts.get(key) == Some(&Value::Bool(true));
        let type_name = text("type")?;
        let depends = match facts.get("depends").and_then(Value::as_list) {
            Some(paths) => paths
                .iter()
                .filter_map(|path| path.as_str().map(str::to_owned))
                .collect(),
            None => Vec::new(),
        };
        // Odoo writes `related` as a dotted text; some versions as a list of names.
        let related = match facts.get("related") {
            Some(Value::Text(path)) if !path.is_empty() => Some(path.clone()),
            Some(Value::List(parts)) if !parts.is_empty() => Some(
                parts
                    .iter()
                    .filter_map(Value::as_str)
                    .collect::<Vec<_>>()
                    .join("."),
            ),
            _ => None,
        };
        Some(Self {
            kind: FieldKind::read(type_name),
            type_name: type_name.to_owned(),
            relation: text("relation").and_then(|name| Model::new(name).ok()),
            // Not told: taken for computed, the careful side.
            stored: truth("store"),
            depends,
            related,
            fetched: None,
            required: truth("required"),
            readonly: truth("readonly"),
            inverse: text("relation_field").and_then(|name| FieldName::new(name).ok()),
            label: text("string").unwrap_or_default().to_owned(),
            selection: facts
                .get("selection")
                .and_then(Value::as_list)
                .map(|pairs| pairs.iter().filter_map(choice).collect()),
            size: facts
                .get("size")
                .and_then(Value::as_int)
                .and_then(|size| u32::try_from(size).ok())
                .filter(|size| *size > 0),
            // Older releases do not tell of either; a column can be searched and sorted by.
            searchable: facts
                .get("searchable")
                .map_or(truth("store"), |_| truth("searchable")),
            sortable: facts
                .get("sortable")
                .map_or(truth("store"), |_| truth("sortable")),
            defaulted: false,
        })
    }

    /// Whether the ERP computes it, whatever is written.
    pub(crate) fn is_fixed_by_the_erp(&self) -> bool {
        self.related.is_some() || (self.readonly && !self.depends.is_empty())
    }

    /// Whether a value that is sent for it is not kept: the ERP computes it, or keeps it itself.
    pub fn is_kept_by_the_erp(&self, name: &str) -> bool {
        const OWN: &[&str] = &["id", "create_date", "create_uid", "write_date", "write_uid"];
        OWN.contains(&name)
            || (self.readonly && (self.related.is_some() || !self.depends.is_empty()))
    }

    /// Whether a new record certainly needs it: nothing is known that would fill it.
    pub fn is_needed(&self) -> bool {
        self.required
            && !self.readonly
            && !self.defaulted
            && self.depends.is_empty()
            && self.related.is_none()
            && self.kind != FieldKind::Boolean
    }

    /// Whether it can be emptied. Of what must have a value, numbers become 0, truth values no,
    /// and links to many are none.
    pub fn can_be_empty(&self) -> bool {
        !self.required
            || self.is_x2many()
            || matches!(
                self.kind,
                FieldKind::Boolean | FieldKind::Integer | FieldKind::Float | FieldKind::Monetary
            )
    }

    /// Whether it links to many records.
    pub fn is_x2many(&self) -> bool {
        matches!(self.kind, FieldKind::One2many | FieldKind::Many2many)
    }
}

/// The value of a pair of value and label.
fn choice(pair: &Value) -> Option<String> {
    match pair.as_list()?.first()? {
        Value::Text(value) => Some(value.clone()),
        Value::Int(value) => Some(value.to_string()),
        _ => None,
    }
}
