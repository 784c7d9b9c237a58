//! The façade's own log-in, log-out, and the token against forged requests.

use super::request::{nothing_here, object, unknown};
use super::{bad, malformed, query};
use crate::asked::{Asked, Claim, Local, SlotCredential};
use crate::dialect::Inbound;
use crate::fault::{Fault, FaultKind};
use crate::limits::Limits;
use crate::value::{Map, Value};

pub(super) type Read = Result<(Asked, Option<SlotCredential>), Fault>;

pub(super) fn read(what: &str, request: Inbound<'_>, limits: &Limits) -> Read {
    if let Some((name, _)) = query::read(request.query)?.first() {
        return Err(unknown(name));
    }
    let (local, slot) = match (request.verb, what) {
        ("GET", "csrf") if request.body.is_empty() => (Local::Token, None),
        ("GET", "csrf") => return Err(malformed("GET takes no body")),
        ("POST", "login") => (Local::LogIn, Some(log_in(object(request, limits)?)?)),
        ("POST", "logout") => (log_out(request, limits)?, None),
        (_, "csrf") => return Err(Fault::new(FaultKind::Verb, "the token is read with GET")),
        (_, "login" | "logout") => {
            return Err(Fault::new(FaultKind::Verb, "log in and out with POST"));
        }
        _ => return Err(nothing_here()),
    };
    Ok((Asked::Local(local), slot))
}

fn log_in(mut values: Map) -> Result<SlotCredential, Fault> {
    let mut text = |name: &'static str| match values.shift_remove(name) {
        Some(Value::Text(text)) if !text.is_empty() => Ok(text),
        _ => Err(bad(format!("`{name}` is awaited, as a text")).about(name)),
    };
    let (login, password) = (text("login")?, text("password")?);
    none_left(&values)?;
    Ok(SlotCredential {
        database: None,
        claim: Claim::Login(login),
        password,
    })
}

fn log_out(request: Inbound<'_>, limits: &Limits) -> Result<Local, Fault> {
    if request.body.is_empty() {
        return Ok(Local::LogOut);
    }
    let mut values = object(request, limits)?;
    let local = match values.shift_remove("everywhere") {
        None | Some(Value::Bool(false)) => Local::LogOut,
        Some(Value::Bool(true)) => Local::LogOutEverywhere,
        Some(_) => return Err(bad("`everywhere` is true or false").about("everywhere")),
    };
    none_left(&values)?;
    Ok(local)
}

/// Names are told, never values: one of them may be a password under a wrong name.
fn none_left(values: &Map) -> Result<(), Fault> {
    match values.keys().next() {
        None => Ok(()),
        Some(name) => Err(unknown(name)),
    }
}
