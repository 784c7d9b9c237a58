//! The wire protocols, as a table.
//!
//! Every dialect is one module with the same four functions: read a request into [`Asked`]
//! (`read`), write a [`Call`] as a request (`write`), read an answer (`read_answer`), write an
//! answer or a fault (`write_answer`, `write_fault`). This file has the types they share and
//! the one `match` that leads to them.

pub mod signature;
pub mod xmlrpc;

use crate::answer::Answer;
use crate::asked::{Asked, SlotCredential};
use crate::call::Call;
use crate::fault::Fault;
use crate::limits::Limits;
use crate::name::Database;
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
    /// Frappe `/api/resource/…`.
    FrappeResource,
    /// Frappe `/api/method/…`.
    FrappeMethod,
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
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The caller's dialect.
    pub dialect: Dialect,
    /// JSON-RPC: the request's `id`, to be echoed. `Null` elsewhere.
    pub id: Value,
    /// What shape the answer has within the dialect.
    pub form: Form,
}

impl Reply {
    /// The reply for requests that could not be read far enough to know more.
    pub fn plain(dialect: Dialect) -> Self {
        Self { dialect, id: Value::Null, form: Form::Value }
    }
}

/// What shape an answer has within its dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The dialect's ordinary one.
    Value,
    /// Frappe `{"data": …}` with status 202, as a DELETE is answered.
    Accepted,
}

/// A request that could not be read: what the caller is told, and how.
#[derive(Debug)]
pub struct ReadError {
    /// Why.
    pub fault: Fault,
    /// How the answer must be written.
    pub reply: Reply,
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
    pub fn read(self, _request: Inbound<'_>, _limits: &Limits) -> Result<Reading, ReadError> {
        Err(ReadError {
            fault: Fault::new(crate::FaultKind::NotFound, "not served"),
            reply: Reply::plain(self),
        })
    }

    /// Writes a call as a request of this dialect.
    ///
    /// # Errors
    /// When this dialect cannot say it (JSON-2 with arguments that cannot be named).
    pub fn write(self, _call: &Call, _login: &UpstreamLogin<'_>) -> Result<Outbound, Fault> {
        Err(Fault::new(crate::FaultKind::BadArguments, "cannot be said in this dialect"))
    }

    /// Reads the ERP's answer to a request of this dialect. Never fails: what cannot be read
    /// is a fault.
    pub fn read_answer(self, _answer: Returned<'_>, _limits: &Limits) -> Answer {
        Answer::Fault(Fault::new(crate::FaultKind::Internal, "unreadable"))
    }
}

impl Reply {
    /// Writes a result for the caller.
    pub fn write_answer(&self, _value: &Value) -> Written {
        Written { status: 200, content_type: "text/plain", headers: Vec::new(), body: Vec::new() }
    }

    /// Writes a fault for the caller.
    pub fn write_fault(&self, _fault: &Fault) -> Written {
        Written { status: 500, content_type: "text/plain", headers: Vec::new(), body: Vec::new() }
    }
}
