//! The wire protocols, as a table.
//!
//! Every dialect is one module with the same four functions: read a request into [`Asked`]
//! (`read`), write a [`Call`] as a request (`write`), read an answer (`read_answer`), write an
//! answer or a fault (`write_answer`, `write_fault`). This file has the types they share and
//! the one `match` that leads to them.

mod frappe;
mod greeting;
mod json2;
mod jsonrpc;
pub mod local;
mod media;
mod odoo;
mod odoo_call;
mod odoo_web;
mod piece;
pub mod rest;
mod rpc;
pub mod signature;
pub mod xmlrpc;

pub use frappe::csrf_token;
pub(crate) use greeting::session_login;
pub use json2::{lacking, segment};
pub(crate) use jsonrpc::{enveloped, read_answer as read_envelope, read_body};
pub(crate) use media::Media;
pub(crate) use odoo::{is_inside, words};
use std::sync::Arc;

use crate::answer::Answer;
use crate::asked::{Asked, SlotCredential};
use crate::call::Call;
use crate::fault::{Fault, FaultKind, Parts};
use crate::limits::Limits;
use crate::name::Database;
use crate::translate::Told;
use crate::value::Value;

/// A wire protocol, as it is spoken by a client or to an ERP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dialect {
    /// Odoo `/xmlrpc/{common,object,db}`: faults carry text codes.
    XmlRpc1,
    /// Odoo `/xmlrpc/2/{common,object,db}`: faults carry numbers.
    XmlRpc2,
    /// Odoo `/jsonrpc`.
    JsonRpc,
    /// Odoo `/json/2/{model}/{method}`.
    Json2,
    /// Odoo's small JSON pages that clients ask before anything else
    /// (`/web/webclient/version_info`, `/web/version`, `/json/version`, `/web/database/list`).
    OdooWeb,
    /// Odoo's web session: `/web/session/…`, `/web/dataset/call_kw` and `call_button`.
    OdooCall,
    /// Frappe `/api/resource/…`.
    FrappeResource,
    /// Frappe `/api/method/…`, and `/` with `cmd`.
    FrappeMethod,
    /// Frappe `/api/v2/…`: documents, methods, DocTypes.
    FrappeV2,
    /// Frappe `/files/…` and `/private/files/…`: the bytes of files.
    FrappeFile,
    /// A custom controller, by a route of the configuration: no calls, but a
    /// [`Visit`](crate::Visit).
    Custom,
    /// The façade `/api/v1/{model}[/{id}[/{method}]]`, over either ERP.
    Rest,
}

/// A request as the gateway hands it to a reader. The path is already one reading of it:
/// percent-decoded segment by segment, without empty, `.` or `..` segments.
#[derive(Clone, Copy)]
pub struct Inbound<'a> {
    /// The verb, upper case.
    pub verb: &'a str,
    /// The decoded path segments behind the dialect's prefix
    /// (`/xmlrpc/2/object` → `["object"]`, `/json/2/res.partner/read` → `["res.partner", "read"]`,
    /// `/web/version` → `["web", "version"]`).
    pub segments: &'a [String],
    /// The raw query string without `?`; empty if there is none.
    pub query: &'a str,
    /// The `Content-Type` header as sent; empty if there is none.
    pub content_type: &'a str,
    /// The whole body.
    pub body: &'a [u8],
}

/// What a reader makes of a request.
#[derive(Debug)]
pub struct Reading {
    /// What is asked.
    pub asked: Asked,
    /// The credential that lay in the body, if the dialect has one there.
    pub slot: Option<SlotCredential>,
    /// How the answer must be written.
    pub reply: Reply,
}

/// How an answer must be written so that this caller understands it.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The caller's dialect.
    pub dialect: Dialect,
    /// JSON-RPC: the request's `id`, to be echoed. `Null` elsewhere. (A reply goes into
    /// errors, which are small.)
    pub id: Box<Value>,
    /// What shape the answer has within the dialect.
    pub form: Form,
    /// How the answer is told, where the ERP was asked another method than the caller's.
    pub told: Told,
    /// Frappe: in which parts it tells a refusal, where it does not throw one.
    pub refusal: Option<Parts>,
    /// The façade: everything else that its answers need. None elsewhere, and for requests
    /// that were not understood.
    pub rest: Option<Arc<rest::Manner>>,
}

impl Reply {
    /// The reply for requests that could not be read far enough to know more.
    pub fn plain(dialect: Dialect) -> Self {
        Self {
            dialect,
            id: Box::default(),
            form: Form::Value,
            told: Told::AsIs,
            refusal: None,
            rest: None,
        }
    }
}

/// What shape an answer has within its dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The dialect's ordinary one.
    Value,
    /// Frappe `{"data": …}` with status 202, as a DELETE is answered.
    Accepted,
    /// Frappe: done by a method that returns nothing, where a path's DELETE says `ok`.
    Nothing,
    /// Frappe: rows as lists of their values (`as_dict=0`).
    Lists,
    /// Odoo: the one element of a list of one. RPC's `create` of one record answers one id.
    Single,
    /// JSON without an envelope: Odoo's small pages, Frappe's log-in.
    Bare,
    /// Odoo `call_button`: an action, or `false`.
    Button,
}

/// A request that could not be read: what the caller is told, and how.
#[derive(Debug)]
pub struct ReadError {
    /// Why.
    pub fault: Fault,
    /// How the answer must be written.
    pub reply: Box<Reply>,
}

impl ReadError {
    /// An error that is answered so.
    pub fn new(fault: Fault, reply: Reply) -> Self {
        Self {
            fault,
            reply: Box::new(reply),
        }
    }
}

/// A credential for the ERP, borrowed for the moment in which a request is written.
pub struct UpstreamLogin<'a> {
    /// The database or site.
    pub database: &'a Database,
    /// The numeric id of the ERP user (RPC dialects).
    pub uid: i64,
    /// The login name of the ERP user.
    pub login: &'a str,
    /// Password or API key (`KEY:SECRET` for Frappe).
    pub secret: &'a str,
}

/// A request for the ERP. The host and framing headers are the gateway's.
pub struct Outbound {
    /// `GET`, `POST`, `PUT` or `DELETE`.
    pub verb: &'static str,
    /// Path and query, ready to be sent.
    pub target: String,
    /// Headers besides host and length. May carry a credential: never log them.
    pub headers: Vec<(&'static str, String)>,
    /// The body; empty for none.
    pub body: Vec<u8>,
}

/// An answer for a caller.
#[derive(Debug)]
pub struct Written {
    /// The HTTP status.
    pub status: u16,
    /// The `Content-Type`.
    pub content_type: &'static str,
    /// Headers besides content type and length.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// An answer of the ERP, whole.
#[derive(Clone, Copy)]
pub struct Returned<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The `Content-Type` header as sent; empty if there is none.
    pub content_type: &'a str,
    /// The whole body.
    pub body: &'a [u8],
}

impl Dialect {
    /// Reads a request of this dialect.
    ///
    /// # Errors
    /// When it is malformed, too large, or asks for what this dialect does not have.
    pub fn read(self, request: Inbound<'_>, limits: &Limits) -> Result<Reading, ReadError> {
        match self {
            Self::XmlRpc1 | Self::XmlRpc2 => xmlrpc::read(self, request, limits),
            Self::JsonRpc => jsonrpc::read(request, limits),
            Self::Json2 => json2::read(request, limits),
            Self::OdooWeb => odoo_web::read(request, limits),
            Self::OdooCall => odoo_call::read(request, limits),
            Self::FrappeResource | Self::FrappeMethod | Self::FrappeV2 | Self::FrappeFile => {
                frappe::read(self, request, limits)
            }
            Self::Custom => Err(ReadError::new(no_calls(), Reply::plain(self))),
            Self::Rest => rest::read(request, limits),
        }
    }

    /// Writes a call as a request of this dialect.
    ///
    /// # Errors
    /// When this dialect cannot say it (JSON-2 with arguments that cannot be named).
    pub fn write(self, call: &Call, login: &UpstreamLogin<'_>) -> Result<Outbound, Fault> {
        match self {
            Self::XmlRpc1 | Self::XmlRpc2 => xmlrpc::write(self, call, login),
            Self::JsonRpc => Ok(jsonrpc::write(call, login)),
            Self::Json2 => json2::write(call, login),
            Self::OdooCall => Ok(odoo_call::write(call)),
            Self::OdooWeb | Self::Custom | Self::Rest => Err(no_calls()),
            Self::FrappeResource | Self::FrappeMethod | Self::FrappeV2 | Self::FrappeFile => {
                frappe::write(call, login)
            }
        }
    }

    /// Reads the ERP's answer to a request of this dialect. Never fails: what cannot be read
    /// is a fault.
    pub fn read_answer(self, answer: Returned<'_>, limits: &Limits) -> Answer {
        match self {
            Self::XmlRpc1 | Self::XmlRpc2 => xmlrpc::read_answer(answer, limits),
            Self::JsonRpc | Self::OdooWeb | Self::OdooCall | Self::Custom => {
                jsonrpc::read_answer(answer, limits)
            }
            Self::Json2 => json2::read_answer(answer, limits),
            Self::FrappeResource | Self::FrappeMethod | Self::FrappeV2 | Self::FrappeFile => {
                frappe::read_answer(answer, limits)
            }
            // No ERP speaks it.
            Self::Rest => Answer::Fault(odoo::unreadable(answer)),
        }
    }
}

impl Reply {
    /// Writes a result for the caller.
    pub fn write_answer(&self, value: &Value) -> Written {
        let value = match self.told.tell(value) {
            Ok(value) => value,
            Err(fault) => return self.write_fault(&fault),
        };
        let value = value.as_ref();
        match self.dialect {
            Dialect::XmlRpc1 | Dialect::XmlRpc2 => xmlrpc::write_answer(self, value),
            Dialect::JsonRpc => jsonrpc::write_answer(self, value),
            Dialect::Json2 | Dialect::Custom => json2::write_answer(value),
            Dialect::OdooWeb => odoo_web::write_answer(self, value),
            Dialect::OdooCall => odoo_call::write_answer(self, value),
            Dialect::FrappeResource
            | Dialect::FrappeMethod
            | Dialect::FrappeV2
            | Dialect::FrappeFile => frappe::write_answer(self, value),
            Dialect::Rest => rest::write_answer(self, value),
        }
    }

    /// Writes a result of which a cap left out what follows these many rows. Dialects that
    /// have no word for it are answered as ever; a header tells it to all of them.
    pub fn write_cut(&self, value: &Value, most: u32) -> Written {
        match self.dialect {
            Dialect::FrappeResource | Dialect::FrappeMethod | Dialect::FrappeV2 => {
                frappe::write_cut(self, value, most)
            }
            Dialect::XmlRpc1
            | Dialect::XmlRpc2
            | Dialect::JsonRpc
            | Dialect::Json2
            | Dialect::OdooWeb
            | Dialect::OdooCall
            | Dialect::Custom
            | Dialect::Rest
            | Dialect::FrappeFile => self.write_answer(value),
        }
    }

    /// Writes a fault for the caller.
    pub fn write_fault(&self, fault: &Fault) -> Written {
        match self.dialect {
            Dialect::XmlRpc1 | Dialect::XmlRpc2 => xmlrpc::write_fault(self, fault),
            Dialect::JsonRpc => jsonrpc::write_fault(self, fault),
            Dialect::Json2 => json2::write_fault(fault),
            Dialect::OdooWeb => odoo_web::write_fault(self, fault),
            Dialect::OdooCall => odoo_call::write_fault(self, fault),
            Dialect::FrappeResource
            | Dialect::FrappeMethod
            | Dialect::FrappeV2
            | Dialect::FrappeFile => frappe::write_fault(self, fault),
            Dialect::Rest | Dialect::Custom => rest::write_fault(self, fault),
        }
    }
}

fn no_calls() -> Fault {
    Fault::new(FaultKind::BadArguments, "this dialect has no calls")
}
