//! Faults as Frappe tells them: status and class, and the parts that its clients go by.
//!
//! A fault of the ERP keeps the parts in which it was told; one of the gateway's own has those
//! in which the real server tells the like. The words are ours, and no traceback is among them.

use crate::dialect::json2::status as usual_status;
use crate::dialect::odoo::words;
use crate::dialect::piece::{Piece, json};
use crate::dialect::{Dialect, Form, Reply, Written};
use crate::fault::{Fault, FaultKind, Parts, Said};
use crate::limits::Limits;
use crate::value::{Map, Value, from_json};

/// How Frappe begins when somebody else saved the document in between.
pub(super) const MODIFIED: &str = "Document has been modified";
/// What Frappe says to a log-in that failed.
const NO_LOGIN: &str = "Invalid login credentials";

/// The parts in which an error is told.
pub(super) fn parts_of(body: &Map) -> Parts {
    let listed = body.get("errors").and_then(Value::as_list);
    if let Some(error) = listed.and_then(|errors| errors.first()?.as_map()) {
        let said = match (
            error.contains_key("message"),
            error.contains_key("indicator"),
        ) {
            (false, _) => Said::Nothing,
            (true, false) => Said::Plain,
            (true, true) => Said::Thrown,
        };
        return Parts {
            traced: error.contains_key("exception"),
            said,
            before: body.contains_key("messages"),
            summary: false,
        };
    }
    let messages = messages(body);
    let said = match messages.last() {
        None => Said::Nothing,
        Some(last) if last.contains_key("raise_exception") => Said::Thrown,
        Some(last) if last.contains_key("indicator") => Said::Marked,
        Some(_) => Said::Plain,
    };
    Parts {
        traced: body.contains_key("exc"),
        said,
        before: messages.len() > 1,
        summary: body.contains_key("_error_message"),
    }
}

/// What stands in `_server_messages`, which are JSON in JSON.
pub(super) fn messages(body: &Map) -> Vec<Map> {
    let limits = Limits::default();
    let text = body.get("_server_messages").and_then(Value::as_str);
    let Some(Ok(Value::List(items))) = text.map(|text| from_json(text.as_bytes(), &limits)) else {
        return Vec::new();
    };
    let read = |item: &Value| match from_json(item.as_str()?.as_bytes(), &limits) {
        Ok(Value::Map(message)) => Some(message),
        _ => None,
    };
    items.iter().filter_map(read).collect()
}

pub(in crate::dialect) fn write_fault(reply: &Reply, fault: &Fault) -> Written {
    let (status, name) = match (fault.kind, reply.dialect) {
        // A method that does not take the verb is one without a right.
        (FaultKind::Verb, Dialect::FrappeMethod) => shape(FaultKind::AccessError),
        _ => named(fault),
    };
    let logs_in = reply.form == Form::Bare && fault.kind == FaultKind::AccessDenied;
    let text = match fault.message.as_str() {
        "" => words(fault.kind),
        usual if logs_in && usual == words(fault.kind) => NO_LOGIN,
        own => own,
    };
    let parts = fault.parts.unwrap_or_else(|| usual(reply, fault.kind));
    let exception = format!("frappe.exceptions.{name}: {text}");
    let (messages, exc);
    let mut body = Vec::new();
    if fault.kind == FaultKind::SessionExpired {
        body.push(("session_expired", Piece::Int(1)));
    }
    if reply.dialect == Dialect::FrappeV2 {
        let mut error = vec![("type", Piece::Text(name))];
        if parts.traced {
            error.push(("exception", Piece::Text(&exception)));
        }
        match parts.said {
            Said::Nothing => {}
            Said::Plain => error.extend(message(text, None)),
            Said::Marked | Said::Thrown => error.extend(message(text, Some("red"))),
        }
        body.push(("errors", Piece::List(vec![Piece::Map(error)])));
        if parts.before {
            let before = Piece::Map(message(text, None));
            body.push(("messages", Piece::List(vec![before])));
        }
    } else {
        if logs_in {
            body.push(("message", Piece::Text(text)));
        }
        if parts.traced {
            body.push(("exception", Piece::Text(&exception)));
        }
        body.push(("exc_type", Piece::Text(name)));
        if parts.traced {
            exc = String::from_utf8_lossy(&json(&[&exception])).into_owned();
            body.push(("exc", Piece::Text(&exc)));
        }
        let mut said = message(text, Some("red"));
        match parts.said {
            Said::Nothing => said.clear(),
            Said::Plain => said.truncate(2),
            Said::Marked => {}
            Said::Thrown => {
                said.push(("raise_exception", Piece::Int(1)));
                // Frappe's own id of an exception; the request's is the one that can be traced.
                let id = fault.request.as_deref();
                said.extend(id.map(|id| ("__frappe_exc_id", Piece::Text(id))));
            }
        }
        if !said.is_empty() {
            messages = in_text(&Piece::Map(said));
            body.push(("_server_messages", Piece::Text(&messages)));
        }
        if parts.summary {
            body.push(("_error_message", Piece::Text(text)));
        }
    }
    if let Some(request) = &fault.request {
        body.push(("request_id", Piece::Text(request)));
    }
    Written {
        status,
        content_type: super::answer::JSON,
        headers: Vec::new(),
        body: json(&Piece::Map(body)),
    }
}

/// The parts in which the real server tells a fault of this kind.
fn usual(reply: &Reply, kind: FaultKind) -> Parts {
    match kind {
        FaultKind::AccessDenied | FaultKind::TooMany | FaultKind::Internal => Parts::SILENT,
        FaultKind::Stranger | FaultKind::SessionExpired | FaultKind::AccessError => {
            reply.refusal.unwrap_or(Parts::THROWN)
        }
        FaultKind::MissingRecord | FaultKind::UnknownModel | FaultKind::Forged => Parts::UNTRACED,
        FaultKind::NotFound => Parts {
            said: Said::Nothing,
            ..Parts::UNTRACED
        },
        FaultKind::UnknownMethod
        | FaultKind::Validation
        | FaultKind::User
        | FaultKind::BadValue
        | FaultKind::BadArguments
        | FaultKind::Malformed
        | FaultKind::TooLarge
        | FaultKind::ContentType
        | FaultKind::Verb
        | FaultKind::Conflict
        | FaultKind::Stale
        | FaultKind::Unconditional
        | FaultKind::Capped
        | FaultKind::KeyReused
        | FaultKind::Underway
        | FaultKind::Waiting
        | FaultKind::Unreachable
        | FaultKind::Unknown => Parts::THROWN,
    }
}

/// One message, as Frappe shows it to its users.
pub(super) fn message<'a>(text: &'a str, indicator: Option<&'a str>) -> Vec<(&'a str, Piece<'a>)> {
    let mut parts = vec![
        ("message", Piece::Text(text)),
        ("title", Piece::Text("Message")),
    ];
    parts.extend(indicator.map(|indicator| ("indicator", Piece::Text(indicator))));
    parts
}

/// A list of one message, as JSON within JSON within a text.
pub(super) fn in_text(message: &Piece<'_>) -> String {
    let inner = json(message);
    String::from_utf8_lossy(&json(&[String::from_utf8_lossy(&inner)])).into_owned()
}

/// Status and exception of a fault, which the ERP may have a finer name for.
fn named(fault: &Fault) -> (u16, &'static str) {
    match (fault.kind, fault.named) {
        (FaultKind::Validation, Some(name)) => (417, name),
        (FaultKind::Conflict, _) if fault.message.contains(MODIFIED) => {
            (417, "TimestampMismatchError")
        }
        (FaultKind::Conflict, Some(name)) => (409, name),
        (kind, _) => shape(kind),
    }
}

/// Status and exception; Frappe says 417 for most of what a client does wrong.
fn shape(kind: FaultKind) -> (u16, &'static str) {
    match kind {
        FaultKind::AccessDenied => (401, "AuthenticationError"),
        // Whoever shows nothing is its guest, who has few rights.
        FaultKind::Stranger => (403, "PermissionError"),
        // Frappe's own word for it is 403, with the mark `session_expired`.
        FaultKind::SessionExpired => (403, "PermissionError"),
        FaultKind::Forged => (400, "CSRFTokenError"),
        FaultKind::AccessError => (403, "PermissionError"),
        FaultKind::MissingRecord | FaultKind::UnknownModel => (404, "DoesNotExistError"),
        FaultKind::UnknownMethod
        | FaultKind::Validation
        | FaultKind::User
        | FaultKind::BadArguments
        | FaultKind::Capped => (417, "ValidationError"),
        FaultKind::BadValue => (417, "DataError"),
        FaultKind::Conflict => (409, "DuplicateEntryError"),
        FaultKind::Stale => (417, "TimestampMismatchError"),
        FaultKind::Unconditional => (usual_status(kind), "ValidationError"),
        FaultKind::Malformed => (usual_status(kind), "ValidationError"),
        FaultKind::TooLarge => (usual_status(kind), "RequestEntityTooLarge"),
        FaultKind::ContentType => (usual_status(kind), "UnsupportedMediaType"),
        FaultKind::Verb => (usual_status(kind), "MethodNotAllowed"),
        FaultKind::NotFound => (usual_status(kind), "DoesNotExistError"),
        FaultKind::TooMany => (usual_status(kind), "TooManyRequestsError"),
        FaultKind::KeyReused => (usual_status(kind), "ValidationError"),
        FaultKind::Underway | FaultKind::Waiting => (usual_status(kind), "DocumentLockedError"),
        FaultKind::Unreachable => (usual_status(kind), "ServiceUnavailable"),
        FaultKind::Unknown => (usual_status(kind), "GatewayTimeout"),
        FaultKind::Internal => (usual_status(kind), "InternalServerError"),
    }
}
