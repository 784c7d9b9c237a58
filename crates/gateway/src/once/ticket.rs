//! The first attempt, while it runs, and what is kept of its answer.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use portcullis_erp::value::packed::{Entries, pack, unpack};
use portcullis_erp::{Fault, FaultKind, Limits, Value};
use portcullis_storage::{Claim, ClaimState};

use crate::archive::Archive;
use crate::audit::fault_name;
use crate::denial::Why;
use crate::upstream::{Done, Ended};

/// What an answer may hold when it is read back: as much as it could when it was kept.
const LIMITS: Limits = Limits {
    body: usize::MAX,
    depth: 64,
    values: 5_000_000,
    batch: 0,
};

/// A claim of this process whose call has not ended. Dropped before that, it is reported: the
/// outcome is not known then.
#[must_use = "a ticket that is dropped reads as an unknown outcome"]
pub(crate) struct Ticket {
    archive: Arc<Archive>,
    claim: Claim,
    has_ended: bool,
    /// Whether nothing of it was done: dropped then, it is given back.
    is_undone: bool,
}

/// An answer as the ERP gave it.
pub(crate) enum Kept {
    /// The call was done.
    Value(Value),
    /// The ERP refused it.
    Fault(Fault),
}

/// What is written down of an attempt that ended.
enum Ending {
    Released,
    State(ClaimState),
}

impl Ticket {
    pub(super) fn new(archive: Arc<Archive>, claim: Claim) -> Self {
        Self {
            archive,
            claim,
            has_ended: false,
            is_undone: false,
        }
    }

    /// Says whether nothing was done of what it stands for: that it is still to be done.
    pub(crate) fn set_undone(&mut self, is_undone: bool) {
        self.is_undone = is_undone;
    }

    /// Gives the claim back: nothing was sent.
    pub(crate) async fn give_back(self) {
        let nothing = Ended {
            done: Err(Why::Repeated),
            was_sent: false,
            is_unkept: false,
            undone: None,
            aftermath: None,
        };
        self.end(&nothing).await;
    }

    /// Writes down how the attempt ended.
    pub(crate) async fn end(mut self, ended: &Ended) {
        let claims = self.archive.store.claims();
        let (caller, key) = (&self.claim.caller, &self.claim.key);
        let written = match self.ending(ended) {
            Ending::Released => claims.release(&self.claim).await,
            Ending::State(state) => {
                let room = self.archive.keeping.caller_bytes;
                claims.end(caller, key, &state, room).await
            }
        };
        match written {
            Ok(()) => self.has_ended = true,
            Err(error) => {
                tracing::error!(%error, "what came of a call with an Idempotency-Key was not kept");
            }
        }
    }

    /// What was certainly not done may be tried again; what was sent may not.
    fn ending(&self, ended: &Ended) -> Ending {
        if !ended.was_sent {
            return Ending::Released;
        }
        match &ended.done {
            Ok(Done::Result(_, value) | Done::Here(value) | Done::Again(_, value)) => self
                .answered(|out| {
                    out.push(VALUE);
                    pack(value, Entries::AsTheyStand, out);
                }),
            Ok(Done::File(..) | Done::Page(..) | Done::Acted(_)) => {
                Ending::State(ClaimState::Unkept)
            }
            Ok(Done::Fault(fault)) => match fault.kind {
                FaultKind::Unknown => Ending::State(ClaimState::Unknown),
                // The ERP did not take the call: it is busy, or somebody else was first.
                FaultKind::AccessDenied
                | FaultKind::Stranger
                | FaultKind::Unreachable
                | FaultKind::TooMany
                | FaultKind::Conflict
                | FaultKind::Stale
                | FaultKind::Unconditional
                | FaultKind::SessionExpired
                | FaultKind::Forged => Ending::Released,
                FaultKind::AccessError
                | FaultKind::MissingRecord
                | FaultKind::UnknownModel
                | FaultKind::UnknownMethod
                | FaultKind::Validation
                | FaultKind::User
                | FaultKind::BadValue
                | FaultKind::BadArguments
                | FaultKind::Malformed
                | FaultKind::TooLarge
                | FaultKind::ContentType
                | FaultKind::Verb
                | FaultKind::NotFound
                | FaultKind::Capped
                | FaultKind::KeyReused
                | FaultKind::Underway
                | FaultKind::Waiting
                | FaultKind::Internal => self.answered(|out| {
                    out.push(FAULT);
                    let parts = vec![
                        Value::from(fault_name(fault.kind)),
                        Value::from(fault.message.as_str()),
                    ];
                    pack(&Value::List(parts), Entries::AsTheyStand, out);
                }),
            },
            // It was done, and its answer is too large to be read.
            Err(Why::Unclean) => Ending::State(ClaimState::Unkept),
            Err(_) => Ending::State(ClaimState::Unknown),
        }
    }

    fn answered(&self, write: impl FnOnce(&mut Vec<u8>)) -> Ending {
        let mut bytes = Vec::with_capacity(64);
        write(&mut bytes);
        if bytes.len() > self.archive.keeping.answer {
            return Ending::State(ClaimState::Unkept);
        }
        let sealed = self.archive.safe.seal("claim", &row(&self.claim), bytes);
        Ending::State(sealed.map_or(ClaimState::Unkept, ClaimState::Answered))
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        if self.is_undone {
            self.archive.unsure(self.claim.clone());
        } else {
            self.archive.lost(self.claim.caller.clone(), self.claim.key);
        }
    }
}

const VALUE: u8 = b'v';
const FAULT: u8 = b'f';

impl Kept {
    /// Reads what was kept; none if it is of another form.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (tag, rest) = bytes.split_first()?;
        let value = unpack(rest, &LIMITS)?;
        match *tag {
            VALUE => Some(Self::Value(value)),
            FAULT => {
                let [kind, message] = value.as_list()? else {
                    return None;
                };
                let kind = kind.as_str()?;
                let kind = FaultKind::ALL
                    .iter()
                    .find(|one| fault_name(**one) == kind)?;
                Some(Self::Fault(Fault::new(*kind, message.as_str()?)))
            }
            _ => None,
        }
    }
}

/// The row that an answer is sealed for.
pub(super) fn row(claim: &Claim) -> String {
    format!("{} {}", claim.caller, HEXLOWER.encode(&claim.key))
}
