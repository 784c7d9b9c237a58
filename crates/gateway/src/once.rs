//! The ninth room: what carries an `Idempotency-Key` is done once
//! (draft-ietf-httpapi-idempotency-key-header).
//!
//! The key is claimed in the store, with the caller and a digest of the call, before anything
//! goes upstream; of all cores and processes that share the store, one claims. Whoever comes
//! later is given the first answer, or told why there is none: another call under the same key
//! is refused, and so is one whose first attempt still runs or ended nobody knows how. The
//! answer is kept as the ERP gave it and goes through the terms of the present permit, so that
//! a role that was narrowed in between shows no more than it opens now.
//!
//! So is what an older signature was made for, if it changes something: that signature may be the
//! same for two requests, and is good for one.

mod key;
mod ticket;

use std::sync::Arc;

use portcullis_erp::{Fault, FaultKind};
use portcullis_identity::Timestamp;
use portcullis_policy::Permit;
use portcullis_storage::{Claim, ClaimState, Claiming, StoreError};

pub(crate) use key::Key;
pub(crate) use ticket::{Kept, Ticket};

use crate::archive::{Archive, Attempt, ago};
use crate::audit::Recorded;
use crate::authorize::{Granted, Permitted};
use crate::denial::{Denial, Why};
use crate::keyring::Holder;
use crate::nonces;

/// A request that may be sent, or that was answered before.
pub struct Claimed {
    pub(crate) recorded: Recorded,
    /// Whether it has one; none for what is only to be judged, and was.
    pub(crate) turn: Option<Turn>,
}

/// Whether a call may go out.
pub(crate) enum Turn {
    /// It has no key, or changes nothing.
    Free,
    /// It is the first with its key.
    First(Ticket),
    /// It was answered before. If what must be asked before the call is not what it was then,
    /// it is asked again.
    Again {
        /// The answer.
        kept: Kept,
        /// Whether the guards are those that were passed then.
        is_guarded: bool,
    },
}

/// What is wanted to be done once.
pub(crate) struct Wanted {
    pub(crate) key: Key,
    /// The call as it was asked, whatever the policy made of it.
    pub(crate) call: Vec<u8>,
}

/// Why a key gives no turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoTurn {
    /// It was used for another call.
    Reused,
    /// The first attempt still runs.
    Running,
    /// How the first attempt ended is not known.
    Unknown,
    /// The first attempt was done, and its answer was not kept.
    Unkept,
    /// The caller has as many keys as it may have.
    Full,
    /// The store does not answer.
    Unavailable,
}

/// Claims the key of a request, if it has one.
///
/// # Errors
/// When the key gives no turn; then nothing is sent.
pub async fn claim(
    archive: &Arc<Archive>,
    recorded: Recorded,
    now: Timestamp,
) -> Result<Claimed, Denial> {
    let permitted = &recorded.permitted;
    let claimed = if permitted.aim.is_try() {
        // It claims no key. But what an older signature was made for might be sent once more
        // without the header, which it does not cover.
        spent(archive, permitted).await.map(|()| None)
    } else {
        turn(archive, permitted, now).await.map(Some)
    };
    match claimed {
        Ok(turn) => Ok(Claimed { recorded, turn }),
        Err(why) => Err(Denial::to(recorded.permitted.reply, why)),
    }
}

async fn turn(archive: &Arc<Archive>, permitted: &Permitted, now: Timestamp) -> Result<Turn, Why> {
    let turn = match (&permitted.once, &permitted.holder, &permitted.granted) {
        (Some(wanted), Some(holder), Granted::Call { permit, .. }) => {
            let claim = archive.describe(wanted, holder, permit, now);
            archive.turn(claim, now).await.map_err(Why::NoTurn)?
        }
        _ => Turn::Free,
    };
    // What was answered before is not done again, whatever it is signed with.
    if matches!(turn, Turn::Again { .. }) {
        return Ok(turn);
    }
    match (spent(archive, permitted).await, turn) {
        (Ok(()), turn) => Ok(turn),
        (Err(why), Turn::First(ticket)) => {
            ticket.give_back().await;
            Err(why)
        }
        (Err(why), Turn::Free | Turn::Again { .. }) => Err(why),
    }
}

/// Uses up what counts once, where something changes.
async fn spent(archive: &Archive, permitted: &Permitted) -> Result<(), Why> {
    match &permitted.nonce {
        Some(nonce) if permitted.granted.changes() => nonces::spend(&*archive.store, nonce).await,
        Some(_) | None => Ok(()),
    }
}

/// A caller as one word: a key and those that took over from it are one.
pub(crate) fn caller(holder: &Holder) -> String {
    let principal = &holder.principal;
    holder.line.as_ref().map_or_else(
        || format!("{} {}", principal.kind().as_str(), principal.name()),
        |key| key.as_str().to_owned(),
    )
}

impl Archive {
    fn describe(&self, wanted: &Wanted, holder: &Holder, permit: &Permit, now: Timestamp) -> Claim {
        let principal = &holder.principal;
        let caller = caller(holder);
        let (upstream, login) = (principal.upstream(), principal.erp_login());
        let whom = [upstream.as_str().as_bytes(), login.as_str().as_bytes()];
        let guards: Vec<Vec<u8>> = permit
            .guards()
            .map(portcullis_erp::Call::canonical)
            .collect();
        let guards: Vec<&[u8]> = guards.iter().map(Vec::as_slice).collect();
        Claim {
            key: self
                .safe
                .digest(&[b"key", caller.as_bytes(), wanted.key.as_bytes()]),
            call: self
                .safe
                .digest(&[b"call", whom[0], whom[1], wanted.call.as_slice()]),
            guards: self
                .safe
                .digest(&[&[b"guards".as_slice()], guards.as_slice()].concat()),
            caller: caller.into(),
            process: self.process,
            claimed: now,
        }
    }

    async fn turn(self: &Arc<Self>, claim: Claim, now: Timestamp) -> Result<Turn, NoTurn> {
        let since = ago(now, self.keeping.once);
        let attempt = Attempt::new(self, claim.clone());
        let claiming = self
            .store
            .claims()
            .claim(&claim, since, self.keeping.per_caller);
        let claiming = claiming.await.map_err(unavailable)?;
        attempt.settled();
        let (taken, state) = match claiming {
            Claiming::Claimed => {
                let ticket = Ticket::new(Arc::clone(self), claim);
                return Ok(Turn::First(ticket));
            }
            Claiming::Full => return Err(NoTurn::Full),
            Claiming::Taken(taken, state) => (taken, state),
        };
        if taken.call != claim.call {
            return Err(NoTurn::Reused);
        }
        match state {
            ClaimState::Running => {
                let runs = self.store.presence().is_there(taken.process);
                Err(if runs.await.map_err(unavailable)? {
                    NoTurn::Running
                } else {
                    NoTurn::Unknown
                })
            }
            ClaimState::Unknown => Err(NoTurn::Unknown),
            ClaimState::Unkept => Err(NoTurn::Unkept),
            ClaimState::Answered(sealed) => {
                let kept = self.safe.open("claim", &ticket::row(&taken), &sealed);
                let kept = kept.and_then(|bytes| Kept::read(&bytes));
                Ok(Turn::Again {
                    kept: kept.ok_or(NoTurn::Unkept)?,
                    is_guarded: taken.guards == claim.guards,
                })
            }
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it maps errors")]
fn unavailable(error: StoreError) -> NoTurn {
    tracing::error!(%error, "an Idempotency-Key could not be looked up");
    NoTurn::Unavailable
}

impl NoTurn {
    /// As it stands in records.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Reused => "once.reused",
            Self::Running => "once.running",
            Self::Unknown => "once.outcome-unknown",
            Self::Unkept => "once.answer-not-kept",
            Self::Full => "once.full",
            Self::Unavailable => "once.unavailable",
        }
    }

    /// What the caller is told.
    pub(crate) fn fault(self) -> Fault {
        let (kind, message) = match self {
            Self::Reused => (
                FaultKind::KeyReused,
                "this Idempotency-Key was used for another call; take a new one for each call",
            ),
            Self::Running => (
                FaultKind::Underway,
                "the first request with this Idempotency-Key still runs; repeat it in a second to get its answer",
            ),
            Self::Unknown => (
                FaultKind::Underway,
                "outcome unknown: the first request with this Idempotency-Key was sent and its answer was lost; look in the ERP whether it was done, and use a new key if it was not",
            ),
            Self::Unkept => (
                FaultKind::Underway,
                "the first request with this Idempotency-Key was done, and its answer was not kept; read what you need from the ERP",
            ),
            Self::Full => (
                FaultKind::TooMany,
                "this caller has used too many Idempotency-Keys; wait until the oldest are forgotten, or send the call without one",
            ),
            Self::Unavailable => (
                FaultKind::Unreachable,
                "the Idempotency-Key could not be claimed, and nothing was done; repeat the request",
            ),
        };
        Fault::new(kind, message)
    }
}
