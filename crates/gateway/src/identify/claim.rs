//! Whom a body claims to be from.

use portcullis_erp::SlotCredential;
use portcullis_erp::asked::Claim;

use crate::keyring::Holder;
use crate::upstream::Upstream;

/// Whether the database and the user that a body claims are those that the key is bound to.
pub(super) fn fits(slot: &SlotCredential, bound: &Upstream, holder: &Holder) -> bool {
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
