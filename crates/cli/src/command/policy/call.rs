//! A call, as an operator writes it down.

use anyhow::Context as _;
use portcullis_erp::dialect::signature;
use portcullis_erp::value::{from_json, to_json};
use portcullis_erp::{Call, Limits, Map, RecordId, Value};
use portcullis_policy::Family;
use serde_json::json;

/// Reads a call: `model` (or `doctype`), `method`, `ids` (or `name`), `args`, `kwargs` and
/// `context`; anything else is an error.
pub(crate) fn read(value: &Value, family: Family) -> anyhow::Result<Call> {
    let mut members = value
        .as_map()
        .cloned()
        .context("a call is an object with `model` and `method`")?;
    let mut text = |names: [&str; 2]| {
        let found = names
            .into_iter()
            .find_map(|name| members.shift_remove(name));
        match found {
            Some(Value::Text(text)) => Ok(text),
            _ => anyhow::bail!("a call names its `{}`", names[0]),
        }
    };
    let model = text(["model", "doctype"])?;
    let method = text(["method", "method"])?;
    let mut call = Call::new(&model, &method)?;
    let args = members.shift_remove("args").unwrap_or(Value::Null);
    let kwargs = match members.shift_remove("kwargs") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Map(kwargs)) => kwargs,
        Some(_) => anyhow::bail!("`kwargs` is an object"),
    };
    let ids = members.shift_remove("ids");
    let name = members.shift_remove("name");
    let context = members.shift_remove("context");
    if let Some(other) = members.keys().next() {
        anyhow::bail!(
            "a call has no `{other}`: it has model, method, ids or name, args, kwargs, context"
        );
    }
    match (family, args) {
        (Family::Odoo, Value::List(mut positional)) => {
            // As in RPC, the records come first.
            if let Some(ids) = ids {
                positional.insert(0, ids);
            }
            let mut kwargs = kwargs;
            if let Some(context) = context {
                kwargs.insert("context".to_owned(), context);
            }
            let bound = signature::bind(&model, &method, positional, kwargs);
            let bound = bound.map_err(|fault| anyhow::anyhow!(fault.message))?;
            call.ids = bound.ids;
            call.named = bound.named;
            call.positional = bound.positional;
            call.context = bound.context;
        }
        (Family::Odoo, args) => {
            let mut named = object(args)?;
            named.extend(kwargs);
            for (key, value) in [("ids", ids), ("context", context)] {
                if let Some(value) = value {
                    named.insert(key.to_owned(), value);
                }
            }
            let bound = signature::bind_named(&model, &method, named);
            let bound = bound.map_err(|fault| anyhow::anyhow!(fault.message))?;
            call.ids = bound.ids;
            call.named = bound.named;
            call.context = bound.context;
        }
        (Family::Frappe, args) => {
            call.named = object(args)?;
            call.named.extend(kwargs);
            call.ids = match name.or(ids) {
                None => None,
                Some(Value::Text(name)) => Some(vec![RecordId::Name(name.into())]),
                Some(_) => anyhow::bail!("a document is named by a text"),
            };
        }
    }
    Ok(call)
}

fn object(args: Value) -> anyhow::Result<Map> {
    match args {
        Value::Null => Ok(Map::new()),
        Value::Map(named) => Ok(named),
        Value::Bool(_)
        | Value::Int(_)
        | Value::Big(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::Bytes(_)
        | Value::Moment(_)
        | Value::List(_) => {
            anyhow::bail!("`args` is an object of arguments by name (or, for Odoo, a list)")
        }
    }
}

/// A value that was read by another reader.
pub(crate) fn value_of(json: &serde_json::Value) -> anyhow::Result<Value> {
    let text = json.to_string();
    from_json(text.as_bytes(), &Limits::default()).map_err(|error| anyhow::anyhow!("{error}"))
}

/// A call, as it is shown.
pub(crate) fn shown(call: &Call) -> anyhow::Result<serde_json::Value> {
    let json = |value: Value| serde_json::from_slice::<serde_json::Value>(&to_json(&value));
    let ids = call.ids.as_ref().map(|ids| {
        let ids = ids.iter().map(RecordId::to_value);
        Value::List(ids.collect())
    });
    Ok(json!({
        "model": call.model.as_str(),
        "method": call.method.as_str(),
        "ids": json(ids.unwrap_or(Value::Null))?,
        "args": json(Value::Map(call.named.clone()))?,
        "context": json(Value::Map(call.context.clone()))?,
    }))
}
