//! What a permit, a passage or an act on a session lets through is done, and nothing else.
//!
//! What was answered before is not asked again; a call under an `Idempotency-Key` goes on when
//! its caller hangs up.

use std::rc::Rc;
use std::sync::Arc;

use portcullis_audit::RequestId;
use portcullis_erp::{Fault, FaultKind, Reply, Value};
use portcullis_identity::{SessionDigest, Timestamp};
use portcullis_policy::{Passage, Permit};

use super::ask::Opened;
use super::errand::{Ended, Errand};
use super::link::Whole;
use super::{AskError, Asker, ErpUser, Links, Upstream};
use crate::approve::Approved;
use crate::archive::Archive;
use crate::audit::{Aftermath, Ledger, Recorded};
use crate::authorize::{Granted, Return};
use crate::controller::Controller;
use crate::denial::{Denial, Why};
use crate::dry_run;
use crate::limit::Allowance;
use crate::once::{Claimed, Kept, Ticket, Turn};
use crate::origin::Origin;
use crate::sessions::Sessions;
use crate::sessions::act::{self, Acted};
use crate::trail::Trail;

/// A request that the ERP has answered.
pub struct Answered {
    pub(crate) done: Done,
    pub(crate) reply: Reply,
    pub(crate) allowance: Option<Allowance>,
}

/// What there is to be filtered.
pub(crate) enum Done {
    /// A custom controller answered, as the ERP gave it.
    Page(Box<Passage>, Arc<Controller>, Whole),
    /// The ERP did the call; its result is still as the ERP gave it.
    Result(Box<Permit>, Value),
    /// The ERP did the call when it was asked first; nothing was sent now.
    Again(Box<Permit>, Value),
    /// The ERP hands out a file.
    File(Box<Permit>, Opened),
    /// The ERP refused or failed.
    Fault(Fault),
    /// Nobody was asked: the gateway answered.
    Here(Value),
    /// A session was opened or ended.
    Acted(Acted),
}

/// What there is to be kept of what is done.
pub struct Keeps<'a> {
    pub(crate) sessions: &'a Sessions,
    pub(crate) archive: &'a Arc<Archive>,
    pub(crate) ledger: &'a Rc<Ledger>,
}

/// Asks the ERP what the permit says: its guards, if it has any, and then the call. What was
/// answered before is not asked again.
///
/// # Errors
/// When the ERP cannot be reached, its answer is lost, the call cannot be said in its dialect,
/// or the guards' answers make the policy refuse.
pub async fn forward(
    asker: &Asker<'_>,
    keeps: &Keeps<'_>,
    approved: Approved,
    now: Timestamp,
    trail: &mut Trail,
) -> Result<Answered, Denial> {
    let Claimed { recorded, turn } = approved.claimed;
    let Some(turn) = turn else {
        return Ok(tried(recorded));
    };
    let links = asker.links;
    let allowance = recorded.allowance;
    let permitted = recorded.permitted;
    let anew = Anew {
        asker,
        sessions: keeps.sessions,
        again: permitted.again,
        request: trail.request(),
        now,
    };
    let reply = permitted.reply;
    let errand = match permitted.granted {
        Granted::Here(value) => {
            return Ok(Answered {
                done: Done::Here(value),
                reply,
                allowance,
            });
        }
        Granted::Passage {
            passage,
            controller,
            upstream,
            user,
        } => {
            let origin = permitted.origin;
            let visit = (&*passage, &*controller);
            let visited = upstream.visit(asker, visit, user.as_ref(), origin);
            let mut visited = visited.await;
            if let (Err(AskError::Over), Some(was)) = (&visited, &user)
                && let Some(anew) = anew.of(&upstream, was, origin).await
            {
                visited = upstream.visit(asker, visit, Some(&anew), origin).await;
            }
            mind(keeps, permitted.session, user.as_deref()).await;
            let whole = visited.map_err(|error| Denial::to(reply.clone(), error.why()))?;
            return Ok(Answered {
                done: Done::Page(passage, controller, whole),
                reply,
                allowance,
            });
        }
        Granted::Session(act) => {
            let acted = act::perform(keeps.sessions, asker, act, &reply, permitted.plain, now);
            return match acted.await {
                Ok(acted) => Ok(Answered {
                    done: Done::Acted(acted),
                    reply,
                    allowance,
                }),
                Err(why) => Err(Denial::to(reply, why)),
            };
        }
        Granted::Call {
            permit,
            upstream,
            user,
        } => Errand {
            permit,
            upstream,
            user,
            origin: permitted.origin,
            request: trail.request(),
            archive: Arc::clone(keeps.archive),
            ledger: Rc::clone(keeps.ledger),
            window: None,
            is_unkept: false,
        },
    };
    let user = Arc::clone(&errand.user);
    let told = match turn {
        Turn::Free => {
            let ended = errand.run(links).await;
            match anew.undone(ended).await {
                Ok(errand) => told(errand.run(links).await),
                Err(ended) => told(*ended),
            }
        }
        Turn::First(ticket) => match first(errand, ticket, links.clone()).await {
            Ok(told) => told,
            Err((ended, mut ticket)) => {
                ticket.set_undone(true);
                let undone = anew.undone(ended).await;
                ticket.set_undone(false);
                match undone {
                    Ok(errand) => match first(*errand, ticket, links.clone()).await {
                        Ok(told) => told,
                        Err((ended, ticket)) => last(ended, ticket).await,
                    },
                    Err(ended) => last(*ended, ticket).await,
                }
            }
        },
        Turn::Again { kept, is_guarded } => {
            trail.repeated();
            match kept {
                Kept::Fault(fault) => Told::of(Ok(Done::Fault(fault))),
                Kept::Value(value) if is_guarded => Told::of(Ok(Done::Again(errand.permit, value))),
                Kept::Value(value) => told(errand.run_again(links, value).await),
            }
        }
    };
    trail.looked(told.aftermath);
    mind(keeps, permitted.session, Some(&user)).await;
    if told.is_unkept {
        trail.unkept();
    }
    match told.done {
        Ok(done) => Ok(Answered {
            done: if let Done::Fault(fault) = done {
                Done::Fault(own_words(fault))
            } else {
                done
            },
            reply,
            allowance,
        }),
        Err(why) => Err(Denial::to(reply, why)),
    }
}

/// What is said of a request that is only to be judged. What the gateway answers by itself, and
/// what changes nothing, is answered as ever.
fn tried(recorded: Recorded) -> Answered {
    let permitted = recorded.permitted;
    let (value, reply) = match permitted.granted {
        Granted::Here(value) => (value, permitted.reply),
        granted @ (Granted::Call { .. } | Granted::Passage { .. } | Granted::Session(_)) => {
            let told = dry_run::told(&granted, &permitted.aim);
            (told, dry_run::manner(permitted.reply))
        }
    };
    Answered {
        done: Done::Here(value),
        reply,
        allowance: recorded.allowance,
    }
}

/// With what is begun anew where the ERP has ended the session of whoever shows the password with
/// each request. Of the first try nothing was done, and there is no third.
struct Anew<'a> {
    asker: &'a Asker<'a>,
    sessions: &'a Sessions,
    again: Option<Return>,
    request: RequestId,
    now: Timestamp,
}

/// A request of which nothing was done yet, although its record is open: its caller may hang up,
/// and all that is left of it is dropped.
struct Undone<'a> {
    ledger: &'a Ledger,
    request: RequestId,
    goes_on: bool,
}

impl Drop for Undone<'_> {
    fn drop(&mut self) {
        // Of a panic the record says that it was one.
        if !self.goes_on && !std::thread::panicking() {
            self.ledger.close_undone(self.request);
        }
    }
}

impl Anew<'_> {
    /// The user with a new session, if there is one.
    async fn of(&self, upstream: &Upstream, was: &ErpUser, origin: Origin) -> Option<Arc<ErpUser>> {
        let again = self.again.as_ref()?;
        let with = (self.asker, self.sessions);
        let mut undone = Undone {
            ledger: self.asker.ledger,
            request: self.request,
            goes_on: false,
        };
        let user = again.anew(with, (upstream, was), origin, self.now).await;
        undone.goes_on = true;
        user
    }

    /// What is still to be done, within a new session; or how it ended.
    async fn undone(&self, mut ended: Ended) -> Result<Box<Errand>, Box<Ended>> {
        let Some(mut errand) = ended.undone.take() else {
            return Err(Box::new(ended));
        };
        match self.of(&errand.upstream, &errand.user, errand.origin).await {
            Some(user) => {
                errand.user = user;
                Ok(errand)
            }
            None => Err(Box::new(ended)),
        }
    }
}

/// What is told of a plan that was run.
struct Told {
    done: Result<Done, Why>,
    is_unkept: bool,
    aftermath: Option<Aftermath>,
}

impl Told {
    fn of(done: Result<Done, Why>) -> Self {
        Self {
            done,
            is_unkept: false,
            aftermath: None,
        }
    }
}

/// Runs what is done under a ticket. It goes on when the caller hangs up: whoever repeats the
/// request awaits its answer. Gives the ticket back where the ERP has ended the session before
/// anything was done.
async fn first(errand: Errand, ticket: Ticket, links: Links) -> Result<Told, (Ended, Ticket)> {
    let running = tokio::task::spawn_local(async move {
        let ended = errand.run(&links).await;
        if ended.undone.is_some() {
            return Err((ended, ticket));
        }
        ticket.end(&ended).await;
        Ok(told(ended))
    });
    match running.await {
        Ok(ended) => ended,
        Err(_) => Ok(Told::of(Err(Why::Panicked))),
    }
}

/// Ends what was not done.
async fn last(ended: Ended, ticket: Ticket) -> Told {
    ticket.end(&ended).await;
    told(ended)
}

/// What the ERP said of a person's own session is kept: that it was exchanged, or is over.
async fn mind(keeps: &Keeps<'_>, session: Option<SessionDigest>, user: Option<&ErpUser>) {
    let (Some(digest), Some(user)) = (session, user) else {
        return;
    };
    if user.session().is_some_and(|own| own.is_over()) {
        if let Err(error) = keeps.sessions.end(&digest).await {
            tracing::error!(%error, "a session whose ERP has ended it could not be ended");
        }
        return;
    }
    keeps.sessions.keep(&digest, user).await;
}

fn told(ended: Ended) -> Told {
    Told {
        done: ended.done,
        is_unkept: ended.is_unkept,
        aftermath: ended.aftermath,
    }
}

/// A fault that the ERP made of the gateway's own credential is not the caller's business.
pub(crate) fn own_words(fault: Fault) -> Fault {
    if fault.kind != FaultKind::AccessDenied {
        return fault;
    }
    refused()
}

/// The ERP refused the gateway's own credential.
pub(super) fn refused() -> Fault {
    Fault::new(
        FaultKind::Internal,
        "the gateway's own credential for the ERP was not accepted; tell the operator of the gateway",
    )
}
