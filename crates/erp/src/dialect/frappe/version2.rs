//! Reads `/api/v2/…`: the same calls as under `/api/resource` and `/api/method`.
//!
//! A document's body is the document itself (`data` is a field like any other), a list's
//! offset is `limit_start` or `start`, and its length is `limit` alone.

use super::{agree, bad, file, method, on, parameters, resource};
use crate::asked::Asked;
use crate::call::Call;
use crate::dialect::Inbound;
use crate::fault::{Fault, FaultKind};
use crate::limits::Limits;
use crate::value::Map;

pub(super) fn read(request: Inbound<'_>, limits: &Limits) -> Result<Asked, Fault> {
    let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["method", dotted] => method::named(request, dotted, limits),
        ["method", doctype, name] => of_doctype(request, doctype, name, limits).map(Asked::Call),
        ["document", doctype] => list(request, doctype, limits).map(Asked::Call),
        ["document", doctype, name @ .., "method", run] if !name.is_empty() => {
            let arguments = parameters::read(request, limits)?;
            resource::run(
                request.verb,
                doctype,
                &name.join("/"),
                run,
                arguments,
                limits,
            )
            .map(Asked::Call)
        }
        ["document", doctype, name @ ..] => {
            one(request, doctype, &name.join("/"), limits).map(Asked::Call)
        }
        ["doctype", doctype, about @ ("meta" | "count")] => {
            about_doctype(request, doctype, about, limits).map(Asked::Call)
        }
        _ => Err(Fault::new(
            FaultKind::NotFound,
            "there is nothing here under /api/v2",
        )),
    }
}

fn list(request: Inbound<'_>, doctype: &str, limits: &Limits) -> Result<Call, Fault> {
    let mut arguments = parameters::read(request, limits)?;
    match request.verb {
        "GET" => {
            // Only `limit` says how many; without it, 20.
            arguments.shift_remove("limit_page_length");
            if let Some(start) = arguments.shift_remove("start") {
                let other = arguments.insert("limit_start".to_owned(), start.clone());
                if other.is_some_and(|other| other != start) {
                    return Err(bad("`start` and `limit_start` say different things"));
                }
            }
            let mut call = named(doctype, "get_list")?;
            call.named = parameters::listing(arguments, limits)?;
            Ok(call)
        }
        "POST" => {
            agree(&mut arguments, doctype, None)?;
            Ok(named(doctype, "insert")?.with("doc", arguments))
        }
        _ => Err(verb("a list takes GET and POST")),
    }
}

fn one(request: Inbound<'_>, doctype: &str, name: &str, limits: &Limits) -> Result<Call, Fault> {
    let mut arguments: Map = parameters::read(request, limits)?;
    match request.verb {
        "GET" => on(doctype, "get", name),
        "DELETE" => on(doctype, "delete", name),
        "PUT" | "PATCH" => {
            agree(&mut arguments, doctype, Some(name))?;
            Ok(on(doctype, "save", name)?.with("doc", arguments))
        }
        _ => Err(verb("a document takes GET, PATCH, PUT and DELETE")),
    }
}

fn about_doctype(
    request: Inbound<'_>,
    doctype: &str,
    about: &str,
    limits: &Limits,
) -> Result<Call, Fault> {
    if request.verb != "GET" {
        return Err(verb("this takes GET"));
    }
    let mut arguments = parameters::read(request, limits)?;
    match about {
        "meta" => named(doctype, "get_meta"),
        _ => parameters::filtered(named(doctype, "get_count")?, &mut arguments, limits),
    }
}

/// `/api/v2/method/{DocType}/{name}` is a function of the DocType's own module. It is called
/// `doctype.{name}` here: the module's path is the ERP's to know.
fn of_doctype(
    request: Inbound<'_>,
    doctype: &str,
    name: &str,
    limits: &Limits,
) -> Result<Call, Fault> {
    if !matches!(request.verb, "GET" | "POST") {
        return Err(verb("methods are called with GET or POST"));
    }
    if name.contains('.') || file::is_upload(name) {
        return Err(Fault::new(
            FaultKind::UnknownMethod,
            "a DocType's function has a plain name",
        ));
    }
    let mut call = named(doctype, &format!("doctype.{name}"))?;
    call.named = parameters::read(request, limits)?;
    for argument in ["doctype", "dt"] {
        let other = call.named.get(argument);
        if other.is_some_and(|other| other.as_str() != Some(doctype)) {
            // The rule for the path's would be asked, and the function may act on the other.
            return Err(bad("an argument names another DocType than the path"));
        }
    }
    call.safe = request.verb == "GET";
    Ok(call)
}

fn named(doctype: &str, method: &str) -> Result<Call, Fault> {
    Call::new(doctype, method)
        .map_err(|error| Fault::new(FaultKind::UnknownModel, error.to_string()))
}

fn verb(message: &str) -> Fault {
    Fault::new(FaultKind::Verb, message)
}
