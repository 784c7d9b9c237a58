//! What a new record has when nobody said otherwise.

use portcullis_erp::value::{Map, Value};

use super::call::{Bound, Env};
use super::record::View;
use super::schema::Model;
use super::trouble::Trouble;

/// The default of a field, from the context or the model.
pub(crate) fn of(view: View<'_>, now: Option<&str>, model: &Model, name: &str) -> Option<Value> {
    if let Some(value) = view.context.values.get(&format!("default_{name}")) {
        return Some(value.clone());
    }
    Some(match (model.name, name) {
        (_, "active") => Value::Bool(true),
        ("res.partner", "type") => Value::from("contact"),
        ("res.partner", "lang") => Value::from("en_US"),
        ("res.users", "company_id") | ("sale.order", "company_id") => Value::Int(1),
        ("account.tax", "company_id") => Value::Int(1),
        ("res.users", "company_ids") => Value::List(vec![Value::Int(1)]),
        ("res.users", "group_ids") => Value::List(vec![Value::Int(1)]),
        ("res.users", "notification_type") => Value::from("email"),
        ("sale.order", "state") => Value::from("draft"),
        ("sale.order", "date_order") => Value::from(now?),
        ("sale.order", "user_id") => Value::Int(view.who.uid),
        ("sale.order", "currency_id" | "pricelist_id" | "team_id") => Value::Int(1),
        ("product.template", "categ_id" | "uom_id") => Value::Int(1),
        ("product.template", "type") => Value::from("consu"),
        ("product.template", "sale_ok" | "purchase_ok") => Value::Bool(true),
        ("product.template", "list_price") => Value::Float(1.0),
        ("sale.order.line", "product_uom_qty") => Value::Float(1.0),
        ("sale.order.line", "sequence") => Value::Int(10),
        ("ir.actions.server", "type") => Value::from("ir.actions.server"),
        ("ir.actions.server", "usage") => Value::from("ir_actions_server"),
        ("ir.rule", "perm_read" | "perm_write" | "perm_create" | "perm_unlink") => {
            Value::Bool(true)
        }
        ("res.currency", "rounding") => Value::Float(0.01),
        ("res.currency", "position") => Value::from("after"),
        _ => return None,
    })
}

/// Required fields that may stay empty here, for the look-alike has nothing to put into them.
pub(crate) fn lenient(model: &str, field: &str) -> bool {
    matches!(
        (model, field),
        (
            "sale.order.line",
            "customer_lead" | "product_uom_qty" | "price_unit"
        ) | (
            "product.template",
            "service_tracking" | "product_variant_ids"
        ) | ("ir.actions.server", _)
            | ("ir.model" | "ir.model.fields", _)
            | ("res.company", _)
    )
}

/// Adds what the caller left out.
pub(crate) fn complete(env: &Env<'_>, model: &Model, values: &mut Map) {
    let view = env.view();
    for name in model.fields.keys() {
        if !values.contains_key(*name)
            && let Some(value) = of(view, Some(env.now), model, name)
        {
            values.insert((*name).to_owned(), value);
        }
    }
    match model.name {
        "sale.order" => {
            let partner = values.get("partner_id").cloned();
            for name in ["partner_invoice_id", "partner_shipping_id"] {
                if let Some(partner) = &partner {
                    values
                        .entry(name.to_owned())
                        .or_insert_with(|| partner.clone());
                }
            }
            let number = env.db.ids(model.name).last().copied().unwrap_or_default() + 1;
            values
                .entry("name".to_owned())
                .or_insert_with(|| Value::Text(format!("S{number:05}")));
        }
        "sale.order.line" => line(view, values),
        _ => {}
    }
}

fn line(view: View<'_>, values: &mut Map) {
    let id = values.get("product_id").and_then(Value::as_int);
    let Some(product) = id.and_then(|id| view.record("product.product", id)) else {
        return;
    };
    let taken: [(&str, super::compute::Compute); 4] = [
        ("name", |product| Value::Text(product.display_name())),
        ("price_unit", |product| {
            product.get("lst_price").into_owned()
        }),
        ("product_uom_id", |product| {
            product.get("uom_id").into_owned()
        }),
        ("tax_ids", |product| product.get("taxes_id").into_owned()),
    ];
    for (name, value) in taken {
        values
            .entry(name.to_owned())
            .or_insert_with(|| value(product));
    }
}

/// What the real server computes as a record is made, and so does not tell beforehand.
fn is_computed(model: &str, field: &str) -> bool {
    matches!(
        (model, field),
        (
            "sale.order",
            "user_id" | "currency_id" | "pricelist_id" | "team_id"
        ) | ("product.template", "categ_id")
    )
}

pub(crate) fn default_get(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    let mut map = Map::new();
    let now = super::now();
    for name in call.get(0).as_list().unwrap_or_default() {
        let Some(name) = name.as_str() else { continue };
        let Some((_, field)) = call.model.field(name) else {
            continue;
        };
        let from_context = view.context.values.contains_key(&format!("default_{name}"));
        if is_computed(call.model.name, name) && !from_context {
            continue;
        }
        // A new order's name is made when it is; until then it says so.
        let new = (call.model.name, name) == ("sale.order", "name");
        let value = of(view, Some(&now), call.model, name);
        if let Some(value) = value.or_else(|| new.then(|| Value::from("New"))) {
            let wide = matches!((field.kind, &value), ("integer", Value::Int(number)) if i32::try_from(*number).is_err());
            // The real server answers whole numbers beyond 32 bits as floating ones.
            let value = if wide {
                Value::Float(super::record::number(&value))
            } else {
                value
            };
            map.insert(name.to_owned(), value);
        }
    }
    Ok(Value::Map(map))
}
