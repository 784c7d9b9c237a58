//! The public half of a key.

use std::fmt;
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::base32;
use crate::name::NameError;
use crate::ours;

/// Names a key of one door: its prefix and 16 characters. No secret; it stands in lists and
/// records.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdOf<D>([u8; LENGTH], PhantomData<D>);

/// Names an API key: `pck_` and 16 characters.
pub type KeyId = IdOf<ErpDoor>;

/// Names an administrative key: `pca_` and 16 characters.
pub type AdminKeyId = IdOf<AdminDoor>;

/// What a key opens. A key of one door is no key at another.
pub trait Door: Copy + Ord + std::hash::Hash {
    /// What every key of the door begins with, and 4 characters long.
    const PREFIX: &'static str;
    /// What an id must be.
    const RULE: &'static str;
    /// What the hashes of its keys begin with, so that no hash of one door fits at another.
    const HASHED_WITH: &'static [u8];
}

/// The ERPs, through the gateway.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErpDoor {}

/// The administration.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AdminDoor {}

impl Door for ErpDoor {
    const PREFIX: &'static str = ours::KEY;
    const RULE: &'static str = "`pck_` and 16 of a-z, 2-7";
    const HASHED_WITH: &'static [u8] = b"portcullis key 1\0";
}

impl Door for AdminDoor {
    const PREFIX: &'static str = ours::ADMIN_KEY;
    const RULE: &'static str = "`pca_` and 16 of a-z, 2-7";
    const HASHED_WITH: &'static [u8] = b"portcullis administrative key 1\0";
}

const LENGTH: usize = 20;

impl<D: Door> IdOf<D> {
    /// What every key begins with.
    pub const PREFIX: &'static str = D::PREFIX;
    /// The length of the text.
    pub const LENGTH: usize = LENGTH;

    /// Checks a text and makes it the id of a key.
    ///
    /// # Errors
    /// When it is not the prefix and 16 characters of lower-case base32.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let error = NameError {
            what: "key id",
            rule: D::RULE,
        };
        let bytes: [u8; LENGTH] = text.as_bytes().try_into().map_err(|_| error)?;
        let rest = bytes.strip_prefix(Self::PREFIX.as_bytes()).ok_or(error)?;
        base32::decode::<10>(rest).ok_or(error)?;
        Ok(Self(bytes, PhantomData))
    }

    /// The id of 80 random bits.
    pub(crate) fn of_bits(bits: &[u8]) -> Self {
        let mut text = String::with_capacity(Self::LENGTH);
        text.push_str(Self::PREFIX);
        base32::encode(bits, &mut text);
        let mut id = [0; LENGTH];
        for (to, from) in id.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        Self(id, PhantomData)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        // INVARIANT: only ASCII is ever put in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl<D: Door> fmt::Display for IdOf<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<D: Door> fmt::Debug for IdOf<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl<D: Door> std::str::FromStr for IdOf<D> {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::new(text)
    }
}

impl<D: Door> Serialize for IdOf<D> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de, D: Door> Deserialize<'de> for IdOf<D> {
    fn deserialize<F: Deserializer<'de>>(deserializer: F) -> Result<Self, F::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
