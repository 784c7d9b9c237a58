//! Facts of real models, read from `tests/schema`: what the profiles are judged with.

use std::sync::LazyLock;

use portcullis_erp::{Map, Model, Value};
use portcullis_policy::{Family, Schema};

/// Odoo's models, with some that are not there.
pub(crate) fn odoo() -> Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
        let mut schema = Schema::new();
        each(include_str!("../schema/odoo.txt"), |model, lines| {
            let fields: Map = lines.iter().map(|line| of_odoo(line)).collect();
            schema.learn(model, &Value::Map(fields));
        });
        for name in ["no.such.model", "ir.cron"] {
            schema.absent(Model::new(name).expect("a name"));
        }
        // What models link to is asked of the ERP where it is needed; here it is not there.
        let linked: Vec<Model> = schema
            .models()
            .flat_map(|(_, model)| model.fields.values())
            .filter_map(|facts| facts.relation.clone())
            .filter(|model| schema.model(model).is_none())
            .collect();
        for model in linked {
            schema.learn(
                model,
                &Value::Map(
                    [
                        of_odoo("name char"),
                        of_odoo("display_name char - @name"),
                        of_odoo("id integer ^"),
                    ]
                    .into_iter()
                    .collect(),
                ),
            );
        }
        schema
    });
    SCHEMA.clone()
}

/// ERPNext's DocTypes.
pub(crate) fn erpnext() -> Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
        let mut schema = Schema::frappe();
        each(include_str!("../schema/erpnext.txt"), |model, lines| {
            let rows = lines.iter().map(|line| {
                let mut parts = line.split('\t');
                let keys = ["fieldname", "fieldtype", "options", "fetch_from"];
                let row = keys.iter().map(|key| {
                    let value = parts.next().unwrap_or_default();
                    ((*key).to_owned(), Value::from(value))
                });
                Value::Map(row.collect())
            });
            let meta = [("fields".to_owned(), Value::List(rows.collect()))];
            schema.learn_doctype(model, &Value::Map(meta.into_iter().collect()));
        });
        schema
    });
    SCHEMA.clone()
}

/// The models of a family.
pub(crate) fn of(family: Family) -> Schema {
    match family {
        Family::Odoo => odoo(),
        Family::Frappe => erpnext(),
    }
}

/// Reads `= model` and its lines.
fn each(text: &str, mut take: impl FnMut(Model, &[&str])) {
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    for part in lines.chunk_by(|_, next| !next.starts_with("= ")) {
        let [head, fields @ ..] = part else { continue };
        let name = head.strip_prefix("= ").expect("a model's name");
        take(Model::new(name).expect("a model's name"), fields);
    }
}

fn of_odoo(line: &str) -> (String, Value) {
    let mut words = line.split(' ');
    let (name, kind) = (words.next().expect("a name"), words.next().expect("a type"));
    let mut field = Map::new();
    let mut depends = Vec::new();
    let mut truth = |key: &str, value| field.insert(key.to_owned(), Value::Bool(value));
    for key in ["readonly", "required"] {
        truth(key, false);
    }
    truth("store", true);
    field.insert("type".to_owned(), Value::from(kind));
    for word in words {
        if let Some(model) = word.strip_prefix('=') {
            field.insert("relation".to_owned(), Value::from(model));
        } else if let Some(back) = word.strip_prefix("<-") {
            field.insert("relation_field".to_owned(), Value::from(back));
        } else if let Some(path) = word.strip_prefix('@') {
            depends.push(Value::from(path));
        } else if let Some(path) = word.strip_prefix('~') {
            field.insert("related".to_owned(), Value::from(path));
        } else if word == "-" {
            field.insert("store".to_owned(), Value::Bool(false));
        } else if word == "^" {
            field.insert("readonly".to_owned(), Value::Bool(true));
        } else if word == "!" {
            field.insert("required".to_owned(), Value::Bool(true));
        }
    }
    field.insert("depends".to_owned(), Value::List(depends));
    (name.to_owned(), Value::Map(field))
}
