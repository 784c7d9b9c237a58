//! The hash of a line.

use std::fmt;

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, de};

/// SHA-256 of a line.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash([u8; 32]);

impl Hash {
    /// What the first line of a lane names as the line before.
    pub const NOTHING: Self = Self([0; 32]);

    /// The hash of a text.
    pub fn of(text: &[u8]) -> Self {
        let mut hash = [0; 32];
        for (to, from) in hash
            .iter_mut()
            .zip(digest::digest(&digest::SHA256, text).as_ref())
        {
            *to = *from;
        }
        Self(hash)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads 64 hexadecimal digits in lower case.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut hash = [0; 32];
        if text.len() != 64 {
            return None;
        }
        HEXLOWER.decode_mut(text, &mut hash).ok()?;
        Some(Self(hash))
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let mut text = [0; 64];
        HEXLOWER.encode_mut(&self.0, &mut text);
        out.extend_from_slice(&text);
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(text.as_bytes()).ok_or_else(|| de::Error::custom("this is not a hash"))
    }
}
