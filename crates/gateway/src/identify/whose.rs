//! Whose credential it is that a request shows.

use std::sync::Arc;

use portcullis_erp::{Dialect, Fault, FaultKind, SlotCredential};
use portcullis_identity::signing::SigningSecret;
use portcullis_identity::{
    ApiKey, Presented, Principal, Secret, SessionDigest, SessionToken, Style, Timestamp, Unmet,
};
use portcullis_storage::StoreError;

use super::Desk;
use super::foreign;
use super::open::wants_token;
use super::signed::{self, Once, Said};
use crate::decode::{Credentials, Manner, Signature, Wish};
use crate::denial::Why;
use crate::issuers::Unverified;
use crate::keyring::Holder;
use crate::origin::Origin;
use crate::sessions::{From, Session, Whose as Opened};

/// What a request shows to say who is calling.
#[derive(Default)]
pub(super) struct Whose {
    /// Whose credential it is; none where it is nobody's.
    pub(super) holder: Option<Arc<Holder>>,
    /// In which way it was shown, for a session when it was opened; none if that is not known.
    pub(super) style: Option<Style>,
    /// The session that it is.
    pub(super) session: Option<SessionDigest>,
    /// What of it counts once.
    pub(super) once: Option<Once>,
    /// Whose secret was sent along: others may know it if they could read it.
    pub(super) revealed: Option<Arc<Holder>>,
    /// Whose it was, where it is right, but over.
    pub(super) past: Option<Past>,
    /// Whether nothing was shown at all.
    pub(super) is_nothing: bool,
}

/// Who held a credential that is over, and why it is.
pub(super) type Past = (Arc<Principal>, Unmet);

/// What surrounds the credentials of a request.
pub(super) struct Around<'a> {
    pub(super) wish: &'a Wish,
    pub(super) dialect: Dialect,
    /// From where, and with what client, the request came.
    pub(super) from: &'a From,
    pub(super) origin: &'a Origin,
    pub(super) manner: &'a Manner,
    pub(super) debt: Option<u64>,
    pub(super) now: Timestamp,
}

impl Whose {
    /// A secret that was sent, and whoever is known by it.
    fn secret(desk: &Desk<'_>, text: &str, style: Style, around: &Around<'_>) -> Self {
        let (origin, debt, now) = (around.origin, around.debt, around.now);
        let mut holder = find(desk, text, debt, now);
        let mut past = None;
        if let (None, Some(key)) = (&holder, parse(text)) {
            past = desk.keyring.past(&key, now);
        } else if holder.is_none() {
            let shown = (text, style);
            match foreign::ever(desk, shown, origin, debt, now) {
                Some((found, None)) => holder = Some(found),
                Some((found, Some(why))) => past = Some((Arc::clone(&found.principal), why)),
                None => {}
            }
        }
        Self {
            revealed: holder.clone(),
            past,
            holder,
            style: Some(style),
            ..Self::default()
        }
    }

    /// No credential, but perhaps the certificate of the connection.
    fn certificate(desk: &Desk<'_>, around: &Around<'_>) -> Self {
        let shown = around.origin.certificate;
        let ever = shown.and_then(|digest| desk.keyring.ever_by(&digest, around.now));
        let (holder, past) = match ever {
            Some((holder, None)) => (Some(holder), None),
            Some((holder, Some(why))) => (None, Some((Arc::clone(&holder.principal), why))),
            None => (None, None),
        };
        Self {
            is_nothing: holder.is_none(),
            holder,
            past,
            style: Some(Style::Certificate),
            ..Self::default()
        }
    }
}

/// Finds out whose credential it is.
///
/// # Errors
/// When there is more than one, another site's page may have made the request, or the store
/// does not answer.
pub(super) async fn credential(
    desk: &Desk<'_>,
    credentials: &Credentials,
    around: Around<'_>,
) -> Result<Whose, Why> {
    let Credentials {
        presented,
        slot,
        signature,
        vouched,
        beside: _,
        person: _,
    } = credentials;
    let Around {
        debt,
        now,
        manner,
        wish,
        ..
    } = around;
    if let Some(voucher) = vouched {
        return Ok(Whose {
            holder: desk.keyring.holder_of(&voucher.key, now),
            style: Some(voucher.style),
            ..Whose::default()
        });
    }
    // A password slot must hold something in some clients; an empty one is no credential.
    let password = slot.as_ref().map(|slot| slot.password.as_str());
    let password = password.filter(|password| !password.is_empty());
    let is_several = match presented {
        Presented::Nothing => false,
        Presented::Key { .. } => password.is_some(),
        Presented::Session(_) => {
            slot.is_some() || matches!(signature, Some(Signature::Standard(_)))
        }
    };
    if is_several {
        return Err(Why::Unreadable(Fault::new(
            FaultKind::Malformed,
            "there is more than one credential; send one",
        )));
    }
    match signed::said(desk, signature.as_ref(), (presented, password), debt, now) {
        Said::Nothing => {}
        Said::No { revealed, past } => {
            return Ok(Whose {
                revealed,
                past,
                ..Whose::default()
            });
        }
        Said::Good(good) => {
            return Ok(Whose {
                revealed: good.reveals.then(|| Arc::clone(&good.holder)),
                holder: Some(good.holder),
                style: Some(good.style),
                once: Some(good.once),
                ..Whose::default()
            });
        }
    }
    match (presented, password) {
        (Presented::Session(text), _) => by_cookie(desk, text, &around).await,
        (Presented::Key { text, style }, _) => {
            Ok(text.expose(|text| Whose::secret(desk, text, *style, &around)))
        }
        (Presented::Nothing, Some(password)) => {
            Ok(Whose::secret(desk, password, Style::Password, &around))
        }
        (Presented::Nothing, None) => {
            let shown = Whose::certificate(desk, &around);
            // A browser sends a certificate along as it does a cookie, whoever's page asks.
            let is_sent_form = manner.form && matches!(wish, Wish::Asked(_));
            if !shown.is_nothing && (manner.foreign || is_sent_form) {
                return Err(Why::Forged);
            }
            Ok(shown)
        }
    }
}

/// Who is calling by a session, if nobody else's page makes them call.
async fn by_cookie(
    desk: &Desk<'_>,
    text: &Secret<String>,
    around: &Around<'_>,
) -> Result<Whose, Why> {
    let visitor = by_session(desk, text, around.debt, around.now).await;
    let (holder, session) = match visitor.map_err(|_| Why::Blind)? {
        Visitor::Of(holder, session) => (holder, session),
        Visitor::Past(past) => {
            return Ok(Whose {
                past: Some(past),
                ..Whose::default()
            });
        }
        Visitor::Nobody => return Ok(Whose::default()),
    };
    let same = desk.sessions.is_as_it_was(&session, around.from).await;
    if !same.map_err(|_| Why::Blind)? {
        return Ok(Whose::default());
    }
    let digest = session.digest;
    let Around { wish, manner, .. } = around;
    let good = match &manner.csrf {
        Some(shown) => desk.sessions.csrf(&digest).is(shown),
        None => {
            let is_sent_form = manner.form && matches!(wish, Wish::Asked(_));
            // The façade is young: whoever changes something there shows the token, always.
            let changes = around.dialect == Dialect::Rest && !manner.reads;
            !manner.foreign && !is_sent_form && !changes && !wants_token(wish)
        }
    };
    if !good {
        return Err(Why::Forged);
    }
    Ok(Whose {
        holder: Some(holder),
        style: session.style,
        session: Some(digest),
        ..Whose::default()
    })
}

/// The holder of a key in either of its two forms, or the bearer of a token. From an address in debt, a key that does
/// not exist is not even hashed, and a token verified only if it was good before.
pub(super) fn find(
    desk: &Desk<'_>,
    text: &str,
    debt: Option<u64>,
    now: Timestamp,
) -> Option<Arc<Holder>> {
    if Unverified::is_token(text) {
        if debt.is_some() && !desk.issuers.knows(text) {
            return None;
        }
        let bearer = desk.issuers.bearer(text, now);
        return bearer
            .inspect_err(|no| tracing::debug!(?no, "a token is not good"))
            .ok();
    }
    let key = parse(text)?;
    if debt.is_some() && !desk.keyring.knows(&key.id()) {
        return None;
    }
    desk.keyring.holder(&key, now)
}

/// The holder of the key whose place the client's certificate takes. A certificate that no key
/// is bound to is no credential: clients show it wherever one is asked for.
pub(super) fn by_certificate(
    desk: &Desk<'_>,
    origin: &Origin,
    now: Timestamp,
) -> Option<Arc<Holder>> {
    let shown = origin.certificate;
    shown.and_then(|digest| desk.keyring.holder_by(&digest, now))
}

/// Whose a session is.
pub(super) enum Visitor {
    /// This caller's.
    Of(Arc<Holder>, Session),
    /// That of somebody whose key is over.
    Past(Past),
    /// Nobody's.
    Nobody,
}

/// Who is calling by the cookie of a session: the holder of the key that opened it, while the
/// key is good, or the person who logged in, while the configuration lets that person in. From an address in debt, only sessions that were served before are looked up.
pub(super) async fn by_session(
    desk: &Desk<'_>,
    text: &Secret<String>,
    debt: Option<u64>,
    now: Timestamp,
) -> Result<Visitor, StoreError> {
    let Ok(token) = text.expose(|text| SessionToken::parse(text)) else {
        return Ok(Visitor::Nobody);
    };
    if debt.is_some() && !desk.sessions.knows(&token) {
        return Ok(Visitor::Nobody);
    }
    let Some(session) = desk.sessions.find(&token, now).await? else {
        return Ok(Visitor::Nobody);
    };
    let holder = match &session.whose {
        Opened::Key(key) => match desk.keyring.ever(key, now) {
            Some((holder, None)) => Some(holder),
            Some((holder, Some(why))) => {
                return Ok(Visitor::Past((Arc::clone(&holder.principal), why)));
            }
            None => None,
        },
        Opened::Person(person) => {
            let holder = person.holder.get_or_init(|| {
                let upstream = desk.upstreams.named(&person.upstream)?;
                let holder = upstream.people()?.holder(upstream.name(), &person.user);
                holder.map(Arc::new)
            });
            holder.clone()
        }
    };
    Ok(holder.map_or(Visitor::Nobody, |holder| Visitor::Of(holder, session)))
}

/// Reads a key in either of its two forms.
pub(super) fn parse(text: &str) -> Option<ApiKey> {
    let key = match text.split_once(':') {
        Some((key, secret)) => ApiKey::parse_pair(key, secret),
        None => ApiKey::parse(text),
    };
    key.ok()
}

/// Whether a signing secret stands where a key should: it signs, and is never sent.
pub(super) fn is_signing_secret(presented: &Presented, slot: Option<&SlotCredential>) -> bool {
    let is_one = |text: &str| {
        let last = text.rsplit(':').next().unwrap_or_default();
        SigningSecret::parse(last).is_ok()
    };
    match (presented, slot) {
        (Presented::Key { text, .. } | Presented::Session(text), _) => {
            text.expose(|text| is_one(text))
        }
        (Presented::Nothing, Some(slot)) => is_one(&slot.password),
        (Presented::Nothing, None) => false,
    }
}
