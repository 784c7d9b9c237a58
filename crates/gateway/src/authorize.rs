//! The sixth room: may this be done?
//!
//! The policy judges; this room brings it what it needs and turns its yes into what the rest
//! of the road works on. Here alone a [`Permit`] or a [`Passage`] enters the road.

use std::sync::Arc;

use portcullis_erp::dialect::lacking;
use portcullis_erp::{Asked, Dialect, Fault, FaultKind, Reply, Shape, Value, Verb};
use portcullis_identity::{SessionDigest, Timestamp};
use portcullis_policy::{Decision, Operation, Passage, Permit, Question};
use portcullis_storage::Nonce;

use crate::approve::Sought;
use crate::controller::Controller;
use crate::decode::Wish;
use crate::denial::{Denial, Why};
use crate::dry_run::{Aim, Sending};
use crate::identify::Identified;
use crate::keyring::Holder;
use crate::limit;
use crate::once::Wanted;
use crate::origin::Origin;
use crate::sessions::Sessions;
use crate::sessions::act::Act;
use crate::snapshot::Snapshot;
use crate::trail::Trail;
use crate::upstream::{Asker, ErpUser, Upstream};

mod across;
mod asking;
mod describe;
mod entrance;
mod explain;
mod here;
mod naming;
mod passage;
mod session;
mod values;

use asking::Asking;
pub(crate) use entrance::{Inside, Return, enter};

/// How many models one judgement may ask the ERP about.
const MOST_LESSONS: usize = 64;

/// A request that may be done.
pub struct Permitted {
    pub(crate) granted: Granted,
    pub(crate) holder: Option<Arc<Holder>>,
    pub(crate) reply: Reply,
    pub(crate) origin: Origin,
    /// Whether the connection is known to be unencrypted and local.
    pub(crate) plain: bool,
    /// The session by which the caller was known, if by one.
    pub(crate) session: Option<SessionDigest>,
    /// Whether it is to be sent at all.
    pub(crate) aim: Aim,
    /// What another person must approve before it is sent.
    pub(crate) sought: Option<Sought>,
    /// What must be done once only.
    pub(crate) once: Option<Wanted>,
    /// What counts once if it changes something.
    pub(crate) nonce: Option<Nonce>,
    /// What lets whoever came by Basic in again.
    pub(crate) again: Option<Return>,
}

/// What may be done.
pub(crate) enum Granted {
    /// A call, as the permit says.
    Call {
        permit: Box<Permit>,
        upstream: Arc<Upstream>,
        user: Arc<ErpUser>,
    },
    /// A visit to a custom controller, as the passage says. The user is the one as whom the
    /// caller's calls run; none for nobody.
    Passage {
        passage: Box<Passage>,
        controller: Arc<Controller>,
        upstream: Arc<Upstream>,
        user: Option<Arc<ErpUser>>,
    },
    /// An answer of the gateway's own.
    Here(Value),
    /// A session that is opened or ended.
    Session(Act),
}

impl Granted {
    /// Whether it may change something.
    pub(crate) fn changes(&self) -> bool {
        match self {
            Self::Call { permit, .. } => permit.operation() != Operation::Read,
            Self::Passage { passage, .. } => passage.visit().verb() != Verb::Get,
            Self::Here(_) => false,
            Self::Session(_) => true,
        }
    }
}

/// Judges what is asked.
///
/// # Errors
/// When the policy refuses, or what it must know of the model cannot be found out.
pub async fn call(
    snapshot: &Snapshot,
    asker: &Asker<'_>,
    sessions: &Sessions,
    identified: Identified,
    now: Timestamp,
    trail: &mut Trail,
) -> Result<Permitted, Denial> {
    let entered = enter(snapshot, (asker, sessions), identified, now, trail);
    let Inside {
        identified,
        pair,
        mut again,
    } = entered.await?;
    let snapshot = pair.as_ref().map_or(snapshot, |pair| &pair.snapshot);
    let Identified {
        wish,
        holder,
        upstream,
        mut reply,
        origin,
        session,
        style,
        person,
        from,
        plain,
        sending: Sending { once, mut aim },
        nonce,
        voucher: _,
    } = identified;
    let asked = match wish {
        Wish::Asked(asked) => asked,
        Wish::Visit(visit, controller) => {
            let hands_on = controller.takes.hands_on("idempotency-key");
            let granted = passage::grant(
                snapshot,
                visit,
                controller,
                (holder.as_deref(), upstream),
                now,
                trail,
            )?;
            // A caller that relies on it would do things twice.
            if once.is_some() && !hands_on {
                let fault = Fault::new(
                    FaultKind::BadArguments,
                    "`Idempotency-Key` has no effect at this path; leave it out",
                );
                return Err(Denial::to(reply, Why::Unfit(fault)));
            }
            return Ok(Permitted {
                granted,
                holder,
                reply,
                origin,
                plain,
                session,
                aim,
                sought: None,
                once: None,
                nonce,
                again,
            });
        }
    };
    let asking = match asked {
        Asked::Call(call) => {
            if let (Dialect::Json2, Some(fault)) = (reply.dialect, lacking(&call)) {
                return Err(Denial::to(reply, Why::Unsayable(fault)));
            }
            Asking::Call(call)
        }
        Asked::Rest(request) => Asking::Rest(request),
        // The requests of a batch come here one by one, none of which may be a batch again.
        Asked::Batch(_) => {
            let fault = Fault::new(FaultKind::Malformed, "a batch is no part of a batch");
            return Err(Denial::to(reply, Why::Unreadable(fault)));
        }
        Asked::Local(local) => {
            let inquiry = session::Inquiry {
                snapshot,
                asker,
                sessions,
                holder: holder.as_ref(),
                upstream: upstream.as_ref(),
                session,
                person: person.as_ref(),
                style,
                from: &from,
                reply: &reply,
                origin,
                now,
            };
            let granted = match session::granted(&local, &inquiry).await {
                Some(granted) => granted,
                None => here::answer(&local, &inquiry).map(Granted::Here),
            };
            if let (Some(person), Some(upstream)) = (&person, &upstream)
                && person.held.get()
            {
                trail.held(upstream.name().clone());
            }
            let granted = granted.map_err(|why| Denial::to(reply.clone(), why))?;
            // Whoever logs in is known from here on.
            let holder = match &granted {
                Granted::Session(Act::Open(opening)) => {
                    trail.recognised(Arc::clone(&opening.holder.principal));
                    Some(Arc::clone(&opening.holder))
                }
                Granted::Session(_)
                | Granted::Call { .. }
                | Granted::Passage { .. }
                | Granted::Here(_) => holder,
            };
            return Ok(Permitted {
                granted,
                holder,
                reply,
                origin,
                plain,
                session,
                aim,
                sought: None,
                once: None,
                nonce,
                again: None,
            });
        }
    };
    let (Some(holder), Some(upstream)) = (holder, upstream) else {
        return Err(Denial::to(reply, Why::Unidentified));
    };
    let Some(mut user) = upstream.user_of(&holder) else {
        return Err(Denial::to(reply, Why::Unschooled));
    };
    // Whoever has nothing left is told before anything is judged, or asked of the ERP.
    if let Err(wait) = limit::look(&holder, now) {
        return Err(Denial::to(reply, Why::Limited(wait)));
    }
    let desk = describe::Desk {
        snapshot,
        asker,
        principal: &holder.principal,
        address: origin.address,
        upstream: &upstream,
        user: &user,
    };
    if let Some((request, fault)) = asking.unread(upstream.family()) {
        let why = desk.unread(request, fault).await;
        let why = limit::count(&holder, now).map_or_else(Why::Limited, |_| why);
        return Err(Denial::to(reply, why));
    }
    if let Some(request) = asking.describes() {
        return match desk.described(request).await {
            Ok(manner) => {
                reply.rest = Some(Arc::new(manner));
                Ok(Permitted {
                    granted: Granted::Here(Value::Null),
                    holder: Some(holder),
                    reply,
                    origin,
                    plain,
                    session,
                    aim,
                    sought: None,
                    once: None,
                    nonce,
                    again: None,
                })
            }
            Err(why) => {
                let why = limit::count(&holder, now).map_or_else(Why::Limited, |_| why);
                Err(Denial::to(reply, why))
            }
        };
    }
    // A judgement may need a model whose fields were not asked for yet; each round learns one.
    for _ in 0..MOST_LESSONS {
        let schema = upstream.schema(&user);
        let (call, edition, manner) = match asking.to(&upstream, &schema) {
            Ok(said) => said,
            Err(fault) => {
                let why = limit::count(&holder, now)
                    .map_or_else(Why::Limited, |_| Why::Unreadable(fault));
                return Err(Denial::to(reply, why));
            }
        };
        trail.asked(call.model.as_str(), call.method.as_str());
        let names = naming::Names {
            policy: &snapshot.policy,
            principal: &holder.principal,
            caller: (reply.dialect, origin.address),
            upstream: &upstream,
            user: &user,
            asker,
        };
        let call = match names.give(call).await {
            Ok(call) => call,
            Err(fault) => {
                let why =
                    limit::count(&holder, now).map_or_else(Why::Limited, |_| Why::Unsayable(fault));
                return Err(Denial::to(reply, why));
            }
        };
        let asked = across::asked(&call, reply.dialect, &upstream, &schema);
        let seen = edition.clone();
        let decision = snapshot.policy.judge(Question {
            principal: &holder.principal,
            upstream: upstream.name(),
            family: upstream.family(),
            dialect: reply.dialect,
            address: origin.address,
            now,
            schema: &schema,
            uid: user.uid(),
            login: user.login(),
            edition,
            call: asked.call,
        });
        let refusal = match decision {
            Decision::Allow(permit) => {
                if let Some(why) = asked.unsayable {
                    trail.refused(Shape::of(&call));
                    reply.rest = manner.map(Arc::new);
                    let why = limit::count(&holder, now).map_or_else(Why::Limited, |_| why);
                    return Err(Denial::to(reply, why));
                }
                if let Some(model) = values::unknown(&call, reply.dialect, &upstream, &schema)
                    && upstream.learn(asker, model, &user).await.is_ok()
                {
                    continue;
                }
                if let Some(fault) = values::unfit(&call, reply.dialect, &upstream, &schema) {
                    trail.refused(Shape::of(&call));
                    reply.rest = manner.map(Arc::new);
                    let why =
                        limit::count(&holder, now).map_or_else(Why::Limited, |_| Why::Unfit(fault));
                    return Err(Denial::to(reply, why));
                }
                if let Some(mut manner) = manner {
                    manner.follow(permit.next(), permit.paged().map(|cap| cap.most));
                    reply.rest = Some(Arc::new(manner));
                }
                reply.told = asked.told;
                if let Aim::Try { rule } = &mut aim
                    && permit.would().is_none()
                    && snapshot.policy.explains(&holder.principal, permit.rule())
                {
                    *rule = Some(permit.rule().into());
                }
                let sought = permit.demands_approval().then(|| Sought::of(&call, &seen));
                // What changes nothing may be done as often as one likes.
                let once = once
                    .filter(|_| permit.operation() != Operation::Read)
                    .map(|key| Wanted {
                        key,
                        call: call.canonical(),
                    });
                let granted = Granted::Call {
                    permit,
                    upstream,
                    user,
                };
                return Ok(Permitted {
                    granted,
                    holder: Some(holder),
                    reply,
                    origin,
                    plain,
                    session,
                    aim,
                    sought,
                    once,
                    nonce,
                    again,
                });
            }
            Decision::Refuse(refusal) => refusal,
        };
        let learned = if refusal.wants_user() {
            upstream.learn_user(asker, &user).await
        } else if let Some(model) = refusal.wants() {
            upstream.learn(asker, model, &user).await
        } else {
            trail.refused(Shape::of(&call));
            reply.rest = manner.map(Arc::new);
            // A refusal costs as much as a call: guessing what is allowed is not free.
            let why =
                limit::count(&holder, now).map_or_else(Why::Limited, |_| Why::Refused(refusal));
            return Err(Denial::to(reply, why));
        };
        if learned.is_err() {
            let Some(again) = again.take() else { break };
            let erp = (&*upstream, &*user);
            let anew = again.anew((asker, sessions), erp, origin, now).await;
            let Some(anew) = anew else { break };
            user = anew;
        }
    }
    // The ERP was asked, so this costs as much as a call: an ERP in trouble is not asked for ever.
    let why = limit::count(&holder, now).map_or_else(Why::Limited, |_| Why::Unschooled);
    Err(Denial::to(reply, why))
}
