//! Texts that are handed out once and shown again: a prefix, 256 random bits, and a check.
//!
//! ```text
//! pcs_ 256 bits as 52 characters  7 characters
//!      └ secret                   └ first 35 bits of SHA-256 over the rest
//! ```

use aws_lc_rs::constant_time;
use zeroize::{Zeroize as _, Zeroizing};

use crate::base32;
use crate::check::{self, CHECK};
use crate::digest::Pepper;
use crate::secret::Secret;

/// How long the prefix of each of them is.
const PREFIX: usize = 4;
const SECRET: usize = 52;

/// The length of such a text.
pub(crate) const LENGTH: usize = PREFIX + SECRET + CHECK;

/// The secret of such a text.
pub(crate) struct Opaque(Secret<[u8; 32]>);

impl Opaque {
    pub(crate) fn from_entropy(entropy: &[u8; 32]) -> Self {
        let mut held = *entropy;
        let secret = Self(Secret::new(held));
        held.zeroize();
        secret
    }

    /// Reads a text with this prefix; none when it has another form, or its check does not fit.
    pub(crate) fn parse(prefix: &str, text: &str) -> Option<Self> {
        let whole: &[u8; LENGTH] = text.as_bytes().try_into().ok()?;
        let (body, check) = whole.split_at(LENGTH - CHECK);
        constant_time::verify_slices_are_equal(&check::of(body), check).ok()?;
        let secret = body.strip_prefix(prefix.as_bytes())?;
        base32::decode(secret).map(|secret| Self(Secret::new(secret)))
    }

    /// Shows the text for the length of one call.
    pub(crate) fn expose<R>(&self, prefix: &str, use_it: impl FnOnce(&str) -> R) -> R {
        let mut text = Zeroizing::new(String::with_capacity(LENGTH));
        text.push_str(prefix);
        self.0.expose(|secret| base32::encode(secret, &mut text));
        let check = check::of(text.as_bytes());
        text.extend(check.iter().copied().map(char::from));
        use_it(&text)
    }

    /// Its keyed hash for one purpose.
    pub(crate) fn hash(&self, pepper: &Pepper, purpose: &[u8]) -> [u8; 32] {
        self.0.expose(|secret| pepper.hash(&[purpose, secret]))
    }
}
