//! Reads `/api/resource/{DocType}[/{name}]`.

use super::file::truth;
use super::{agree, bad, document, on, parameters, take_text};
use crate::call::Call;
use crate::dialect::Inbound;
use crate::fault::{Fault, FaultKind};
use crate::limits::Limits;
use crate::value::{Map, Value};

/// What documents are asked by other ways than by running a method of theirs.
const KNOWN: &[&str] = &[
    "get",
    "get_list",
    "get_count",
    "get_meta",
    "insert",
    "insert_many",
    "save",
    "bulk_update",
    "delete",
    "upload_file",
    "download_file",
];

pub(super) fn read(request: Inbound<'_>, limits: &Limits) -> Result<Call, Fault> {
    let Some((doctype, name)) = request.segments.split_first() else {
        return Err(Fault::new(
            FaultKind::NotFound,
            "the path is /api/resource/<DocType>[/<name>]",
        ));
    };
    let mut arguments = parameters::read(request, limits)?;
    let run_method = take_text(&mut arguments, "run_method")?;
    // A document's name may hold a `/`, and clients send it as it is.
    let name = (!name.is_empty()).then(|| name.join("/"));
    let call = |method| {
        Call::new(doctype, method)
            .map_err(|error| Fault::new(FaultKind::UnknownModel, error.to_string()))
    };
    match (request.verb, name, run_method) {
        ("GET" | "POST", Some(name), Some(method)) => {
            run(request.verb, doctype, &name, &method, arguments, limits)
        }
        (_, _, Some(_)) => Err(Fault::new(
            FaultKind::UnknownMethod,
            "`run_method` is for documents, by GET or POST",
        )),
        ("GET", None, None) => {
            let mut call = call("get_list")?;
            call.named = parameters::listing(arguments, limits)?;
            Ok(call)
        }
        ("POST", None, None) => {
            let mut doc = body(arguments, limits)?;
            agree(&mut doc, doctype, None)?;
            Ok(call("insert")?.with("doc", doc))
        }
        ("GET", Some(name), None) => on(doctype, "get", &name),
        ("PUT", Some(name), None) => {
            let mut doc = body(arguments, limits)?;
            agree(&mut doc, doctype, Some(&name))?;
            Ok(on(doctype, "save", &name)?.with("doc", doc))
        }
        ("DELETE", Some(name), None) => on(doctype, "delete", &name),
        _ => Err(Fault::new(
            FaultKind::Verb,
            "a list takes GET and POST, a document GET, PUT and DELETE",
        )),
    }
}

/// A method of a document. Those that change what it is are operations of their own, and are
/// asked by POST.
pub(in crate::dialect) fn run(
    verb: &str,
    doctype: &str,
    name: &str,
    method: &str,
    mut arguments: Map,
    limits: &Limits,
) -> Result<Call, Fault> {
    match (method, verb) {
        ("submit" | "cancel" | "rename", "GET") => {
            Err(Fault::new(FaultKind::AccessError, "Not permitted"))
        }
        ("submit" | "cancel", "POST") if arguments.is_empty() => on(doctype, method, name),
        ("rename", "POST") => {
            let new = take_text(&mut arguments, "name")?;
            rename(doctype, name, new, &mut arguments)
        }
        (_, "GET" | "POST")
            if method.contains('.')
                || KNOWN.contains(&method)
                || matches!(method, "submit" | "cancel") =>
        {
            Err(Fault::new(
                FaultKind::UnknownMethod,
                "the document has no such method, or not with these arguments",
            ))
        }
        (_, "GET" | "POST") => {
            if arguments.len() > limits.values {
                return Err(bad("there are more arguments than allowed"));
            }
            let mut call = on(doctype, method, name)?;
            call.named = arguments;
            call.safe = verb == "GET";
            Ok(call)
        }
        _ => Err(Fault::new(
            FaultKind::Verb,
            "methods are called with GET or POST",
        )),
    }
}

/// A document gets another name, or becomes one with the document of that name.
pub(super) fn rename(
    doctype: &str,
    old: &str,
    new: Option<String>,
    arguments: &mut Map,
) -> Result<Call, Fault> {
    let new = new.ok_or_else(|| bad("the new name is missing"))?;
    document(&new)?;
    let merge = match arguments.shift_remove("merge") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(merge)) => merge,
        Some(Value::Int(0)) => false,
        Some(Value::Int(1)) => true,
        Some(Value::Text(text)) => truth(&text)?,
        Some(_) => return Err(bad("`merge` is 0 or 1")),
    };
    if !arguments.is_empty() {
        return Err(bad("renaming takes the old name, the new one and `merge`"));
    }
    Ok(on(doctype, "rename", old)?
        .with("new_name", new)
        .with("merge", merge))
}

/// The document of a request: in `data`, or as the arguments themselves.
fn body(mut arguments: Map, limits: &Limits) -> Result<Map, Fault> {
    let Some(data) = arguments
        .shift_remove("data")
        .filter(|data| *data != Value::Null)
    else {
        return Ok(arguments);
    };
    if !arguments.is_empty() {
        return Err(bad("beside `data` nothing else is taken"));
    }
    parameters::document(data, limits)
}
