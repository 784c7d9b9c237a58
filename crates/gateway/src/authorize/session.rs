//! Log-in, log-out, and what a caller is told of itself.

use std::sync::Arc;

use portcullis_erp::{Call, Edition, Local, Map, Reply, Value};
use portcullis_identity::{SessionDigest, Timestamp};
use portcullis_policy::{Decision, Family, Question};

use super::Granted;
use crate::denial::Why;
use crate::keyring::Holder;
use crate::sessions::Sessions;
use crate::sessions::act::{self, Act, Opening, Who};
use crate::snapshot::Snapshot;
use crate::upstream::{Asker, ErpUser, Upstream};

/// Who asks for something that is answered here, and with what it is answered.
pub(super) struct Inquiry<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) asker: &'a Asker<'a>,
    pub(super) sessions: &'a Sessions,
    pub(super) holder: Option<&'a Arc<Holder>>,
    pub(super) upstream: Option<&'a Upstream>,
    pub(super) session: Option<SessionDigest>,
    pub(super) reply: &'a Reply,
    pub(super) address: std::net::IpAddr,
    pub(super) now: Timestamp,
}

/// What may be done; none for what has nothing to do with a session.
///
/// # Errors
/// When it is for known callers only, or the ERP cannot tell what the caller must be told.
pub(super) async fn granted(local: &Local, inquiry: &Inquiry<'_>) -> Option<Result<Granted, Why>> {
    match local {
        Local::LogIn => Some(log_in(inquiry).await),
        Local::LogOut => Some(Ok(Granted::Session(Act::End(inquiry.session)))),
        Local::SessionCheck => Some(Ok(Granted::Here(Value::Null))),
        Local::SessionInfo => Some(info(inquiry).await),
        Local::About
        | Local::AboutVersion
        | Local::Authenticate
        | Local::DatabaseExists(_)
        | Local::Databases
        | Local::Documentation(_)
        | Local::ExplainSignature(_)
        | Local::LoggedUser
        | Local::Ping
        | Local::ServerVersion
        | Local::Shut(_)
        | Local::Version => None,
    }
}

async fn log_in(inquiry: &Inquiry<'_>) -> Result<Granted, Why> {
    let holder = inquiry.holder.ok_or(Why::LoginFailed)?;
    let key = *holder.principal.key().ok_or(Why::LoginFailed)?;
    let who = who(inquiry, holder).await?;
    Ok(Granted::Session(Act::Open(Opening { key, who })))
}

async fn info(inquiry: &Inquiry<'_>) -> Result<Granted, Why> {
    let holder = inquiry.holder.ok_or(Why::Expired)?;
    let who = who(inquiry, holder).await?;
    let csrf = inquiry
        .session
        .map(|session| inquiry.sessions.csrf(&session).text());
    Ok(Granted::Here(act::info(inquiry.reply, &who, csrf)))
}

async fn who(inquiry: &Inquiry<'_>, holder: &Holder) -> Result<Who, Why> {
    let upstream = inquiry.upstream.ok_or(Why::Unidentified)?;
    let login = holder.principal.erp_login();
    let mut who = Who {
        login: login.to_string(),
        uid: 0,
        database: upstream.database().to_string(),
        version: super::here::version(Some(upstream)).to_owned(),
        context: Map::new(),
    };
    if upstream.family() == Family::Odoo {
        let user = upstream.user(login).ok_or(Why::Unschooled)?;
        who.uid = user.uid().ok_or(Why::Unschooled)?;
        if may_know_its_context(inquiry, holder, upstream, &user) {
            let context = upstream.context_of(inquiry.asker, &user).await;
            who.context = context.map_err(|_| Why::Unreachable)?;
        }
    }
    Ok(who)
}

/// Whether the caller may ask for its own language and time zone.
fn may_know_its_context(
    inquiry: &Inquiry<'_>,
    holder: &Holder,
    upstream: &Upstream,
    user: &ErpUser,
) -> bool {
    let Ok(call) = Call::new("res.users", "context_get") else {
        return false;
    };
    let decision = inquiry.snapshot.policy.judge(Question {
        principal: &holder.principal,
        upstream: upstream.name(),
        family: upstream.family(),
        edition: Edition::Any,
        dialect: inquiry.reply.dialect,
        address: inquiry.address,
        now: inquiry.now,
        schema: &upstream.schema(),
        uid: user.uid(),
        call,
    });
    matches!(decision, Decision::Allow(_))
}
