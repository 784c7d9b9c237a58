//! The fifth room: who is calling.
//!
//! One credential was presented or none; it is good or the request is refused. A credential
//! that failed is never tried another way, and is refused even where none was needed.

mod shown;

use std::net::IpAddr;
use std::sync::Arc;

use portcullis_erp::asked::Claim;
use portcullis_erp::{Asked, Dialect, Fault, FaultKind, Local, Reply, SlotCredential};
use portcullis_identity::{
    ApiKey, Conditions, Presented, Secret, SessionDigest, SessionToken, Style, Timestamp, Unmet,
    Unverified,
};
use portcullis_storage::StoreError;

use crate::decode::{Decoded, Wish};
use crate::denial::{Denial, Why};
use crate::issuers::Issuers;
use crate::keyring::{Holder, Keyring};
use crate::once;
use crate::origin::Origin;
use crate::sessions::Sessions;
use crate::throttle::Proven;
use crate::trail::Trail;
use crate::upstream::{Upstream, Upstreams};
use crate::ways::Ways;
pub(crate) use shown::Shown;

/// What this room knows of the world.
pub struct Desk<'a> {
    /// The keys.
    pub(crate) keyring: &'a Keyring,
    /// The issuers of tokens.
    pub(crate) issuers: &'a Issuers,
    /// The sessions.
    pub(crate) sessions: &'a Sessions,
    /// The ERPs.
    pub(crate) upstreams: &'a Upstreams,
    /// In which ways credentials may come.
    pub(crate) ways: &'a Ways,
    /// The addresses from which good keys came.
    pub(crate) proven: &'a Proven,
}

/// A request whose caller is known, or known to be nobody.
pub struct Identified {
    pub(crate) wish: Wish,
    /// Who is calling; none for nobody.
    pub(crate) holder: Option<Arc<Holder>>,
    /// The ERP that is meant; none where nobody said which, and nothing needs one.
    pub(crate) upstream: Option<Arc<Upstream>>,
    pub(crate) reply: Reply,
    pub(crate) origin: Origin,
    /// The session by which the caller was known, if by one.
    pub(crate) session: Option<SessionDigest>,
    /// Whether the connection is known to be unencrypted and local.
    pub(crate) plain: bool,
    pub(crate) once: Option<once::Key>,
}

/// Finds out who is calling.
///
/// # Errors
/// When the credential is not good, belongs to another ERP than the one named, claims to be
/// another user than the one it is bound to, or is missing where one is needed.
pub async fn caller(
    desk: &Desk<'_>,
    decoded: Decoded,
    now: Timestamp,
    trail: &mut Trail,
) -> Result<Identified, Denial> {
    let Decoded {
        wish,
        presented,
        slot,
        beside,
        reply,
        upstream,
        database,
        origin,
        manner,
        debt,
        once,
    } = decoded;
    if !desk.keyring.is_sighted(now).await {
        return Err(Denial::to(reply, Why::Blind));
    }
    let no = |why: Why| Denial::to(reply.clone(), why);
    let failed = || {
        if let Some(seconds) = debt {
            return Why::Paced(seconds);
        }
        match (&wish, &presented) {
            (Wish::Asked(Asked::Local(Local::Authenticate | Local::LogIn)), _) => Why::LoginFailed,
            (_, Presented::Session(_)) => Why::Expired,
            (_, Presented::Nothing) if reply.dialect == Dialect::OdooCall => Why::Expired,
            (_, Presented::Nothing) if slot.is_none() => Why::Stranger,
            _ => Why::Unidentified,
        }
    };
    if matches!(wish, Wish::Asked(Asked::Local(Local::LogIn))) && manner.foreign {
        return Err(no(Why::Forged));
    }
    // A page of another site may not change anything through whoever looks at it, not even
    // where nobody has to say who is calling.
    if matches!(presented, Presented::Nothing) && manner.foreign && wants_token(&wish) {
        return Err(no(Why::Forged));
    }
    let mut session = None;
    // A session's own key was shown when it was opened, in a way that its conditions allow.
    let (found, style) = match (&presented, &slot) {
        (Presented::Nothing, None) => by_certificate(desk, &origin, now),
        (Presented::Session(text), None) => {
            let visitor = by_session(desk, text, debt, now).await;
            let visitor = visitor.map_err(|_| no(Why::Blind))?;
            if let Some((_, digest)) = &visitor {
                let good = match &manner.csrf {
                    Some(shown) => desk.sessions.csrf(digest).is(shown),
                    None => {
                        let is_sent_form = manner.form && matches!(wish, Wish::Asked(_));
                        !manner.foreign && !is_sent_form && !wants_token(&wish)
                    }
                };
                if !good {
                    return Err(no(Why::Forged));
                }
                session = Some(*digest);
            }
            (visitor.map(|(holder, _)| holder), None)
        }
        (Presented::Nothing, Some(slot)) if slot.password.is_empty() => {
            match by_certificate(desk, &origin, now) {
                (None, _) => return Err(no(failed())),
                shown => shown,
            }
        }
        (Presented::Nothing, Some(slot)) => {
            (find(desk, &slot.password, debt, now), Some(Style::Password))
        }
        (Presented::Key { text, style }, None) => (
            text.expose(|text| find(desk, text, debt, now)),
            Some(*style),
        ),
        // A password slot must hold something in some clients; an empty one is no credential.
        (Presented::Key { text, style }, Some(slot)) if slot.password.is_empty() => (
            text.expose(|text| find(desk, text, debt, now)),
            Some(*style),
        ),
        (Presented::Key { .. } | Presented::Session(_), Some(_)) => {
            let fault = Fault::new(
                FaultKind::Malformed,
                "there is more than one credential; send one",
            );
            return Err(no(Why::Unreadable(fault)));
        }
    };
    let nobody = matches!(presented, Presented::Nothing) && slot.is_none() && found.is_none();
    if !nobody && origin.is_clear && !desk.ways.in_clear {
        if let Some(holder) = &found {
            trail.recognised(Arc::clone(&holder.principal));
            let marked = match &session {
                Some(digest) => desk.sessions.end(digest).await,
                None => desk.keyring.expose(holder, now).await,
            };
            marked.map_err(|_| no(Why::Blind))?;
        }
        return Err(no(Why::Clear));
    }
    // Whoever logs out of a session that is over has what was wished for.
    let leaves = matches!(wish, Wish::Asked(Asked::Local(Local::LogOut)))
        && matches!(presented, Presented::Session(_));
    let Some(holder) = found else {
        if !nobody && !leaves {
            return Err(no(failed()));
        }
        if debt.is_some() || !is_open(&wish, reply.dialect) {
            return Err(no(failed()));
        }
        let upstream = match &upstream {
            Some(name) => desk.upstreams.named(name),
            None => desk.upstreams.only_for(reply.dialect),
        };
        let conditions = upstream.as_ref().map(|upstream| upstream.conditions());
        if conditions.is_some_and(|conditions| conditions.from_here(origin.address).is_err()) {
            return Err(no(failed()));
        }
        return Ok(Identified {
            wish,
            holder: None,
            upstream,
            reply,
            origin,
            session: None,
            plain: manner.plain,
            once,
        });
    };
    trail.recognised(Arc::clone(&holder.principal));
    let own = desk.upstreams.named(holder.principal.upstream());
    let erps = own.as_ref().map(|bound| bound.conditions());
    let met = [Some(&holder.conditions), erps]
        .into_iter()
        .flatten()
        .try_for_each(|conditions| meet(conditions, origin.address, style))
        .and_then(|()| match style {
            Some(style) if !desk.ways.take(style, origin.address) => Err(Unmet::Style),
            Some(_) | None => Ok(()),
        });
    if let Err(unmet) = met {
        // Whoever has the key elsewhere is not told that it is one.
        trail.unmet(unmet);
        return Err(no(failed()));
    }
    if let Some(text) = &beside {
        let other = by_session(desk, text, debt, now).await;
        let other = other.map_err(|_| no(Why::Blind))?;
        let who = |holder: &Holder| {
            let principal = &holder.principal;
            (principal.upstream().clone(), principal.erp_login().clone())
        };
        if other.is_some_and(|(other, _)| who(&other) != who(&holder)) {
            return Err(no(Why::TwoUsers));
        }
    }
    let bound = own.filter(|bound| {
        bound.speaks(reply.dialect)
            && upstream.as_ref().is_none_or(|named| named == bound.name())
            && database
                .as_deref()
                .is_none_or(|named| named == bound.database().as_str())
            && slot.as_ref().is_none_or(|slot| fits(slot, bound, &holder))
    });
    match bound {
        Some(bound) => {
            desk.keyring
                .used(&holder, now, origin.address, reply.dialect);
            Ok(Identified {
                wish,
                holder: Some(holder),
                upstream: Some(bound),
                reply,
                origin,
                session,
                plain: manner.plain,
                once,
            })
        }
        None => Err(no(failed())),
    }
}

/// The holder of a key in either of its two forms, or the bearer of a token. From an address in
/// debt, a key that does not exist is not even hashed.
fn find(desk: &Desk<'_>, text: &str, debt: Option<u64>, now: Timestamp) -> Option<Arc<Holder>> {
    if Unverified::is_token(text) {
        let bearer = desk.issuers.bearer(text, now);
        return bearer
            .inspect_err(|no| tracing::debug!(?no, "a token is not good"))
            .ok();
    }
    let key = match text.split_once(':') {
        Some((key, secret)) => ApiKey::parse_pair(key, secret),
        None => ApiKey::parse(text),
    };
    let key = key.ok()?;
    if debt.is_some() && !desk.keyring.knows(&key) {
        return None;
    }
    desk.keyring.holder(&key, now)
}

/// The holder of the key whose place the client's certificate takes. A certificate that no key
/// is bound to is no credential: clients show it wherever one is asked for.
fn by_certificate(
    desk: &Desk<'_>,
    origin: &Origin,
    now: Timestamp,
) -> (Option<Arc<Holder>>, Option<Style>) {
    let shown = origin.certificate;
    let found = shown.and_then(|digest| desk.keyring.holder_by(&digest, now));
    (found, Some(Style::Certificate))
}

/// Who is calling by the cookie of a session: the holder of the key that opened it, while the
/// key is good. From an address in debt, only sessions that were served before are looked up.
async fn by_session(
    desk: &Desk<'_>,
    text: &Secret<String>,
    debt: Option<u64>,
    now: Timestamp,
) -> Result<Option<(Arc<Holder>, SessionDigest)>, StoreError> {
    let Ok(token) = text.expose(|text| SessionToken::parse(text)) else {
        return Ok(None);
    };
    if debt.is_some() && !desk.sessions.knows(&token) {
        return Ok(None);
    }
    let Some(session) = desk.sessions.find(&token, now).await? else {
        return Ok(None);
    };
    let holder = desk.keyring.holder_of(&session.key, now);
    Ok(holder.map(|holder| (holder, session.digest)))
}

/// Whether a credential meets these conditions where it was shown, and how; a session's was
/// shown when it was opened.
fn meet(conditions: &Conditions, address: IpAddr, style: Option<Style>) -> Result<(), Unmet> {
    conditions.from_here(address)?;
    style.map_or(Ok(()), |style| conditions.in_this_way(style))
}

/// Whether the database and the user that a body claims are those that the key is bound to.
fn fits(slot: &SlotCredential, bound: &Upstream, holder: &Holder) -> bool {
    let login = holder.principal.erp_login();
    slot.database
        .as_ref()
        .is_none_or(|named| named == bound.database())
        && match &slot.claim {
            Claim::Uid(uid) => bound
                .user(login)
                .is_some_and(|user| user.uid() == Some(*uid)),
            Claim::Login(named) => named == login.as_str(),
        }
}

/// Whether the token of a session must be shown, beside its cookie.
fn wants_token(wish: &Wish) -> bool {
    match wish {
        Wish::Visit(visit, controller) => controller.wants_token(visit.verb()),
        Wish::Asked(_) => false,
    }
}

/// What is answered to nobody too: what clients ask before they log in, and routes that are
/// open to everybody.
fn is_open(wish: &Wish, dialect: Dialect) -> bool {
    let asked = match wish {
        Wish::Visit(_, controller) => return controller.is_open(),
        Wish::Asked(asked) => asked,
    };
    match asked {
        Asked::Call(_)
        | Asked::Rest(_)
        | Asked::Batch(_)
        | Asked::Local(
            Local::LoggedUser
            | Local::Authenticate
            | Local::LogIn
            | Local::SessionInfo
            | Local::SessionCheck
            | Local::Documentation(_),
        ) => false,
        // Odoo says that there is no session to end; Frappe says good-bye to anybody.
        Asked::Local(Local::LogOut) => dialect != Dialect::OdooCall,
        Asked::Local(
            Local::Version
            | Local::About
            | Local::AboutVersion
            | Local::ServerVersion
            | Local::Databases
            | Local::DatabaseExists(_)
            | Local::Ping
            | Local::Shut(_),
        ) => true,
    }
}
