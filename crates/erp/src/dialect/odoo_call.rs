//! Odoo's web session: log-in, `call_kw` and `call_button`, in the envelope of JSON-RPC.
//!
//! In Odoo the path behind `call_kw` is decoration and the body decides; here both must say
//! the same. The address that `authenticate` may carry is left out: Odoo takes the address of
//! links in e-mails from it.

use std::borrow::Cow;

use super::jsonrpc::{self, envelope};
use super::piece::{Piece, arguments};
use super::{Dialect, Form, Inbound, Outbound, ReadError, Reading, Reply, Written, odoo, rpc};
use crate::Call;
use crate::asked::{Asked, Claim, Local, SlotCredential};
use crate::fault::{Fault, FaultKind};
use crate::limits::Limits;
use crate::value::{Map, Value};

const WINDOW_CLOSES: &str = "ir.actions.act_window_close";

pub(super) fn read(request: Inbound<'_>, limits: &Limits) -> Result<Reading, ReadError> {
    let (reply, params) = envelope(Dialect::OdooCall, request, limits)?;
    let path: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    let read = match path.as_slice() {
        ["web", "session", "authenticate"] => log_in(&params),
        ["web", "session", "get_session_info"] => local(Local::SessionInfo),
        ["web", "session", "check"] => local(Local::SessionCheck),
        ["web", "session", "destroy"] => local(Local::LogOut),
        [
            "web",
            "dataset",
            face @ ("call_kw" | "call_button"),
            named @ ..,
        ] => call(face, named, params),
        _ => Err(Fault::new(
            FaultKind::NotFound,
            odoo::words(FaultKind::NotFound),
        )),
    };
    match read {
        Ok((asked, slot, form)) => Ok(Reading {
            asked,
            slot,
            reply: Reply { form, ..reply },
        }),
        Err(fault) => Err(ReadError::new(fault, reply)),
    }
}

type Read = Result<(Asked, Option<SlotCredential>, Form), Fault>;

fn local(local: Local) -> Read {
    Ok((Asked::Local(local), None, Form::Value))
}

fn log_in(params: &Map) -> Read {
    let text = |name: &str| params.get(name).and_then(Value::as_str);
    let (Some(database), Some(login), Some(password)) =
        (params.get("db"), text("login"), text("password"))
    else {
        return Err(bad("`db`, `login` and `password` are awaited, as texts"));
    };
    let slot = SlotCredential {
        database: Some(rpc::read_database(database)?),
        claim: Claim::Login(login.to_owned()),
        password: password.to_owned(),
    };
    Ok((Asked::Local(Local::LogIn), Some(slot), Form::Value))
}

fn call(face: &str, named: &[&str], mut params: Map) -> Read {
    let (Some(Value::Text(model)), Some(Value::Text(method))) =
        (params.shift_remove("model"), params.shift_remove("method"))
    else {
        return Err(bad("`model` and `method` are awaited, as texts"));
    };
    if !named.is_empty() && named != [model.as_str(), method.as_str()] {
        return Err(bad("the path names another call than the body"));
    }
    let positional = match params.shift_remove("args") {
        Some(Value::List(items)) => items,
        None => Vec::new(),
        Some(_) => return Err(bad("`args` is not a list")),
    };
    let keyword = rpc::keywords(params.shift_remove("kwargs"))?;
    let (call, form) = rpc::call_of(&model, &method, positional, keyword)?;
    let form = if face == "call_button" {
        Form::Button
    } else {
        form
    };
    Ok((Asked::Call(call), None, form))
}

/// Writes a call for a session of the ERP's own, whose cookie is added by whoever has it.
pub(super) fn write(call: &Call) -> Outbound {
    let (model, method) = (call.model.as_str(), call.method.as_str());
    let [positional, keyword] = arguments(call);
    let params = Piece::Map(vec![
        ("model", Piece::Text(model)),
        ("method", Piece::Text(method)),
        ("args", positional),
        ("kwargs", keyword),
    ]);
    jsonrpc::to("/web/dataset/call_kw", params)
}

pub(super) fn write_answer(reply: &Reply, value: &Value) -> Written {
    if reply.form == Form::Button {
        return jsonrpc::write_answer(reply, &action(value));
    }
    jsonrpc::write_answer(reply, value)
}

/// What a button answers: the action that the web client goes on with, and nothing else. One
/// that does not say its kind closes the window.
fn action(value: &Value) -> Cow<'_, Value> {
    let Value::Map(action) = value else {
        return Cow::Owned(Value::Bool(false));
    };
    match action.get("type") {
        Some(Value::Text(kind)) if kind.is_empty() => Cow::Owned(Value::Bool(false)),
        Some(_) => Cow::Borrowed(value),
        None => {
            let mut action = action.clone();
            action.insert("type".to_owned(), Value::from(WINDOW_CLOSES));
            Cow::Owned(Value::Map(action))
        }
    }
}

pub(super) fn write_fault(reply: &Reply, fault: &Fault) -> Written {
    if fault.kind != FaultKind::UnknownModel {
        return jsonrpc::write_fault(reply, fault);
    }
    let told = Fault {
        kind: FaultKind::NotFound,
        ..fault.clone()
    };
    let mut written = jsonrpc::write_fault(reply, &told);
    // The code is in the body; what reached the dispatcher is answered 200.
    written.status = 200;
    written
}

fn bad(message: &str) -> Fault {
    Fault::new(FaultKind::BadArguments, message)
}
