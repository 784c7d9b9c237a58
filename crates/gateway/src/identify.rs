//! The fifth room: who is calling.
//!
//! One credential was presented or none; it is good or the request is refused. A credential
//! that failed is never tried another way, and is refused even where none was needed.

mod foreign;
mod open;
mod person;
mod shown;
mod signed;
mod stand_in;
mod whose;

use std::net::IpAddr;
use std::sync::Arc;

use portcullis_erp::asked::Claim;
use portcullis_erp::{Asked, Dialect, Local, Reply, SlotCredential};
use portcullis_identity::{Conditions, KeyId, Presented, SessionDigest, Style, Timestamp, Unmet};
use portcullis_storage::Nonce;

use crate::decode::{Decoded, Wish, more_than_one};
use crate::denial::{Denial, Why};
use crate::issuers::Issuers;
use crate::keyring::{Holder, Keyring};
use crate::limit;
use crate::nonces;
use crate::once;
use crate::origin::Origin;
use crate::sessions::{From, Sessions};
use crate::throttle::{Accounts, Proven};
use crate::trail::Trail;
use crate::upstream::{Upstream, Upstreams};
use crate::ways::Ways;
use open::{asks_why_it_differs, is_log_in, is_open, wants_token};
pub(crate) use person::{Claimed, is_of_person, no_entry};
pub(crate) use shown::Shown;
use signed::Once;
use whose::{Around, Visitor, Whose, by_session, is_signing_secret};

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

/// Says whose key was shown with a batch: what is in it has no credential of its own. Made here
/// only.
#[derive(Clone)]
pub struct Voucher {
    key: KeyId,
    style: Style,
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
    /// Who somebody claims to be who logs in with the password of the ERP.
    pub(crate) person: Option<Claimed>,
    /// From where, and with what client, the request came.
    pub(crate) from: From,
    /// Whether the connection is known to be unencrypted and local.
    pub(crate) plain: bool,
    pub(crate) once: Option<once::Key>,
    /// What vouches for the requests of this, if it is a batch: whose key was shown with it.
    pub(crate) voucher: Option<Voucher>,
    /// What counts once if it changes something: a signature that may repeat.
    pub(crate) nonce: Option<Nonce>,
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
        once,
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
        if is_signing_secret(presented, slot) {
            return Why::SecretSent;
        }
        match (&wish, presented) {
            (Wish::Asked(Asked::Local(Local::Authenticate | Local::LogIn)), _) => Why::LoginFailed,
            (_, Presented::Session(_)) => Why::Expired,
            (_, Presented::Nothing) if reply.dialect == Dialect::OdooCall => Why::Expired,
            (_, Presented::Nothing) if slot.is_none() && credentials.signature.is_none() => {
                Why::Stranger
            }
            (_, Presented::Key { .. }) if person::is_basic(presented) => Why::PasswordSent,
            _ => Why::Unidentified,
        }
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
    let comer = person::with_pair(&wish, &credentials, |pair| {
        let erp = person::host(desk, pair.style, meant)?;
        // A key that the gateway knows goes to no ERP as somebody's password.
        let shown = (pair.password, pair.style);
        if foreign::ever(desk, shown, &origin, debt, now).is_some() {
            return None;
        }
        let coming = person::Coming {
            wish: &wish,
            manner: &manner,
            origin: &origin,
            debt,
            now,
        };
        Some(person::comes(desk, (pair, &erp), slot, &coming).map(|person| (person, erp)))
    });
    if let Some(comer) = comer.flatten() {
        let (person, erp) = comer.map_err(|(why, held)| {
            if let Some(upstream) = held {
                trail.held(upstream);
            }
            no(why)
        })?;
        return Ok(Identified {
            wish,
            holder: None,
            upstream: Some(erp),
            reply,
            origin,
            session: None,
            person: Some(person),
            from,
            plain: manner.plain,
            once,
            voucher: None,
            nonce: None,
        });
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
        held,
        past,
        is_nothing,
    } = whose::credential(desk, &credentials, around)
        .await
        .map_err(&no)?;
    if let Some(upstream) = held {
        trail.held(upstream);
    }
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
        return Ok(Identified {
            wish,
            holder: None,
            upstream,
            reply,
            origin,
            session: None,
            person: None,
            from,
            plain: manner.plain,
            once,
            voucher: None,
            nonce: None,
        });
    };
    trail.recognised(Arc::clone(&holder.principal));
    let own = desk.upstreams.named(holder.principal.upstream());
    let showing = Showing {
        address: origin.address,
        style,
        opens_session: is_log_in(&wish),
    };
    if let Err(unmet) = desk.takes(&holder, own.as_deref(), &showing) {
        // Whoever has the key elsewhere is not told that it is one.
        trail.unmet(unmet);
        return Err(no(failed()));
    }
    if let Some(text) = &credentials.beside {
        let other = by_session(desk, text, debt, now).await;
        let other = other.map_err(|_| no(Why::Blind))?;
        let who = |holder: &Holder| {
            let principal = &holder.principal;
            (principal.upstream().clone(), principal.erp_login().clone())
        };
        if let Visitor::Of(other, _) = other
            && who(&other) != who(&holder)
        {
            return Err(no(Why::TwoUsers));
        }
    }
    let holder = match stand_in::bound(holder, own.as_deref()) {
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
                None => fits(slot, bound, &holder),
            })
    });
    let Some(bound) = bound else {
        return Err(no(failed()));
    };
    let person = match &credentials.person {
        Some(_) if !person::takes_beside(&bound) => {
            return Err(no(Why::Unreadable(more_than_one())));
        }
        Some(text) => {
            let coming = person::Coming {
                wish: &wish,
                manner: &manner,
                origin: &origin,
                debt,
                now,
            };
            let shown = text.expose(|text| {
                let pair = person::Pair::of_basic(text)?;
                Some(person::comes(desk, (pair, &bound), slot, &coming))
            });
            let person = shown.unwrap_or(Err((Why::PasswordSent, None)));
            Some(person.map_err(|(why, held)| {
                if let Some(upstream) = held {
                    trail.held(upstream);
                }
                no(why)
            })?)
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
        voucher: voucher(&holder, style),
        wish,
        holder: Some(holder),
        upstream: Some(bound),
        reply,
        origin,
        session,
        person,
        from,
        plain: manner.plain,
        once,
        nonce,
    })
}

/// Where a credential was shown, how, and for what.
struct Showing {
    address: IpAddr,
    /// None for a session: its key was shown when it was opened.
    style: Option<Style>,
    opens_session: bool,
}

impl Desk<'_> {
    /// Whether a credential may be shown so: by its own conditions, those of its ERP, and the
    /// ways that are taken at all.
    fn takes(
        &self,
        holder: &Holder,
        erp: Option<&Upstream>,
        showing: &Showing,
    ) -> Result<(), Unmet> {
        [Some(&holder.conditions), erp.map(Upstream::conditions)]
            .into_iter()
            .flatten()
            .try_for_each(|conditions| meet(conditions, showing))?;
        match showing.style {
            Some(style) if !self.ways.take(style, showing.address) => Err(Unmet::Style),
            Some(_) | None => Ok(()),
        }
    }
}

/// Whether a credential meets these conditions. What a session asks is not signed, so there is
/// none where each request must be.
fn meet(conditions: &Conditions, showing: &Showing) -> Result<(), Unmet> {
    conditions.from_here(showing.address)?;
    if let Some(style) = showing.style {
        conditions.in_this_way(style)?;
    }
    if conditions.must_sign && (showing.style.is_none() || showing.opens_session) {
        return Err(Unmet::Unsigned);
    }
    Ok(())
}

/// Spends what counts once whatever is asked; answers what counts once if it changes something.
async fn spent(desk: &Desk<'_>, once: Once, trail: &mut Trail) -> Result<Option<Nonce>, Why> {
    if let Some(flaw) = once.late {
        trail.unmet(Unmet::Clock);
        return Err(Why::Late(flaw));
    }
    if !once.always {
        return Ok(Some(once.nonce));
    }
    let spent = nonces::spend(desk.keyring.store(), &once.nonce).await;
    if matches!(spent, Err(Why::Repeated)) {
        trail.unmet(Unmet::Repeated);
    }
    spent.map(|()| None)
}

/// What vouches for the requests of a batch. None for sessions and tokens, which they show
/// themselves: the headers of the batch are theirs.
fn voucher(holder: &Holder, style: Option<Style>) -> Option<Voucher> {
    Some(Voucher {
        key: *holder.principal.key()?,
        style: style?,
    })
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
            // Who has the archived one's name goes on, as the other.
            Claim::Login(named) => [Some(login), holder.principal.instead_of()]
                .into_iter()
                .flatten()
                .any(|login| named == login.as_str()),
        }
}
