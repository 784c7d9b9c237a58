//! Copies of records, and the values that they would have.

use portcullis_erp::value::{Map, Value};

use super::access::{self, Op};
use super::call::{Bound, Env};
use super::record::View;
use super::schema::Source;
use super::search;
use super::trouble::Trouble;
use super::write;

pub(crate) fn copy(env: &mut Env<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(env.who, call.model, Op::Create)?;
    search::check_ids(env.view(), call.model, Op::Read, &call.ids)?;
    let mut ids = Vec::new();
    for &id in &call.ids {
        let mut values = copied(env.view(), call, id);
        if let Value::Map(given) = call.get(0) {
            values.extend(given.clone());
        }
        ids.push(Value::Int(write::create_one(env, call.model, values)?));
    }
    Ok(Value::List(ids))
}

/// How JSON shows the properties of a contact in what a copy would have: the real server answers an
/// object from its inside there, at another place in memory each time.
pub(crate) const PROPERTIES: &str =
    "<odoo.orm.fields_properties.Property object at 0x7f0000000000>";

/// From 19 on: the values that copies would have, and of contacts their properties.
pub(crate) fn copy_data_with_properties(
    view: View<'_>,
    call: &Bound<'_>,
) -> Result<Value, Trouble> {
    let mut copies = copy_data(view, call)?;
    if let ("res.partner", Value::List(copies)) = (call.model.name, &mut copies) {
        for copy in copies {
            if let Value::Map(copy) = copy {
                copy.insert("properties".to_owned(), Value::from(PROPERTIES));
            }
        }
    }
    Ok(copies)
}

/// The values that copies would have.
pub(crate) fn copy_data(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    search::check_ids(view, call.model, Op::Read, &call.ids)?;
    let copies = call.ids.iter().map(|&id| {
        let mut values = copied(view, call, id);
        if let Value::Map(given) = call.get(0) {
            values.extend(given.clone());
        }
        Value::Map(values)
    });
    Ok(Value::List(copies.collect()))
}

/// The values of a copy: what is stored, without what names or dates the original.
fn copied(view: View<'_>, call: &Bound<'_>, id: i64) -> Map {
    let Some(record) = view.record(call.model.name, id) else {
        return Map::new();
    };
    let mut values = Map::new();
    for (slot, field) in call.model.fields.values().enumerate() {
        let kept = matches!(field.source, Source::Cell) && !is_own(call.model.name, field.name);
        if !kept {
            continue;
        }
        let value = record.value(slot, field).into_owned();
        let value = match (field.name, value) {
            ("name" | "login", Value::Text(name)) if call.model.name != "sale.order.line" => {
                Value::Text(format!("{name} (copy)"))
            }
            // Of links to many a command is told, as values are that a record is made with.
            (_, Value::List(ids)) if field.kind == "many2many" => {
                let command = vec![Value::Int(6), Value::Int(0), Value::List(ids)];
                Value::List(vec![Value::List(command)])
            }
            (_, value) => value,
        };
        values.insert(field.name.to_owned(), value);
    }
    if call.model.name == "sale.order" {
        let lines = record.links("order_line").into_iter().map(|line| {
            let names = [
                "product_id",
                "name",
                "product_uom_qty",
                "price_unit",
                "discount",
                "sequence",
                "display_type",
            ];
            let line: Map = names
                .iter()
                .map(|name| ((*name).to_owned(), line.get(name).into_owned()))
                .collect();
            Value::List(vec![Value::Int(0), Value::Int(0), Value::Map(line)])
        });
        values.insert("order_line".to_owned(), Value::List(lines.collect()));
    }
    values
}

/// What is a record's own, and so no copy's.
fn is_own(model: &str, field: &str) -> bool {
    matches!(
        (model, field),
        (
            _,
            "id" | "create_uid" | "create_date" | "write_uid" | "write_date"
        ) | (
            "res.partner",
            "barcode" | "credit_limit" | "customer_rank" | "property_payment_term_id" | "trust"
        ) | (
            "sale.order",
            "name"
                | "state"
                | "locked"
                | "date_order"
                | "client_order_ref"
                | "access_token"
                | "commitment_date"
                | "currency_id"
                | "reference"
                | "signed_by"
                | "signed_on"
                | "validity_date"
        ) | ("product.template", "default_code" | "volume" | "weight")
    )
}
