//! Guards: what must be asked before the call, and what their answers must be.

use std::collections::BTreeSet;

use portcullis_erp::{Call, Edition, Fault, FaultKind, Value};

use super::{Permit, unexpected};
use crate::after::{After, Watch};
use crate::decision::{Reason, Refusal};

/// A call that is sent before the call itself, and what its answer must be.
#[derive(Debug)]
pub(crate) struct Guard {
    pub(crate) call: Call,
    pub(crate) check: Check,
    /// What is known beforehand of the records, if it is asked again after the call.
    pub(crate) watch: Option<Watch>,
}

/// What a guard's answer must be.
#[derive(Debug, PartialEq)]
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

impl Permit {
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
}

/// The id of a row, or the id that stands for it.
fn id(row: &Value) -> Option<i64> {
    match row {
        Value::Map(row) => row.get("id").and_then(Value::as_int),
        id => id.as_int(),
    }
}
