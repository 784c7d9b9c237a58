//! The keys with which an issuer's tokens are checked.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};

use super::TokenAlgorithm;
use portcullis_identity::Secret;
use portcullis_identity::signing::PublicKey;

/// The fewest bytes of a secret for HS256 (RFC 7518 section 3.2).
const SECRET: usize = 32;

/// The most keys of a set.
const MOST: usize = 64;

/// The keys of an issuer, each for the one algorithm that it signs with.
pub struct TokenKeys(Vec<(Option<String>, DecodingKey)>);

/// Why there are no keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// It is no set of keys.
    #[error("this is no JSON Web Key Set")]
    Malformed,
    /// It has no key for the algorithm.
    #[error("the set has no public key for {0}")]
    None(TokenAlgorithm),
    /// The secret is too short.
    #[error("a secret for HS256 has at least {SECRET} bytes")]
    Short,
}

impl TokenKeys {
    /// The secret that both sides know, for HS256.
    ///
    /// # Errors
    /// When it is too short to be one.
    pub fn of_secret(secret: &Secret<String>) -> Result<Self, KeySetError> {
        secret.expose(|text| {
            if text.len() < SECRET {
                return Err(KeySetError::Short);
            }
            Ok(Self(vec![(
                None,
                DecodingKey::from_secret(text.as_bytes()),
            )]))
        })
    }

    /// The public keys of a set (RFC 7517) that are for this algorithm; others are left out.
    ///
    /// # Errors
    /// When it is no set, or has none for it.
    pub fn of_set(text: &[u8], algorithm: TokenAlgorithm) -> Result<Self, KeySetError> {
        #[derive(serde::Deserialize)]
        struct Set {
            keys: Vec<serde_json::Value>,
        }
        let set: Set = serde_json::from_slice(text).map_err(|_| KeySetError::Malformed)?;
        // A key of a kind that is not known here is no reason to do without the others.
        let keys: Vec<_> = set
            .keys
            .into_iter()
            .take(MOST)
            .filter_map(|key| serde_json::from_value::<Jwk>(key).ok())
            .filter(|key| is_for(key, algorithm))
            .filter_map(|key| Some((key.common.key_id.clone(), DecodingKey::from_jwk(&key).ok()?)))
            .collect();
        if keys.is_empty() {
            return Err(KeySetError::None(algorithm));
        }
        Ok(Self(keys))
    }

    /// The key of this name. A token that names none is checked with the only key there is.
    pub(super) fn find(&self, name: Option<&str>) -> Option<&DecodingKey> {
        match (name, self.0.as_slice()) {
            (None, [(_, only)]) => Some(only),
            // A secret has no name: what the token calls it says nothing.
            (Some(_), [(None, only)]) => Some(only),
            (None, _) => None,
            (Some(name), all) => all
                .iter()
                .find(|(own, _)| own.as_deref() == Some(name))
                .map(|(_, key)| key),
        }
    }

    /// Whether there is a key of this name.
    pub fn has(&self, name: Option<&str>) -> bool {
        self.find(name).is_some()
    }
}

impl fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

/// Whether anybody can sign under an Ed25519 key, or it is none.
fn is_weak(x: &str) -> bool {
    let bytes = URL_SAFE_NO_PAD.decode(x).ok();
    let bytes = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes.is_none_or(|bytes| PublicKey::from_bytes(bytes).is_weak())
}

/// Whether a key of a set is for signatures of this algorithm. Secrets stand in no set: one
/// that did would have been published.
fn is_for(key: &Jwk, algorithm: TokenAlgorithm) -> bool {
    let of_kind = match &key.algorithm {
        AlgorithmParameters::RSA(_) => algorithm == TokenAlgorithm::Rs256,
        AlgorithmParameters::EllipticCurve(key) => {
            algorithm == TokenAlgorithm::Es256 && key.curve == EllipticCurve::P256
        }
        AlgorithmParameters::OctetKeyPair(key) => {
            algorithm == TokenAlgorithm::EdDsa
                && key.curve == EllipticCurve::Ed25519
                && !is_weak(&key.x)
        }
        AlgorithmParameters::OctetKey(_) | AlgorithmParameters::Other(_) | _ => false,
    };
    let common = &key.common;
    let for_signing = common
        .public_key_use
        .as_ref()
        .is_none_or(|use_| *use_ == PublicKeyUse::Signature);
    let may_verify = common
        .key_operations
        .as_ref()
        .is_none_or(|all| all.contains(&KeyOperations::Verify));
    let named = common
        .key_algorithm
        .is_none_or(|named| named.to_string() == algorithm.as_str());
    of_kind && for_signing && may_verify && named
}
