//! What knows a key's signatures from any other.

use std::fmt;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

use super::flaw::Flaw;
use super::public_key::PublicKey;
use super::scheme::Scheme;
use super::secret::SigningSecret;
use super::signed::Signed;

/// What a key signs with, as far as it must be known here. Never shown.
#[derive(Clone)]
pub enum Verifier {
    /// RFC 9421 under a shared secret.
    Hmac(hmac::Key),
    /// RFC 9421 with a key pair.
    Ed25519(PublicKey),
    /// Sorted JSON under a shared secret.
    SortedJson(hmac::Key),
    /// A scheme whose secret is sent beside the signature.
    Beside(Scheme),
}

impl Verifier {
    /// What verifies under a signing secret.
    pub fn with_secret(scheme: Scheme, secret: &SigningSecret) -> Option<Self> {
        let key = secret.expose(|text| hmac::Key::new(hmac::HMAC_SHA256, text.as_bytes()));
        match scheme {
            Scheme::Hmac => Some(Self::Hmac(key)),
            Scheme::LegacySortedJson => Some(Self::SortedJson(key)),
            Scheme::Ed25519 | Scheme::LegacyTimestamp | Scheme::LegacyRequestTime => None,
        }
    }

    /// What verifies nothing that anybody signs.
    pub fn of_nobody(bits: &[u8; 32]) -> Self {
        Self::Hmac(hmac::Key::new(hmac::HMAC_SHA256, bits))
    }

    /// What verifies for a scheme whose secret is sent beside the signature.
    pub const fn beside(scheme: Scheme) -> Option<Self> {
        if scheme.is_beside() {
            Some(Self::Beside(scheme))
        } else {
            None
        }
    }

    /// The scheme.
    pub const fn scheme(&self) -> Scheme {
        match self {
            Self::Hmac(_) => Scheme::Hmac,
            Self::Ed25519(_) => Scheme::Ed25519,
            Self::SortedJson(_) => Scheme::LegacySortedJson,
            Self::Beside(scheme) => *scheme,
        }
    }

    /// Whether a signature by RFC 9421 is this key's. In constant time.
    ///
    /// # Errors
    /// When it is not, or the key signs in another way.
    pub fn verify(&self, signed: &Signed) -> Result<(), Flaw> {
        if signed.named().is_some_and(|named| named != self.scheme()) {
            return Err(Flaw::Scheme);
        }
        self.verify_text(signed.base().as_bytes(), signed.signature())
    }

    /// Whether these bytes are this key's signature of a text.
    ///
    /// # Errors
    /// When they are not, or the key signs no texts of RFC 9421.
    pub fn verify_text(&self, text: &[u8], signature: &[u8]) -> Result<(), Flaw> {
        match self {
            Self::Hmac(key) => hmac::verify(key, text, signature).map_err(|_| Flaw::Wrong),
            // One that was taken before such keys were refused.
            Self::Ed25519(key) if key.is_weak() => Err(Flaw::Wrong),
            Self::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key.as_bytes())
                .verify(text, signature)
                .map_err(|_| Flaw::Wrong),
            Self::SortedJson(_) | Self::Beside(_) => Err(Flaw::Scheme),
        }
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verifier({}, …)", self.scheme())
    }
}
