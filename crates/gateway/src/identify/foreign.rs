//! Whose secret from elsewhere a text is: that of a key which was imported, or declared with one.
//!
//! It is looked for where the text is no credential of ours, in the ways that clients of other
//! gateways show theirs. Of Basic only one half may be there: a login with a password is a
//! person's. Nobody is held up by a key's own account for guesses, which name no key: that is
//! the address's matter. From an address in debt only a key counts that it has shown lately.

use std::sync::Arc;

use portcullis_identity::{ForeignSecret, Style, Timestamp, Unmet};

use super::Desk;
use crate::keyring::Holder;
use crate::origin::Origin;
use crate::throttle::Account;

/// Whose key is shown so, and why it is over, if it is.
pub(super) fn ever(
    desk: &Desk<'_>,
    (text, style): (&str, Style),
    origin: &Origin,
    debt: Option<u64>,
    now: Timestamp,
) -> Option<(Arc<Holder>, Option<Unmet>)> {
    let secret = ForeignSecret::shown(part(text, style)?)?;
    let id = desk.keyring.foreign(secret)?;
    let account = Account::key(id);
    if debt.is_some() && !desk.accounts.is_proven(&account, origin.address, now) {
        return None;
    }
    let (holder, over) = desk.keyring.ever(&id, now)?;
    if over.is_none() {
        desk.accounts.proved(account, origin.address, now);
    }
    Some((holder, over))
}

/// The holder of a key that is shown so, if it is good now.
pub(super) fn holder(
    desk: &Desk<'_>,
    shown: (&str, Style),
    origin: &Origin,
    debt: Option<u64>,
    now: Timestamp,
) -> Option<Arc<Holder>> {
    let (holder, over) = ever(desk, shown, origin, debt, now)?;
    over.is_none().then_some(holder)
}

/// Whether a text is such a secret, whoever shows it and from wherever: it goes to no ERP.
pub(super) fn is_one(desk: &Desk<'_>, text: &str) -> bool {
    let secret = ForeignSecret::shown(text);
    secret.is_some_and(|secret| desk.keyring.foreign(secret).is_some())
}

/// What of a text may be such a secret.
fn part(text: &str, style: Style) -> Option<&str> {
    if style == Style::Basic {
        return text.strip_suffix(':').or_else(|| text.strip_prefix(':'));
    }
    ForeignSecret::comes(style).then_some(text)
}
