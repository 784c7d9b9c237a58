//! The policy's yes: the call as it must be sent, what must be asked before and after, and the
//! terms on which the answer may be handed on.
//!
//! A permit is made by [`crate::Policy::judge`] only, cannot be copied, and gives nothing out
//! but a reference to what must be sent next.

mod afters;
mod guarded;

use std::collections::VecDeque;

use portcullis_erp::{Call, Fault, FaultKind, Shape, Value};

use crate::caps::{Cap, Caps};
use crate::decision::{Reason, Refusal};
use crate::operation::Operation;
use crate::terms::Terms;
pub(crate) use afters::Afters;
pub(crate) use guarded::{Check, Guard, Saves};

/// What was allowed. It owns the call.
#[derive(Debug)]
pub struct Permit {
    pub(crate) rule: String,
    pub(crate) operation: Operation,
    pub(crate) shape: Shape,
    // INVARIANT: made by the judge; the front one is sent first, `call` after all of them.
    pub(crate) guards: VecDeque<Guard>,
    pub(crate) call: Call,
    // INVARIANT: made of guards that were answered; all are heard before an answer is released.
    pub(crate) afters: Afters,
    pub(crate) terms: Terms,
    pub(crate) caps: Caps,
    /// The cap that limits the rows of the answer, where the caller asked for no fewer.
    pub(crate) paged: Option<Cap>,
    /// The refusal in whose place a monitored role lets it pass.
    pub(crate) would: Option<Box<Refusal>>,
    /// Whether another person must have approved the call.
    pub(crate) approval: bool,
}

/// An answer on which the terms have been applied.
#[derive(Debug, Clone, PartialEq)]
pub struct Clean {
    value: Value,
    removed: bool,
    capped: Option<u32>,
}

/// A file that may be handed on: its bytes pass through unread.
#[derive(Debug, Clone, PartialEq)]
pub struct Released {
    name: String,
}

impl Permit {
    /// The rule that allows it, as `role/rule`.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// What is done.
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// What the call names, without values: for records.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// By what, besides the caller, the call is counted.
    pub fn rate_key(&self) -> &str {
        &self.rule
    }

    /// The caps of the role that allows it.
    pub fn caps(&self) -> &Caps {
        &self.caps
    }

    /// The cap that limits the rows of the answer, where the caller asked for no fewer. It must
    /// be said beside the answer.
    pub fn paged(&self) -> Option<Cap> {
        self.paged
    }

    /// The refusal that there would be, if a role that is monitored let the call pass. It is for
    /// records; callers are not told.
    pub fn would(&self) -> Option<&Refusal> {
        self.would.as_deref()
    }

    /// Whether another person must approve the call before it is sent: all rules that allow it
    /// demand that.
    pub fn demands_approval(&self) -> bool {
        self.approval
    }

    /// What must be asked before the call, in order.
    pub fn guards(&self) -> impl Iterator<Item = &Call> {
        self.guards.iter().map(|guard| &guard.call)
    }

    /// What must be sent now.
    pub fn next(&self) -> &Call {
        self.guards.front().map_or(&self.call, |guard| &guard.call)
    }

    /// Whether what must be sent now is a guard: its answer goes to [`Permit::guarded`], not
    /// to the caller. A fault that answers a guard ends the call.
    pub fn is_guard(&self) -> bool {
        !self.guards.is_empty()
    }

    /// Whether the call is answered with the bytes of a file, which go to
    /// [`Permit::release`].
    pub fn is_file(&self) -> bool {
        matches!(self.terms, Terms::File { .. })
    }

    /// Releases the file that the call was answered with.
    ///
    /// # Errors
    /// When the call was for something else, a guard is open, or something is still to be asked
    /// after the call.
    pub fn release(self) -> Result<Released, Box<Refusal>> {
        match self.terms {
            Terms::File { name } if self.guards.is_empty() && self.afters.are_heard() => {
                Ok(Released { name })
            }
            _ => Err(unexpected("a file where none was asked")),
        }
    }

    /// Applies the terms to the answer of the call itself.
    ///
    /// # Errors
    /// When the answer has a shape that the terms cannot be applied to, a guard is open, or
    /// something is still to be asked after the call.
    pub fn apply(self, answer: Value) -> Result<Clean, Box<Refusal>> {
        if self.is_guard() {
            return Err(unexpected("an answer to a call that was not sent"));
        }
        if !self.afters.are_heard() {
            return Err(unexpected("an answer before the after-check was heard"));
        }
        let capped = self.terms.surplus(&answer);
        match self.terms.apply(answer) {
            Ok((value, removed)) => Ok(Clean {
                value,
                removed,
                capped,
            }),
            Err(what) => Err(unexpected(what)),
        }
    }
}

impl Permit {
    /// Applies the terms to an answer that this call was given before. Nothing is sent, so
    /// nothing is guarded, and nothing looked at afterwards.
    ///
    /// # Errors
    /// When the answer has a shape that the terms cannot be applied to.
    pub fn apply_again(mut self, answer: Value) -> Result<Clean, Box<Refusal>> {
        self.guards.clear();
        self.afters = Afters::default();
        self.apply(answer)
    }
}

impl Released {
    /// What the file is called.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Clean {
    /// The answer.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The answer, owned.
    pub fn into_value(self) -> Value {
        self.value
    }

    /// How many rows it holds, if more were found than the role's cap allows at once.
    pub fn capped(&self) -> Option<u32> {
        self.capped
    }

    /// Whether something was taken out of it.
    pub fn was_cut(&self) -> bool {
        self.removed
    }
}

fn unexpected(what: &str) -> Box<Refusal> {
    Box::new(Refusal::new(
        Reason::Answer,
        Fault::new(FaultKind::Internal, "the answer cannot be handed on"),
        format!("the ERP's answer has an unexpected shape: {what}"),
    ))
}
