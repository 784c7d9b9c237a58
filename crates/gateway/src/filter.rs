//! The eleventh room: what the terms hide is taken out of the answer.
//!
//! Only the permit can do that ([`Permit::apply`](portcullis_policy::Permit::apply)), or the
//! passage ([`Passage::apply`](portcullis_policy::Passage::apply)): it owns the terms. An answer
//! of a form that it cannot check is not given.

use http::HeaderMap;
use portcullis_erp::{Fault, Reply, Value};
use portcullis_policy::{Cap, Clean, CleanPage, Operation, Permit, Released};

use crate::denial::{Denial, Why};
use crate::limit::Allowance;
use crate::sessions::act::Acted;
use crate::trail::Trail;
use crate::upstream::{Answered, Done, Opened, answer_limits, own_words};

/// An answer that the caller may see.
pub struct Filtered {
    pub(crate) outcome: Outcome,
    pub(crate) reply: Reply,
    pub(crate) allowance: Option<Allowance>,
    /// The cap that is the limit of the answer's rows.
    pub(crate) paged: Option<Cap>,
    /// The most bytes that the answer may have.
    pub(crate) most: Option<Most>,
}

/// How large an answer may be.
#[derive(Debug, Clone, Copy)]
pub struct Most {
    pub(crate) bytes: u32,
    /// Whether the call changed nothing, so that it may be asked again in parts.
    pub(crate) of_read: bool,
}

pub(crate) enum Outcome {
    Clean(Clean),
    File(Released, Opened),
    /// The page of a custom controller, and the headers that go with it.
    Page(CleanPage, HeaderMap),
    Here(Value),
    Acted(Acted),
    Fault(Fault),
}

/// Applies the terms to an answer.
///
/// # Errors
/// When the answer is of a form that cannot be checked.
pub fn apply(answered: Answered, trail: &mut Trail) -> Result<Filtered, Denial> {
    let Answered {
        done,
        reply,
        allowance,
    } = answered;
    let (paged, most) = match &done {
        Done::Result(permit, _) | Done::Again(permit, _) => (permit.paged(), most(permit)),
        Done::Page(..) | Done::File(..) | Done::Here(_) | Done::Fault(_) | Done::Acted(_) => {
            (None, None)
        }
    };
    let outcome = match done {
        Done::Result(permit, value) => match permit.apply(value) {
            Ok(clean) => Outcome::Clean(noted(clean, trail)),
            Err(_) => return Err(Denial::to(reply, Why::Unclean)),
        },
        Done::Again(permit, value) => match permit.apply_again(value) {
            Ok(clean) => Outcome::Clean(noted(clean, trail)),
            Err(_) => return Err(Denial::to(reply, Why::Unclean)),
        },
        Done::File(permit, opened) => match permit.release() {
            Ok(released) => Outcome::File(released, opened),
            Err(_) => return Err(Denial::to(reply, Why::Unclean)),
        },
        Done::Page(passage, controller, whole) => {
            let limits = answer_limits(controller.gives.bytes);
            match passage.apply(whole.returned(), &limits) {
                Ok(clean) => Outcome::Page(clean, controller.gives.handed_on(&whole.headers)),
                Err(fault) => {
                    trail.failed(fault.kind);
                    Outcome::Fault(own_words(fault))
                }
            }
        }
        Done::Here(value) => Outcome::Here(value),
        Done::Acted(acted) => Outcome::Acted(acted),
        Done::Fault(fault) => {
            trail.failed(fault.kind);
            Outcome::Fault(fault)
        }
    };
    Ok(Filtered {
        outcome,
        reply,
        allowance,
        paged,
        most,
    })
}

fn most(permit: &Permit) -> Option<Most> {
    Some(Most {
        bytes: permit.caps().answer_bytes?,
        of_read: permit.operation() == Operation::Read,
    })
}

fn noted(clean: Clean, trail: &mut Trail) -> Clean {
    if clean.was_cut() {
        trail.cut();
    }
    clean
}
