//! Who is calling by a signature.
//!
//! A signature names its key, or stands beside it. A key that is shown beside a signature by
//! RFC 9421 must be the one that signed: the two are one credential, and a signature that is
//! another's makes it none. An older signature counts for the keys that sign so.

use std::sync::Arc;

use portcullis_identity::signing::{Flaw, Legacy, Signed, Verifier, in_time, remembered_until};
use portcullis_identity::{KeyId, Presented, Style, Timestamp, Unmet};
use portcullis_storage::Nonce;

use super::Desk;
use super::whose::{Past, find, parse};
use crate::decode::Signature;
use crate::denial::Why;
use crate::keyring::Holder;
use crate::nonces;
use crate::trail::Trail;

/// What the signature of a request says of its caller.
pub(super) enum Said {
    /// There is none, or none that counts for the key that is shown.
    Nothing,
    /// It is nobody's, or not that of the key that is shown.
    No {
        /// Whose key that is.
        revealed: Option<Arc<Holder>>,
        /// Whose signature it is, if its key is over.
        past: Option<Past>,
    },
    /// It is this caller's.
    Good(Good),
}

/// A signature that is its caller's.
pub(super) struct Good {
    pub(super) holder: Arc<Holder>,
    pub(super) style: Style,
    pub(super) once: Once,
    /// Whether a secret was sent beside it.
    pub(super) reveals: bool,
}

/// What of a signature counts once.
pub(super) struct Once {
    pub(super) nonce: Nonce,
    /// Whether it counts once whatever is asked, or only where something changes.
    pub(super) always: bool,
    /// What is wrong with its time, if anything is.
    pub(super) late: Option<Flaw>,
}

/// Looks at the signature of a request, and at the key beside it.
pub(super) fn said(
    desk: &Desk<'_>,
    signature: Option<&Signature>,
    (presented, password): (&Presented, Option<&str>),
    debt: Option<u64>,
    now: Timestamp,
) -> Said {
    match signature {
        None => Said::Nothing,
        Some(Signature::Standard(signed)) => {
            let beside = with_text(presented, password, |text| find(desk, text, debt, now));
            by_standard(desk, signed, beside, debt, now)
        }
        Some(Signature::Legacy(read)) => {
            let read = read.as_deref();
            let said = with_text(presented, password, |text| {
                by_legacy(owner(desk, text, debt, now)?, read, text, now)
            });
            said.flatten().unwrap_or(Said::Nothing)
        }
    }
}

/// Looks at the key beside a signature, if there is one.
fn with_text<R>(
    presented: &Presented,
    password: Option<&str>,
    look: impl FnOnce(&str) -> R,
) -> Option<R> {
    match (presented, password) {
        (Presented::Key { text, .. }, _) => Some(text.expose(|text| look(text))),
        (Presented::Nothing, Some(password)) => Some(look(password)),
        (Presented::Nothing, None) | (Presented::Session(_), _) => None,
    }
}

/// `beside` is whose key stands beside it: none for no key, and nobody's key is nobody.
fn by_standard(
    desk: &Desk<'_>,
    signed: &Signed,
    beside: Option<Option<Arc<Holder>>>,
    debt: Option<u64>,
    now: Timestamp,
) -> Said {
    let reveals = beside.is_some();
    let other = beside.flatten();
    let no = |revealed, past| Said::No { revealed, past };
    let holder = match signer(desk, signed, debt, now) {
        Some(Signer::Good(holder)) => holder,
        Some(Signer::Past(past)) => return no(other, Some(past)),
        None => return no(other, None),
    };
    let is_same = |other: &Arc<Holder>| other.principal.key() == Some(signed.key());
    if reveals && !other.as_ref().is_some_and(is_same) {
        return no(other, None);
    }
    Said::Good(Good {
        holder,
        style: Style::Signature,
        once: Once {
            nonce: Nonce {
                key: *signed.key(),
                mark: signed.mark(),
                ends: remembered_until(signed.created()),
            },
            always: true,
            late: signed.in_time(now).err(),
        },
        reveals,
    })
}

/// Whose signature it is.
pub(super) enum Signer {
    /// This caller's.
    Good(Arc<Holder>),
    /// That of somebody whose key is over.
    Past(Past),
}

/// Whose signature by RFC 9421 it is.
pub(super) fn signer(
    desk: &Desk<'_>,
    signed: &Signed,
    debt: Option<u64>,
    now: Timestamp,
) -> Option<Signer> {
    if debt.is_some() && !desk.keyring.knows(signed.key()) {
        return None;
    }
    let ever = desk.keyring.ever(signed.key(), now);
    let verifier = ever
        .as_ref()
        .and_then(|(holder, _)| holder.verifier.as_deref());
    // A signature is looked at for unknown ids too, so that an id is not found out by time.
    let good = verifier.unwrap_or(&desk.keyring.nobody).verify(signed);
    let (holder, over) = ever.filter(|_| good.is_ok())?;
    Some(match over {
        None => Signer::Good(holder),
        Some(why) => Signer::Past((Arc::clone(&holder.principal), why)),
    })
}

/// The holder of a key that is shown as a whole, or by its id alone where a signature proves it.
fn owner(
    desk: &Desk<'_>,
    text: &str,
    debt: Option<u64>,
    now: Timestamp,
) -> Option<(Arc<Holder>, Option<Unmet>)> {
    match KeyId::new(text) {
        Ok(id) => {
            let (holder, over) = desk.keyring.ever(&id, now)?;
            let proves = matches!(holder.verifier.as_deref(), Some(Verifier::SortedJson(_)));
            proves.then_some((holder, over))
        }
        Err(_) => find(desk, text, debt, now).map(|holder| (holder, None)),
    }
}

/// None for a key that does not sign so: its headers are its own matter.
fn by_legacy(
    (holder, over): (Arc<Holder>, Option<Unmet>),
    read: Result<&Legacy, &Flaw>,
    text: &str,
    now: Timestamp,
) -> Option<Said> {
    let verifier = holder.verifier.as_deref();
    let verifier = verifier.filter(|verifier| verifier.scheme().is_legacy())?;
    let key = *holder.principal.key()?;
    let whole = parse(text);
    let verify = |beside: Option<&str>| read.ok()?.verify(verifier, beside).ok();
    let found = match &whole {
        Some(whole) => whole.expose_pair(|_, secret| verify(Some(secret))),
        None => verify(None),
    };
    let Some(found) = found else {
        let revealed = whole.map(|_| holder);
        return Some(Said::No {
            revealed,
            past: None,
        });
    };
    if let Some(why) = over {
        let past = Some((Arc::clone(&holder.principal), why));
        return Some(Said::No {
            revealed: None,
            past,
        });
    }
    Some(Said::Good(Good {
        holder,
        style: Style::LegacySignature,
        once: Once {
            nonce: Nonce {
                key,
                mark: found.mark,
                ends: remembered_until(found.created),
            },
            always: false,
            late: in_time(found.created, now).err(),
        },
        reveals: whole.is_some(),
    }))
}

/// Spends what counts once whatever is asked; answers what counts once if it changes something.
pub(super) async fn spent(
    desk: &Desk<'_>,
    once: Once,
    trail: &mut Trail,
) -> Result<Option<Nonce>, Why> {
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
