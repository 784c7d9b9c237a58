//! Frappe's `/api/resource/{DocType}[/{name}]` and `/api/method/{dotted}`.
//!
//! Both come to the same calls (see [`crate::call`]), so that a rule judges a document however
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
//!
//! Frappe lets `cmd` in a query or a body replace the path, and `sid` replace the caller: both
//! are refused. What it writes goes into `data`, where no key has such a meaning.

mod answer;
mod login;
mod method;
mod parameters;
mod resource;
#[cfg(test)]
mod tests;
mod write;

pub(super) use answer::{read_answer, write_answer, write_fault};
pub use login::csrf_token;
pub(super) use write::write;

use super::{Dialect, Form, Inbound, ReadError, Reading, Reply};
use crate::asked::Asked;
use crate::call::RecordId;
use crate::fault::{Fault, FaultKind};
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
        Dialect::FrappeV2
        | Dialect::FrappeFile
        | Dialect::XmlRpc1
        | Dialect::XmlRpc2
        | Dialect::JsonRpc
        | Dialect::Json2
        | Dialect::OdooWeb
        | Dialect::OdooCall
        | Dialect::Custom
        | Dialect::Rest => Err(Fault::new(FaultKind::NotFound, "there is nothing here")),
    };
    let removal = dialect == Dialect::FrappeResource && request.verb == "DELETE";
    let reply = Reply {
        form: if removal { Form::Accepted } else { Form::Value },
        ..Reply::plain(dialect)
    };
    match asked {
        Ok(asked) => Ok(Reading {
            asked,
            slot: None,
            reply,
        }),
        Err(fault) => Err(ReadError {
            fault,
            reply: Reply::plain(dialect),
        }),
    }
}

/// A document's name, if it can be one in a path.
pub(super) fn document(name: &str) -> Result<RecordId, Fault> {
    if name.is_empty()
        || name.len() > MAX_NAME
        || matches!(name, "." | "..")
        || name.chars().any(char::is_control)
    {
        return Err(bad("this is not a valid document name"));
    }
    Ok(RecordId::Name(name.into()))
}

/// Takes `doctype` and `name` out of a document; they must be those of the path, if there.
fn agree(doc: &mut Map, doctype: &str, name: Option<&str>) -> Result<(), Fault> {
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

fn bad(message: &str) -> Fault {
    Fault::new(FaultKind::BadArguments, message)
}
