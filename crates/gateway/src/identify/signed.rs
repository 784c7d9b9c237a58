//! Who is calling by a signature.
//!
//! A signature names its key, or stands beside it. A key that is shown beside a signature by
//! RFC 9421 must be the one that signed: the two are one credential, and a signature that is
//! another's makes it none. An older signature counts for the keys that sign so.

use std::sync::Arc;

use portcullis_identity::signing::{Flaw, Legacy, Signed, Verifier, in_time, remembered_until};
use portcullis_identity::{KeyId, Presented, Style, Timestamp};
use portcullis_storage::Nonce;

use super::Desk;
use super::whose::{find, parse};
use crate::decode::Signature;
use crate::keyring::Holder;

/// What the signature of a request says of its caller.
pub(super) enum Said {
    /// There is none, or none that counts for the key that is shown.
    Nothing,
    /// It is nobody's, or not that of the key that is shown; whose key that is.
    No(Option<Arc<Holder>>),
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
    let Some(holder) = signer(desk, signed, debt, now) else {
        return Said::No(other);
    };
    let is_same = |other: &Arc<Holder>| other.principal.key() == Some(signed.key());
    if reveals && !other.as_ref().is_some_and(is_same) {
        return Said::No(other);
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

/// Whose signature by RFC 9421 it is, if its key is good now.
pub(super) fn signer(
    desk: &Desk<'_>,
    signed: &Signed,
    debt: Option<u64>,
    now: Timestamp,
) -> Option<Arc<Holder>> {
    if debt.is_some() && !desk.keyring.knows(signed.key()) {
        return None;
    }
    let holder = desk.keyring.holder_of(signed.key(), now);
    let verifier = holder
        .as_deref()
        .and_then(|holder| holder.verifier.as_ref());
    // A signature is looked at for unknown ids too, so that an id is not found out by time.
    let good = verifier.unwrap_or(&desk.keyring.nobody).verify(signed);
    holder.filter(|_| good.is_ok())
}

/// The holder of a key that is shown as a whole, or by its id alone where a signature proves it.
fn owner(desk: &Desk<'_>, text: &str, debt: Option<u64>, now: Timestamp) -> Option<Arc<Holder>> {
    match KeyId::new(text) {
        Ok(id) => {
            let holder = desk.keyring.holder_of(&id, now)?;
            let proves = matches!(holder.verifier, Some(Verifier::SortedJson(_)));
            proves.then_some(holder)
        }
        Err(_) => find(desk, text, debt, now),
    }
}

/// None for a key that does not sign so: its headers are its own matter.
fn by_legacy(
    holder: Arc<Holder>,
    read: Result<&Legacy, &Flaw>,
    text: &str,
    now: Timestamp,
) -> Option<Said> {
    let verifier = holder.verifier.as_ref();
    let verifier = verifier.filter(|verifier| verifier.scheme().is_legacy())?;
    let key = *holder.principal.key()?;
    let whole = parse(text);
    let verify = |beside: Option<&str>| read.ok()?.verify(verifier, beside).ok();
    let found = match &whole {
        Some(whole) => whole.expose_pair(|_, secret| verify(Some(secret))),
        None => verify(None),
    };
    let Some(found) = found else {
        return Some(Said::No(whole.map(|_| holder)));
    };
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
