//! What all dialects of Odoo share: names, and the table between faults and Odoo's exceptions.

use super::Returned;
use crate::call::Call;
use crate::fault::{Fault, FaultKind};

/// The longest message of the ERP that is passed on.
const MAX_MESSAGE: usize = 4096;

/// A call without arguments, if the names are such as Odoo has and lets be called from outside.
pub(super) fn call(model: &str, method: &str) -> Result<Call, Fault> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if !model.chars().all(plain) || !model.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err(Fault::new(
            FaultKind::UnknownModel,
            words(FaultKind::UnknownModel),
        ));
    }
    if method.starts_with('_') {
        return Err(Fault::new(
            FaultKind::AccessError,
            "Private methods cannot be called remotely.",
        ));
    }
    if method.contains('.') {
        return Err(Fault::new(
            FaultKind::UnknownMethod,
            words(FaultKind::UnknownMethod),
        ));
    }
    Call::new(model, method)
        .map_err(|error| Fault::new(FaultKind::UnknownMethod, error.to_string()))
}

/// The exception's name in JSON-RPC and JSON-2.
pub(super) fn exception(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::AccessDenied | FaultKind::Stranger => "odoo.exceptions.AccessDenied",
        FaultKind::SessionExpired => "odoo.http.SessionExpiredException",
        FaultKind::AccessError => "odoo.exceptions.AccessError",
        FaultKind::MissingRecord => "odoo.exceptions.MissingError",
        FaultKind::UnknownModel | FaultKind::User | FaultKind::Capped => {
            "odoo.exceptions.UserError"
        }
        FaultKind::UnknownMethod => "builtins.AttributeError",
        FaultKind::Validation => "odoo.exceptions.ValidationError",
        FaultKind::BadValue => "builtins.ValueError",
        FaultKind::BadArguments => "builtins.TypeError",
        FaultKind::Malformed | FaultKind::Forged => "werkzeug.exceptions.BadRequest",
        FaultKind::TooLarge => "werkzeug.exceptions.RequestEntityTooLarge",
        FaultKind::ContentType => "werkzeug.exceptions.UnsupportedMediaType",
        FaultKind::Verb => "werkzeug.exceptions.MethodNotAllowed",
        FaultKind::NotFound => "werkzeug.exceptions.NotFound",
        FaultKind::Conflict | FaultKind::Stale => "odoo.exceptions.LockError",
        FaultKind::Unconditional => "werkzeug.exceptions.PreconditionRequired",
        FaultKind::TooMany => "werkzeug.exceptions.TooManyRequests",
        FaultKind::KeyReused => "werkzeug.exceptions.UnprocessableEntity",
        FaultKind::Underway | FaultKind::Waiting => "werkzeug.exceptions.Conflict",
        FaultKind::Unreachable => "werkzeug.exceptions.ServiceUnavailable",
        FaultKind::Unknown => "werkzeug.exceptions.GatewayTimeout",
        FaultKind::Internal => "builtins.Exception",
    }
}

/// The status with which RPC says a fault: Odoo says 200 to all that reached its dispatcher.
/// Whoever sends an `Idempotency-Key` speaks HTTP, and is answered by its statuses.
pub(super) fn rpc_status(kind: FaultKind) -> u16 {
    match kind {
        FaultKind::Forged => 400,
        FaultKind::NotFound => 404,
        FaultKind::Verb => 405,
        FaultKind::TooLarge => 413,
        FaultKind::ContentType => 415,
        FaultKind::TooMany => 429,
        FaultKind::KeyReused => 422,
        FaultKind::Underway | FaultKind::Waiting => 409,
        FaultKind::AccessDenied
        | FaultKind::Stranger
        | FaultKind::SessionExpired
        | FaultKind::AccessError
        | FaultKind::MissingRecord
        | FaultKind::UnknownModel
        | FaultKind::UnknownMethod
        | FaultKind::Validation
        | FaultKind::User
        | FaultKind::BadValue
        | FaultKind::BadArguments
        | FaultKind::Malformed
        | FaultKind::Conflict
        | FaultKind::Capped
        | FaultKind::Stale
        | FaultKind::Unconditional
        | FaultKind::Unreachable
        | FaultKind::Unknown
        | FaultKind::Internal => 200,
    }
}

/// What an exception of Odoo means. Only messages that Odoo writes for users are passed on.
pub(super) fn fault_of(exception: &str, message: &str) -> Fault {
    let kind = match exception.rsplit('.').next().unwrap_or_default() {
        "AccessDenied" => FaultKind::AccessDenied,
        "AccessError" => FaultKind::AccessError,
        "MissingError" => FaultKind::MissingRecord,
        "ValidationError" => FaultKind::Validation,
        "UserError" | "RedirectWarning" | "Warning" | "except_orm" => user_kind(message),
        "LockError" | "LockNotAvailable" | "SerializationFailure" => FaultKind::Conflict,
        "AttributeError" => FaultKind::UnknownMethod,
        "ValueError" | "KeyError" => FaultKind::BadValue,
        "TypeError" => FaultKind::BadArguments,
        _ => FaultKind::Internal,
    };
    passed(kind, message)
}

/// What a `UserError` means: Odoo raises it for unknown models too.
pub(super) fn user_kind(message: &str) -> FaultKind {
    if message.starts_with("Object ") && message.ends_with(" doesn't exist") {
        FaultKind::UnknownModel
    } else if message.starts_with("Record does not exist or has been deleted") {
        FaultKind::MissingRecord
    } else {
        FaultKind::User
    }
}

/// A fault with the ERP's own message, if it is of a kind that is written for users and looks
/// like it; else with ours. Messages of access errors name the ERP user, its groups and other
/// people's records, so they stay behind.
pub(super) fn passed(kind: FaultKind, message: &str) -> Fault {
    let for_users = matches!(
        kind,
        FaultKind::Validation | FaultKind::User | FaultKind::Conflict
    );
    if !for_users || message.is_empty() || message.len() > MAX_MESSAGE || is_inside(message) {
        return Fault::new(kind, words(kind));
    }
    Fault::new(kind, message)
}

/// Whether a text tells of the inside of an ERP: a traceback, a path, a database's words.
pub(crate) fn is_inside(text: &str) -> bool {
    [
        "Traceback (most recent call last)",
        "File \"/",
        "psycopg",
        "pymysql",
        "IntegrityError(",
        "OperationalError(",
        "ProgrammingError(",
        "\nLINE 1:",
    ]
    .iter()
    .any(|sign| text.contains(sign))
}

/// Our words for kinds whose messages come from the ERP's inside.
pub(crate) fn words(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::AccessDenied | FaultKind::Stranger => "Access Denied",
        FaultKind::SessionExpired => "Session expired",
        FaultKind::Forged => "Invalid Request",
        FaultKind::AccessError => {
            "The ERP does not allow this to the user as whom your calls run. Ask the operator of the gateway."
        }
        FaultKind::MissingRecord => "Record does not exist or has been deleted.",
        FaultKind::UnknownModel => "There is no such model.",
        FaultKind::UnknownMethod => "There is no such method.",
        FaultKind::Validation => "The values break a constraint.",
        FaultKind::User => "The ERP refuses this.",
        FaultKind::BadValue => "The ERP cannot make sense of a field, domain or value.",
        FaultKind::BadArguments => "The arguments do not fit the method.",
        FaultKind::Malformed => "The request is malformed.",
        FaultKind::TooLarge => "The request is too large.",
        FaultKind::ContentType => "The content type is not one of this path.",
        FaultKind::Verb => "The verb is not one of this path.",
        FaultKind::NotFound => "There is nothing here.",
        FaultKind::Conflict => "The record was changed or locked by somebody else.",
        FaultKind::Stale => "The record is no longer as you saw it. Read it again.",
        FaultKind::Unconditional => "Say in If-Match which version of the record you saw.",
        FaultKind::TooMany => "There are too many requests; wait before the next.",
        FaultKind::Capped => "This asks for more than is allowed at once.",
        FaultKind::KeyReused => "This Idempotency-Key was used for another call.",
        FaultKind::Underway => "The first request with this Idempotency-Key has not ended.",
        FaultKind::Waiting => "This waits for approval by another person.",
        FaultKind::Unreachable => "The ERP cannot be reached; nothing was done.",
        FaultKind::Unknown => "The ERP's answer was lost; whether this was done is not known.",
        FaultKind::Internal => "The ERP failed on this.",
    }
}

/// What an answer means that is not of the dialect at all: a proxy's page, or a cut one.
pub(super) fn unreadable(answer: Returned<'_>) -> Fault {
    let kind = match answer.status {
        400 | 404 | 405 | 411 | 415 | 422 => FaultKind::Internal,
        401 => FaultKind::AccessDenied,
        403 => FaultKind::AccessError,
        413 => FaultKind::TooLarge,
        429 => FaultKind::TooMany,
        _ => FaultKind::Unknown,
    };
    Fault::new(kind, words(kind))
}
