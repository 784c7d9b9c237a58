//! The gateway's no: which room said it, and what the caller sees.
//!
//! [`Why`] is closed, and every dialect has one table from a fault's kind to a status, so the
//! status of every refusal stands in one place.

use std::borrow::Cow;

use portcullis_erp::{Dialect, Fault, FaultKind, Reply};
use portcullis_identity::signing::Flaw;
use portcullis_policy::Refusal;

use crate::approve::NoLeave;
use crate::filter::Most;
use crate::once::NoTurn;

/// A no, on its way to the caller.
pub struct Denial {
    why: Why,
    reply: Option<Box<Reply>>,
    /// Whether it must look like a path at which nothing is served.
    nowhere: bool,
}

/// Which room said no, and why.
pub enum Why {
    /// `listener`: the request can be read in two ways, or not at all.
    Malformed(Fault),
    /// `route`: nothing is served to this address.
    NotFromHere,
    /// `route`: nothing is served there.
    NotServed,
    /// `route`: the path is served, by other verbs.
    Verb(Cow<'static, [&'static str]>),
    /// `authorize`: the path is served to this caller, by other verbs.
    Unoffered(Cow<'static, [&'static str]>),
    /// `throttle`: the address failed too often; wait this many seconds.
    Paced(u64),
    /// `throttle`: too many guesses at this account; wait this many seconds.
    Held(u64),
    /// `decode`: no call could be read from the request.
    Unreadable(Fault),
    /// `identify`: no credential was shown, and one is needed.
    Stranger,
    /// `identify`: the credential is unknown, or not good for this.
    Unidentified,
    /// `identify`: the log-in failed in a dialect that answers `false` to that.
    LoginFailed,
    /// `authorize`: the ERP asks for a second factor, which is not passed around.
    SecondFactor,
    /// `identify`: the key is one user's, and the session beside it another's.
    TwoUsers,
    /// `identify`: the session is over, or there is none.
    Expired,
    /// `identify`: another site's page may have made the request.
    Forged,
    /// `identify`: others may have read the credential on its way.
    Clear,
    /// `identify`, `authorize`: a password of the ERP was sent by Basic, and is not taken.
    PasswordSent,
    /// `identify`: a signing secret was sent as if it were a key.
    SecretSent,
    /// `identify`: the signature is good, but not at this time.
    Late(Flaw),
    /// `identify`, `once`: the signature is good, and was used before.
    Repeated,
    /// `identify`: revocations cannot be learned at the moment.
    Blind,
    /// `authorize`: the policy's no.
    Refused(Box<Refusal>),
    /// `authorize`: a route does not take what is sent.
    Unfit(Fault),
    /// `authorize`: there is no such model for this caller.
    Absent,
    /// `authorize`: what the policy must know of the model is not known yet.
    Unschooled,
    /// `limit`: the caller asks too fast.
    Limited(Wait),
    /// `audit`: it could not be recorded, so it is not done.
    Unrecorded,
    /// `once`: its `Idempotency-Key` gives it no turn.
    NoTurn(NoTurn),
    /// `approve`: another person has not approved it.
    NoLeave(NoLeave),
    /// `upstream`: the ERP was not reached; nothing was done.
    Unreachable,
    /// `upstream`: the call was sent and the answer was lost.
    Lost,
    /// `upstream`: the ERP led to its log-in instead of answering what changes something.
    Renewed,
    /// `upstream`: the ERP takes longer than the seconds that the role has.
    Slow(u32),
    /// `authorize`, `upstream`: the ERP's release or dialect cannot say this call.
    Unsayable(Fault),
    /// `upstream`: the policy's no once the guard was answered.
    GuardRefused(Box<Refusal>),
    /// `filter`: the answer could not be cleaned, so it is not given.
    Unclean,
    /// `respond`: the answer has more bytes than the role allows.
    TooMuch(Most),
    /// A room panicked.
    Panicked,
}

/// How long a limited caller waits, and what it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// Seconds until one request would be admitted, at least 1.
    pub seconds: u64,
    /// Requests at once.
    pub burst: u32,
    /// Requests a minute.
    pub per_minute: u32,
}

/// The API that ERPs have around this path, as it was sent.
pub(crate) fn api_around(path: &str) -> Option<Dialect> {
    let mut segments = path.split('/').skip(1);
    let first = match segments.next() {
        Some("u") => segments.nth(1),
        first => first,
    };
    match (first, segments.next()) {
        // The façade's own.
        (Some("api"), Some("v1")) => None,
        (Some("api"), _) => Some(Dialect::FrappeResource),
        (Some("json"), _) => Some(Dialect::Json2),
        _ => None,
    }
}

impl Denial {
    /// A no to somebody whose dialect is not known.
    pub(crate) fn plain(why: Why) -> Self {
        Self {
            why,
            reply: None,
            nowhere: false,
        }
    }

    /// Nothing is served at the path, or must seem so.
    pub(crate) fn nowhere(why: Why) -> Self {
        Self {
            why,
            reply: None,
            nowhere: true,
        }
    }

    /// In the words of the API that ERPs have around the path, where nothing is served.
    pub(crate) fn around(mut self, api: Option<Dialect>) -> Self {
        if self.nowhere {
            self.reply = api.map(|dialect| Box::new(Reply::plain(dialect)));
        }
        self
    }

    /// A no in the caller's dialect.
    pub(crate) fn to(reply: Reply, why: Why) -> Self {
        Self {
            why,
            reply: Some(Box::new(reply)),
            nowhere: false,
        }
    }

    /// The same no, in this dialect where no other is known.
    pub(crate) fn or_to(mut self, dialect: Dialect) -> Self {
        self.reply
            .get_or_insert_with(|| Box::new(Reply::plain(dialect)));
        self
    }

    /// Which room said no, and why.
    pub fn why(&self) -> &Why {
        &self.why
    }

    /// How the caller wants to be answered, if that is known.
    pub fn reply(&self) -> Option<&Reply> {
        self.reply.as_deref()
    }

    /// Whether it must look like a path at which nothing is served, in every header.
    pub(crate) fn is_nowhere(&self) -> bool {
        self.nowhere
    }

    /// The room and the reason, in one word each, for records and logs.
    pub fn name(&self) -> &'static str {
        match &self.why {
            Why::Malformed(_) => "listener.malformed",
            Why::NotFromHere => "route.not-from-here",
            Why::NotServed => "route.not-served",
            Why::Verb(_) => "route.verb",
            Why::Unoffered(_) => "authorize.verb",
            Why::Paced(_) => "throttle.paced",
            Why::Held(_) => "throttle.held",
            Why::Unreadable(_) => "decode.unreadable",
            Why::Stranger => "identify.stranger",
            Why::Unidentified => "identify.unidentified",
            Why::TwoUsers => "identify.two-users",
            Why::LoginFailed => "identify.login-failed",
            Why::SecondFactor => "authorize.second-factor",
            Why::Expired => "identify.expired",
            Why::Forged => "identify.forged",
            Why::Clear => "identify.clear",
            Why::PasswordSent => "identify.password-sent",
            Why::SecretSent => "identify.secret-sent",
            Why::Late(_) => "identify.signature-late",
            Why::Repeated => "identify.signature-repeated",
            Why::Blind => "identify.blind",
            Why::Refused(_) => "authorize.refused",
            Why::Unfit(_) => "authorize.unfit",
            Why::Absent => "authorize.absent",
            Why::Unschooled => "authorize.unschooled",
            Why::Limited(_) => "limit.limited",
            Why::Unrecorded => "audit.unrecorded",
            Why::NoTurn(no) => no.name(),
            Why::NoLeave(no) => no.name(),
            Why::Unreachable => "upstream.unreachable",
            Why::Lost => "upstream.lost",
            Why::Renewed => "upstream.renewed",
            Why::Slow(_) => "upstream.slow",
            Why::Unsayable(_) => "upstream.unsayable",
            Why::GuardRefused(_) => "upstream.guard-refused",
            Why::Unclean => "filter.unclean",
            Why::TooMuch(_) => "respond.too-much",
            Why::Panicked => "serve.panicked",
        }
    }

    /// Whether this counts against the caller's address: somebody unknown, or a guess.
    pub(crate) fn is_suspicious(&self) -> bool {
        matches!(
            self.why,
            Why::Malformed(_)
                | Why::NotFromHere
                | Why::NotServed
                | Why::Verb(_)
                | Why::Unoffered(_)
                | Why::Unreadable(_)
                | Why::Stranger
                | Why::Unidentified
                | Why::LoginFailed
                | Why::SecondFactor
                | Why::Held(_)
                | Why::Expired
                | Why::Clear
                | Why::PasswordSent
                | Why::SecretSent
        )
    }

    /// What the caller is told.
    pub(crate) fn fault(&self) -> Fault {
        let say = |kind, message: &str| Fault::new(kind, message);
        match &self.why {
            Why::Malformed(fault)
            | Why::Unreadable(fault)
            | Why::Unfit(fault)
            | Why::Unsayable(fault) => fault.clone(),
            Why::NotFromHere => say(FaultKind::AccessError, "nothing is served to this address"),
            Why::NotServed => say(FaultKind::NotFound, "nothing is served at this path"),
            Why::Verb(verbs) | Why::Unoffered(verbs) => say(
                FaultKind::Verb,
                &format!("this path takes {}", verbs.join(", ")),
            ),
            Why::Paced(seconds) => say(
                FaultKind::TooMany,
                &format!("too many failed requests from this address; try again in {seconds} s"),
            ),
            Why::Held(seconds) => say(
                FaultKind::TooMany,
                &format!("too many failed log-ins of this account; try again in {seconds} s"),
            ),
            Why::SecondFactor => say(
                FaultKind::AccessDenied,
                "the ERP asks for a second factor, which is not passed on here: log in with a gateway key",
            ),
            Why::TwoUsers => Fault {
                named: Some("odoo.exceptions.AccessDenied"),
                ..say(
                    FaultKind::AccessError,
                    "the session of the cookie is another user's than the key",
                )
            },
            Why::Stranger => say(FaultKind::Stranger, "Access Denied"),
            Why::Unidentified | Why::LoginFailed => say(FaultKind::AccessDenied, "Access Denied"),
            Why::Expired => say(FaultKind::SessionExpired, "Session expired"),
            Why::Forged => say(
                FaultKind::Forged,
                "Invalid Request: the session's token is missing or wrong",
            ),
            Why::Clear => say(
                FaultKind::AccessDenied,
                "credentials are taken over https only; this one was readable on its way: replace it",
            ),
            Why::PasswordSent => say(
                FaultKind::AccessDenied,
                "Access Denied: this login and password are not taken here; use a gateway key (as KEY:SECRET), or log in and use the session",
            ),
            Why::SecretSent => say(
                FaultKind::AccessDenied,
                "this is a signing secret: it signs requests and is never sent; others may know it now, so rotate its key",
            ),
            Why::Late(flaw) => say(FaultKind::AccessDenied, &flaw.to_string()),
            Why::Repeated => say(
                FaultKind::AccessDenied,
                "this signature was used before: sign each request anew, with a nonce of its own",
            ),
            Why::Blind => say(
                FaultKind::Unreachable,
                "the gateway cannot check credentials at the moment; try again soon",
            ),
            Why::Refused(refusal) | Why::GuardRefused(refusal) => refusal.fault.clone(),
            Why::Absent => say(FaultKind::UnknownModel, "There is no such model."),
            Why::Unschooled => say(
                FaultKind::Unreachable,
                "the gateway does not know this model yet; try again soon",
            ),
            Why::Limited(wait) => say(
                FaultKind::TooMany,
                &format!(
                    "more than {} requests a minute; try again in {} s",
                    wait.per_minute, wait.seconds
                ),
            ),
            Why::Unrecorded => say(
                FaultKind::Unreachable,
                "the request could not be recorded and was not done",
            ),
            Why::NoTurn(no) => no.fault(),
            Why::NoLeave(no) => no.fault(),
            Why::Unreachable => say(
                FaultKind::Unreachable,
                "the ERP cannot be reached; nothing was done",
            ),
            Why::Lost => say(
                FaultKind::Unknown,
                "the answer of the ERP was lost: whether the call was done is unknown",
            ),
            Why::Renewed => say(
                FaultKind::Unknown,
                "the ERP leads to its log-in, as it does when a session is over; the session is renewed. Whether the call was done is unknown: look, and ask again",
            ),
            Why::Slow(seconds) => say(
                FaultKind::Unknown,
                &format!(
                    "the ERP takes longer than {seconds} s, which is the cap `seconds` of this key's role: whether the call was done is unknown"
                ),
            ),
            Why::Unclean => say(
                FaultKind::Internal,
                "the call was done, but its answer is of a form that cannot be checked and is withheld",
            ),
            Why::TooMuch(Most {
                bytes,
                of_read: true,
            }) => say(
                FaultKind::Capped,
                &format!(
                    "the answer has more than {bytes} bytes, which is the cap `answer-bytes` of this key's role; ask for fewer rows or fields"
                ),
            ),
            Why::TooMuch(Most { bytes, .. }) => say(
                FaultKind::Internal,
                &format!(
                    "the call was done, but its answer has more than {bytes} bytes, which is the cap `answer-bytes` of this key's role, and is withheld"
                ),
            ),
            Why::Panicked => say(FaultKind::Internal, "something went wrong in the gateway"),
        }
    }
}
