//! Answers and faults of Frappe, read and written.

use crate::answer::Answer;
use crate::dialect::json2::status as usual_status;
use crate::dialect::odoo::{passed, unreadable, words};
use crate::dialect::piece::{Piece, json};
use crate::dialect::{Dialect, Form, Reply, Returned, Written};
use crate::fault::{Fault, FaultKind};
use crate::limits::Limits;
use crate::value::{Map, Value, from_json};

const JSON: &str = "application/json";
/// How Frappe begins when somebody else saved the document in between.
const MODIFIED: &str = "Document has been modified";
/// What Frappe tells apart among the values that it refuses, each with the status of all (417).
const REFUSALS: &[&str] = &[
    "CannotChangeConstantError",
    "CharacterLengthExceededError",
    "DocstatusTransitionError",
    "InvalidDates",
    "InvalidEmailAddressError",
    "InvalidNameError",
    "LinkExistsError",
    "LinkValidationError",
    "MandatoryError",
    "NonNegativeError",
    "UpdateAfterSubmitError",
];

pub(in crate::dialect) fn read_answer(answer: Returned<'_>, limits: &Limits) -> Answer {
    let Ok(Value::Map(mut body)) = from_json(answer.body, limits) else {
        // What its framework does not find (a document's method, say) Frappe tells by a page.
        if answer.status == 404 {
            let kind = FaultKind::NotFound;
            return Answer::Fault(Fault::new(kind, words(kind)));
        }
        return Answer::Fault(unreadable(answer));
    };
    if !(200..300).contains(&answer.status) {
        return Answer::Fault(fault_of(answer, &body));
    }
    if let Some(value) = body
        .shift_remove("data")
        .or_else(|| body.shift_remove("message"))
    {
        return Answer::Value(value);
    }
    for name in [
        "_server_messages",
        "_debug_messages",
        "exc",
        "exc_type",
        "exception",
    ] {
        body.shift_remove(name);
    }
    // A method that returns nothing answers `{}`; a few put their result beside `message`.
    Answer::Value(if body.is_empty() {
        Value::Null
    } else {
        Value::Map(body)
    })
}

fn fault_of(answer: Returned<'_>, body: &Map) -> Fault {
    // Version 2 tells its errors in a list.
    let listed = body.get("errors").and_then(Value::as_list);
    let listed = listed.and_then(|errors| errors.first()?.as_map());
    let text = |of: &Map, name: &str| of.get(name).and_then(Value::as_str).map(str::to_owned);
    let exception = match listed {
        Some(error) => text(error, "type"),
        None => text(body, "exc_type"),
    };
    let exception = exception.as_deref().unwrap_or_default();
    let said = match listed {
        Some(error) => text(error, "message").unwrap_or_default(),
        None => said(body),
    };
    let kind = match (exception, answer.status) {
        ("PermissionError", _) => FaultKind::AccessError,
        ("AuthenticationError" | "SessionExpired" | "CSRFTokenError" | "SecurityException", _)
        | (_, 401) => FaultKind::AccessDenied,
        ("DoesNotExistError", _) if said.starts_with("DocType ") => FaultKind::UnknownModel,
        ("DoesNotExistError" | "PageDoesNotExistError", _) => FaultKind::MissingRecord,
        ("TimestampMismatchError", _) => {
            return Fault::new(
                FaultKind::Conflict,
                format!(
                    "Error: {MODIFIED} after you have opened it. Please refresh to get the latest document."
                ),
            );
        }
        (
            "DuplicateEntryError" | "UniqueValidationError" | "NameError" | "DocumentLockedError",
            _,
        ) => FaultKind::Conflict,
        ("DataError", _) => FaultKind::BadValue,
        ("TypeError", _) => FaultKind::BadArguments,
        ("ValidationError", _) if said.starts_with("Failed to get method") => {
            FaultKind::UnknownMethod
        }
        ("TooManyRequestsError" | "RateLimitExceededError", _) | (_, 429) => FaultKind::TooMany,
        (_, 417) => FaultKind::Validation,
        (_, 403) => FaultKind::AccessError,
        (_, 404) => FaultKind::MissingRecord,
        (_, 409) => FaultKind::Conflict,
        ("JSONDecodeError" | "ValueError", _) => FaultKind::BadValue,
        ("", _) => return unreadable(answer),
        _ => FaultKind::Internal,
    };
    let named = REFUSALS.iter().find(|known| **known == exception);
    Fault {
        named: named.copied().filter(|_| kind == FaultKind::Validation),
        ..passed(kind, &said)
    }
}

/// What Frappe says to its user, if it says something: the first of `_server_messages`, which
/// are JSON in JSON, or what stands behind the name of an exception of Frappe's own.
fn said(body: &Map) -> String {
    let limits = Limits::default();
    let messages = body.get("_server_messages").and_then(Value::as_str);
    let first = messages.and_then(|text| match from_json(text.as_bytes(), &limits) {
        Ok(Value::List(items)) => items.into_iter().next(),
        _ => None,
    });
    let message = first.and_then(|item| match from_json(item.as_str()?.as_bytes(), &limits) {
        Ok(Value::Map(mut message)) => message.shift_remove("message"),
        _ => None,
    });
    if let Some(Value::Text(message)) = message {
        return message;
    }
    let exception = body
        .get("exception")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match exception.split_once(": ") {
        Some((name, said)) if name.starts_with("frappe.exceptions.") => said.trim().to_owned(),
        _ => String::new(),
    }
}

pub(in crate::dialect) fn write_answer(reply: &Reply, value: &Value) -> Written {
    answered(reply, value, Vec::new())
}

/// A page of a list of which the cap of the role left something out. Frappe has words for what
/// it has to say beside an answer; they are used.
pub(in crate::dialect) fn write_cut(reply: &Reply, value: &Value, most: u32) -> Written {
    let text = format!(
        "Only the first {most} rows are shown: this key may have no more at once. Ask for the next ones with `limit_start`."
    );
    let message = message(&text, "orange");
    if reply.dialect == Dialect::FrappeV2 {
        let said = vec![
            ("messages", Piece::List(vec![message])),
            ("has_next_page", Piece::Value(&Value::Bool(true))),
        ];
        return answered(reply, value, said);
    }
    let messages = in_text(&message);
    answered(
        reply,
        value,
        vec![("_server_messages", Piece::Text(&messages))],
    )
}

fn answered(reply: &Reply, value: &Value, said: Vec<(&str, Piece<'_>)>) -> Written {
    let status = if reply.form == Form::Accepted {
        202
    } else {
        200
    };
    if let (Form::Bare, []) = (reply.form, said.as_slice()) {
        return Written {
            status,
            content_type: JSON,
            headers: Vec::new(),
            body: json(&Piece::Value(value)),
        };
    }
    let value = if reply.form == Form::Nothing {
        &Value::Null
    } else {
        value
    };
    let mut body = match (reply.dialect, value) {
        // A method that returns nothing.
        (Dialect::FrappeMethod | Dialect::FrappeV2, Value::Null) => Vec::new(),
        (Dialect::FrappeMethod, value) => vec![("message", Piece::Value(value))],
        (_, value) => vec![("data", Piece::Value(value))],
    };
    body.extend(said);
    Written {
        status,
        content_type: JSON,
        headers: Vec::new(),
        body: json(&Piece::Map(body)),
    }
}

pub(in crate::dialect) fn write_fault(reply: &Reply, fault: &Fault) -> Written {
    let (status, name) = shape(fault);
    let text = if fault.message.is_empty() {
        words(fault.kind)
    } else {
        &fault.message
    };
    let exception = format!("frappe.exceptions.{name}: {text}");
    let (messages, exc);
    let mut body = if reply.dialect == Dialect::FrappeV2 {
        let mut error = vec![("type", Piece::Text(name))];
        error.extend(parts(text, "red"));
        vec![("errors", Piece::List(vec![Piece::Map(error)]))]
    } else {
        let mut message = parts(text, "red");
        message.push(("raise_exception", Piece::Int(1)));
        messages = in_text(&Piece::Map(message));
        // Clients take an answer without `exc` for a success. It holds no traceback here.
        exc = String::from_utf8_lossy(&json(&[&exception])).into_owned();
        vec![
            ("exception", Piece::Text(&exception)),
            ("exc_type", Piece::Text(name)),
            ("exc", Piece::Text(&exc)),
            ("_server_messages", Piece::Text(&messages)),
        ]
    };
    if fault.kind == FaultKind::SessionExpired {
        body.push(("session_expired", Piece::Int(1)));
    }
    if let Some(request) = &fault.request {
        body.push(("request_id", Piece::Text(request)));
    }
    Written {
        status,
        content_type: JSON,
        headers: Vec::new(),
        body: json(&Piece::Map(body)),
    }
}

/// One message, as Frappe shows it to its users.
fn message<'a>(text: &'a str, indicator: &'a str) -> Piece<'a> {
    Piece::Map(parts(text, indicator))
}

fn parts<'a>(text: &'a str, indicator: &'a str) -> Vec<(&'a str, Piece<'a>)> {
    vec![
        ("message", Piece::Text(text)),
        ("title", Piece::Text("Message")),
        ("indicator", Piece::Text(indicator)),
    ]
}

/// A list of one message, as JSON within JSON within a text.
fn in_text(message: &Piece<'_>) -> String {
    let inner = json(message);
    String::from_utf8_lossy(&json(&[String::from_utf8_lossy(&inner)])).into_owned()
}

/// Status and exception; Frappe says 417 for most of what a client does wrong.
fn shape(fault: &Fault) -> (u16, &'static str) {
    let kind = fault.kind;
    match kind {
        FaultKind::AccessDenied => (401, "AuthenticationError"),
        // Frappe's own word for it is 403, with the mark `session_expired`.
        FaultKind::SessionExpired => (403, "PermissionError"),
        FaultKind::Forged => (400, "CSRFTokenError"),
        FaultKind::AccessError => (403, "PermissionError"),
        FaultKind::MissingRecord | FaultKind::UnknownModel => (404, "DoesNotExistError"),
        FaultKind::Validation => (417, fault.named.unwrap_or("ValidationError")),
        FaultKind::UnknownMethod
        | FaultKind::User
        | FaultKind::BadArguments
        | FaultKind::Capped => (417, "ValidationError"),
        FaultKind::BadValue => (417, "DataError"),
        FaultKind::Conflict if fault.message.contains(MODIFIED) => (417, "TimestampMismatchError"),
        FaultKind::Conflict => (409, "DuplicateEntryError"),
        FaultKind::Stale => (417, "TimestampMismatchError"),
        FaultKind::Unconditional => (usual_status(kind), "ValidationError"),
        FaultKind::Malformed => (usual_status(kind), "ValidationError"),
        FaultKind::TooLarge => (usual_status(kind), "RequestEntityTooLarge"),
        FaultKind::ContentType => (usual_status(kind), "UnsupportedMediaType"),
        FaultKind::Verb => (usual_status(kind), "MethodNotAllowed"),
        FaultKind::NotFound => (usual_status(kind), "PageDoesNotExistError"),
        FaultKind::TooMany => (usual_status(kind), "TooManyRequestsError"),
        FaultKind::KeyReused => (usual_status(kind), "ValidationError"),
        FaultKind::Underway => (usual_status(kind), "DocumentLockedError"),
        FaultKind::Unreachable => (usual_status(kind), "ServiceUnavailable"),
        FaultKind::Unknown => (usual_status(kind), "GatewayTimeout"),
        FaultKind::Internal => (usual_status(kind), "InternalServerError"),
    }
}
