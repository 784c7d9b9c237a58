//! What is known of an ERP's models, from a file: answers of `fields_get`, or metas of DocTypes.

use std::path::Path;

use anyhow::Context as _;
use clap::ValueEnum;
use portcullis_erp::{Map, Model, Value};
use portcullis_policy::{Family, Schema};

use super::file;

/// Which kind of ERP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Erp {
    Odoo,
    Erpnext,
}

impl From<Erp> for Family {
    fn from(erp: Erp) -> Self {
        match erp {
            Erp::Odoo => Self::Odoo,
            Erp::Erpnext => Self::Frappe,
        }
    }
}

/// Reads a file: a JSON object that has, for each model, what the ERP answers to `fields_get`,
/// or, for each DocType, its meta. Which of the two it is tells which ERP it is.
pub(crate) fn read(path: &Path) -> anyhow::Result<(Family, Schema)> {
    let value = file::json(path)?;
    let place = || format!("`{}`", path.display());
    let models = value.as_map().with_context(place)?;
    let mut schema = Schema::new();
    let mut family = Family::Odoo;
    for (name, facts) in models {
        let model = Model::new(name).with_context(place)?;
        let facts = facts.as_map().with_context(place)?;
        if matches!(facts.get("fields"), Some(Value::List(_))) {
            family = Family::Frappe;
            schema.learn_doctype(model, &Value::Map(facts.clone()));
        } else {
            let fields = facts
                .iter()
                .map(|(name, field)| (name.clone(), told(field)));
            schema.learn(model, &Value::Map(fields.collect()));
        }
    }
    Ok((family, schema))
}

/// The schema of a file, if one is named, and which ERP it is.
pub(crate) fn find(path: Option<&Path>, erp: Option<Erp>) -> anyhow::Result<(Family, Schema)> {
    let (family, schema) = match path {
        Some(path) => {
            let (family, schema) = read(path)?;
            (Some(family), schema)
        }
        None => (None, Schema::new()),
    };
    let family = erp.map(Family::from).or(family);
    let family = family.context("name the ERP (--erp odoo or --erp erpnext), or a --schema")?;
    Ok((family, schema))
}

/// A field as `fields_get` tells it. Files that were made inside an Odoo may call what it does
/// not tell by other names.
fn told(field: &Value) -> Value {
    let Value::Map(facts) = field else {
        return field.clone();
    };
    let mut facts: Map = facts.clone();
    for (inner, outer) in [("_related", "related"), ("_depends", "depends")] {
        if !facts.contains_key(outer)
            && let Some(value) = facts.get(inner).cloned()
        {
            facts.insert(outer.to_owned(), value);
        }
    }
    Value::Map(facts)
}
