//! Passwords as argon2id hashes (RFC 9106), in PHC strings.
//!
//! Pure: the salt comes in. The parameters are the second of OWASP's Password Storage Cheat
//! Sheet: 19 MiB, two passes, one lane. A hash says its own, so that they can grow.

use std::fmt;

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use portcullis_identity::Secret;
use zeroize::Zeroizing;

/// Memory, in KiB.
const MEMORY: u32 = 19_456;
/// Passes over it.
const PASSES: u32 = 2;
/// Lanes.
const LANES: u32 = 1;

/// The hash of a password, as it is sealed and kept.
pub struct PasswordHash(Zeroizing<String>);

/// Why a password has no hash, or a text is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not the hash of a password")]
pub struct PasswordError;

impl PasswordHash {
    /// The hash of a password, with a salt that was never used before.
    ///
    /// # Errors
    /// When the library refuses the password.
    pub fn of(password: &Secret<String>, salt: &[u8; 16]) -> Result<Self, PasswordError> {
        let hashed = password.expose(|plain| {
            argon2()?
                .hash_password_with_salt(plain.as_bytes(), salt)
                .map_err(|_| PasswordError)
        })?;
        Ok(Self(Zeroizing::new(hashed.to_string())))
    }

    /// A hash as it was kept.
    ///
    /// # Errors
    /// When it is no text, or no hash by argon2id.
    pub fn read(kept: Vec<u8>) -> Result<Self, PasswordError> {
        let kept = Zeroizing::new(kept);
        let text = std::str::from_utf8(&kept).map_err(|_| PasswordError)?;
        let hash = phc::PasswordHash::new(text).map_err(|_| PasswordError)?;
        if hash.algorithm.as_str() != Algorithm::Argon2id.as_str() {
            return Err(PasswordError);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// The bytes, to be sealed.
    pub fn bytes(&self) -> Vec<u8> {
        self.0.as_bytes().to_vec()
    }

    /// Whether this is the password. It takes as long whatever the answer is.
    pub fn is_of(&self, password: &Secret<String>) -> bool {
        let Ok(argon2) = argon2() else { return false };
        password.expose(|plain| {
            argon2
                .verify_password(plain.as_bytes(), self.0.as_str())
                .is_ok()
        })
    }

    /// Whether it was made with other parameters than those of today.
    pub fn is_outdated(&self) -> bool {
        let params = phc::PasswordHash::new(&self.0)
            .ok()
            .and_then(|hash| Params::try_from(&hash).ok());
        params.is_none_or(|params| {
            (params.m_cost(), params.t_cost(), params.p_cost()) != (MEMORY, PASSES, LANES)
        })
    }
}

fn argon2() -> Result<Argon2<'static>, PasswordError> {
    let params = Params::new(MEMORY, PASSES, LANES, None).map_err(|_| PasswordError)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret<String> {
        Secret::from(text)
    }

    #[test]
    fn a_password_is_known_by_its_hash_and_no_other_is() {
        let hash = PasswordHash::of(&secret("correct horse battery"), &[7; 16]).unwrap();
        assert!(hash.is_of(&secret("correct horse battery")));
        assert!(!hash.is_of(&secret("correct horse batterz")));
        assert!(!hash.is_of(&secret("")));
        let again = PasswordHash::read(hash.bytes()).unwrap();
        assert!(again.is_of(&secret("correct horse battery")));
        let text = String::from_utf8(hash.bytes()).unwrap();
        assert!(
            text.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{text}"
        );
        let salted = PasswordHash::of(&secret("correct horse battery"), &[8; 16]).unwrap();
        assert_ne!(hash.bytes(), salted.bytes());
    }

    #[test]
    fn what_other_parameters_made_is_known_and_outdated() {
        let today = PasswordHash::of(&secret("a password"), &[1; 16]).unwrap();
        assert!(!today.is_outdated());
        let weaker = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(64, 1, 1, None).unwrap(),
        );
        let older = weaker
            .hash_password_with_salt(b"a password", &[1; 16])
            .unwrap();
        let older = PasswordHash::read(older.to_string().into_bytes()).unwrap();
        assert!(older.is_of(&secret("a password")) && older.is_outdated());
        assert!(!older.is_of(&secret("another")));
    }

    #[test]
    fn what_is_no_hash_of_argon2id_is_none() {
        for text in [
            "",
            "a password",
            "$argon2i$v=19$m=64,t=1,p=1$AQEBAQEBAQE$AQEBAQEBAQEBAQEB",
        ] {
            assert!(PasswordHash::read(text.into()).is_err(), "{text}");
        }
        assert!(PasswordHash::read(vec![0xFF]).is_err());
    }

    #[test]
    fn no_debug_shows_a_hash() {
        let hash = PasswordHash::of(&secret("a password"), &[1; 16]).unwrap();
        assert_eq!(format!("{hash:?}"), "PasswordHash(…)");
    }
}
