//! The public half of an API key.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::base32;
use crate::name::NameError;

/// Names an API key: `pck_` and 16 characters. No secret; it stands in lists and records.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; KeyId::LENGTH]);

impl KeyId {
    /// What every key begins with.
    pub const PREFIX: &str = "pck_";
    /// The length of the text.
    pub const LENGTH: usize = 20;

    /// Checks a text and makes it the id of a key.
    ///
    /// # Errors
    /// When it is not `pck_` and 16 characters of lower-case base32.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let error = NameError {
            what: "key id",
            rule: "`pck_` and 16 of a-z, 2-7",
        };
        let bytes: [u8; Self::LENGTH] = text.as_bytes().try_into().map_err(|_| error)?;
        let rest = bytes.strip_prefix(Self::PREFIX.as_bytes()).ok_or(error)?;
        base32::decode::<10>(rest).ok_or(error)?;
        Ok(Self(bytes))
    }

    /// The id of 80 random bits.
    pub(crate) fn of_bits(bits: &[u8]) -> Self {
        let mut text = String::with_capacity(Self::LENGTH);
        text.push_str(Self::PREFIX);
        base32::encode(bits, &mut text);
        let mut id = [0; Self::LENGTH];
        for (to, from) in id.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        Self(id)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        // INVARIANT: only ASCII is ever put in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl std::str::FromStr for KeyId {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::new(text)
    }
}

impl Serialize for KeyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for KeyId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
