//! What was found after a call whose rule opens some records only: it is written down, whatever
//! becomes of the caller.
//!
//! It travels with the answer to the request's record. Where nobody carries it there, because the
//! caller hung up, it closes the record itself: hanging up hides nothing.

use std::cell::Cell;
use std::rc::Rc;

use portcullis_audit::{Closing, Note, Outcome, RequestId};
use portcullis_policy::Findings;

use super::Ledger;
use crate::clock;

/// The note of records that the rule did not open when the call was done.
pub const BROKEN: &str = "rule-broken";
/// The note of records that somebody else wrote meanwhile, or that are gone.
pub const UNSURE: &str = "rule-unsure";
/// The note of records against which nothing speaks, and which the ERP's stamps cannot prove.
pub const UNPROVEN: &str = "rule-unproven";
/// The note of records that the ERP could not be asked about.
pub const UNCHECKED: &str = "rule-unchecked";
/// The note of how long a record could be moved unseen: microseconds between the guard's answer
/// and the call's.
pub const WINDOW: &str = "window-us";

/// What was found, on its way to the record.
pub(crate) struct Aftermath {
    ledger: Rc<Ledger>,
    request: RequestId,
    findings: Findings,
    window_us: u64,
    is_told: Cell<bool>,
}

impl Aftermath {
    /// Of a call that is about to be sent: until it was looked, this is what is known.
    pub(crate) fn begin(ledger: Rc<Ledger>, request: RequestId, outlook: Findings) -> Self {
        Self {
            ledger,
            request,
            findings: outlook,
            window_us: 0,
            is_told: Cell::new(false),
        }
    }

    /// Notes when the call was answered.
    pub(crate) fn answered(&mut self, window_us: u64) {
        self.window_us = window_us;
    }

    /// Notes what was found.
    pub(crate) fn found(&mut self, findings: Findings) {
        self.findings = findings;
    }

    /// The call did not reach the ERP: there is nothing to be told.
    pub(crate) fn discharge(self) {
        self.is_told.set(true);
    }

    /// What stands in the record, with what is noted there; from now on it is told.
    pub(super) fn tell(&self) -> impl Iterator<Item = Note<'static>> {
        self.is_told.set(true);
        let Findings {
            broken,
            unsure,
            unproven,
            unchecked,
        } = self.findings;
        [
            (BROKEN, broken),
            (UNSURE, unsure),
            (UNPROVEN, unproven),
            (UNCHECKED, unchecked),
            (WINDOW, self.window_us),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(what, count)| Note { what, count })
    }
}

impl Drop for Aftermath {
    fn drop(&mut self) {
        // Of a panic the record says that it was one.
        if self.is_told.get() || std::thread::panicking() {
            return;
        }
        let notes: Vec<Note<'_>> = self.tell().collect();
        self.ledger.close_with(Closing {
            request: self.request,
            at: clock::now(),
            outcome: Outcome::Unknown,
            status: 0,
            duration_us: 0,
            bytes_out: 0,
            notes: &notes,
        });
    }
}
