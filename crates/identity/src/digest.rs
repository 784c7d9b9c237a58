//! What is kept of a key: a keyed hash, useless without the pepper and compared in
//! constant time.

use std::fmt;

use aws_lc_rs::{constant_time, hmac};

use crate::secret::Secret;

/// The key of the hash; it never stands in the store beside the hashes.
pub struct Pepper(hmac::Key);

/// The keyed hash of an API key.
#[derive(Clone, Copy)]
pub struct KeyDigest([u8; 32]);

impl Pepper {
    /// Makes a pepper of 256 secret bits.
    pub fn new(bits: &Secret<[u8; 32]>) -> Self {
        Self(bits.expose(|plain| hmac::Key::new(hmac::HMAC_SHA256, plain)))
    }

    pub(crate) fn digest(&self, parts: &[&[u8]]) -> KeyDigest {
        KeyDigest(self.hash(parts))
    }

    /// A digest of what a client calls itself, by which it is known again and not read.
    pub fn digest_of_agent(&self, agent: &str) -> [u8; 32] {
        self.hash(&[b"portcullis agent 1\0", agent.as_bytes()])
    }

    pub(crate) fn hash(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(part);
        }
        let mut digest = [0; 32];
        for (to, from) in digest.iter_mut().zip(context.sign().as_ref()) {
            *to = *from;
        }
        digest
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pepper(…)")
    }
}

impl KeyDigest {
    /// A digest as it was kept.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, to be kept.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for KeyDigest {
    /// In constant time.
    fn eq(&self, other: &Self) -> bool {
        constant_time::verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

impl Eq for KeyDigest {}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyDigest(…)")
    }
}
