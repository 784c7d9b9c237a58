//! Reads `/api/method/{dotted}`.

use super::{agree, bad, document, parameters, take_text};
use crate::asked::{Asked, Local};
use crate::call::Call;
use crate::dialect::Inbound;
use crate::fault::{Fault, FaultKind};
use crate::limits::Limits;
use crate::value::{Map, Value};

pub(super) fn read(request: Inbound<'_>, limits: &Limits) -> Result<Asked, Fault> {
    let [dotted] = request.segments else {
        return Err(Fault::new(
            FaultKind::NotFound,
            "the path is /api/method/<method>",
        ));
    };
    if !matches!(request.verb, "GET" | "POST") {
        return Err(Fault::new(
            FaultKind::Verb,
            "methods are called with GET or POST",
        ));
    }
    let arguments = parameters::read(request, limits)?;
    match dotted.as_str() {
        "ping" | "frappe.ping" => return Ok(Asked::Local(Local::Ping)),
        "frappe.auth.get_logged_user" => return Ok(Asked::Local(Local::LoggedUser)),
        _ => {}
    }
    let call = match dotted.strip_prefix("frappe.client.") {
        Some(short) => {
            let writes =
                ["insert", "save", "set_value", "delete", "submit", "cancel"].contains(&short);
            if writes && request.verb != "POST" {
                return Err(Fault::new(FaultKind::AccessError, "Not permitted"));
            }
            client(short, dotted, arguments, limits)?
        }
        // Frappe looks for names without a dot in `frappe.handler`. They get their whole name, so
        // that none of them is taken for one of the calls that have no dot here.
        None if !dotted.contains('.') => other(&format!("frappe.handler.{dotted}"), arguments)?,
        None => other(dotted, arguments)?,
    };
    Ok(Asked::Call(call))
}

/// `frappe.client.*`: those that are the same as a path under `/api/resource` become the same.
fn client(short: &str, dotted: &str, mut arguments: Map, limits: &Limits) -> Result<Call, Fault> {
    match short {
        "get_list" => {
            let doctype = required(&mut arguments, "doctype")?;
            arguments.shift_remove("limit");
            let mut call = call(&doctype, "get_list")?;
            call.named = parameters::listing(arguments, limits)?;
            Ok(call)
        }
        "get_count" => {
            let doctype = required(&mut arguments, "doctype")?;
            filtered(call(&doctype, "get_count")?, &mut arguments, limits)
        }
        "get" => {
            let doctype = required(&mut arguments, "doctype")?;
            match take_text(&mut arguments, "name")? {
                Some(name) => Ok(call(&doctype, "get")?.on(vec![document(&name)?])),
                None => filtered(call(&doctype, "get")?, &mut arguments, limits),
            }
        }
        "insert" => {
            let mut doc = doc(&mut arguments, limits)?;
            let doctype = required(&mut doc, "doctype")?;
            Ok(call(&doctype, "insert")?.with("doc", doc))
        }
        "save" | "submit" => {
            let mut doc = doc(&mut arguments, limits)?;
            let doctype = required(&mut doc, "doctype")?;
            let name = required(&mut doc, "name")?;
            Ok(call(&doctype, short)?
                .on(vec![document(&name)?])
                .with("doc", doc))
        }
        "set_value" => {
            let doctype = required(&mut arguments, "doctype")?;
            let name = required(&mut arguments, "name")?;
            let value = arguments.shift_remove("value").unwrap_or_default();
            let mut doc = match arguments.shift_remove("fieldname") {
                Some(Value::Map(doc)) => doc,
                Some(Value::Text(text)) if text.trim_start().starts_with('{') => {
                    parameters::document(Value::Text(text), limits)?
                }
                Some(Value::Text(field)) => Map::from_iter([(field, value)]),
                _ => return Err(bad("`fieldname` is a field or an object")),
            };
            agree(&mut doc, &doctype, Some(&name))?;
            Ok(call(&doctype, "save")?
                .on(vec![document(&name)?])
                .with("doc", doc))
        }
        "delete" | "cancel" => {
            let doctype = required(&mut arguments, "doctype")?;
            let name = required(&mut arguments, "name")?;
            Ok(call(&doctype, short)?.on(vec![document(&name)?]))
        }
        _ => other(dotted, arguments),
    }
}

/// Any other method keeps its name and its arguments.
fn other(dotted: &str, arguments: Map) -> Result<Call, Fault> {
    let doctype = ["doctype", "dt"]
        .iter()
        .find_map(|name| arguments.get(*name));
    let doctype = match doctype {
        None | Some(Value::Null) => Call::NO_MODEL,
        Some(Value::Text(doctype)) => doctype,
        Some(_) => return Err(bad("a DocType is a text")),
    };
    let mut call = call(doctype, dotted)?;
    call.named = arguments;
    Ok(call)
}

fn call(doctype: &str, method: &str) -> Result<Call, Fault> {
    Call::new(doctype, method)
        .map_err(|error| Fault::new(FaultKind::UnknownMethod, error.to_string()))
}

fn doc(arguments: &mut Map, limits: &Limits) -> Result<Map, Fault> {
    match arguments.shift_remove("doc") {
        Some(doc) => parameters::document(doc, limits),
        None => Err(bad("`doc` is missing")),
    }
}

fn filtered(call: Call, arguments: &mut Map, limits: &Limits) -> Result<Call, Fault> {
    match arguments.shift_remove("filters") {
        None | Some(Value::Null) => Ok(call),
        Some(Value::Text(text)) if text.is_empty() => Ok(call),
        Some(filters) => match parameters::structured(filters, limits)? {
            filters if filters.as_list().is_some() || filters.as_map().is_some() => {
                Ok(call.with("filters", filters))
            }
            _ => Err(Fault::new(
                FaultKind::BadValue,
                "filters are a list or an object",
            )),
        },
    }
}

fn required(arguments: &mut Map, name: &str) -> Result<String, Fault> {
    take_text(arguments, name)?
        .ok_or_else(|| Fault::new(FaultKind::BadArguments, format!("`{name}` is missing")))
}
