//! Frappe's REST and RPC paths.

use super::{
    Dialect, Inbound, Outbound, ReadError, Reading, Reply, Returned, UpstreamLogin, Written,
};
use crate::answer::Answer;
use crate::call::Call;
use crate::fault::{Fault, FaultKind};
use crate::limits::Limits;
use crate::value::Value;

pub(super) fn read(
    dialect: Dialect,
    _request: Inbound<'_>,
    _limits: &Limits,
) -> Result<Reading, ReadError> {
    Err(ReadError {
        fault: Fault::new(FaultKind::NotFound, "not served"),
        reply: Reply::plain(dialect),
    })
}

pub(super) fn write(_call: &Call, _login: &UpstreamLogin<'_>) -> Result<Outbound, Fault> {
    Err(Fault::new(
        FaultKind::BadArguments,
        "cannot be said in this dialect",
    ))
}

pub(super) fn read_answer(_answer: Returned<'_>, _limits: &Limits) -> Answer {
    Answer::Fault(Fault::new(FaultKind::Internal, "unreadable"))
}

pub(super) fn write_answer(_reply: &Reply, _value: &Value) -> Written {
    Written {
        status: 200,
        content_type: "text/plain",
        headers: Vec::new(),
        body: Vec::new(),
    }
}

pub(super) fn write_fault(_fault: &Fault) -> Written {
    Written {
        status: 500,
        content_type: "text/plain",
        headers: Vec::new(),
        body: Vec::new(),
    }
}
