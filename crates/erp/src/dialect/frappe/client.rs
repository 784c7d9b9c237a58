//! `frappe.client.*`: those that are the same as a path under `/api/resource` become the same.

use super::method::{call, other};
use super::{agree, bad, document, on, parameters, required, resource, take_text};
use crate::call::Call;
use crate::fault::{Fault, FaultKind};
use crate::limits::Limits;
use crate::value::{Map, Value};

/// How many documents Frappe takes at once.
const MANY: usize = 200;

/// What changes something is asked by these verbs only.
const WRITES: &[&str] = &[
    "insert",
    "insert_many",
    "save",
    "set_value",
    "submit",
    "cancel",
    "rename_doc",
    "bulk_update",
];

/// Reads `frappe.client.{short}`.
pub(super) fn read(
    verb: &str,
    short: &str,
    mut arguments: Map,
    limits: &Limits,
) -> Result<Call, Fault> {
    let allowed = match short {
        "delete" => matches!(verb, "POST" | "DELETE"),
        _ => !WRITES.contains(&short) || matches!(verb, "POST" | "PUT"),
    };
    if !allowed {
        return Err(Fault::new(FaultKind::AccessError, "Not permitted"));
    }
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
            parameters::filtered(call(&doctype, "get_count")?, &mut arguments, limits)
        }
        "get" => {
            let doctype = required(&mut arguments, "doctype")?;
            match take_text(&mut arguments, "name")? {
                // A row of a table is told this way to who names its parent, and by its path anyhow.
                Some(name) => Ok(whole(on(&doctype, "get", &name)?, &arguments)),
                None => parameters::filtered(call(&doctype, "get")?, &mut arguments, limits),
            }
        }
        "insert" => {
            let mut doc = doc(&mut arguments, limits)?;
            let doctype = required(&mut doc, "doctype")?;
            Ok(whole(call(&doctype, "insert")?, &doc).with("doc", doc))
        }
        "insert_many" => many(&mut arguments, "insert_many", limits),
        "bulk_update" => many(&mut arguments, "bulk_update", limits),
        "save" | "submit" => {
            // Old clients call the document of `submit` so.
            if short == "submit"
                && !arguments.contains_key("doc")
                && let Some(doc) = arguments.shift_remove("doclist")
            {
                arguments.insert("doc".to_owned(), doc);
            }
            let mut doc = doc(&mut arguments, limits)?;
            let doctype = required(&mut doc, "doctype")?;
            let name = required(&mut doc, "name")?;
            Ok(on(&doctype, short, &name)?.with("doc", as_sent(doc, short)))
        }
        "set_value" => set_value(arguments, limits),
        "delete" => {
            let doctype = required(&mut arguments, "doctype")?;
            let name = required(&mut arguments, "name")?;
            on(&doctype, short, &name)
        }
        "cancel" => {
            let doctype = required(&mut arguments, "doctype")?;
            let name = required(&mut arguments, "name")?;
            Ok(whole(on(&doctype, short, &name)?, &Map::new()))
        }
        "rename_doc" => {
            let doctype = required(&mut arguments, "doctype")?;
            let old = required(&mut arguments, "old_name")?;
            let new = take_text(&mut arguments, "new_name")?;
            resource::rename(&doctype, &old, new, &mut arguments)
        }
        "get_value" | "has_permission" | "validate_link" | "get_single_value" => {
            required(&mut arguments.clone(), "doctype")?;
            let mut call = other("POST", &format!("frappe.client.{short}"), arguments)?;
            if let Some(fields) = call.named.shift_remove("fields") {
                let fields = parameters::structured(fields, limits)?;
                call.named.insert("fields".to_owned(), fields);
            }
            Ok(call)
        }
        _ => other(verb, &format!("frappe.client.{short}"), arguments),
    }
}

/// A call that Frappe is asked by `frappe.client` as well, unless it is on a row of a table: what
/// is done to a row by this way is done to the document that it is in.
fn whole(call: Call, about: &Map) -> Call {
    Call {
        whole: !about.contains_key("parent"),
        ..call
    }
}

/// A document that Frappe takes as it is sent. One that does not say when it was changed is not
/// the latest, and one that does not say its state is a draft: left out, the path by which it is
/// saved would keep both as they are.
fn as_sent(mut doc: Map, method: &str) -> Map {
    doc.entry("modified".to_owned())
        .or_insert_with(|| Value::from(""));
    if method == "save" {
        doc.entry("docstatus".to_owned()).or_insert(Value::Int(0));
    }
    doc
}

fn set_value(mut arguments: Map, limits: &Limits) -> Result<Call, Fault> {
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
    Ok(on(&doctype, "save", &name)?.with("doc", doc))
}

/// Several documents at once. The call stands on the first one's DocType; each names its own.
fn many(arguments: &mut Map, method: &str, limits: &Limits) -> Result<Call, Fault> {
    let docs = arguments.shift_remove("docs").unwrap_or_default();
    let Value::List(docs) = parameters::structured(docs, limits)? else {
        return Err(bad("`docs` is a list of documents"));
    };
    if docs.is_empty() || docs.len() > MANY {
        return Err(bad("`docs` holds 1 to 200 documents"));
    }
    let mut first = None;
    for doc in &docs {
        let doc = doc
            .as_map()
            .ok_or_else(|| bad("`docs` is a list of documents"))?;
        let doctype = doc.get("doctype").and_then(Value::as_str);
        let doctype = doctype.ok_or_else(|| bad("each document names its `doctype`"))?;
        call(doctype, method)?;
        if method == "bulk_update" {
            let name = doc.get("docname").and_then(Value::as_str);
            document(name.ok_or_else(|| bad("each document names its `docname`"))?)?;
        }
        first = first.or(Some(doctype));
    }
    let first = first.unwrap_or_default().to_owned();
    Ok(call(&first, method)?.with("docs", Value::List(docs)))
}

fn doc(arguments: &mut Map, limits: &Limits) -> Result<Map, Fault> {
    match arguments.shift_remove("doc") {
        Some(doc) => parameters::document(doc, limits),
        None => Err(bad("`doc` is missing")),
    }
}
