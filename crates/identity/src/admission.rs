//! How those who administer the gateway itself are let in: names, the token of a session,
//! one-time codes.
//!
//! Administrators are no principals: they call no ERP. The people who log in with the ERP's own
//! password are [principals](crate::Principal), and administer nothing.

use std::fmt;

use aws_lc_rs::constant_time;
use zeroize::Zeroizing;

use crate::digest::Pepper;
use crate::key::KeyFormatError;
use crate::opaque::Opaque;
use crate::secret::Secret;
use crate::session::SessionDigest;
use crate::{base32, ours};

pub use crate::name::AdministratorName;

/// The token of an administrator's session, in clear: `pcl_…`. It exists while it is checked,
/// and once when it is given.
pub struct AdministratorToken(Opaque);

/// A code that lets its holder enrol a second factor, once: `pce_…`.
pub struct EnrolmentCode(Opaque);

/// A code for the day on which every other second factor is lost: 80 random bits, written as
/// four groups of four letters and digits. Each counts once.
pub struct RecoveryCode(Secret<[u8; 10]>);

/// The keyed hash of a recovery code, of one administrator.
#[derive(Clone, Copy)]
pub struct RecoveryDigest([u8; 32]);

impl AdministratorToken {
    /// What every token begins with.
    pub const PREFIX: &str = ours::ADMINISTRATOR;

    /// Makes a token of random bytes.
    pub fn from_entropy(entropy: &[u8; 32]) -> Self {
        Self(Opaque::from_entropy(entropy))
    }

    /// Reads a token.
    ///
    /// # Errors
    /// When it has not the form of one, or its check does not fit.
    pub fn parse(text: &str) -> Result<Self, KeyFormatError> {
        Opaque::parse(ours::ADMINISTRATOR, text)
            .map(Self)
            .ok_or(KeyFormatError)
    }

    /// What may be kept of it.
    pub fn digest(&self, pepper: &Pepper) -> SessionDigest {
        SessionDigest::from_bytes(self.0.hash(pepper, b"portcullis administrator session 1\0"))
    }

    /// Shows the token for the length of one call.
    pub fn expose<R>(&self, use_it: impl FnOnce(&str) -> R) -> R {
        self.0.expose(ours::ADMINISTRATOR, use_it)
    }
}

impl fmt::Debug for AdministratorToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdministratorToken(…)")
    }
}

impl EnrolmentCode {
    /// Makes a code of random bytes.
    pub fn from_entropy(entropy: &[u8; 32]) -> Self {
        Self(Opaque::from_entropy(entropy))
    }

    /// Reads a code.
    ///
    /// # Errors
    /// When it has not the form of one, or its check does not fit.
    pub fn parse(text: &str) -> Result<Self, KeyFormatError> {
        Opaque::parse(ours::ENROLMENT, text)
            .map(Self)
            .ok_or(KeyFormatError)
    }

    /// What may be kept of it.
    pub fn digest(&self, pepper: &Pepper) -> [u8; 32] {
        self.0.hash(pepper, b"portcullis enrolment 1\0")
    }

    /// Shows the code for the length of one call.
    pub fn expose<R>(&self, use_it: impl FnOnce(&str) -> R) -> R {
        self.0.expose(ours::ENROLMENT, use_it)
    }
}

impl fmt::Debug for EnrolmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnrolmentCode(…)")
    }
}

impl RecoveryCode {
    /// How many characters of a code say something.
    const LETTERS: usize = 16;

    /// How many an administrator has.
    pub const SET: usize = 10;

    /// Makes a code of random bytes.
    pub fn from_entropy(entropy: &[u8; 10]) -> Self {
        Self(Secret::new(*entropy))
    }

    /// Reads a code, as people write one: in any case, with or without hyphens and spaces.
    ///
    /// # Errors
    /// When it has not the form of one.
    pub fn parse(text: &str) -> Result<Self, KeyFormatError> {
        // Never grown, so that no copy is left behind.
        let mut letters = Zeroizing::new(String::with_capacity(Self::LETTERS));
        for letter in text.trim().chars().filter(|c| !matches!(c, '-' | ' ')) {
            if letters.len() >= Self::LETTERS || !letter.is_ascii() {
                return Err(KeyFormatError);
            }
            letters.push(letter.to_ascii_lowercase());
        }
        base32::decode(letters.as_bytes())
            .map(|bits| Self(Secret::new(bits)))
            .ok_or(KeyFormatError)
    }

    /// What may be kept of it; another for each administrator.
    pub fn digest(&self, pepper: &Pepper, name: &AdministratorName) -> RecoveryDigest {
        let name = name.as_str().as_bytes();
        RecoveryDigest(
            self.0
                .expose(|bits| pepper.hash(&[b"portcullis recovery 1\0", bits, name])),
        )
    }

    /// Shows the code for the length of one call: `abcd-efgh-ijkl-mnop`.
    pub fn expose<R>(&self, use_it: impl FnOnce(&str) -> R) -> R {
        let mut letters = Zeroizing::new(String::with_capacity(Self::LETTERS));
        self.0.expose(|bits| base32::encode(bits, &mut letters));
        let mut text = Zeroizing::new(String::with_capacity(Self::LETTERS + 3));
        for (at, letter) in letters.chars().enumerate() {
            if at > 0 && at % 4 == 0 {
                text.push('-');
            }
            text.push(letter);
        }
        use_it(&text)
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

impl RecoveryDigest {
    /// A digest as it was kept.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, to be kept.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for RecoveryDigest {
    /// In constant time.
    fn eq(&self, other: &Self) -> bool {
        constant_time::verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

impl Eq for RecoveryDigest {}

impl fmt::Debug for RecoveryDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryDigest(…)")
    }
}

#[cfg(test)]
mod tests;
