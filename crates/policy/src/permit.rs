//! The policy's yes: the call as it must be sent, what must be asked before and after, and the
//! terms on which the answer may be handed on.
//!
//! A permit is made by [`crate::Policy::judge`] only, cannot be copied, and gives nothing out
//! but a reference to what must be sent next.

use std::collections::{BTreeSet, VecDeque};

use portcullis_erp::{Call, Edition, Fault, FaultKind, Model, RecordId, Shape, Value};

use crate::after::{After, Company, Findings, Sent, Watch};
use crate::caps::{Cap, Caps};
use crate::decision::{Reason, Refusal};
use crate::operation::Operation;
use crate::terms::Terms;

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
}

/// A call that is sent before the call itself, and what its answer must be.
#[derive(Debug)]
pub(crate) struct Guard {
    pub(crate) call: Call,
    pub(crate) check: Check,
    /// What is known beforehand of the records, if it is asked again after the call.
    pub(crate) watch: Option<Watch>,
}

/// What is asked after the call, and what was found.
#[derive(Debug, Default)]
pub(crate) struct Afters {
    open: VecDeque<After>,
    /// How many records the call deletes: they cannot be asked for.
    deleted: u64,
    found: Findings,
}

/// What a guard's answer must be.
#[derive(Debug)]
pub(crate) enum Check {
    /// All of these ids, in any order.
    Ids(Vec<i64>),
    /// A list of one record, in one of these editions.
    Edition {
        /// The field that tells it.
        field: &'static str,
        /// Those that the caller saw.
        seen: Vec<Box<str>>,
    },
    /// A list of this one Frappe document. A save is bound to the version that was seen.
    Document {
        /// Its name.
        name: String,
        /// Whether the call saves it, and where it stands in the call.
        saves: Saves,
        /// The editions that the caller saw, if it named any.
        seen: Option<Vec<Box<str>>>,
    },
    /// A list that is not empty.
    Found,
    /// A list that is neither empty nor full, all of whose rows hold exactly this in this field:
    /// a database may find what differs in capitals and accents as well.
    Exactly {
        /// The field.
        field: &'static str,
        /// What it must hold.
        value: String,
        /// How many rows are a full list.
        full: usize,
    },
}

/// Which document of a call is saved on the ground of what a guard saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Saves {
    /// None: nothing is bound to a version.
    Nothing,
    /// The one in `doc`.
    Doc,
    /// The one at this place in `docs`.
    At(usize),
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

    /// Releases the file that the call was answered with.
    ///
    /// # Errors
    /// When the call was for something else, a guard is open, or something is still to be asked
    /// after the call.
    pub fn release(self) -> Result<Released, Box<Refusal>> {
        match self.terms {
            Terms::File { name } if self.guards.is_empty() && self.afters.open.is_empty() => {
                Ok(Released { name })
            }
            _ => Err(unexpected("a file where none was asked")),
        }
    }

    /// Takes the answer to a guard.
    ///
    /// # Errors
    /// When the guard says that the call may not be made.
    pub fn guarded(mut self, answer: &Value) -> Result<Self, Box<Refusal>> {
        let Some(guard) = self.guards.pop_front() else {
            return Err(unexpected("an answer to a guard that was not asked"));
        };
        let Guard { call, check, watch } = guard;
        match check {
            Check::Ids(ids) => {
                let Some(found) = answer.as_list() else {
                    return Err(unexpected("a guard search did not answer a list"));
                };
                let found: BTreeSet<i64> = found.iter().filter_map(id).collect();
                if !ids.iter().all(|id| found.contains(id)) {
                    return Err(Box::new(Refusal::missing().under(&self.rule)));
                }
            }
            Check::Edition { field, seen } => {
                let Some(found) = answer.as_list() else {
                    return Err(unexpected("a guard list did not answer a list"));
                };
                let Some(row) = found.first().and_then(Value::as_map) else {
                    return Err(Box::new(Refusal::missing().under(&self.rule)));
                };
                self.is_as_seen(row.get(field), &seen)?;
            }
            Check::Document { name, saves, seen } => {
                let Some(found) = answer.as_list() else {
                    return Err(unexpected("a guard list did not answer a list"));
                };
                let row = found
                    .iter()
                    .filter_map(Value::as_map)
                    .find(|row| row.get("name").and_then(Value::as_str) == Some(&name));
                let Some(row) = row else {
                    return Err(Box::new(Refusal::missing().under(&self.rule)));
                };
                if let Some(seen) = seen {
                    self.is_as_seen(row.get(Edition::FRAPPE), &seen)?;
                }
                self.bind_version(saves, row.get("modified"))?;
            }
            Check::Found => {
                let found = answer.as_list();
                let found =
                    found.ok_or_else(|| unexpected("a guard list did not answer a list"))?;
                if found.is_empty() {
                    return Err(Box::new(Refusal::missing().under(&self.rule)));
                }
            }
            Check::Exactly { field, value, full } => {
                let found = answer.as_list();
                let found =
                    found.ok_or_else(|| unexpected("a guard list did not answer a list"))?;
                let holds = |row: &Value| {
                    let told = row.as_map().and_then(|row| row.get(field));
                    told.and_then(Value::as_str) == Some(&value)
                };
                if found.is_empty() || found.len() >= full || !found.iter().all(holds) {
                    return Err(Box::new(Refusal::missing().under(&self.rule)));
                }
            }
        }
        if let Some(watch) = watch {
            self.afters.watch(After::new(call, watch, answer));
        }
        Ok(self)
    }

    /// Refuses a change of a record that is no longer as the caller saw it.
    fn is_as_seen(&self, now: Option<&Value>, seen: &[Box<str>]) -> Result<(), Box<Refusal>> {
        let Some(Value::Text(now)) = now else {
            return Err(unexpected(
                "a guard list did not answer the record's edition",
            ));
        };
        if seen.iter().any(|one| **one == **now) {
            return Ok(());
        }
        Err(Box::new(
            Refusal::new(
                Reason::Values,
                Fault::new(
                    FaultKind::Stale,
                    "The record was changed after you read it. Read it again, and send its ETag.",
                ),
                "the caller changes another edition than the present one",
            )
            .under(&self.rule),
        ))
    }

    /// Binds a save to the version of the document that the guard saw: whoever changed it in
    /// between, the ERP refuses the save.
    fn bind_version(&mut self, saves: Saves, seen: Option<&Value>) -> Result<(), Box<Refusal>> {
        let named = &mut self.call.named;
        let doc = match saves {
            Saves::Nothing => return Ok(()),
            Saves::Doc => named.get_mut("doc"),
            Saves::At(at) => match named.get_mut("docs") {
                Some(Value::List(docs)) => docs.get_mut(at),
                _ => None,
            },
        };
        let Some(seen @ Value::Text(_)) = seen else {
            return Err(unexpected("a guard list did not answer `modified`"));
        };
        let Some(Value::Map(doc)) = doc else {
            return Err(unexpected("a save without a document"));
        };
        match doc.get("modified") {
            Some(asked) if asked != seen => Err(Box::new(
                Refusal::new(
                    Reason::Values,
                    Fault::new(
                        FaultKind::Conflict,
                        "Error: Document has been modified after you have opened it. Please refresh to get the latest document.",
                    ),
                    "the caller saves another version than the present one",
                )
                .under(&self.rule),
            )),
            _ => {
                doc.insert("modified".to_owned(), seen.clone());
                Ok(())
            }
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
        if self.after().is_some() {
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

impl Afters {
    fn watch(&mut self, after: After) {
        if after.shows() {
            self.open.push_back(after);
        } else {
            self.deleted += after.records();
        }
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

/// The id of a row, or the id that stands for it.
fn id(row: &Value) -> Option<i64> {
    match row {
        Value::Map(row) => row.get("id").and_then(Value::as_int),
        id => id.as_int(),
    }
}

fn unexpected(what: &str) -> Box<Refusal> {
    Box::new(Refusal::new(
        Reason::Answer,
        Fault::new(FaultKind::Internal, "the answer cannot be handed on"),
        format!("the ERP's answer has an unexpected shape: {what}"),
    ))
}
