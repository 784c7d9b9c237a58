//! What a form shows once a field was changed. Nothing is written.

use portcullis_erp::value::{Map, Value};

use super::access::{self, Op};
use super::call::Bound;
use super::defaults;
use super::record::View;
use super::trouble::Trouble;

/// From 17 on: values for the fields of a specification; of a new record its defaults.
pub(crate) fn onchange(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    let changed = call.get(1).as_list().unwrap_or_default();
    let mut value = Map::new();
    for name in call.get(2).as_map().into_iter().flat_map(Map::keys) {
        known(call, name)?;
        if changed.is_empty()
            && call.ids.is_empty()
            && let Some(default) = defaults::of(view, None, call.model, name)
        {
            value.insert(name.clone(), default);
        }
    }
    value.extend(follows(view, call, changed));
    Ok(answer(value))
}

/// Until 16: the changed fields alone, by name.
pub(crate) fn before(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    let changed = match call.get(1) {
        Value::Text(name) => vec![Value::from(name.as_str())],
        Value::List(names) => names.clone(),
        _ => Vec::new(),
    };
    Ok(answer(follows(view, call, &changed)))
}

fn known(call: &Bound<'_>, name: &str) -> Result<(), Trouble> {
    if call.model.field(name).is_some() {
        return Ok(());
    }
    Err(Trouble::value(format!(
        "Invalid field '{name}' on '{}'",
        call.model.name
    )))
}

/// What follows from a change, in fields that are asked for: an order's addresses from its customer.
fn follows(view: View<'_>, call: &Bound<'_>, changed: &[Value]) -> Map {
    let mut value = Map::new();
    let partner = call
        .get(0)
        .as_map()
        .and_then(|values| values.get("partner_id"));
    let of_partner = changed
        .iter()
        .any(|name| name.as_str() == Some("partner_id"));
    if let (true, "sale.order", Some(Value::Int(id))) = (of_partner, call.model.name, partner)
        && view.record("res.partner", *id).is_some()
    {
        let asked = call.get(2).as_map();
        let asked = |name: &&str| asked.is_some_and(|fields| fields.contains_key(*name));
        let addresses = ["partner_invoice_id", "partner_shipping_id"];
        for name in addresses.into_iter().filter(asked) {
            value.insert(name.to_owned(), Value::Int(*id));
        }
    }
    value
}

fn answer(value: Map) -> Value {
    Value::Map(Map::from_iter([("value".to_owned(), Value::Map(value))]))
}
