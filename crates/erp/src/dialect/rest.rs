//! The façade `/api/v1/{resource}[/{id}[/{method}]]`: one dialect over either kind of ERP.
//!
//! It is read in two steps. [`read`] knows no ERP: path, query and body become a [`Request`].
//! Once it is known which ERP the caller means, [`Request::in_odoo`] or [`Request::in_frappe`]
//! makes a [`Call`] of it, with the names that [`Facade`] gives to resources and fields, and a
//! [`Manner`], by which the answer is written.
//!
//! | request | Odoo | Frappe |
//! |---|---|---|
//! | `GET /{resource}` | `search_read`, `web_search_read` with `expand` | `get_list` |
//! | `GET /{resource}/{id}` | `read`, `web_read` with `expand` | `get` |
//! | `POST /{resource}` | `create` | `insert` |
//! | `PATCH`, `PUT /{resource}/{id}` | `write` | `save` |
//! | `DELETE /{resource}/{id}` | `unlink` | `delete` |
//! | `POST /{resource}/{method}` | the method, named arguments | the dotted method |
//! | `POST /{resource}/{id}/{method}` | the method on that record | `submit`, `cancel`, `rename`, or the document's own |

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "values are matched by shape; other shapes are refused, or shown as they are"
)]

pub mod batch;
mod compared;
mod conditions;
mod cursor;
mod either;
mod expand;
mod explain;
mod facade;
mod frappe;
mod listing;
mod manner;
mod odoo;
mod place;
mod problem;
mod query;
mod request;
mod rows;
mod session;
mod tags;
#[cfg(test)]
mod tests;

pub use batch::{Item, MOST_TARGET};
pub use cursor::Seal;
pub use explain::Told;
pub use facade::{Facade, FacadeError, Guarded, Notice, Resource};
pub use manner::{Description, Manner};
pub use place::{BELOW, LIST, METHOD, Place};
pub use request::{Request, Said};
pub use rows::Models;

pub(super) use manner::write_answer;
pub(super) use problem::write_fault;

use super::{Dialect, Inbound, ReadError, Reading, Reply};
use crate::asked::{Asked, Local};
use crate::fault::{Fault, FaultKind};
use crate::limits::Limits;

/// Reads a request of the façade, whatever ERP it is for.
pub(super) fn read(request: Inbound<'_>, limits: &Limits) -> Result<Reading, ReadError> {
    let asked = match request.segments {
        [.., own, what] if own == "-" && what == "batch" => {
            batch::read(request, limits).map(|items| (Asked::Batch(items), None))
        }
        [.., own, what] if own == "-" && what == "explain-signature" => {
            explain::read(request, limits)
                .map(|told| (Asked::Local(Local::ExplainSignature(Box::new(told))), None))
        }
        [api, version, own, what] if api == "api" && version == "v1" && own == "-" => {
            session::read(what, request, limits)
        }
        _ => Request::read(request, limits).map(|request| (Asked::Rest(Box::new(request)), None)),
    };
    let reply = Reply::plain(Dialect::Rest);
    match asked {
        Ok((asked, slot)) => Ok(Reading { asked, slot, reply }),
        Err(fault) => Err(ReadError::new(fault, reply)),
    }
}

/// What the request itself says is wrong.
fn malformed(message: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Malformed, message)
}

/// What is asked cannot be: the request is well-formed.
fn bad(message: impl Into<String>) -> Fault {
    Fault::new(FaultKind::BadArguments, message)
}
