//! The tenth room: what only rules allow that demand an approval waits for another person.
//!
//! What is approved is one call of one caller, by a keyed digest of all that it says. Its caller
//! sends it again once it is approved; then it is judged anew, and the approval is used up in
//! the store before anything goes upstream, so that of all cores and processes one sends it, once.
//! What was answered before, under an `Idempotency-Key`, is not sent and waits for nobody.

use std::sync::Arc;

use portcullis_audit::RequestId;
use portcullis_erp::value::to_json;
use portcullis_erp::{Call, Edition, Fault, FaultKind, Map, RecordId, Value};
use portcullis_identity::Timestamp;
use portcullis_policy::Permit;
use portcullis_storage::{ApprovalRow, ApprovalState, Asked, Decided, StoreError};

use crate::archive::{Archive, Safe, later};
use crate::authorize::{Granted, Permitted};
use crate::denial::{Denial, Why};
use crate::keyring::Holder;
use crate::once::{self, Claimed, Turn};
use crate::trail::Trail;

/// The table that calls are sealed for.
const TABLE: &str = "approval";

/// A request that waits for nobody.
pub struct Approved {
    pub(crate) claimed: Claimed,
}

/// A call that another person must approve, as it was asked.
pub(crate) struct Sought {
    /// What it says, for its digest.
    canonical: Vec<u8>,
    /// What it says, as JSON, for whoever decides.
    shown: Vec<u8>,
    model: String,
    method: String,
}

/// Why a call may not go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoLeave {
    /// Nobody has decided.
    Waits(RequestId),
    /// Somebody said no.
    Rejected {
        /// The entry.
        id: RequestId,
        /// What was said of it.
        why: Option<String>,
    },
    /// As many calls wait as may.
    Full,
    /// It has more bytes than may wait.
    Large(usize),
    /// The store does not answer.
    Unavailable,
}

/// Opens a call that waits; none if it does not open.
pub fn open_call(safe: &dyn Safe, row: &ApprovalRow) -> Option<Vec<u8>> {
    safe.open(TABLE, &row.id.to_string(), row.sealed.as_ref()?)
}

/// Lets a call through that waits for nobody, or was approved; others are put into the queue.
///
/// # Errors
/// When it waits, was rejected, or cannot wait; then nothing is sent.
pub async fn wait(
    archive: &Arc<Archive>,
    mut claimed: Claimed,
    now: Timestamp,
    trail: &mut Trail,
) -> Result<Approved, Denial> {
    let goes_out = match &mut claimed.turn {
        None | Some(Turn::Again { .. }) => false,
        Some(Turn::Free) => true,
        // Whoever hangs up now has not had it done.
        Some(Turn::First(ticket)) => {
            ticket.set_undone(true);
            true
        }
    };
    let no = match demand(&claimed.recorded.permitted).filter(|_| goes_out) {
        None => None,
        Some((permit, permitted)) => leave(archive, (permit, permitted), now, trail).await.err(),
    };
    match (no, claimed.turn) {
        (None, mut turn) => {
            if let Some(Turn::First(ticket)) = &mut turn {
                ticket.set_undone(false);
            }
            let recorded = claimed.recorded;
            let claimed = Claimed { recorded, turn };
            Ok(Approved { claimed })
        }
        (Some(no), turn) => {
            if let Some(Turn::First(ticket)) = turn {
                ticket.give_back().await;
            }
            Err(Denial::to(
                claimed.recorded.permitted.reply,
                Why::NoLeave(no),
            ))
        }
    }
}

/// The permit that demands an approval, if one does.
fn demand(permitted: &Permitted) -> Option<(&Permit, &Permitted)> {
    match &permitted.granted {
        Granted::Call { permit, .. } if permit.demands_approval() => Some((permit, permitted)),
        Granted::Call { .. } | Granted::Passage { .. } | Granted::Here(_) | Granted::Session(_) => {
            None
        }
    }
}

/// Uses up the approval of a call, or has it wait.
async fn leave(
    archive: &Archive,
    (permit, permitted): (&Permit, &Permitted),
    now: Timestamp,
    trail: &mut Trail,
) -> Result<(), NoLeave> {
    let waits = archive.keeping.approvals;
    let (Some(sought), Some(holder)) = (&permitted.sought, &permitted.holder) else {
        return Err(NoLeave::Unavailable);
    };
    if sought.shown.len() > waits.call {
        return Err(NoLeave::Large(waits.call));
    }
    let id = trail.request();
    let row = archive
        .entry(id, (permit, holder), sought, now)
        .ok_or(NoLeave::Unavailable)?;
    let asked = archive.store.approvals().ask(&row, waits.most).await;
    match asked.map_err(unavailable)? {
        Asked::Queued => {
            trail.leave(id, None);
            Err(NoLeave::Waits(id))
        }
        Asked::Waits(row) => {
            trail.leave(row.id, None);
            Err(NoLeave::Waits(row.id))
        }
        Asked::Rejected(row) => {
            trail.leave(row.id, row.decided.as_ref().map(by));
            Err(NoLeave::Rejected {
                id: row.id,
                why: row.decided.and_then(|decided| decided.why),
            })
        }
        Asked::Used(row) => {
            trail.leave(row.id, row.decided.as_ref().map(by));
            Ok(())
        }
        Asked::Full => Err(NoLeave::Full),
    }
}

fn by(decided: &Decided) -> &str {
    &decided.by
}

impl Archive {
    /// An entry for a call, as if it were the first to ask.
    fn entry(
        &self,
        id: RequestId,
        (permit, holder): (&Permit, &Holder),
        sought: &Sought,
        now: Timestamp,
    ) -> Option<ApprovalRow> {
        let principal = &holder.principal;
        let caller = once::caller(holder);
        let (upstream, login) = (principal.upstream(), principal.erp_login());
        let parts = [
            b"approval".as_slice(),
            caller.as_bytes(),
            upstream.as_str().as_bytes(),
            login.as_str().as_bytes(),
            sought.canonical.as_slice(),
        ];
        let call = self.safe.digest(&parts);
        let sealed = self
            .safe
            .seal(TABLE, &id.to_string(), sought.shown.clone())?;
        Some(ApprovalRow {
            id,
            caller: caller.into(),
            call,
            asked: now,
            ends: later(now, self.keeping.approvals.wait),
            name: principal.name().to_string(),
            kind: principal.kind().as_str().to_owned(),
            key: principal.key().copied(),
            upstream: upstream.clone(),
            login: login.clone(),
            model: sought.model.clone(),
            method: sought.method.clone(),
            operation: permit.operation().as_str().to_owned(),
            rule: permit.rule().to_owned(),
            sealed: Some(sealed),
            state: ApprovalState::Waits,
            decided: None,
        })
    }
}

impl Sought {
    /// A call as it was asked, where this is asked of the record's edition.
    pub(crate) fn of(call: &Call, edition: &Edition) -> Self {
        let mut canonical = call.canonical();
        let seen: &[Box<str>] = match edition {
            Edition::Seen(seen) => seen,
            Edition::Any | Edition::Told => &[],
        };
        let seen = Value::List(seen.iter().map(|one| Value::from(&**one)).collect());
        canonical.extend(to_json(&seen));
        let ids = call.ids.iter().flatten().map(RecordId::to_value);
        let mut shown = Map::new();
        let mut put = |name: &str, value: Value| drop(shown.insert(name.to_owned(), value));
        put("model", Value::from(call.model.as_str()));
        put("method", Value::from(call.method.as_str()));
        put("ids", Value::List(ids.collect()));
        put("args", Value::List(call.positional.clone()));
        put("kwargs", Value::Map(call.named.clone()));
        put("context", Value::Map(call.context.clone()));
        put("if-match", seen);
        Self {
            canonical,
            shown: to_json(&Value::Map(shown)),
            model: call.model.to_string(),
            method: call.method.to_string(),
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it maps errors")]
fn unavailable(error: StoreError) -> NoLeave {
    tracing::error!(%error, "an approval could not be looked up");
    NoLeave::Unavailable
}

impl NoLeave {
    /// As it stands in records.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Waits(_) => "approval.waits",
            Self::Rejected { .. } => "approval.rejected",
            Self::Full => "approval.full",
            Self::Large(_) => "approval.too-large",
            Self::Unavailable => "approval.unavailable",
        }
    }

    /// What the caller is told.
    pub(crate) fn fault(&self) -> Fault {
        let (kind, message) = match self {
            Self::Waits(id) => (
                FaultKind::Waiting,
                format!(
                    "This call waits for approval by another person ({id}) and was not done. Send it again, unchanged, once it is approved."
                ),
            ),
            Self::Rejected { id, why } => {
                let why = why.as_ref().map(|why| format!(": {why}"));
                let why = why.unwrap_or_else(|| ".".to_owned());
                (
                    FaultKind::AccessError,
                    format!("This call was rejected ({id}) and is not done{why}"),
                )
            }
            Self::Full => (
                FaultKind::TooMany,
                "As many calls wait for approval as may; this one was not put into the queue. Try again when some are decided.".to_owned(),
            ),
            Self::Large(most) => (
                FaultKind::Capped,
                format!(
                    "This call needs approval by another person and has more than {most} bytes: make it smaller"
                ),
            ),
            Self::Unavailable => (
                FaultKind::Unreachable,
                "The approval of this call could not be looked up, and nothing was done; try again".to_owned(),
            ),
        };
        Fault::new(kind, message)
    }
}
