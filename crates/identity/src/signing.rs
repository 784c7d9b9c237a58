//! Signed requests: what a signature covers, how it is read, and whether it is good.
//!
//! [`Signed`] is a request signed by RFC 9421. What must be covered is fixed here and not the
//! signer's choice: the verb, the path, the query and the body's digest if there are any, a
//! moment, a nonce and the key's id. [`Legacy`] is one of three older schemes that leave more
//! or less of a request unsigned; they are kept for clients that have them.
//!
//! Reading is pure and bounded, and knows no key: it ends in the text that was signed.
//! [`Verifier`] holds a key and knows that text from any other.

mod digest;
mod flaw;
mod head;
mod legacy;
mod public_key;
mod scheme;
mod secret;
mod signed;
mod sorted_json;
mod verifier;

pub use flaw::Flaw;
pub use head::Head;
pub use legacy::{Found, Legacy};
pub use public_key::PublicKey;
pub use scheme::Scheme;
pub use secret::SigningSecret;
pub use signed::Signed;
pub use sorted_json::sorted_json;
pub use verifier::Verifier;

use crate::timestamp::Timestamp;

/// How far the clock of a signer may be off, in seconds.
pub const WINDOW: i64 = 300;

/// Whether a signature of this moment is taken now.
///
/// # Errors
/// When it is older than the window, or further in the future.
pub fn in_time(created: Timestamp, now: Timestamp) -> Result<(), Flaw> {
    let off = now.since(created).unsigned_abs();
    let most = u64::try_from(WINDOW * 1_000_000).unwrap_or_default();
    (off <= most).then_some(()).ok_or(Flaw::Clock)
}

/// Until when a signature of this moment must be remembered: as long as any process could take
/// it for a fresh one, with room for clocks that differ.
pub fn remembered_until(created: Timestamp) -> Timestamp {
    created.plus_millis(3 * WINDOW * 1000)
}

#[cfg(test)]
mod tests;
