//! Frappe's `login` and `logout`, by whichever path they are called.
//!
//! A log-in takes login and key from the body of a POST and from nowhere else: a key in a URL
//! would stand in the logs of every proxy.

use super::parameters::{body, command, urlencoded};
use crate::asked::{Asked, Claim, Local, SlotCredential};
use crate::dialect::{Dialect, Form, Inbound, ReadError, Reading, Reply};
use crate::fault::{Fault, FaultKind};
use crate::limits::Limits;
use crate::value::{Map, Value};

/// Reads a request that may be a log-in or a log-out by its path.
pub(super) fn read(
    dialect: Dialect,
    request: Inbound<'_>,
    limits: &Limits,
) -> Option<Result<Reading, ReadError>> {
    match (dialect, request.segments) {
        (Dialect::FrappeMethod, []) => {
            let (command, _) = command(request, limits).ok()?;
            named(&command, dialect, request, limits)
        }
        (Dialect::FrappeMethod, [method]) => named(method, dialect, request, limits),
        (Dialect::FrappeV2, [face, method]) if face == "method" => {
            named(method, dialect, request, limits)
        }
        _ => None,
    }
}

/// Reads a request for this method, if it is a log-in or a log-out.
pub(super) fn named(
    method: &str,
    dialect: Dialect,
    request: Inbound<'_>,
    limits: &Limits,
) -> Option<Result<Reading, ReadError>> {
    let reply = Reply {
        form: Form::Bare,
        ..Reply::plain(dialect)
    };
    let read = match method {
        "login" => log_in(request, limits).map(|slot| (Local::LogIn, Some(slot))),
        "logout" => Ok((Local::LogOut, None)),
        _ => return None,
    };
    Some(match read {
        Ok((local, slot)) => Ok(Reading {
            asked: Asked::Local(local),
            slot,
            reply,
        }),
        Err(fault) => Err(ReadError::new(fault, reply)),
    })
}

fn log_in(request: Inbound<'_>, limits: &Limits) -> Result<SlotCredential, Fault> {
    if request.verb != "POST" {
        return Err(Fault::new(FaultKind::Verb, "log in with POST"));
    }
    let mut query = Map::new();
    urlencoded(&mut query, request.query, limits)?;
    if ["usr", "pwd"].iter().any(|name| query.contains_key(*name)) {
        return Err(Fault::new(
            FaultKind::BadArguments,
            "login and key belong in the body, not in the URL",
        ));
    }
    let mut arguments = if request.body.is_empty() {
        Map::new()
    } else {
        body(request, limits)?
    };
    let mut text = |name: &str| match arguments.shift_remove(name) {
        Some(Value::Text(text)) if !text.is_empty() => Ok(text),
        _ => Err(Fault::new(
            FaultKind::AccessDenied,
            "Incomplete login details",
        )),
    };
    Ok(SlotCredential {
        database: None,
        claim: Claim::Login(text("usr")?),
        password: text("pwd")?,
    })
}

/// The token against forged requests that stands in a body, where a header has none.
pub fn csrf_token(request: Inbound<'_>, limits: &Limits) -> Option<String> {
    let arguments = body(request, limits).ok()?;
    arguments.get("csrf_token")?.as_str().map(str::to_owned)
}
