//! Errors as problem details (RFC 9457), `application/problem+json`.
//!
//! `type` and `title` are the same for ever for one kind of error; `detail` says what to do.

use crate::dialect::json2;
use crate::dialect::piece::{Piece, json};
use crate::dialect::{Dialect, Reply, Written, odoo};
use crate::fault::{Fault, FaultKind};

pub(in crate::dialect) fn write_fault(reply: &Reply, fault: &Fault) -> Written {
    let fault = match reply.rest.as_deref() {
        Some(manner) => &manner.told(fault),
        None => fault,
    };
    let status = status(reply.dialect, fault.kind);
    let (name, title) = named(fault.kind);
    let kind = format!("urn:portcullis:problem:{name}");
    let detail = if fault.message.is_empty() {
        odoo::words(fault.kind)
    } else {
        &fault.message
    };
    let mut members = vec![
        ("type", Piece::Text(&kind)),
        ("title", Piece::Text(title)),
        ("status", Piece::Int(i64::from(status))),
        ("detail", Piece::Text(detail)),
    ];
    let instance = fault
        .request
        .as_ref()
        .map(|id| format!("urn:portcullis:request:{id}"));
    members.extend(instance.as_deref().map(|id| ("instance", Piece::Text(id))));
    members.extend(
        fault
            .field
            .as_deref()
            .map(|field| ("field", Piece::Text(field))),
    );
    let mut headers = Vec::new();
    if status == 401 {
        headers.push(("www-authenticate", "Bearer".to_owned()));
    }
    if let Some(manner) = reply.rest.as_deref() {
        manner.notices(&mut headers);
    }
    Written {
        status,
        content_type: "application/problem+json",
        headers,
        body: json(&Piece::Map(members)),
    }
}

/// The status of each kind: the usual one of HTTP, also where an ERP says 500.
fn status(dialect: Dialect, kind: FaultKind) -> u16 {
    match kind {
        FaultKind::BadValue => 422,
        // What the façade sends is of the right form, or it would not have reached the ERP: its
        // own rules refuse it, as things are there.
        FaultKind::Validation | FaultKind::User if dialect == Dialect::Rest => 409,
        FaultKind::AccessDenied
        | FaultKind::Stranger
        | FaultKind::SessionExpired
        | FaultKind::Forged
        | FaultKind::AccessError
        | FaultKind::MissingRecord
        | FaultKind::UnknownModel
        | FaultKind::UnknownMethod
        | FaultKind::Validation
        | FaultKind::User
        | FaultKind::BadArguments
        | FaultKind::Malformed
        | FaultKind::TooLarge
        | FaultKind::ContentType
        | FaultKind::Verb
        | FaultKind::NotFound
        | FaultKind::Conflict
        | FaultKind::Stale
        | FaultKind::Unconditional
        | FaultKind::TooMany
        | FaultKind::Capped
        | FaultKind::KeyReused
        | FaultKind::Underway
        | FaultKind::Waiting
        | FaultKind::Unreachable
        | FaultKind::Unknown
        | FaultKind::Internal => json2::status(kind),
    }
}

/// The last part of `type`, and `title`.
fn named(kind: FaultKind) -> (&'static str, &'static str) {
    match kind {
        FaultKind::AccessDenied | FaultKind::Stranger => {
            ("unidentified", "The credential is missing or not accepted")
        }
        FaultKind::SessionExpired => ("session-expired", "The session is over"),
        FaultKind::Forged => ("forged", "The token of the session is missing or wrong"),
        FaultKind::AccessError => ("forbidden", "This is not allowed"),
        FaultKind::MissingRecord => ("missing-record", "There is no such record"),
        FaultKind::UnknownModel => ("unknown-resource", "There is no such resource"),
        FaultKind::UnknownMethod => ("unknown-method", "There is no such method"),
        FaultKind::Validation => ("validation", "The values break a constraint"),
        FaultKind::User => ("refused-by-erp", "The ERP refuses this"),
        FaultKind::BadValue => ("bad-value", "A value does not fit"),
        FaultKind::BadArguments => ("bad-arguments", "The arguments do not fit"),
        FaultKind::Malformed => ("malformed", "The request is malformed"),
        FaultKind::TooLarge => ("too-large", "The request is too large"),
        FaultKind::ContentType => ("content-type", "The content type is not taken"),
        FaultKind::Verb => ("verb", "The verb is not taken"),
        FaultKind::NotFound => ("not-found", "There is nothing here"),
        FaultKind::Conflict => ("conflict", "This conflicts with what is there"),
        FaultKind::Stale => ("stale", "The record was changed meanwhile"),
        FaultKind::Unconditional => ("unconditional", "If-Match is missing"),
        FaultKind::TooMany => ("too-many-requests", "There are too many requests"),
        FaultKind::Capped => ("capped", "This is more than is allowed at once"),
        FaultKind::KeyReused => (
            "key-reused",
            "The Idempotency-Key was used for another call",
        ),
        FaultKind::Underway => ("underway", "The first request with this key has not ended"),
        FaultKind::Waiting => ("approval", "This waits for approval by another person"),
        FaultKind::Unreachable => ("unreachable", "The ERP cannot be reached"),
        FaultKind::Unknown => ("outcome-unknown", "Whether this was done is not known"),
        FaultKind::Internal => ("internal", "Something went wrong"),
    }
}
