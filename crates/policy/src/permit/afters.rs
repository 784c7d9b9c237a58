//! After-checks: what must be asked after the call, and what was found.

use std::collections::VecDeque;

use portcullis_erp::{Call, Model, RecordId, Value};

use super::Permit;
use crate::after::{After, Company, Findings, Sent};
use crate::operation::Operation;

/// What is asked after the call, and what was found.
#[derive(Debug, Default)]
pub(crate) struct Afters {
    open: VecDeque<After>,
    /// How many records the call deletes: they cannot be asked for.
    deleted: u64,
    found: Findings,
}

impl Permit {
    /// Whether the call's records are looked at once it was sent: then the caller cannot end it
    /// by hanging up.
    pub fn is_watched(&self) -> bool {
        !self.outlook().is_nothing()
    }

    /// What would be found if nobody looked.
    pub fn outlook(&self) -> Findings {
        let open = self.afters.open.iter().map(After::records);
        Findings {
            unchecked: self.afters.found.unchecked + open.sum::<u64>(),
            ..self.findings()
        }
    }

    /// The records that the call names and those that its guards asked for, if it may change any.
    pub fn changes(&self) -> Vec<(Model, String)> {
        if self.operation == Operation::Read {
            return Vec::new();
        }
        let named = self.call.ids.iter().flatten().map(|id| match id {
            RecordId::Number(id) => (self.call.model.clone(), id.to_string()),
            RecordId::Name(name) => (self.call.model.clone(), name.to_string()),
        });
        let watched = self.afters.open.iter().flat_map(After::named);
        named.chain(watched).collect()
    }

    /// What must be asked next after the call, whatever came of it: its answer goes to
    /// [`Permit::looked`]. None: nothing, or everything was heard.
    pub fn after(&self) -> Option<&Call> {
        self.afters.open.front().map(|after| &after.call)
    }

    /// Takes the answer to what was asked after the call.
    #[must_use]
    pub fn looked(mut self, answer: &Value, sent: (Sent, Company)) -> Self {
        if let Some(after) = self.afters.open.pop_front() {
            let open = after.heard(answer, sent, &mut self.afters.found);
            self.afters.open.extend(open);
        }
        self
    }

    /// Notes that the ERP refused the call: what it writes or deletes was left as it was, and
    /// needs no look. A method may have done a part.
    #[must_use]
    pub fn undone(mut self) -> Self {
        self.afters.deleted = 0;
        self.afters.open.retain(After::may_be_done_in_part);
        self
    }

    /// Notes that the ERP could not be asked what is still to be asked after the call.
    #[must_use]
    pub fn unlooked(mut self) -> Self {
        for after in self.afters.open.drain(..) {
            self.afters.found.unchecked += after.records();
        }
        self
    }

    /// What was found after the call.
    pub fn findings(&self) -> Findings {
        Findings {
            unproven: self.afters.found.unproven + self.afters.deleted,
            ..self.afters.found
        }
    }
}

impl Afters {
    /// Whether nothing is to be asked any more.
    pub(super) fn are_heard(&self) -> bool {
        self.open.is_empty()
    }

    pub(super) fn watch(&mut self, after: After) {
        if after.shows() {
            self.open.push_back(after);
        } else {
            self.deleted += after.records();
        }
    }
}
