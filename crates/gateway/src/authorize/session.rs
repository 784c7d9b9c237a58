//! Log-in, log-out, and what a caller is told of itself.

use std::sync::Arc;

use portcullis_erp::dialect::local::told_token;
use portcullis_erp::{Call, Edition, Fault, FaultKind, Local, Map, Reply, Value};
use portcullis_identity::{Secret, SessionDigest, Style, Timestamp};
use portcullis_policy::{Decision, Family, Question};

use super::Granted;
use crate::clock;
use crate::denial::Why;
use crate::identify::Claimed;
use crate::keyring::Holder;
use crate::origin::Origin;
use crate::sessions::act::{self, Act, Ending, Opening, Who};
use crate::sessions::{Comer, From, Sessions};
use crate::snapshot::Snapshot;
use crate::upstream::{Asker, ErpUser, NoLogIn, Upstream};

/// Who asks for something that is answered here, and with what it is answered.
pub(super) struct Inquiry<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) asker: &'a Asker<'a>,
    pub(super) sessions: &'a Sessions,
    pub(super) holder: Option<&'a Arc<Holder>>,
    pub(super) upstream: Option<&'a Arc<Upstream>>,
    pub(super) session: Option<SessionDigest>,
    /// Who somebody claims to be who logs in with the password of the ERP.
    pub(super) person: Option<&'a Claimed>,
    /// In which way the credential was shown.
    pub(super) style: Option<Style>,
    pub(super) from: &'a From,
    pub(super) reply: &'a Reply,
    pub(super) origin: Origin,
    pub(super) now: Timestamp,
}

/// What may be done; none for what has nothing to do with a session.
///
/// # Errors
/// When it is for known callers only, or the ERP cannot tell what the caller must be told.
pub(super) async fn granted(local: &Local, inquiry: &Inquiry<'_>) -> Option<Result<Granted, Why>> {
    match local {
        Local::LogIn => Some(log_in(inquiry).await),
        Local::LogOut => {
            let own = inquiry.session.map(|session| {
                let user = inquiry.holder.and_then(|holder| holder.user.clone());
                Ending {
                    digest: session,
                    person: inquiry.upstream.cloned().zip(user),
                }
            });
            Some(Ok(Granted::Session(Act::End(own))))
        }
        Local::LogOutEverywhere => Some(everywhere(inquiry)),
        Local::Token => Some(token(inquiry)),
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
    let holder = match (inquiry.holder, inquiry.person) {
        (Some(holder), _) => Arc::clone(holder),
        (None, Some(claimed)) => by_password(inquiry, claimed).await?,
        (None, None) => return Err(Why::LoginFailed),
    };
    let comer = match (&holder.user, holder.principal.key()) {
        (Some(user), _) => Comer::Person(holder.principal.upstream().clone(), Arc::clone(user)),
        (None, Some(key)) => Comer::Key(*key),
        (None, None) => return Err(Why::LoginFailed),
    };
    let who = who(inquiry, &holder).await?;
    Ok(Granted::Session(Act::Open(Opening {
        comer,
        style: inquiry.style,
        from: inquiry.from.clone(),
        holder,
        who,
    })))
}

/// Has the ERP check a password, once.
async fn by_password(inquiry: &Inquiry<'_>, claimed: &Claimed) -> Result<Arc<Holder>, Why> {
    let upstream = inquiry.upstream.ok_or(Why::LoginFailed)?;
    let people = upstream.people().ok_or(Why::LoginFailed)?;
    let password = Secret::new(claimed.password.expose(String::clone));
    let tried = claimed.begin(&inquiry.origin, inquiry.now)?;
    let log_in = upstream.log_in(inquiry.asker, &claimed.login, password, inquiry.origin);
    let user = match log_in.await {
        Ok(user) => Arc::new(user),
        Err(no) => {
            return Err(match no {
                NoLogIn::Unready => {
                    claimed.give_back(tried, clock::now());
                    Why::Unreachable
                }
                NoLogIn::Refused => {
                    claimed.failed(tried);
                    Why::LoginFailed
                }
                // The password was right; whoever finds that out must not do so often.
                NoLogIn::SecondFactor => {
                    claimed.failed(tried);
                    Why::SecondFactor
                }
            });
        }
    };
    claimed.give_back(tried, clock::now());
    let Some(holder) = people.holder(upstream.name(), &user) else {
        tracing::warn!("somebody who logged in has a login that no caller can have");
        upstream.log_out(inquiry.asker, &user).await;
        return Err(Why::LoginFailed);
    };
    claimed.proved(&inquiry.origin, inquiry.now);
    Ok(Arc::new(holder))
}

fn everywhere(inquiry: &Inquiry<'_>) -> Result<Granted, Why> {
    match (inquiry.holder, inquiry.upstream) {
        (Some(holder), Some(upstream)) => Ok(Granted::Session(Act::EndAll(
            Arc::clone(holder),
            Arc::clone(upstream),
        ))),
        _ => Err(Why::Expired),
    }
}

fn token(inquiry: &Inquiry<'_>) -> Result<Granted, Why> {
    let holder = inquiry.holder.ok_or(Why::Expired)?;
    let session = inquiry.session.ok_or_else(|| {
        Why::Unfit(Fault::new(
            FaultKind::BadArguments,
            "there is no session, and what is asked with a key needs no token",
        ))
    })?;
    let csrf = inquiry.sessions.csrf(&session).text();
    let login = holder.principal.erp_login().as_str();
    Ok(Granted::Here(told_token(login, &csrf)))
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
        version: super::here::version(Some(upstream.as_ref())).to_owned(),
        context: Map::new(),
    };
    if upstream.family() == Family::Odoo {
        let user = upstream.user_of(holder).ok_or(Why::Unschooled)?;
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
        address: inquiry.origin.address,
        now: inquiry.now,
        schema: &upstream.schema(user),
        uid: user.uid(),
        login: user.login(),
        call,
    });
    matches!(decision, Decision::Allow(_))
}
