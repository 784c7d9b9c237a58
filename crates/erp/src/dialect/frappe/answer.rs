//! Answers and faults of Frappe, read and written.

use super::fault::{self, MODIFIED, in_text, message};
use crate::answer::Answer;
use crate::dialect::odoo::{passed, unreadable, words};
use crate::dialect::piece::{Piece, json};
use crate::dialect::{Dialect, Form, Reply, Returned, Written};
use crate::fault::{Fault, FaultKind};
use crate::limits::Limits;
use crate::value::{Map, Value, from_json};

pub(super) const JSON: &str = "application/json";
/// What Frappe says of a name that no document may have.
const BAD_NAME: &str = "NameError";
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
    let parts = Some(fault::parts_of(body));
    let kind = match (exception, answer.status) {
        ("PermissionError", _) => FaultKind::AccessError,
        ("AuthenticationError" | "SessionExpired" | "CSRFTokenError", 400..=499) | (_, 401) => {
            FaultKind::AccessDenied
        }
        ("DoesNotExistError", _) if said.starts_with("DocType ") => FaultKind::UnknownModel,
        ("DoesNotExistError" | "PageDoesNotExistError", _) => FaultKind::MissingRecord,
        ("TimestampMismatchError", _) => {
            let text = format!(
                "Error: {MODIFIED} after you have opened it. Please refresh to get the latest document."
            );
            return Fault {
                parts,
                ..Fault::new(FaultKind::Conflict, text)
            };
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
    let named = match kind == FaultKind::Validation {
        true => REFUSALS.iter().find(|known| **known == exception).copied(),
        // A name that none may have is another matter than one that is there already.
        false => (exception == BAD_NAME).then_some(BAD_NAME),
    };
    Fault {
        named,
        parts,
        ..passed(kind, &said)
    }
}

/// What Frappe says to its user, if it says something: the first of `_server_messages`, which
/// are JSON in JSON, or what stands behind the name of an exception of Frappe's own.
fn said(body: &Map) -> String {
    let message = fault::messages(body)
        .into_iter()
        .next()
        .and_then(|mut first| first.shift_remove("message"));
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

/// A row as the list of its values.
fn values_of(row: &Value) -> Value {
    match row.as_map() {
        Some(row) => Value::List(row.values().cloned().collect()),
        None => row.clone(),
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
    let message = Piece::Map(message(&text, Some("orange")));
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
    let rows;
    let value = match (reply.form, value) {
        (Form::Nothing, _) => &Value::Null,
        (Form::Lists, Value::List(maps)) => {
            rows = Value::List(maps.iter().map(values_of).collect());
            &rows
        }
        (_, value) => value,
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
