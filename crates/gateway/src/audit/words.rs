//! How what happened reads in a record: each in a word of a closed list.

use portcullis_audit::Outcome;
use portcullis_erp::FaultKind;

use crate::denial::{Denial, Why};
use crate::filter::Most;

/// A denial as it stands in a record.
pub(crate) fn outcome(denial: &Denial) -> Outcome<'static> {
    match denial.why() {
        Why::Lost | Why::Renewed | Why::Slow(_) => Outcome::Unknown,
        Why::Panicked => Outcome::Panicked,
        Why::Refused(refusal) | Why::GuardRefused(refusal) => Outcome::Refused {
            reason: refusal.reason.as_str(),
        },
        // The call was done; its answer was withheld.
        Why::Unclean | Why::TooMuch(Most { of_read: false, .. }) => Outcome::Fault {
            kind: "answer-withheld",
        },
        Why::Malformed(_)
        | Why::NotFromHere
        | Why::NotServed
        | Why::Verb(_)
        | Why::Unoffered(_)
        | Why::Paced(_)
        | Why::Unreadable(_)
        | Why::Stranger
        | Why::TwoUsers
        | Why::Unidentified
        | Why::LoginFailed
        | Why::SecondFactor
        | Why::Held(_)
        | Why::Expired
        | Why::Forged
        | Why::Clear
        | Why::PasswordSent
        | Why::SecretSent
        | Why::Late(_)
        | Why::Repeated
        | Why::Blind
        | Why::Unfit(_)
        | Why::Absent
        | Why::Unschooled
        | Why::Limited(_)
        | Why::Unrecorded
        | Why::NoTurn(_)
        | Why::NoLeave(_)
        | Why::TooMuch(_)
        | Why::Unreachable
        | Why::Unsayable(_) => Outcome::Refused {
            reason: denial.name(),
        },
    }
}

/// The kind of a fault, as it stands in a record.
pub(crate) const fn fault_name(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::AccessDenied | FaultKind::Stranger => "access-denied",
        FaultKind::SessionExpired => "session-expired",
        FaultKind::Forged => "forged",
        FaultKind::AccessError => "access-error",
        FaultKind::MissingRecord => "missing-record",
        FaultKind::UnknownModel => "unknown-model",
        FaultKind::UnknownMethod => "unknown-method",
        FaultKind::Validation => "validation",
        FaultKind::User => "user",
        FaultKind::BadValue => "bad-value",
        FaultKind::BadArguments => "bad-arguments",
        FaultKind::Malformed => "malformed",
        FaultKind::TooLarge => "too-large",
        FaultKind::ContentType => "content-type",
        FaultKind::Verb => "verb",
        FaultKind::NotFound => "not-found",
        FaultKind::Conflict => "conflict",
        FaultKind::Stale => "stale",
        FaultKind::Unconditional => "unconditional",
        FaultKind::TooMany => "too-many",
        FaultKind::Capped => "capped",
        FaultKind::KeyReused => "key-reused",
        FaultKind::Underway => "underway",
        FaultKind::Waiting => "waiting",
        FaultKind::Unreachable => "unreachable",
        FaultKind::Unknown => "unknown",
        FaultKind::Internal => "internal",
    }
}
