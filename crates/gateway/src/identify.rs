//! The fifth room: who is calling.
//!
//! One credential was presented or none; it is good or the request is refused. A credential
//! that failed is never tried another way, and is refused even where none was needed.

mod claim;
mod foreign;
mod no_good;
mod open;
mod person;
mod showing;
mod shown;
mod signed;
mod stand_in;
mod voucher;
mod whose;

use std::sync::Arc;

use portcullis_erp::{Asked, Local, Reply};
use portcullis_identity::{Presented, SessionDigest, Style, Timestamp, UpstreamName};
use portcullis_storage::Nonce;

use crate::decode::{Decoded, Wish, more_than_one};
use crate::denial::{Denial, Why};
use crate::dry_run::Sending;
use crate::issuers::Issuers;
use crate::keyring::{Holder, Keyring};
use crate::limit;
use crate::origin::Origin;
use crate::sessions::{From, Sessions};
use crate::throttle::{Accounts, Proven};
use crate::trail::Trail;
use crate::upstream::{Upstream, Upstreams};
use crate::ways::Ways;
use open::{asks_why_it_differs, is_log_in, is_open, wants_token};
pub(crate) use person::{Claimed, is_of_person, no_entry};
use showing::{Showing, Use};
pub(crate) use shown::Shown;
use signed::spent;
pub use voucher::Voucher;
use whose::{Around, Visitor, Whose, by_session};

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
    /// The accounts at which somebody guesses.
    pub(crate) accounts: &'a Arc<Accounts>,
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
    /// In which way the credential was shown: with this request or, for a session, when it was
    /// opened; none where that is not known, or for nobody.
    pub(crate) style: Option<Style>,
    /// Who somebody claims to be who logs in with the password of the ERP.
    pub(crate) person: Option<Claimed>,
    /// From where, and with what client, the request came.
    pub(crate) from: From,
    /// Whether the connection is known to be unencrypted and local.
    pub(crate) plain: bool,
    pub(crate) sending: Sending,
    /// What vouches for the requests of this, if it is a batch: whose key was shown with it.
    pub(crate) voucher: Option<Voucher>,
    /// What counts once if it changes something: a signature that may repeat.
    pub(crate) nonce: Option<Nonce>,
}

impl Identified {
    /// Who is nobody yet, and may be the person whose password the ERP is still to check.
    fn nobody(
        (wish, reply, sending): (Wish, Reply, Sending),
        (upstream, person): (Option<Arc<Upstream>>, Option<Claimed>),
        (origin, from, plain): (Origin, From, bool),
    ) -> Self {
        let style = person.as_ref().map(|person| person.style);
        Self {
            wish,
            holder: None,
            upstream,
            reply,
            origin,
            session: None,
            style,
            person,
            from,
            plain,
            sending,
            voucher: None,
            nonce: None,
        }
    }
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
        credentials,
        reply,
        upstream,
        database,
        origin,
        manner,
        debt,
        sending,
    } = decoded;
    if !desk.keyring.is_sighted(now).await {
        return Err(Denial::to(reply, Why::Blind));
    }
    let (presented, slot) = (&credentials.presented, credentials.slot.as_ref());
    let no = |why: Why| Denial::to(reply.clone(), why);
    let failed = || {
        if let Some(seconds) = debt {
            return Why::Paced(seconds);
        }
        no_good::why(&wish, &credentials, reply.dialect)
    };
    if is_log_in(&wish) && manner.foreign {
        return Err(no(Why::Forged));
    }
    // A page of another site may not change anything through whoever looks at it, not even
    // where nobody has to say who is calling.
    if matches!(presented, Presented::Nothing) && manner.foreign && wants_token(&wish) {
        return Err(no(Why::Forged));
    }
    let from = desk.sessions.from(origin.address, &manner.agent);
    if credentials.person.is_some() && !person::may_come_beside(desk, &wish, &credentials) {
        return Err(no(Why::Unreadable(more_than_one())));
    }
    let meant = person::Meant {
        upstream: upstream.as_ref(),
        database: database.as_deref(),
        slot,
        dialect: reply.dialect,
    };
    let coming = person::Coming {
        wish: &wish,
        manner: &manner,
        origin: &origin,
        debt,
        now,
    };
    let comer = person::with_pair(&wish, &credentials, |pair| {
        let erp = person::host(desk, pair.style, meant)?;
        // A key that the gateway knows goes to no ERP as somebody's password.
        let shown = (pair.password, pair.style);
        if foreign::ever(desk, shown, &origin, debt, now).is_some() {
            return None;
        }
        let person = person::comes(desk, (pair, &erp), slot, &coming);
        if person.is_ok() && foreign::is_one(desk, pair.password) {
            return None;
        }
        Some(person.map(|person| (person, erp)))
    });
    if let Some(comer) = comer.flatten() {
        let (person, erp) = comer.map_err(|(why, held)| no(held_by(trail, why, held)))?;
        let asked = (wish, reply, sending);
        let somebody = (Some(erp), Some(person));
        return Ok(Identified::nobody(
            asked,
            somebody,
            (origin, from, manner.plain),
        ));
    }
    let around = Around {
        wish: &wish,
        dialect: reply.dialect,
        from: &from,
        origin: &origin,
        manner: &manner,
        debt,
        now,
    };
    let Whose {
        holder,
        style,
        session,
        once: once_only,
        revealed,
        past,
        is_nothing,
    } = whose::credential(desk, &credentials, around)
        .await
        .map_err(&no)?;
    if !is_nothing && origin.is_clear && !desk.ways.in_clear {
        if let Some(holder) = revealed.as_ref().or(holder.as_ref()) {
            trail.recognised(Arc::clone(&holder.principal));
        }
        let marked = match (&session, &revealed) {
            (Some(digest), _) => desk.sessions.end(digest).await,
            (None, Some(holder)) => desk.keyring.expose(holder, now).await,
            // A signature by itself, or a certificate, tells nothing that could be used again.
            (None, None) => Ok(()),
        };
        marked.map_err(|_| no(Why::Blind))?;
        return Err(no(Why::Clear));
    }
    // Whoever logs out of a session that is over has what was wished for.
    let leaves = matches!(wish, Wish::Asked(Asked::Local(Local::LogOut)))
        && matches!(presented, Presented::Session(_));
    let Some(holder) = holder else {
        // An empty password is none, but whoever sends one wants to be somebody.
        let is_nobody = (is_nothing && slot.is_none()) || leaves;
        let is_open = is_nobody && is_open(&wish, reply.dialect);
        if debt.is_some() || !(is_open || asks_why_it_differs(&wish, &credentials)) {
            // Who goes on using a key that is over is told in the record, and to nobody else.
            if let Some((principal, why)) = past.filter(|_| debt.is_none()) {
                trail.recognised(principal);
                trail.unmet(why);
            }
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
        let asked = (wish, reply, sending);
        return Ok(Identified::nobody(
            asked,
            (upstream, None),
            (origin, from, manner.plain),
        ));
    };
    trail.recognised(Arc::clone(&holder.principal));
    let own = desk.upstreams.named(holder.principal.upstream());
    let showing = Showing {
        address: origin.address,
        style,
        used: match session {
            Some(_) => Use::Session,
            None if is_log_in(&wish) => Use::LogIn,
            None => Use::Request,
        },
    };
    if let Err(unmet) = desk.takes(&holder, own.as_deref(), &showing) {
        // Whoever has the key elsewhere is not told that it is one.
        trail.unmet(unmet);
        return Err(no(failed()));
    }
    if let Some(text) = &credentials.beside {
        let other = by_session(desk, text, debt, now).await;
        let other = other.map_err(|_| no(Why::Blind))?;
        if let Visitor::Of(other, _) = other
            && !other.principal.is_same_user(&holder.principal)
        {
            return Err(no(Why::TwoUsers));
        }
    }
    let holder = match stand_in::bound(holder, own.as_deref(), now) {
        Ok(holder) => holder,
        Err(unmet) => {
            trail.unmet(unmet);
            return Err(no(failed()));
        }
    };
    trail.recognised(Arc::clone(&holder.principal));
    let bound = own.filter(|bound| {
        bound.speaks(reply.dialect)
            && upstream.as_ref().is_none_or(|named| named == bound.name())
            && database
                .as_deref()
                .is_none_or(|named| named == bound.database().as_str())
            && slot.is_none_or(|slot| match &credentials.person {
                // The body says who the person is; that is looked at when it is known.
                Some(_) => slot
                    .database
                    .as_ref()
                    .is_none_or(|it| it == bound.database()),
                None => claim::fits(slot, bound, &holder),
            })
    });
    let Some(bound) = bound else {
        return Err(no(failed()));
    };
    let person = match &credentials.person {
        Some(text) => {
            let person = person::beside(desk, (text, &bound), slot, &coming);
            Some(person.map_err(|(why, held)| no(held_by(trail, why, held)))?)
        }
        None => None,
    };
    // What has no turn at its rate uses up no room in the store.
    if once_only.is_some() {
        limit::look(&holder, now).map_err(|wait| no(Why::Limited(wait)))?;
    }
    let nonce = match once_only {
        Some(once_only) => spent(desk, once_only, trail).await.map_err(&no)?,
        None => None,
    };
    desk.keyring
        .used(&holder, now, origin.address, reply.dialect);
    Ok(Identified {
        voucher: Voucher::of(&holder, style.filter(|_| session.is_none())),
        wish,
        holder: Some(holder),
        upstream: Some(bound),
        reply,
        origin,
        session,
        style,
        person,
        from,
        plain: manner.plain,
        sending,
        nonce,
    })
}

/// Notes that an account of this ERP is held since this try, if it is; answers why nobody came.
fn held_by(trail: &mut Trail, why: Why, held: Option<UpstreamName>) -> Why {
    if let Some(upstream) = held {
        trail.held(upstream);
    }
    why
}
