//! Reads `/api/resource/{DocType}[/{name}]`.

use super::{agree, bad, document, parameters, take_text};
use crate::call::Call;
use crate::dialect::Inbound;
use crate::fault::{Fault, FaultKind};
use crate::limits::Limits;
use crate::value::{Map, Value};

pub(super) fn read(request: Inbound<'_>, limits: &Limits) -> Result<Call, Fault> {
    let (doctype, name) = match request.segments {
        [doctype] => (doctype, None),
        [doctype, name] => (doctype, Some(name.as_str())),
        _ => {
            return Err(Fault::new(
                FaultKind::NotFound,
                "the path is /api/resource/<DocType>[/<name>]",
            ));
        }
    };
    let mut arguments = parameters::read(request, limits)?;
    let call = |method| {
        Call::new(doctype, method)
            .map_err(|error| Fault::new(FaultKind::UnknownModel, error.to_string()))
    };
    let on = |method, name| Ok::<_, Fault>(call(method)?.on(vec![document(name)?]));
    let run = take_text(&mut arguments, "run_method")?;
    match (request.verb, name, run.as_deref()) {
        ("GET", Some(_), Some("submit" | "cancel")) => {
            Err(Fault::new(FaultKind::AccessError, "Not permitted"))
        }
        ("POST", Some(name), Some("submit")) => on("submit", name),
        ("POST", Some(name), Some("cancel")) => on("cancel", name),
        (_, _, Some(_)) => Err(Fault::new(
            FaultKind::UnknownMethod,
            "`run_method` is `submit` or `cancel`, by POST on a document",
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
        ("GET", Some(name), None) => on("get", name),
        ("PUT", Some(name), None) => {
            let mut doc = body(arguments, limits)?;
            agree(&mut doc, doctype, Some(name))?;
            Ok(on("save", name)?.with("doc", doc))
        }
        ("DELETE", Some(name), None) => on("delete", name),
        _ => Err(Fault::new(
            FaultKind::Verb,
            "a list takes GET and POST, a document GET, PUT and DELETE",
        )),
    }
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
