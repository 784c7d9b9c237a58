//! The fourth room: a dialect's request becomes what is asked, and a credential.
//!
//! Decoding comes before identifying, because log-ins and the password slots of RPC calls lie
//! in the body, and a rule cannot judge a call that nobody read. The readers are pure, bounded
//! and fuzzed (`portcullis_erp::dialect`).

mod bound;
mod credential;
mod manner;
mod signature;
mod visit;

use std::sync::Arc;
use std::time::Duration;

use portcullis_erp::dialect::csrf_token;
use portcullis_erp::{
    Asked, Dialect, Fault, FaultKind, Inbound, Local, Reply, SlotCredential, Visit,
};
use portcullis_identity::{Presented, Secret, Timestamp, UpstreamName};

use crate::controller::Controller;
use crate::denial::{Denial, Why};
use crate::dry_run::{self, Aim, Sending};
use crate::identify::{Desk, Voucher};
use crate::once;
use crate::origin::Origin;
use crate::sessions::cookie;
use crate::snapshot::Snapshot;
use crate::throttle::Paced;
use crate::trail::Trail;
use bound::Bound;
pub(crate) use bound::has_slot;
pub(crate) use credential::more_than_one;
pub(crate) use manner::Manner;
pub use manner::{agent, is_foreign};
pub(crate) use signature::Signature;

/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(30);

/// What is asked and with what credential, unjudged.
pub struct Decoded {
    pub(crate) wish: Wish,
    pub(crate) credentials: Credentials,
    pub(crate) reply: Reply,
    pub(crate) upstream: Option<UpstreamName>,
    /// The database that a header names (`X-Odoo-Database`).
    pub(crate) database: Option<String>,
    pub(crate) origin: Origin,
    pub(crate) manner: Manner,
    /// How long the address has to wait, unless a known key is shown.
    pub(crate) debt: Option<u64>,
    pub(crate) sending: Sending,
}

/// What says who is calling, unbelieved.
pub(crate) struct Credentials {
    /// The credential of the headers.
    pub(crate) presented: Presented,
    /// The credential that lay in the body.
    pub(crate) slot: Option<SlotCredential>,
    /// The signature over the request.
    pub(crate) signature: Option<Signature>,
    /// Whose key was shown with the batch that it came in.
    pub(crate) vouched: Option<Voucher>,
    /// A session that came beside a key, and must not be somebody else's.
    pub(crate) beside: Option<Secret<String>>,
    /// Login and password of a person, beside a key.
    pub(crate) person: Option<Secret<String>>,
}

/// What is wished for.
pub(crate) enum Wish {
    /// What a dialect can ask.
    Asked(Asked),
    /// A visit to a custom controller, by its route.
    Visit(Visit, Arc<Controller>),
}

/// Reads what a request asks.
///
/// # Errors
/// When the body is too large (for whoever shows no credential that exists, a small one is),
/// ends too early or takes too long, when the request is not well formed in its dialect, or when
/// it carries more than one credential.
pub async fn read(
    paced: Paced,
    snapshot: &Snapshot,
    desk: &Desk<'_>,
    now: Timestamp,
    trail: &mut Trail,
) -> Result<Decoded, Denial> {
    let limits = &snapshot.limits;
    trail.came_from(paced.origin.address);
    trail.spoke(paced.routed.dialect);
    let own = paced.routed.received.head.uri.query();
    let own = own.unwrap_or_default().to_owned();
    let dialect = paced.routed.dialect;
    let (query, in_query) = desk
        .ways
        .key_in(&own)
        .map_err(|fault| Denial::to(Reply::plain(dialect), Why::Unreadable(fault)))?;
    let Bound {
        most,
        passed,
        otherwise,
    } = Bound::of(&paced, in_query.as_ref(), snapshot, desk, now, trail).await;
    let Paced {
        routed,
        origin,
        debt,
    } = paced;
    let plain = || Reply::plain(dialect);
    let head = routed.received.head;
    let vouched = routed.received.batch.and_then(|batch| batch.voucher);
    let body = tokio::time::timeout(BODY_TIME, routed.received.body.collect(most, passed))
        .await
        .unwrap_or_else(|_| {
            Err(Fault::new(
                FaultKind::Malformed,
                "the body took too long to arrive",
            ))
        })
        .map_err(|fault| match otherwise {
            Some(why) if fault.kind == FaultKind::TooLarge => Denial::to(plain(), why),
            _ => Denial::to(plain(), Why::Unreadable(fault)),
        })?;
    let content_type = one_header(&head.headers, "content-type")
        .map_err(|fault| Denial::to(plain(), Why::Unreadable(fault)))?;
    let inbound = Inbound {
        verb: match head.method.as_str() {
            "HEAD" => "GET",
            verb => verb,
        },
        segments: &routed.segments,
        query: &query,
        content_type,
        body: &body,
    };
    let (wish, slot, reply) = match routed.visited {
        Some(visited) => {
            let route = visited.controller.name.as_str();
            trail.asked(route, inbound.verb);
            let visit = visit::read(&visited, inbound, &head.headers, limits)
                .map_err(|fault| Denial::to(plain(), Why::Unreadable(fault)))?;
            let wish = Wish::Visit(visit, visited.controller);
            (wish, None, plain())
        }
        None => {
            let reading = dialect
                .read(inbound, limits)
                .map_err(|error| Denial::to(*error.reply, Why::Unreadable(error.fault)))?;
            match &reading.asked {
                Asked::Call(call) => trail.asked(call.model.as_str(), call.method.as_str()),
                Asked::Local(Local::ExplainSignature(_)) => trail.asked("-", "explain-signature"),
                Asked::Rest(_) | Asked::Batch(_) | Asked::Local(_) => {}
            }
            (Wish::Asked(reading.asked), reading.slot, reading.reply)
        }
    };
    let unreadable = |fault: Fault| Denial::to(reply.clone(), Why::Unreadable(fault));
    let aim = Aim::of(&head.headers).map_err(unreadable)?;
    if aim.is_try() {
        trail.tried();
        if let Wish::Asked(asked) = &wish {
            dry_run::check(asked).map_err(unreadable)?;
        }
    }
    let once = once::Key::of(&head.headers).map_err(unreadable)?;
    let sending = Sending { once, aim };
    // Whoever logs in shows a key; the cookie of an older session does not count.
    let logs_in = matches!(wish, Wish::Asked(Asked::Local(Local::LogIn)));
    let cookie = match &wish {
        Wish::Asked(_) => cookie::name(dialect).filter(|_| !logs_in),
        Wish::Visit(_, controller) => controller.cookie,
    };
    let (presented, person) =
        credential::presented(&head.headers, in_query.as_ref(), cookie, desk.ways)
            .map_err(unreadable)?;
    let signature = signature::read(&head, &routed.base, &body).map_err(unreadable)?;
    if let (Wish::Visit(_, controller), Some(signature)) = (&wish, &signature) {
        let handed_on = &controller.takes.headers;
        signature::covers(signature, handed_on, &head.headers).map_err(unreadable)?;
    }
    let mut manner = Manner::of(&head, origin);
    let mut beside = None;
    if dialect == Dialect::Json2 && matches!(presented, Presented::Key { .. }) {
        let shown = cookie::read(&head.headers, "session_id").map_err(unreadable)?;
        beside = shown.map(|text| Secret::new(text.to_owned()));
    }
    if manner.csrf.is_none() && matches!(presented, Presented::Session(_)) {
        manner.csrf = csrf_token(inbound, limits);
    }
    let database = one_header(&head.headers, "x-odoo-database").map_err(unreadable)?;
    let wish = match wish {
        Wish::Asked(Asked::Rest(request)) => {
            let request = request.below(&routed.base);
            let header = |name| one_header(&head.headers, name);
            let request = match (header("if-match"), header("if-none-match")) {
                (Ok(match_), Ok(none_match)) => request.on_condition(match_, none_match),
                (Err(fault), _) | (_, Err(fault)) => request.but(fault),
            };
            Wish::Asked(Asked::Rest(Box::new(request)))
        }
        other @ (Wish::Asked(_) | Wish::Visit(..)) => other,
    };
    Ok(Decoded {
        wish,
        credentials: Credentials {
            presented,
            slot,
            signature,
            vouched,
            beside,
            person,
        },
        database: (!database.is_empty()).then(|| database.to_owned()),
        reply,
        upstream: routed.upstream,
        origin,
        manner,
        debt,
        sending,
    })
}

/// A header that may stand once at the most; empty if it does not stand.
fn one_header<'a>(headers: &'a http::HeaderMap, name: &str) -> Result<&'a str, Fault> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(Fault::new(
            FaultKind::Malformed,
            format!("there is more than one {name} header"),
        ));
    }
    match first {
        None => Ok(""),
        Some(value) => value.to_str().map_err(|_| {
            Fault::new(
                FaultKind::Malformed,
                format!("the {name} header is not plain text"),
            )
        }),
    }
}
