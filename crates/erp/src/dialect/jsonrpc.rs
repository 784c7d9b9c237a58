//! Odoo's JSON-RPC, `/jsonrpc`.
//!
//! Odoo ignores the members `jsonrpc` and `method` and takes any JSON as `id`; so do we. A batch
//! it does not know. A result of `None` has no member `result`.

use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

use super::media::Media;
use super::piece::{Piece, execute_kw, json};
use super::xmlrpc::shaped;
use super::{
    Dialect, Inbound, Outbound, ReadError, Reading, Reply, Returned, UpstreamLogin, Written, odoo,
    rpc,
};
use crate::answer::Answer;
use crate::call::Call;
use crate::fault::{Fault, FaultKind};
use crate::limits::Limits;
use crate::value::{Map, Value, from_json};

pub(super) const JSON: &str = "application/json; charset=utf-8";

pub(super) fn read(request: Inbound<'_>, limits: &Limits) -> Result<Reading, ReadError> {
    if !request.segments.is_empty() {
        let fault = Fault::new(FaultKind::NotFound, odoo::words(FaultKind::NotFound));
        return Err(ReadError::new(fault, Reply::plain(Dialect::JsonRpc)));
    }
    let (reply, params) = envelope(Dialect::JsonRpc, request, limits)?;
    match service(params) {
        Ok(read) => Ok(Reading {
            asked: read.asked,
            slot: read.slot,
            reply: Reply {
                form: read.form,
                ..reply
            },
        }),
        Err(fault) => Err(ReadError::new(fault, reply)),
    }
}

/// Reads what all of Odoo's JSON routes have around their parameters.
pub(super) fn envelope(
    dialect: Dialect,
    request: Inbound<'_>,
    limits: &Limits,
) -> Result<(Reply, Map), ReadError> {
    let reply = Reply::plain(dialect);
    if request.verb != "POST" {
        return Err(ReadError::new(
            Fault::new(FaultKind::Verb, "JSON-RPC is spoken with POST"),
            reply,
        ));
    }
    if !Media::of(request.content_type).is(&["application/json", "application/json-rpc"]) {
        let fault = Fault::new(
            FaultKind::ContentType,
            "JSON-RPC is spoken in application/json, in UTF-8",
        );
        return Err(ReadError::new(fault, reply));
    }
    let mut body = match read_body(request.body, limits) {
        Ok(Value::Map(body)) => body,
        Ok(_) => {
            let fault = Fault::new(
                FaultKind::Malformed,
                "a JSON-RPC request is an object; batches are not served",
            );
            return Err(ReadError::new(fault, reply));
        }
        Err(fault) => return Err(ReadError::new(fault, reply)),
    };
    let reply = Reply {
        id: Box::new(body.shift_remove("id").unwrap_or_default()),
        ..reply
    };
    match body.shift_remove("params") {
        Some(Value::Map(params)) => Ok((reply, params)),
        None | Some(Value::Null) => Ok((reply, Map::new())),
        Some(Value::List(items)) if items.is_empty() => Ok((reply, Map::new())),
        Some(_) => Err(ReadError::new(
            Fault::new(FaultKind::BadArguments, "`params` is not an object"),
            reply,
        )),
    }
}

/// Reads JSON that came from outside.
pub(crate) fn read_body(body: &[u8], limits: &Limits) -> Result<Value, Fault> {
    if body.len() > limits.body {
        return Err(Fault::new(
            FaultKind::TooLarge,
            odoo::words(FaultKind::TooLarge),
        ));
    }
    from_json(body, limits).map_err(|error| {
        let kind = if error.too_large {
            FaultKind::TooLarge
        } else {
            FaultKind::Malformed
        };
        Fault::new(kind, error.to_string())
    })
}

fn service(mut params: Map) -> Result<rpc::Service, Fault> {
    let parts = (
        params.shift_remove("service"),
        params.shift_remove("method"),
        params.shift_remove("args"),
    );
    match parts {
        (Some(Value::Text(service)), Some(Value::Text(method)), Some(Value::List(args))) => {
            rpc::read(&service, &method, args)
        }
        _ => Err(Fault::new(
            FaultKind::BadArguments,
            "`service`, `method` and a list `args` are awaited",
        )),
    }
}

pub(super) fn write(call: &Call, login: &UpstreamLogin<'_>) -> Outbound {
    let params = Piece::Map(vec![
        ("service", Piece::Text("object")),
        ("method", Piece::Text("execute_kw")),
        ("args", Piece::List(execute_kw(call, login))),
    ]);
    to("/jsonrpc", params)
}

/// A request to one of Odoo's JSON routes.
pub(crate) fn to(path: &str, params: Piece<'_>) -> Outbound {
    Outbound {
        verb: "POST",
        target: path.to_owned(),
        headers: vec![("content-type", "application/json".to_owned())],
        body: around(params),
    }
}

/// Parameters in the envelope that all of Odoo's JSON routes have.
pub(crate) fn enveloped(params: &Value) -> Vec<u8> {
    around(Piece::Value(params))
}

fn around(params: Piece<'_>) -> Vec<u8> {
    json(&Piece::Map(vec![
        ("jsonrpc", Piece::Text("2.0")),
        ("method", Piece::Text("call")),
        ("params", params),
        ("id", Piece::Int(1)),
    ]))
}

pub(crate) fn read_answer(answer: Returned<'_>, limits: &Limits) -> Answer {
    let Ok(Value::Map(mut body)) = from_json(answer.body, limits) else {
        return Answer::Fault(odoo::unreadable(answer));
    };
    if let Some(error) = body.get("error") {
        return Answer::Fault(fault_of(error));
    }
    if answer.status != 200 || !body.contains_key("jsonrpc") {
        return Answer::Fault(odoo::unreadable(answer));
    }
    Answer::Value(body.shift_remove("result").unwrap_or_default())
}

fn fault_of(error: &Value) -> Fault {
    let member = |name| error.as_map().and_then(|error| error.get(name));
    if member("code").and_then(Value::as_int) == Some(100) {
        return odoo::passed(FaultKind::AccessDenied, "");
    }
    let data = member("data").and_then(Value::as_map);
    let text = |name| {
        data.and_then(|data| data.get(name))
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    match text("name") {
        "builtins.AttributeError" if !text("message").starts_with("The method '") => {
            odoo::passed(FaultKind::Internal, "")
        }
        name => odoo::fault_of(name, text("message")),
    }
}

pub(super) fn write_answer(reply: &Reply, value: &Value) -> Written {
    let result = shaped(reply.form, value);
    let answer = Envelope {
        id: &reply.id,
        error: None,
        result: (*result != Value::Null).then_some(result),
    };
    Written {
        status: 200,
        content_type: JSON,
        headers: Vec::new(),
        body: json(&answer),
    }
}

pub(super) fn write_fault(reply: &Reply, fault: &Fault) -> Written {
    let answer = Envelope {
        id: &reply.id,
        error: Some(fault),
        result: None,
    };
    let malformed = fault.kind == FaultKind::Malformed;
    let status = if malformed {
        400
    } else {
        odoo::rpc_status(fault.kind)
    };
    Written {
        status,
        content_type: JSON,
        headers: Vec::new(),
        body: json(&answer),
    }
}

struct Envelope<'a> {
    id: &'a Value,
    error: Option<&'a Fault>,
    result: Option<&'a Value>,
}

impl Serialize for Envelope<'_> {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        let mut map = writer.serialize_map(None)?;
        map.serialize_entry("jsonrpc", "2.0")?;
        map.serialize_entry("id", self.id)?;
        if let Some(fault) = self.error {
            map.serialize_entry("error", &Error(fault))?;
        }
        if let Some(result) = self.result {
            map.serialize_entry("result", result)?;
        }
        map.end()
    }
}

struct Error<'a>(&'a Fault);

impl Serialize for Error<'_> {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        let mut map = writer.serialize_map(Some(3))?;
        let (code, message) = if self.0.kind == FaultKind::NotFound {
            (404, "404: Not Found")
        } else if self.0.kind == FaultKind::SessionExpired {
            (100, "Odoo Session Expired")
        } else {
            (0, "Odoo Server Error")
        };
        map.serialize_entry("code", &code)?;
        map.serialize_entry("message", message)?;
        map.serialize_entry(
            "data",
            &Exception {
                name: odoo::exception(self.0.kind),
                message: &self.0.message,
                request: self.0.request.as_deref(),
                status: None,
            },
        )?;
        map.end()
    }
}

/// An exception as Odoo writes it as JSON, without its traceback.
pub(super) struct Exception<'a> {
    /// The class.
    pub(super) name: &'a str,
    /// The message.
    pub(super) message: &'a str,
    /// The id of the request.
    pub(super) request: Option<&'a str>,
    /// The status, which the exceptions of HTTP have as a second argument.
    pub(super) status: Option<u16>,
}

impl Serialize for Exception<'_> {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        let mut map = writer.serialize_map(Some(5))?;
        map.serialize_entry("name", self.name)?;
        map.serialize_entry("message", self.message)?;
        match self.status {
            Some(status) => map.serialize_entry("arguments", &(self.message, status))?,
            None => map.serialize_entry("arguments", &[self.message])?,
        }
        let context = self.request.map(|id| ("request_id", Piece::Text(id)));
        map.serialize_entry("context", &Piece::Map(context.into_iter().collect()))?;
        map.serialize_entry("debug", "")?;
        map.end()
    }
}
