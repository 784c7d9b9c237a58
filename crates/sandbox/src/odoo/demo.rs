//! The demonstration data, and the records that describe the models themselves.

use portcullis_erp::value::Value;

use super::db::{Db, Row, empty_row};
use super::rules;
use super::schema::{Field, Model, Schema};
use super::user::GROUPS;

const TEXT: &str = include_str!("data/demo.tsv");

/// When the demonstration data were made, as their dates say.
const MADE: &str = "2026-01-02 08:00:00";

/// A database with the demonstration data.
pub(crate) fn database(schema: &Schema) -> Db {
    let mut db = Db::new(schema);
    let mut table: Option<(&Model, Vec<&str>)> = None;
    for line in TEXT.lines().filter(|line| !line.starts_with('#')) {
        if let Some(head) = line.strip_prefix("= ") {
            let mut parts = head.split('\t');
            let model = parts.next().and_then(|name| schema.model(name));
            table = model.map(|model| (model, parts.collect()));
        } else if let Some((model, columns)) = &table {
            let cells = columns.iter().copied().zip(line.split('\t'));
            add(&mut db, model, cells.collect());
        }
    }
    groups(&mut db, schema);
    models(&mut db, schema);
    rules::install(&mut db, schema, fresh);
    db.commit();
    db
}

fn add(db: &mut Db, model: &Model, cells: Vec<(&str, &str)>) {
    let mut row = fresh(model);
    let mut own = 0;
    for (name, text) in cells {
        if name == "id" {
            own = text.parse().unwrap_or_default();
        } else if let Some((slot, field)) = model.field(name)
            && let Some(cell) = row.get_mut(slot)
        {
            *cell = read(field, text);
        }
    }
    db.put(model.name, own, Some(row));
}

/// An empty row that the server itself made.
fn fresh(model: &Model) -> Row {
    let mut row = empty_row(model);
    for (name, value) in [
        ("create_uid", Value::Int(1)),
        ("write_uid", Value::Int(1)),
        ("create_date", Value::from(MADE)),
        ("write_date", Value::from(MADE)),
    ] {
        set(model, &mut row, name, value);
    }
    row
}

fn set(model: &Model, row: &mut Row, name: &str, value: Value) {
    if let Some((slot, _)) = model.field(name)
        && let Some(cell) = row.get_mut(slot)
    {
        *cell = value;
    }
}

fn read(field: &Field, text: &str) -> Value {
    if text.is_empty() {
        return super::db::empty(field.kind).clone();
    }
    match field.kind {
        "boolean" => Value::Bool(text == "1"),
        "integer" | "many2one" => text.parse().map_or(Value::Bool(false), Value::Int),
        "float" | "monetary" => text.parse().map_or(Value::Float(0.0), Value::Float),
        "many2many" | "one2many" => Value::List(
            text.split(',')
                .filter_map(|id| id.parse().ok().map(Value::Int))
                .collect(),
        ),
        _ => Value::from(text),
    }
}

fn groups(db: &mut Db, schema: &Schema) {
    let Some(model) = schema.model("res.groups") else {
        return;
    };
    for group in GROUPS {
        let mut row = fresh(model);
        let name = group
            .full_name
            .rsplit(" / ")
            .next()
            .unwrap_or(group.full_name);
        set(model, &mut row, "name", Value::from(name));
        set(model, &mut row, "comment", Value::from(group.full_name));
        db.put(model.name, group.id, Some(row));
    }
}

fn models(db: &mut Db, schema: &Schema) {
    let (Some(ir_model), Some(ir_field)) =
        (schema.model("ir.model"), schema.model("ir.model.fields"))
    else {
        return;
    };
    for model in schema.models.values() {
        let id = db.next_id(ir_model.name);
        let mut row = fresh(ir_model);
        set(ir_model, &mut row, "model", Value::from(model.name));
        set(ir_model, &mut row, "name", Value::from(model.label));
        set(ir_model, &mut row, "order", Value::from(model.order));
        set(ir_model, &mut row, "state", Value::from("base"));
        db.put(ir_model.name, id, Some(row));
        for field in model.fields.values() {
            let row = described(ir_field, model, id, field);
            let id = db.next_id(ir_field.name);
            db.put(ir_field.name, id, Some(row));
        }
    }
}

fn described(ir_field: &Model, model: &Model, id: i64, field: &Field) -> Row {
    let mut row = fresh(ir_field);
    let text = |text: Option<&str>| text.map_or(Value::Bool(false), Value::from);
    let related = field.related.as_ref().map(|path| path.join("."));
    for (name, value) in [
        ("name", Value::from(field.name)),
        ("model", Value::from(model.name)),
        ("model_id", Value::Int(id)),
        ("field_description", Value::from(field.label)),
        ("ttype", Value::from(field.kind)),
        ("relation", text(field.relation)),
        ("relation_field", text(field.inverse)),
        ("related", text(related.as_deref())),
        (
            "depends",
            if field.depends.is_empty() {
                text(None)
            } else {
                Value::Text(field.depends.join(","))
            },
        ),
        ("required", Value::Bool(field.has('r'))),
        ("readonly", Value::Bool(field.has('o'))),
        ("store", Value::Bool(field.has('s'))),
        ("selectable", Value::Bool(true)),
        ("copied", Value::Bool(field.has('s') && !field.has('o'))),
        ("state", Value::from("base")),
    ] {
        set(ir_field, &mut row, name, value);
    }
    row
}
