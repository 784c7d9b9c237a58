//! What the gateway itself says to whoever visits a custom controller: plain JSON, and faults
//! as problem details (RFC 9457) with the status that HTTP has for them.

use super::piece::{Piece, json};
use super::{Written, json2};
use crate::fault::Fault;
use crate::value::Value;

pub(super) fn write_answer(value: &Value) -> Written {
    json2::write_answer(value)
}

pub(super) fn write_fault(fault: &Fault) -> Written {
    let status = json2::status(fault.kind);
    let mut problem = vec![
        ("type", Piece::Text("about:blank")),
        ("status", Piece::Int(i64::from(status))),
        ("detail", Piece::Text(&fault.message)),
    ];
    problem.extend(
        fault
            .request
            .as_deref()
            .map(|request| ("request", Piece::Text(request))),
    );
    let mut headers = Vec::new();
    if status == 401 {
        headers.push(("www-authenticate", "Bearer".to_owned()));
    }
    Written {
        status,
        content_type: "application/problem+json",
        headers,
        body: json(&Piece::Map(problem)),
    }
}
