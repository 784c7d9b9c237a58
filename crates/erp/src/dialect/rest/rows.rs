//! Records as the façade shows them: one form, whichever ERP they come from.
//!
//! Odoo says `false` for whatever is empty, and a link as a pair of id and name. Here empty is
//! `null`, and a link is an object. Only the kind of a field tells an empty text from a "no",
//! so what kind it is must be known ([`Models`]); what is not known is shown as it came.

use super::facade::Resource;
use crate::domain::FieldKind;
use crate::value::{Map, Value};

/// What is known of an ERP's models.
pub trait Models: Send + Sync {
    /// The kind of a field, and the model that it links to.
    fn field(&self, model: &str, field: &str) -> Option<(FieldKind, Option<&str>)>;
}

impl Models for () {
    fn field(&self, _: &str, _: &str) -> Option<(FieldKind, Option<&str>)> {
        None
    }
}

/// A record of Odoo.
pub(super) fn odoo(models: &dyn Models, model: &str, row: &Map) -> Map {
    row.iter()
        .map(|(name, value)| (name.clone(), shown(models, model, name, value)))
        .collect()
}

/// Gives the fields of a record the names that they have here.
pub(super) fn renamed(resource: &Resource, row: Map) -> Map {
    row.into_iter()
        .filter_map(|(name, value)| Some((resource.outward(&name)?.to_owned(), value)))
        .collect()
}

fn shown(models: &dyn Models, model: &str, field: &str, value: &Value) -> Value {
    let Some((kind, relation)) = models.field(model, field) else {
        return value.clone();
    };
    match (kind, value) {
        (FieldKind::Boolean, value) => value.clone(),
        (_, Value::Bool(false)) => Value::Null,
        (FieldKind::Many2one, value) => link(models, relation.unwrap_or_default(), value),
        (FieldKind::One2many | FieldKind::Many2many, Value::List(items)) => {
            let items = items.iter().map(|item| match item {
                Value::Map(row) => Value::Map(odoo(models, relation.unwrap_or_default(), row)),
                id => id.clone(),
            });
            Value::List(items.collect())
        }
        (_, value) => value.clone(),
    }
}

/// A link as an object: `{"id": 7, "display_name": "Ann"}`, the name where it is open.
fn link(models: &dyn Models, comodel: &str, value: &Value) -> Value {
    let mut one = Map::new();
    match value {
        Value::Int(id) => {
            one.insert("id".to_owned(), Value::Int(*id));
        }
        Value::List(pair) => {
            let [Value::Int(id), name] = pair.as_slice() else {
                return value.clone();
            };
            one.insert("id".to_owned(), Value::Int(*id));
            if name.as_str().is_some_and(|name| !name.is_empty()) {
                one.insert("display_name".to_owned(), name.clone());
            }
        }
        Value::Map(row) => return Value::Map(odoo(models, comodel, row)),
        other => return other.clone(),
    }
    Value::Map(one)
}
