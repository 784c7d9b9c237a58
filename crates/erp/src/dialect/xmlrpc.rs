//! Odoo's XML-RPC: `/xmlrpc` (faults carry text codes) and `/xmlrpc/2` (faults carry numbers).
//!
//! A result that is `null` is answered as `false`: Odoo itself fails on it ("cannot marshal
//! None") after the work is done, which would make a client do it twice, and `false` is read
//! by every client and is Odoo's word for "nothing" anyway.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "fault codes are matched by shape; others are internal errors"
)]

pub mod codec;

use self::codec::{MethodResponse, write_fault as put_fault, write_response};
use super::media::Media;
use super::piece::execute_kw;
use super::{
    Dialect, Form, Inbound, Outbound, ReadError, Reading, Reply, Returned, UpstreamLogin, Written,
    odoo, rpc,
};
use crate::answer::Answer;
use crate::call::Call;
use crate::fault::{Fault, FaultKind};
use crate::limits::Limits;
use crate::value::Value;

const XML: &str = "text/xml; charset=utf-8";
/// How Python ends the traceback of a result that XML-RPC cannot say.
const NONE: &str = "cannot marshal None unless allow_none is enabled";

pub(super) fn read(
    dialect: Dialect,
    request: Inbound<'_>,
    limits: &Limits,
) -> Result<Reading, ReadError> {
    let refuse = |kind, message: &str| {
        Err(ReadError::new(
            Fault::new(kind, message),
            Reply::plain(dialect),
        ))
    };
    let [service] = request.segments else {
        return refuse(
            FaultKind::NotFound,
            "the services are common, object and db",
        );
    };
    if !rpc::is_service(service) {
        return refuse(
            FaultKind::UnknownMethod,
            "the services are common, object and db",
        );
    }
    if request.verb != "POST" {
        return refuse(FaultKind::Verb, "XML-RPC is spoken with POST");
    }
    let media = Media::of(request.content_type);
    if !media.utf8
        || media.essence == "application/x-www-form-urlencoded"
        || media.essence.starts_with("multipart/")
    {
        return refuse(
            FaultKind::ContentType,
            "XML-RPC is spoken in text/xml, in UTF-8",
        );
    }
    let call = match codec::read_call(request.body, limits) {
        Ok(call) => call,
        Err(error) if error.too_large => return refuse(FaultKind::TooLarge, &error.to_string()),
        Err(error) => return refuse(FaultKind::Malformed, &error.to_string()),
    };
    match rpc::read(service, &call.method, call.params) {
        Ok(read) => Ok(Reading {
            asked: read.asked,
            slot: read.slot,
            reply: Reply {
                form: read.form,
                ..Reply::plain(dialect)
            },
        }),
        Err(fault) => Err(ReadError::new(fault, Reply::plain(dialect))),
    }
}

pub(super) fn write(
    dialect: Dialect,
    call: &Call,
    login: &UpstreamLogin<'_>,
) -> Result<Outbound, Fault> {
    let target = if dialect == Dialect::XmlRpc1 {
        "/xmlrpc/object"
    } else {
        "/xmlrpc/2/object"
    };
    let mut body = Vec::with_capacity(1024);
    codec::write_pieces(&mut body, "execute_kw", &execute_kw(call, login))
        .map_err(|error| Fault::new(FaultKind::BadValue, error.to_string()))?;
    Ok(Outbound {
        verb: "POST",
        target: target.to_owned(),
        headers: vec![("content-type", "text/xml".to_owned())],
        body,
    })
}

pub(super) fn read_answer(answer: Returned<'_>, limits: &Limits) -> Answer {
    match codec::read_response(answer.body, limits) {
        Ok(MethodResponse::Value(value)) if answer.status == 200 => Answer::Value(value),
        Ok(MethodResponse::Fault { code, text }) => fault_of(&code, &text),
        _ => Answer::Fault(odoo::unreadable(answer)),
    }
}

fn fault_of(code: &Value, text: &str) -> Answer {
    let fault = match code {
        Value::Int(2) => odoo::passed(odoo::user_kind(text), text),
        Value::Int(3) => odoo::passed(FaultKind::AccessDenied, text),
        Value::Int(4) => odoo::passed(FaultKind::AccessError, text),
        Value::Text(code) if code == "AccessDenied" => odoo::passed(FaultKind::AccessDenied, text),
        Value::Text(code) => match code
            .strip_prefix("warning -- ")
            .and_then(|rest| rest.split_once("\n\n"))
        {
            Some((exception, message)) => odoo::fault_of(exception, message),
            None => return traceback(text),
        },
        _ => return traceback(text),
    };
    Answer::Fault(fault)
}

/// The last line of a traceback that stands at the margin names the exception.
fn traceback(text: &str) -> Answer {
    let last = text.trim_end().rsplit('\n').next().unwrap_or_default();
    let (exception, message) = last.split_once(": ").unwrap_or((last, ""));
    let name = exception.rsplit('.').next().unwrap_or_default();
    if name == "TypeError" && message == NONE {
        return Answer::DoneWithoutResult;
    }
    // A `UserError` would have come with a code of its own: what is here is the inside's.
    let fault = match name {
        "AttributeError" if !message.starts_with("The method '") => odoo::fault_of("Exception", ""),
        "AttributeError" | "ValueError" | "KeyError" | "TypeError" | "SerializationFailure" => {
            odoo::fault_of(name, "")
        }
        _ => odoo::fault_of("Exception", ""),
    };
    Answer::Fault(fault)
}

pub(super) fn write_answer(reply: &Reply, value: &Value) -> Written {
    let mut body = Vec::with_capacity(1024);
    write_response(&mut body, shaped(reply.form, value));
    Written {
        status: 200,
        content_type: XML,
        headers: Vec::new(),
        body,
    }
}

/// The one element of a list of one, where that is what the caller awaits.
pub(super) fn shaped(form: Form, value: &Value) -> &Value {
    match (form, value.as_list()) {
        (Form::Single, Some([only])) => only,
        _ => value,
    }
}

pub(super) fn write_fault(reply: &Reply, fault: &Fault) -> Written {
    let mut body = Vec::with_capacity(512);
    let message = fault.message.as_str();
    if reply.dialect == Dialect::XmlRpc1 {
        let warning = |name| (Value::Text(format!("warning -- {name}\n\n{message}")), "");
        let (code, text) = match fault.kind {
            FaultKind::AccessDenied
            | FaultKind::Stranger
            | FaultKind::SessionExpired
            | FaultKind::Forged => (Value::from("AccessDenied"), message),
            FaultKind::AccessError => warning("AccessError"),
            FaultKind::MissingRecord => warning("MissingError"),
            FaultKind::UnknownModel
            | FaultKind::Validation
            | FaultKind::User
            | FaultKind::Conflict
            | FaultKind::Capped
            | FaultKind::Stale
            | FaultKind::Unconditional => warning("UserError"),
            FaultKind::UnknownMethod
            | FaultKind::BadValue
            | FaultKind::BadArguments
            | FaultKind::Malformed
            | FaultKind::TooLarge
            | FaultKind::ContentType
            | FaultKind::Verb
            | FaultKind::NotFound
            | FaultKind::TooMany
            | FaultKind::KeyReused
            | FaultKind::Underway
            | FaultKind::Waiting
            | FaultKind::Unreachable
            | FaultKind::Unknown
            | FaultKind::Internal => (Value::from(message), message),
        };
        put_fault(&mut body, &code, text);
    } else {
        put_fault(&mut body, &Value::Int(number(fault.kind)), message);
    }
    Written {
        status: odoo::rpc_status(fault.kind),
        content_type: XML,
        headers: Vec::new(),
        body,
    }
}

/// `faultCode` of `/xmlrpc/2`: 1 application error, 2 warning, 3 access denied, 4 access error.
fn number(kind: FaultKind) -> i64 {
    match kind {
        FaultKind::AccessDenied
        | FaultKind::Stranger
        | FaultKind::SessionExpired
        | FaultKind::Forged => 3,
        FaultKind::AccessError => 4,
        FaultKind::MissingRecord
        | FaultKind::UnknownModel
        | FaultKind::Validation
        | FaultKind::User
        | FaultKind::Conflict
        | FaultKind::Stale
        | FaultKind::Unconditional
        | FaultKind::TooMany
        | FaultKind::Capped => 2,
        FaultKind::UnknownMethod
        | FaultKind::BadValue
        | FaultKind::BadArguments
        | FaultKind::Malformed
        | FaultKind::TooLarge
        | FaultKind::ContentType
        | FaultKind::Verb
        | FaultKind::NotFound
        | FaultKind::KeyReused
        | FaultKind::Underway
        | FaultKind::Waiting
        | FaultKind::Unreachable
        | FaultKind::Unknown
        | FaultKind::Internal => 1,
    }
}
