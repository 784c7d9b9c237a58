//! The eighth room: what is about to be done is written down first.
//!
//! The record of a call is opened before the call goes upstream and closed when it was
//! answered; what cannot be recorded is not done. A record that was never closed (a kill, a
//! lost answer) reads `outcome unknown`. What was refused to a known caller is written too;
//! refusals to nobody are counted by address, not written one by one.

mod aftermath;
mod floods;
mod words;

use std::cell::{Cell, RefCell};
use std::net::{IpAddr, Ipv4Addr};

use portcullis_audit::{Closing, Note, Opening, Outcome, RequestId, Would};
use portcullis_erp::{Dialect, Shape};
use portcullis_identity::{Principal, Timestamp, Unmet, UpstreamName};
use portcullis_storage::{Journal, JournalError};

use crate::authorize::{Granted, Permitted};
use crate::clock;
use crate::denial::{Denial, Why};
use crate::limit::{Admitted, Allowance};
use crate::sessions::act::Act;
use crate::snapshot::Snapshot;
use crate::trail::{Story, Trail};
pub(crate) use aftermath::Aftermath;
pub use aftermath::{BROKEN, UNCHECKED, UNPROVEN, UNSURE, WINDOW};
use floods::{Counted, Floods};
pub(crate) use words::{fault_name, outcome};

/// A request that is written down.
pub struct Recorded {
    pub(crate) permitted: Permitted,
    pub(crate) allowance: Option<Allowance>,
}

/// The journal of one core.
pub struct Ledger {
    journal: RefCell<Box<dyn Journal>>,
    /// Whether closings wait in memory.
    waiting: Cell<bool>,
    /// Refusals of callers who go on although they have nothing left.
    floods: RefCell<Floods>,
}

/// Opens the record of a request.
///
/// # Errors
/// When it cannot be written; then nothing is done.
pub fn open(
    ledger: &Ledger,
    admitted: Admitted,
    snapshot: &Snapshot,
    now: Timestamp,
    trail: &mut Trail,
) -> Result<Recorded, Denial> {
    let Admitted {
        permitted,
        allowance,
    } = admitted;
    let nothing = Shape::default();
    let would = match &permitted.granted {
        Granted::Call { permit, .. } => permit.would().map(|refusal| Would {
            reason: refusal.reason.as_str(),
            closest: refusal.rule.as_deref(),
        }),
        Granted::Passage { .. } | Granted::Here(_) | Granted::Session(_) => None,
    };
    if would.is_some() {
        trail.monitored();
    }
    let (upstream, model, method, operation, shape, rule) = match &permitted.granted {
        Granted::Call {
            permit, upstream, ..
        } => {
            let (model, method) = trail.names();
            (
                upstream.name(),
                model,
                method,
                permit.operation().as_str(),
                permit.shape(),
                permit.rule(),
            )
        }
        Granted::Passage {
            passage, upstream, ..
        } => {
            let (route, verb) = trail.names();
            (
                upstream.name(),
                route,
                verb,
                "visit",
                passage.shape(),
                passage.rule(),
            )
        }
        // What the gateway answers to nobody reaches no ERP and is counted only.
        Granted::Here(_) | Granted::Session(_) => match &permitted.holder {
            None => {
                return Ok(Recorded {
                    permitted,
                    allowance,
                });
            }
            Some(holder) => (
                holder.principal.upstream(),
                "-",
                done_here(&permitted.granted, trail),
                "gateway",
                &nothing,
                "",
            ),
        },
    };
    let opening = Opening {
        request: trail.request(),
        at: now,
        principal: permitted.holder.as_ref().map(|holder| &*holder.principal),
        address: permitted.origin.address,
        upstream,
        dialect: permitted.reply.dialect,
        model,
        operation,
        method,
        shape,
        policy_version: snapshot.policy.version(),
        rule,
        would,
    };
    if let Err(error) = ledger.journal.borrow_mut().open(&opening) {
        tracing::error!(%error, request.id = %trail.request(), "a record could not be opened");
        return Err(Denial::to(permitted.reply, Why::Unrecorded));
    }
    trail.opened();
    Ok(Recorded {
        permitted,
        allowance,
    })
}

/// The note of a request that was only to be judged: nothing of it was sent.
pub const TRIED: &str = "dry-run";

/// The note of a record whose error found no room.
pub const NOT_KEPT: &str = "error-not-kept";

/// The note of the failure with which an account begins to be held.
pub const HELD: &str = "account-held";

/// Why something was not done whose caller hung up while it was being got ready.
const HUNG_UP: &str = "upstream.hung-up";

/// What the gateway itself does, as a method in a record.
fn done_here<'a>(granted: &Granted, trail: &'a Trail) -> &'a str {
    match granted {
        Granted::Session(Act::Open(_)) => "log-in",
        Granted::Session(Act::End(..)) => "log-out",
        Granted::Session(Act::EndAll(..)) => "log-out-everywhere",
        Granted::Here(_) => trail.names().1,
        Granted::Call { .. } | Granted::Passage { .. } => "-",
    }
}

impl Ledger {
    /// A ledger over a journal, for what the gateway asks by itself.
    pub fn new(journal: Box<dyn Journal>) -> Self {
        Self::of_callers(journal, 0)
    }

    /// A ledger of requests, too: so many refusals of somebody who is known and not let in are
    /// written by themselves at once.
    pub(crate) fn of_callers(journal: Box<dyn Journal>, refusals: u32) -> Self {
        Self {
            journal: RefCell::new(journal),
            waiting: Cell::new(false),
            floods: RefCell::new(Floods::new(refusals)),
        }
    }

    /// Opens the record of a question that the gateway itself asks an ERP.
    ///
    /// # Errors
    /// When it cannot be written; then the question is not asked.
    pub(crate) fn open_own(&self, own: &OwnQuestion<'_>) -> Result<(), JournalError> {
        self.journal.borrow_mut().open(&Opening {
            request: own.request,
            at: clock::now(),
            principal: None,
            address: own.address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            upstream: own.upstream,
            dialect: own.dialect,
            model: own.model,
            operation: "gateway",
            method: own.method,
            shape: &Shape::default(),
            policy_version: 0,
            rule: "",
            would: None,
        })
    }

    /// Closes the record of a question that the gateway itself asked.
    pub(crate) fn close_own(&self, request: RequestId, outcome: Outcome<'_>) {
        self.close_with(Closing {
            request,
            at: clock::now(),
            outcome,
            status: 0,
            duration_us: 0,
            bytes_out: 0,
            notes: &[],
        });
    }

    /// Closes a record outside of its request.
    fn close_with(&self, closing: Closing<'_>) {
        self.journal.borrow_mut().close(closing);
        self.waiting.set(true);
    }

    /// Closes the record of a request whose caller hung up before anything was done.
    pub(crate) fn close_undone(&self, request: RequestId) {
        self.close_own(request, Outcome::Refused { reason: HUNG_UP });
    }

    /// Closes a request's record; one that was refused before it could be opened is written
    /// whole, if its caller is known, or counted, if it is one of a flood.
    pub(crate) fn close(&self, story: &Story, end: End) {
        let mut floods = self.floods.borrow_mut();
        if floods.counts(story, end.outcome, end.status, clock::now()) {
            return;
        }
        let mut journal = self.journal.borrow_mut();
        if !story.opened && !write_refused(&mut **journal, story) {
            return;
        }
        let noted = [
            story.monitored.then_some("monitored"),
            story.cut.then_some("answer-cut"),
            story.repeated.then_some("answer-repeated"),
            story.tried.then_some(TRIED),
            story.unkept.then_some(NOT_KEPT),
            story.unmet.map(Unmet::as_str),
            story.held.as_ref().map(|_| HELD),
        ];
        let notes: Vec<Note<'_>> = noted
            .into_iter()
            .flatten()
            .chain(story.leave.iter().map(String::as_str))
            .map(|what| Note { what, count: 1 })
            .chain(
                // Theirs live for ever; those before them as long as the story.
                (story.aftermath.iter().flat_map(Aftermath::tell))
                    .map(|Note { what, count }| Note { what, count }),
            )
            .collect();
        journal.close(Closing {
            request: story.request,
            at: clock::now(),
            outcome: end.outcome,
            status: end.status,
            duration_us: end.duration_us,
            bytes_out: end.bytes_out,
            notes: &notes,
        });
        self.waiting.set(true);
    }

    /// Writes the numbers of floods that are over, or go on for long, and the closings that wait
    /// in memory.
    pub(crate) fn flush(&self) {
        let mut floods = self.floods.borrow_mut();
        floods.settle(clock::now(), |counted| self.close_flood(counted));
        self.write_closings();
    }

    /// The same, with the numbers of all floods: nothing comes any more.
    pub(crate) fn finish(&self) {
        let mut floods = self.floods.borrow_mut();
        floods.settle_all(clock::now(), |counted| self.close_flood(counted));
        self.write_closings();
    }

    /// Writes one record that stands for refusals that were counted; answers whether it is
    /// written.
    fn close_flood(&self, counted: &Counted) -> bool {
        let mut journal = self.journal.borrow_mut();
        if !write_refused(&mut **journal, &counted.last) {
            return false;
        }
        journal.close(Closing {
            request: counted.last.request,
            at: clock::now(),
            outcome: Outcome::Refused {
                reason: counted.reason,
            },
            status: counted.status,
            duration_us: 0,
            bytes_out: 0,
            notes: &[Note {
                what: counted.note,
                count: counted.count,
            }],
        });
        self.waiting.set(true);
        true
    }

    fn write_closings(&self) {
        if !self.waiting.replace(false) {
            return;
        }
        if let Err(error) = self.journal.borrow_mut().flush() {
            self.waiting.set(true);
            tracing::error!(%error, "closed records could not be written; trying again");
        }
    }
}

/// What the gateway itself asks an ERP.
pub(crate) struct OwnQuestion<'a> {
    pub(crate) request: RequestId,
    pub(crate) upstream: &'a UpstreamName,
    pub(crate) dialect: Dialect,
    /// For which address it is asked, if for one.
    pub(crate) address: Option<IpAddr>,
    pub(crate) model: &'a str,
    pub(crate) method: &'a str,
}

/// How a request ended.
pub(crate) struct End {
    pub(crate) outcome: Outcome<'static>,
    pub(crate) status: u16,
    pub(crate) duration_us: u64,
    pub(crate) bytes_out: u64,
}

/// Opens a record for what was refused to a known caller, or for the guess with which an account
/// begins to be held. Answers whether there is one now.
fn write_refused(journal: &mut dyn Journal, story: &Story) -> bool {
    let caller = story.caller.as_deref();
    let upstream = caller.map(Principal::upstream).or(story.held.as_ref());
    let (Some(upstream), Some(dialect), Some(address)) = (upstream, story.dialect, story.address)
    else {
        return false;
    };
    let opening = Opening {
        request: story.request,
        at: story.at,
        principal: caller,
        address,
        upstream,
        dialect,
        model: story.model.as_deref().unwrap_or("-"),
        operation: "refused",
        method: story.method.as_deref().unwrap_or("-"),
        shape: &story.shape,
        policy_version: story.policy,
        rule: "",
        would: None,
    };
    journal.open(&opening).is_ok()
}
