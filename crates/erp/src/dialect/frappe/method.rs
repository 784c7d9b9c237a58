//! Reads `/api/method/{dotted}`, and `/` with `cmd`, which is the same said otherwise.

use super::{bad, client, file, parameters};
use crate::asked::{Asked, Local};
use crate::call::Call;
use crate::dialect::Inbound;
use crate::fault::{Fault, FaultKind};
use crate::limits::Limits;
use crate::value::{Map, Value};

pub(super) fn read(request: Inbound<'_>, limits: &Limits) -> Result<Asked, Fault> {
    match request.segments {
        [] => {
            let (command, arguments) = parameters::command(request, limits)?;
            called(request.verb, &command, arguments, limits)
        }
        [dotted] => named(request, dotted, limits),
        _ => Err(Fault::new(
            FaultKind::NotFound,
            "the path is /api/method/<method>",
        )),
    }
}

/// A method that the path names.
pub(super) fn named(request: Inbound<'_>, dotted: &str, limits: &Limits) -> Result<Asked, Fault> {
    if file::is_upload(dotted) {
        return file::upload(request, limits).map(Asked::Call);
    }
    let arguments = parameters::read(request, limits)?;
    called(request.verb, dotted, arguments, limits)
}

fn called(verb: &str, dotted: &str, arguments: Map, limits: &Limits) -> Result<Asked, Fault> {
    if !matches!(verb, "GET" | "POST" | "PUT" | "DELETE") {
        return Err(Fault::new(
            FaultKind::Verb,
            "methods are called with GET or POST",
        ));
    }
    match dotted {
        "ping" | "frappe.ping" | "frappe.handler.ping" => return Ok(Asked::Local(Local::Ping)),
        "frappe.auth.get_logged_user" => return Ok(Asked::Local(Local::LoggedUser)),
        _ => {}
    }
    let call = match dotted.strip_prefix("frappe.client.") {
        Some(short) => client::read(verb, short, arguments, limits)?,
        None if file::is_download(dotted) => file::method(verb, arguments)?,
        None if file::is_upload(dotted) => {
            return Err(Fault::new(
                FaultKind::ContentType,
                "a file is sent to /api/method/upload_file",
            ));
        }
        // Frappe looks for names without a dot in `frappe.handler`. They get their whole name, so
        // that none of them is taken for one of the calls that have no dot here.
        None if !dotted.contains('.') => {
            other(verb, &format!("frappe.handler.{dotted}"), arguments)?
        }
        None => other(verb, dotted, arguments)?,
    };
    Ok(Asked::Call(call))
}

/// Any other method keeps its name and its arguments.
pub(super) fn other(verb: &str, dotted: &str, arguments: Map) -> Result<Call, Fault> {
    let (doctype, other) = (arguments.get("doctype"), arguments.get("dt"));
    if doctype.is_some() && other.is_some() && doctype != other {
        // The rule for one would be asked, and the method may act on the other.
        return Err(bad("`doctype` and `dt` name different DocTypes"));
    }
    let doctype = match doctype.or(other) {
        None | Some(Value::Null) => Call::NO_MODEL,
        Some(Value::Text(doctype)) => doctype,
        Some(_) => return Err(bad("a DocType is a text")),
    };
    let mut call = call(doctype, dotted)?;
    call.named = arguments;
    call.safe = verb == "GET";
    Ok(call)
}

pub(super) fn call(doctype: &str, method: &str) -> Result<Call, Fault> {
    Call::new(doctype, method)
        .map_err(|error| Fault::new(FaultKind::UnknownMethod, error.to_string()))
}
