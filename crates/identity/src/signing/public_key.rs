//! Ed25519 public keys, and those that are none.

use crate::key::KeyFormatError;

/// What every Ed25519 key in DER begins with (RFC 8410, section 4).
const SPKI: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// The points of small order, without the bit of their sign, in each way in which they can be
/// written. Under such a key anybody can sign, for there is hardly anything to be known: nobody
/// makes one but to deceive.
const WEAK: [[u8; 32]; 7] = [
    of_order_4(),
    of_order_1(),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
    near_the_prime(0xec),
    near_the_prime(0xed),
    near_the_prime(0xee),
];

const fn of_order_4() -> [u8; 32] {
    [0; 32]
}

const fn of_order_1() -> [u8; 32] {
    let mut one = [0; 32];
    one[0] = 1;
    one
}

/// 2^255 - 19 is the prime, which ends in 0xed.
const fn near_the_prime(last: u8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    bytes[0] = last;
    bytes[31] = 0x7f;
    bytes
}

/// An Ed25519 public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// A key as it was kept.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads a `SubjectPublicKeyInfo` in DER.
    ///
    /// # Errors
    /// When it is no Ed25519 key, or one under which anybody can sign.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyFormatError> {
        let bytes = der.strip_prefix(&SPKI).ok_or(KeyFormatError)?;
        let key = bytes.try_into().map(Self).map_err(|_| KeyFormatError)?;
        if key.is_weak() {
            return Err(KeyFormatError);
        }
        Ok(key)
    }

    /// Whether anybody can sign under it: it is a point of small order.
    pub fn is_weak(&self) -> bool {
        let mut bytes = self.0;
        if let Some(last) = bytes.last_mut() {
            *last &= 0x7f;
        }
        WEAK.contains(&bytes)
    }

    /// The bytes, to be kept.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

    use super::*;
    use crate::signing::{Flaw, Verifier};

    /// The points of small order that are written as they should be.
    const PROPER: [usize; 5] = [0, 1, 2, 3, 4];

    #[test]
    fn what_anybody_can_sign_under_is_no_key() {
        // The neutral point and a zero: what is computed without knowing any secret.
        let mut forged = [0; 64];
        forged[0] = 1;
        for (at, weak) in WEAK.iter().enumerate() {
            for sign in [0, 0x80] {
                let mut bytes = *weak;
                bytes[31] |= sign;
                let key = PublicKey::from_bytes(bytes);
                let texts = (0..200).map(|n: u32| format!("order {n}"));
                let taken = texts.filter(|text| {
                    let key = UnparsedPublicKey::new(&ED25519, bytes);
                    key.verify(text.as_bytes(), &forged).is_ok()
                });
                let taken: Vec<String> = taken.collect();
                // A zero has no sign: some of these are no points at all.
                let is_point = PROPER.contains(&at) && !(sign == 0x80 && [1, 4].contains(&at));
                assert!(!is_point || taken.len() > 5, "{bytes:x?} could be forged");
                assert!(key.is_weak());
                let verifier = Verifier::Ed25519(key);
                for text in &taken {
                    let found = verifier.verify_text(text.as_bytes(), &forged);
                    assert_eq!(found, Err(Flaw::Wrong), "{bytes:x?}");
                }
                let der = [&SPKI[..], &bytes].concat();
                assert!(PublicKey::from_der(&der).is_err());
            }
        }
    }

    #[test]
    fn what_was_made_as_a_key_is_one() {
        for _ in 0..50 {
            let pair = Ed25519KeyPair::generate().unwrap();
            let der = [&SPKI[..], pair.public_key().as_ref()].concat();
            let verifier = Verifier::Ed25519(PublicKey::from_der(&der).unwrap());
            let signature = pair.sign(b"order 7");
            assert_eq!(verifier.verify_text(b"order 7", signature.as_ref()), Ok(()));
        }
    }
}
