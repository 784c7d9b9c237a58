//! Frappe's faces: `/api/resource/{DocType}[/{name}]`, `/api/method/{dotted}`, `/` with `cmd`,
//! `/api/v2/…`, and the paths of files.
//!
//! All come to the same calls (see [`crate::call`]), so that a rule judges a document however
//! it was reached:
//!
//! | method | arguments by name |
//! |---|---|
//! | `get_list` | `fields`, `filters`, `or_filters`, `order_by`, `group_by`, `limit_start`, `limit_page_length`, `parent`, `expand` |
//! | `get_count` | `filters` |
//! | `get` | none, on one document; or `filters` |
//! | `insert` | `doc`: the values |
//! | `save` | `doc`: the values that change, on one document. `PUT`, `frappe.client.save` and `frappe.client.set_value` |
//! | `delete`, `cancel` | none, on one document |
//! | `submit` | none or `doc`, on one document |
//! | `rename` | `new_name`, `merge`, on one document |
//! | `insert_many`, `bulk_update` | `docs`: documents, each with its `doctype` (and `docname`) |
//! | `get_meta` | none |
//! | `upload_file` on `File` | `file_name`, `content`, `is_private`, `folder`, `doctype`, `docname`, `fieldname` |
//! | `download_file` on `File` | `file_url` |
//! | any other plain name, on one document | a method of the document (`run_method`) |
//! | `doctype.{name}` | a function of the DocType's module (`/api/v2/method/{DocType}/{name}`) |
//!
//! Frappe lets `cmd` in a query or a body replace any path, and `sid` replace the caller: beside
//! a path both are refused. What it writes goes into `data`, where no key has such a meaning.

mod answer;
mod client;
mod fault;
mod file;
mod login;
mod method;
mod multipart;
mod parameters;
mod resource;
#[cfg(test)]
mod tests;
mod version2;
mod write;

pub(super) use answer::{read_answer, write_answer, write_cut};
pub(super) use fault::write_fault;
pub use login::csrf_token;
pub(super) use resource::run;
pub(super) use write::{write, write_meta};

use super::{Dialect, Form, Inbound, ReadError, Reading, Reply};
use crate::asked::Asked;
use crate::call::{Call, RecordId};
use crate::fault::{Fault, FaultKind, Parts};
use crate::limits::Limits;
use crate::value::{Map, Value};

/// The longest name of a document that is taken.
const MAX_NAME: usize = 560;

pub(super) fn read(
    dialect: Dialect,
    request: Inbound<'_>,
    limits: &Limits,
) -> Result<Reading, ReadError> {
    if let Some(reading) = login::read(dialect, request, limits) {
        return reading;
    }
    let asked = match dialect {
        Dialect::FrappeResource => resource::read(request, limits).map(Asked::Call),
        Dialect::FrappeMethod => method::read(request, limits),
        Dialect::FrappeV2 => version2::read(request, limits),
        Dialect::FrappeFile => file::path(request).map(Asked::Call),
        Dialect::XmlRpc1
        | Dialect::XmlRpc2
        | Dialect::JsonRpc
        | Dialect::Json2
        | Dialect::OdooWeb
        | Dialect::OdooCall
        | Dialect::Custom
        | Dialect::Rest => Err(Fault::new(FaultKind::NotFound, "there is nothing here")),
    };
    let by_path = request.verb == "DELETE" && dialect != Dialect::FrappeMethod;
    let removal = matches!(&asked, Ok(Asked::Call(call)) if call.method.as_str() == "delete");
    let listed = matches!(&asked, Ok(Asked::Call(call)) if call.method.as_str() == "get_list");
    let form = match (by_path, removal) {
        (true, _) => Form::Accepted,
        (false, true) => Form::Nothing,
        (false, false) if listed && parameters::wants_lists(request, limits) => Form::Lists,
        (false, false) => Form::Value,
    };
    let reply = Reply {
        form,
        refusal: asked
            .as_ref()
            .ok()
            .and_then(|asked| refusal(dialect, asked)),
        ..Reply::plain(dialect)
    };
    match asked {
        Ok(asked) => Ok(Reading {
            asked,
            slot: None,
            reply,
        }),
        Err(fault) => Err(ReadError::new(fault, Reply::plain(dialect))),
    }
}

/// In which parts Frappe tells that somebody has no right to what is asked, where it does not
/// throw it: by a path, a DocType or a document is meant.
fn refusal(dialect: Dialect, asked: &Asked) -> Option<Parts> {
    let Asked::Call(call) = asked else {
        return None;
    };
    match (dialect, call.method.as_str()) {
        (_, "upload_file" | "download_file" | "get_meta") => Some(Parts::SILENT),
        (Dialect::FrappeMethod, _) => None,
        (_, "get" | "save" | "delete") => Some(Parts::DOCUMENT),
        (_, "get_list" | "get_count" | "insert") => Some(Parts::DOCTYPE),
        _ => None,
    }
}

/// A document's name, if it can be one in a path.
pub(super) fn document(name: &str) -> Result<RecordId, Fault> {
    if name.is_empty()
        || name.len() > MAX_NAME
        || name.chars().any(|c| c.is_control() || c == '\\')
        // Servers on the way may take such parts out, and then mean another path.
        || name.split('/').any(|part| matches!(part, "" | "." | ".."))
    {
        return Err(bad("this is not a valid document name"));
    }
    Ok(RecordId::Name(name.into()))
}

/// Takes `doctype` and `name` out of a document; they must be those of the path, if there.
pub(super) fn agree(doc: &mut Map, doctype: &str, name: Option<&str>) -> Result<(), Fault> {
    if doc
        .shift_remove("doctype")
        .is_some_and(|other| other.as_str() != Some(doctype))
    {
        return Err(bad("the document names another DocType than the path"));
    }
    let Some(name) = name else { return Ok(()) };
    if doc
        .shift_remove("name")
        .is_some_and(|other| other.as_str() != Some(name))
    {
        return Err(bad("the document has another name than the path"));
    }
    Ok(())
}

/// Takes a text out of the arguments.
fn take_text(arguments: &mut Map, name: &str) -> Result<Option<String>, Fault> {
    match arguments.shift_remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Text(text)) if text.is_empty() => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text)),
        Some(_) => Err(bad("an argument that is a text is something else")),
    }
}

/// Takes a text out of the arguments that must be there.
fn required(arguments: &mut Map, name: &str) -> Result<String, Fault> {
    take_text(arguments, name)?
        .ok_or_else(|| Fault::new(FaultKind::BadArguments, format!("`{name}` is missing")))
}

/// A call on one document.
fn on(doctype: &str, method: &str, name: &str) -> Result<Call, Fault> {
    let call = Call::new(doctype, method)
        .map_err(|error| Fault::new(FaultKind::UnknownModel, error.to_string()))?;
    Ok(call.on(vec![document(name)?]))
}

fn bad(message: &str) -> Fault {
    Fault::new(FaultKind::BadArguments, message)
}
