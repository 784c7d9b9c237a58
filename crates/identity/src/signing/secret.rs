//! Signing secrets: `pcsign_{secret}{check}`.
//!
//! ```text
//! pcsign_ 256 bits as 52 characters  7 characters
//!         └ secret                   └ first 35 bits of SHA-256 over the rest
//! ```
//! The key of the HMAC is the whole text as it is shown, so that every language has it as it
//! stands. It has a form of its own: it signs and is never sent, and where it is sent by
//! mistake it is told from a key.

use aws_lc_rs::constant_time;
use zeroize::Zeroizing;

use crate::base32;
use crate::check::{self, CHECK};
use crate::key::KeyFormatError;
use crate::ours;
use crate::secret::Secret;

const PREFIX: &str = ours::SIGNING;
const SECRET: usize = 52;

/// A signing secret, in clear.
#[derive(Debug)]
pub struct SigningSecret(Secret<String>);

impl SigningSecret {
    /// The length of the text.
    pub const LENGTH: usize = PREFIX.len() + SECRET + CHECK;

    /// Makes a secret of random bytes.
    pub fn from_entropy(entropy: &[u8; 32]) -> Self {
        let mut text = String::with_capacity(Self::LENGTH);
        text.push_str(PREFIX);
        base32::encode(entropy, &mut text);
        let check = check::of(text.as_bytes());
        text.extend(check.iter().copied().map(char::from));
        Self(Secret::new(text))
    }

    /// Reads a secret.
    ///
    /// # Errors
    /// When it has not the form of one, or its check does not fit.
    pub fn parse(text: &str) -> Result<Self, KeyFormatError> {
        let whole: &[u8; Self::LENGTH] = text.as_bytes().try_into().map_err(|_| KeyFormatError)?;
        let (body, check) = whole.split_at(Self::LENGTH - CHECK);
        if constant_time::verify_slices_are_equal(&check::of(body), check).is_err() {
            return Err(KeyFormatError);
        }
        let secret = body.strip_prefix(PREFIX.as_bytes()).ok_or(KeyFormatError)?;
        let bits = base32::decode::<32>(secret).ok_or(KeyFormatError)?;
        Ok(Self::from_entropy(&Zeroizing::new(bits)))
    }

    /// Shows the secret for the length of one call.
    pub fn expose<R>(&self, use_it: impl FnOnce(&str) -> R) -> R {
        self.0.expose(|text| use_it(text))
    }
}
