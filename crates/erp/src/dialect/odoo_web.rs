//! Odoo's small pages that clients ask before they log in.

use super::jsonrpc::{JSON, envelope};
use super::piece::json;
use super::{Dialect, Form, Inbound, ReadError, Reading, Reply, Written, json2, jsonrpc, odoo};
use crate::asked::{Asked, Local};
use crate::fault::{Fault, FaultKind};
use crate::limits::Limits;
use crate::name::Model;
use crate::value::Value;

pub(super) fn read(request: Inbound<'_>, limits: &Limits) -> Result<Reading, ReadError> {
    let path: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    let bare = Reply {
        form: Form::Bare,
        ..Reply::plain(Dialect::OdooWeb)
    };
    let (asked, reply) = match path.as_slice() {
        ["web" | "json", "version"] if request.verb == "GET" => (Local::Version, bare),
        ["web" | "json", "version"] => {
            return Err(ReadError::new(
                Fault::new(FaultKind::Verb, "this page is read with GET"),
                bare,
            ));
        }
        ["doc-bearer", page] => match model_of(page) {
            Some(model) => (Local::Documentation(model), bare),
            None => {
                let fault = Fault::new(FaultKind::NotFound, odoo::words(FaultKind::NotFound));
                return Err(ReadError::new(fault, bare));
            }
        },
        ["web", "webclient", "version_info"] => (
            Local::Version,
            envelope(Dialect::OdooWeb, request, limits)?.0,
        ),
        ["web", "database", "list"] => (
            Local::Databases,
            envelope(Dialect::OdooWeb, request, limits)?.0,
        ),
        _ => {
            let fault = Fault::new(FaultKind::NotFound, odoo::words(FaultKind::NotFound));
            return Err(ReadError::new(fault, bare));
        }
    };
    Ok(Reading {
        asked: Asked::Local(asked),
        slot: None,
        reply,
    })
}

/// The model of a documentation page, `res.partner.json`.
fn model_of(page: &str) -> Option<Model> {
    let name = page.strip_suffix(".json")?;
    Model::new(name).ok()
}

pub(super) fn write_answer(reply: &Reply, value: &Value) -> Written {
    if reply.form == Form::Bare {
        Written {
            status: 200,
            content_type: JSON,
            headers: Vec::new(),
            body: json(value),
        }
    } else {
        jsonrpc::write_answer(reply, value)
    }
}

pub(super) fn write_fault(reply: &Reply, fault: &Fault) -> Written {
    if reply.form == Form::Bare {
        json2::write_fault(fault)
    } else {
        jsonrpc::write_fault(reply, fault)
    }
}
