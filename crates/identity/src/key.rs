//! Keys: `pck_{id}_{secret}{check}`, and `pca_…` for the administration.
//!
//! ```text
//! pck_ aebagbafaydqqcik _ 256 bits as 52 characters  7 characters
//!      └ id, 80 bits      └ secret                   └ first 35 bits of SHA-256 over the rest
//! ```
//! The check lets a mistyped or cut key be told from a wrong one before any store is asked,
//! and lets scanners for leaked secrets be sure. For clients that want a pair, the same key
//! is shown as `pck_{id}` and `{secret}{check}`.

use std::fmt;

use aws_lc_rs::constant_time;
use zeroize::{Zeroize, Zeroizing};

use crate::base32;
use crate::check::{self, CHECK};
use crate::digest::{KeyDigest, Pepper};
use crate::key_id::{AdminDoor, Door, ErpDoor, IdOf, KeyId};
use crate::secret::Secret;

/// A whole key of one door, in clear. It exists while it is checked, and once when it is shown.
pub struct KeyOf<D> {
    id: IdOf<D>,
    secret: Secret<[u8; 32]>,
}

/// A key that opens an ERP.
pub type ApiKey = KeyOf<ErpDoor>;

/// A key that opens the administration.
pub type AdminKey = KeyOf<AdminDoor>;

/// A text that is no key of ours, or one that was cut or mistyped. Says nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a whole Portcullis key")]
pub struct KeyFormatError;

const SECRET: usize = 52;
/// `{secret}{check}`.
const HALF: usize = SECRET + CHECK;
const LENGTH: usize = KeyId::LENGTH + 1 + HALF;

impl<D: Door> KeyOf<D> {
    /// The length of a whole key.
    pub const LENGTH: usize = LENGTH;

    /// Makes a key of random bytes: 10 for the id, 32 for the secret.
    pub fn from_entropy(entropy: &[u8; 42]) -> Self {
        let (id, secret) = entropy.split_at(10);
        let mut held = [0; 32];
        for (to, from) in held.iter_mut().zip(secret) {
            *to = *from;
        }
        let key = Self {
            id: IdOf::of_bits(id),
            secret: Secret::new(held),
        };
        held.zeroize();
        key
    }

    /// Reads a whole key.
    ///
    /// # Errors
    /// When it has not the form of one, or its check does not fit.
    pub fn parse(text: &str) -> Result<Self, KeyFormatError> {
        let whole: &[u8; LENGTH] = text.as_bytes().try_into().map_err(|_| KeyFormatError)?;
        let (body, check) = whole.split_at(Self::LENGTH - CHECK);
        if constant_time::verify_slices_are_equal(&check::of(body), check).is_err() {
            return Err(KeyFormatError);
        }
        let (id, rest) = body.split_at(KeyId::LENGTH);
        let secret = rest.strip_prefix(b"_").ok_or(KeyFormatError)?;
        let id = std::str::from_utf8(id).map_err(|_| KeyFormatError)?;
        Ok(Self {
            id: IdOf::new(id).map_err(|_| KeyFormatError)?,
            secret: base32::decode(secret)
                .map(Secret::new)
                .ok_or(KeyFormatError)?,
        })
    }

    /// Reads a key that was given as two halves, `pck_{id}` and `{secret}{check}`.
    ///
    /// # Errors
    /// As [`KeyOf::parse`].
    pub fn parse_pair(key: &str, secret: &str) -> Result<Self, KeyFormatError> {
        if key.len() != KeyId::LENGTH || secret.len() != HALF {
            return Err(KeyFormatError);
        }
        let mut whole = Zeroizing::new(String::with_capacity(Self::LENGTH));
        whole.push_str(key);
        whole.push('_');
        whole.push_str(secret);
        Self::parse(&whole)
    }

    /// Its public half.
    pub fn id(&self) -> IdOf<D> {
        self.id
    }

    /// What may be kept of it.
    pub fn digest(&self, pepper: &Pepper) -> KeyDigest {
        self.secret
            .expose(|secret| pepper.digest(&[D::HASHED_WITH, self.id.as_str().as_bytes(), secret]))
    }

    /// Shows the whole key for the length of one call.
    pub fn expose_whole<R>(&self, use_it: impl FnOnce(&str) -> R) -> R {
        let whole = self.text();
        use_it(&whole)
    }

    /// Shows the key as a pair for the length of one call.
    pub fn expose_pair<R>(&self, use_it: impl FnOnce(&str, &str) -> R) -> R {
        let whole = self.text();
        use_it(
            self.id.as_str(),
            whole.get(KeyId::LENGTH + 1..).unwrap_or_default(),
        )
    }

    fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(Self::LENGTH));
        text.push_str(self.id.as_str());
        text.push('_');
        self.secret
            .expose(|secret| base32::encode(secret, &mut text));
        let check = check::of(text.as_bytes());
        text.extend(check.iter().copied().map(char::from));
        text
    }
}

impl<D: Door> fmt::Debug for KeyOf<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}, …)", self.id)
    }
}

#[cfg(test)]
mod tests;
