//! Odoo's JSON-2, `POST /json/2/{model}/{method}` (from Odoo 19): named arguments only.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "kinds that are not named here have their ordinary status and name"
)]

use super::jsonrpc::{Exception, JSON, read_body};
use super::media::Media;
use super::piece::{Piece, json};
use super::signature::bind_named;
use super::{
    Dialect, Inbound, Outbound, ReadError, Reading, Reply, Returned, UpstreamLogin, Written, odoo,
};
use crate::answer::Answer;
use crate::asked::Asked;
use crate::call::Call;
use crate::fault::{Fault, FaultKind};
use crate::limits::Limits;
use crate::value::{Map, Value, from_json};

pub(super) fn read(request: Inbound<'_>, limits: &Limits) -> Result<Reading, ReadError> {
    let reply = Reply::plain(Dialect::Json2);
    match read_call(request, limits) {
        Ok(call) => Ok(Reading {
            asked: Asked::Call(call),
            slot: None,
            reply,
        }),
        Err(fault) => Err(ReadError::new(fault, reply)),
    }
}

fn read_call(request: Inbound<'_>, limits: &Limits) -> Result<Call, Fault> {
    let [model, method] = request.segments else {
        return Err(Fault::new(
            FaultKind::NotFound,
            "Did you mean POST /json/2/<model>/<method>?",
        ));
    };
    if request.verb != "POST" {
        return Err(Fault::new(
            FaultKind::Verb,
            "Did you mean POST /json/2/<model>/<method>?",
        ));
    }
    if !Media::of(request.content_type).is(&["application/json"]) {
        return Err(Fault::new(
            FaultKind::ContentType,
            "JSON-2 is spoken in application/json, in UTF-8",
        ));
    }
    let body = if request.body.is_empty() {
        Map::new()
    } else {
        match read_body(request.body, limits)? {
            Value::Map(body) => body,
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Big(_)
            | Value::Float(_)
            | Value::Text(_)
            | Value::Bytes(_)
            | Value::Moment(_)
            | Value::List(_) => {
                return Err(Fault::new(
                    FaultKind::BadArguments,
                    "the body is an object of named arguments",
                ));
            }
        }
    };
    let mut call = odoo::call(model, method)?;
    let bound = bind_named(model, method, body)?;
    (call.ids, call.named, call.context) = (bound.ids, bound.named, bound.context);
    Ok(call)
}

pub(super) fn write(call: &Call, login: &UpstreamLogin<'_>) -> Result<Outbound, Fault> {
    if !call.positional.is_empty() {
        return Err(Fault::new(
            FaultKind::BadArguments,
            "the ERP is spoken to in JSON-2, which takes named arguments only, and the names of this method's arguments are not known",
        ));
    }
    if call.named.contains_key("ids") || call.named.contains_key("context") {
        return Err(Fault::new(
            FaultKind::BadArguments,
            "an argument cannot be named `ids` or `context`",
        ));
    }
    let mut body = Vec::with_capacity(call.named.len().saturating_add(2));
    body.extend(call.ids.as_deref().map(|ids| ("ids", Piece::Ids(ids))));
    body.extend(
        call.named
            .iter()
            .map(|(name, value)| (name.as_str(), Piece::Value(value))),
    );
    if !call.context.is_empty() {
        body.push(("context", Piece::Entries(&call.context)));
    }
    Ok(Outbound {
        verb: "POST",
        target: format!(
            "/json/2/{}/{}",
            segment(call.model.as_str()),
            segment(call.method.as_str())
        ),
        headers: vec![
            ("content-type", "application/json".to_owned()),
            ("authorization", format!("Bearer {}", login.secret)),
            ("x-odoo-database", login.database.to_string()),
        ],
        body: json(&Piece::Map(body)),
    })
}

/// A path segment, percent-encoded.
pub fn segment(text: &str) -> percent_encoding::PercentEncode<'_> {
    const KEPT: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
        .remove(b'.')
        .remove(b'_')
        .remove(b'-');
    percent_encoding::utf8_percent_encode(text, KEPT)
}

pub(super) fn read_answer(answer: Returned<'_>, limits: &Limits) -> Answer {
    let Ok(body) = from_json(answer.body, limits) else {
        return Answer::Fault(odoo::unreadable(answer));
    };
    if answer.status == 200 {
        return Answer::Value(body);
    }
    let text = |name| {
        body.as_map()
            .and_then(|body| body.get(name))
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let (name, message) = (text("name"), text("message"));
    let kind = match answer.status {
        401 => FaultKind::AccessDenied,
        403 => FaultKind::AccessError,
        404 if name.ends_with(".MissingError") => FaultKind::MissingRecord,
        404 if message.starts_with("the model ") => FaultKind::UnknownModel,
        404 => FaultKind::UnknownMethod,
        409 => FaultKind::Conflict,
        422 if name.starts_with("werkzeug.") => FaultKind::BadArguments,
        _ if name.is_empty() => return Answer::Fault(odoo::unreadable(answer)),
        _ => return Answer::Fault(inside(name, message)),
    };
    Answer::Fault(odoo::passed(kind, message))
}

/// A 500 names the exception; a method that is not there would have been a 404.
fn inside(name: &str, message: &str) -> Fault {
    match odoo::fault_of(name, message) {
        fault if fault.kind == FaultKind::UnknownMethod => odoo::passed(FaultKind::Internal, ""),
        fault => fault,
    }
}

/// The argument that a call in JSON-2 lacks, if Odoo would not go on without it: a client that
/// forgot its domain does not mean every record.
pub fn lacking(call: &Call) -> Option<Fault> {
    const SEARCHES: &[&str] = &[
        "formatted_read_group",
        "formatted_read_grouping_sets",
        "search",
        "search_count",
        "web_read_group",
        "web_search_read",
    ];
    let lacks = SEARCHES.contains(&call.method.as_str()) && !call.named.contains_key("domain");
    let message = "missing a required argument: 'domain'";
    lacks.then(|| Fault::new(FaultKind::BadArguments, message))
}

pub(super) fn write_answer(value: &Value) -> Written {
    Written {
        status: 200,
        content_type: JSON,
        headers: Vec::new(),
        body: json(value),
    }
}

pub(super) fn write_fault(fault: &Fault) -> Written {
    let (status, name) = match fault.kind {
        FaultKind::AccessDenied | FaultKind::Stranger => (401, "werkzeug.exceptions.Unauthorized"),
        FaultKind::UnknownModel | FaultKind::UnknownMethod => (404, "werkzeug.exceptions.NotFound"),
        // Odoo has no route there for another verb.
        FaultKind::Verb => (404, odoo::exception(FaultKind::NotFound)),
        FaultKind::AccessError => (403, fault.named.unwrap_or(odoo::exception(fault.kind))),
        FaultKind::BadArguments | FaultKind::Capped | FaultKind::KeyReused => {
            (422, "werkzeug.exceptions.UnprocessableEntity")
        }
        kind => (status(kind), odoo::exception(kind)),
    };
    let exception = Exception {
        name,
        message: &fault.message,
        request: fault.request.as_deref(),
        status: name.starts_with("werkzeug.").then_some(status),
    };
    let mut headers = Vec::new();
    if status == 401 {
        headers.push(("www-authenticate", "Bearer".to_owned()));
    }
    Written {
        status,
        content_type: JSON,
        headers,
        body: json(&exception),
    }
}

/// JSON-2 says faults with the status that HTTP has for them.
pub(super) fn status(kind: FaultKind) -> u16 {
    match kind {
        FaultKind::Malformed | FaultKind::Forged => 400,
        FaultKind::AccessDenied | FaultKind::Stranger | FaultKind::SessionExpired => 401,
        FaultKind::AccessError => 403,
        FaultKind::MissingRecord
        | FaultKind::UnknownModel
        | FaultKind::UnknownMethod
        | FaultKind::NotFound => 404,
        FaultKind::Verb => 405,
        FaultKind::Conflict | FaultKind::Underway | FaultKind::Waiting => 409,
        FaultKind::Stale => 412,
        FaultKind::TooLarge => 413,
        FaultKind::ContentType => 415,
        FaultKind::Validation
        | FaultKind::User
        | FaultKind::BadArguments
        | FaultKind::Capped
        | FaultKind::KeyReused => 422,
        FaultKind::Unconditional => 428,
        FaultKind::TooMany => 429,
        FaultKind::BadValue | FaultKind::Internal => 500,
        FaultKind::Unreachable => 503,
        FaultKind::Unknown => 504,
    }
}
