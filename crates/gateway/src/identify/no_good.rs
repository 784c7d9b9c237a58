//! What somebody is told whose credential is no good, or who has none where one is needed.

use portcullis_erp::{Asked, Dialect, Local};
use portcullis_identity::Presented;

use super::person;
use super::whose::is_signing_secret;
use crate::decode::{Credentials, Wish};
use crate::denial::Why;

/// Why nobody is let in by these credentials: the same for all that are no good.
pub(super) fn why(wish: &Wish, credentials: &Credentials, dialect: Dialect) -> Why {
    let (presented, slot) = (&credentials.presented, credentials.slot.as_ref());
    if is_signing_secret(presented, slot) {
        return Why::SecretSent;
    }
    match (wish, presented) {
        (Wish::Asked(Asked::Local(Local::Authenticate | Local::LogIn)), _) => Why::LoginFailed,
        (_, Presented::Session(_)) => Why::Expired,
        (_, Presented::Nothing) if dialect == Dialect::OdooCall => Why::Expired,
        (_, Presented::Nothing) if slot.is_none() && credentials.signature.is_none() => {
            Why::Stranger
        }
        (_, Presented::Key { .. }) if person::is_basic(presented) => Why::PasswordSent,
        _ => Why::Unidentified,
    }
}
