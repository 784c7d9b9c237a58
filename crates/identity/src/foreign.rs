//! Secrets of keys that were made elsewhere, such as those of OCA's `auth_api_key`: any string.
//!
//! Such a secret names no key, so it is found by its keyed hash, which is compared with no other
//! and tells nothing by the time that it takes. Whoever guesses is held up by the address alone,
//! and so what is taken in must be long and not easily said.

use crate::digest::{KeyDigest, Pepper};
use crate::key_id::{ErpDoor, IdOf, KeyId};
use crate::name::PrincipalName;
use crate::ours::looks_like_ours;
use crate::style::Style;

/// How many characters of a secret must differ from each other.
const DIFFERENT: usize = 6;

/// A text that may be the secret of a key from elsewhere.
#[derive(Clone, Copy)]
pub struct ForeignSecret<'a>(&'a str);

/// Why a text is no such secret. Says nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ForeignError {
    /// It could be guessed.
    #[error(
        "it has fewer than 20 characters, which can be guessed; make a new key for this client"
    )]
    Short,
    /// It is longer than any key.
    #[error("it has more than 256 characters; make a new key for this client")]
    Long,
    /// It has characters that not every client sends alike.
    #[error(
        "it has spaces, colons or characters beyond ASCII, which not every client sends alike; \
         make a new key for this client"
    )]
    Characters,
    /// It looks like a credential of the gateway's own.
    #[error("it looks like a credential of the gateway itself, and is not one that is good here")]
    Ours,
    /// It looks like a token of an issuer.
    #[error("it looks like a JSON Web Token, which only its issuer vouches for")]
    Token,
    /// It is easily said, and so easily guessed.
    #[error(
        "it repeats itself, or has hardly any different characters; make a new key for this client"
    )]
    Weak,
}

impl<'a> ForeignSecret<'a> {
    /// The fewest characters: of hexadecimal digits these are 80 bits, as many as nobody tries.
    pub const SHORTEST: usize = 20;

    /// The most characters.
    pub const LONGEST: usize = 256;

    /// Whether such a secret may be shown in this way. Pairs are of another kind, and so is what
    /// is no text.
    pub const fn comes(style: Style) -> bool {
        match style {
            Style::Header
            | Style::Bearer
            | Style::ApiKey
            | Style::Basic
            | Style::Password
            | Style::Query => true,
            Style::Token | Style::Certificate | Style::Signature | Style::LegacySignature => false,
        }
    }

    /// A text that has the form of such a secret; whether it is one is for whoever looks it up.
    pub fn shown(text: &'a str) -> Option<Self> {
        formed(text).ok().map(|()| Self(text))
    }

    /// A secret that is to open something from now on.
    ///
    /// # Errors
    /// When it has another form, or could be guessed.
    pub fn new(text: &'a str) -> Result<Self, ForeignError> {
        formed(text)?;
        if is_weak(text.as_bytes()) {
            return Err(ForeignError::Weak);
        }
        Ok(Self(text))
    }

    /// What may be kept of it, and by what it is found.
    pub fn digest(&self, pepper: &Pepper) -> KeyDigest {
        pepper.digest(&[b"portcullis foreign key 1\0", self.0.as_bytes()])
    }

    /// The id of the key that is made of it: always the same, so that a key that was revoked
    /// does not come back by another name.
    pub fn id(&self, pepper: &Pepper) -> KeyId {
        id(pepper, b"portcullis foreign key id 1\0", self.0)
    }
}

impl KeyId {
    /// The id of a key that a configuration declares under this name.
    pub fn declared(pepper: &Pepper, name: &PrincipalName) -> Self {
        id(pepper, b"portcullis declared key id 1\0", name.as_str())
    }
}

fn id(pepper: &Pepper, purpose: &[u8], text: &str) -> KeyId {
    let hash = pepper.hash(&[purpose, text.as_bytes()]);
    IdOf::<ErpDoor>::of_bits(hash.split_at(10).0)
}

fn formed(text: &str) -> Result<(), ForeignError> {
    if text.len() < ForeignSecret::SHORTEST {
        return Err(ForeignError::Short);
    }
    if text.len() > ForeignSecret::LONGEST {
        return Err(ForeignError::Long);
    }
    if !text
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b':')
    {
        return Err(ForeignError::Characters);
    }
    if looks_like_ours(text) {
        return Err(ForeignError::Ours);
    }
    if text.starts_with("eyJ") && text.bytes().filter(|byte| *byte == b'.').count() == 2 {
        return Err(ForeignError::Token);
    }
    Ok(())
}

/// Whether a text is made of few characters, of a shorter text over and over, or of characters
/// that follow each other: `changemechangemechangeme`, `12345678901234567890`.
fn is_weak(text: &[u8]) -> bool {
    let different: std::collections::HashSet<u8> = text.iter().copied().collect();
    if different.len() < DIFFERENT {
        return true;
    }
    let half = text.len() / 2;
    let repeats = |period: usize| {
        text.iter()
            .skip(period)
            .eq(text.iter().take(text.len() - period))
    };
    if (1..=half).any(repeats) {
        return true;
    }
    let next = |(one, other): (&u8, &u8)| one.abs_diff(*other) <= 1;
    text.iter()
        .zip(text.iter().skip(1))
        .filter(|pair| next(*pair))
        .count()
        > half
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    const GOOD: &str = "3f9c1e7ab2d84c60a5f1";

    fn why(text: &str) -> Option<ForeignError> {
        ForeignSecret::new(text).err()
    }

    #[test]
    fn a_secret_from_elsewhere_is_long_and_not_easily_said() {
        for good in [
            GOOD,
            "6f1d2c34-9e8b-4a7f-8c55-0b7e3d21a9f4",
            "Kx7!pQz2@Lm9#Vt4$Wc6",
            "73019284655103928471",
        ] {
            assert_eq!(why(good), None, "{good}");
        }
        let long = GOOD.repeat(13);
        for (bad, expected) in [
            ("", ForeignError::Short),
            ("3f9c1e7ab2d84c60a5f", ForeignError::Short),
            (long.as_str(), ForeignError::Long),
            ("3f9c1e7ab2d8 4c60a5f1", ForeignError::Characters),
            ("3f9c1e7ab2d8:4c60a5f1", ForeignError::Characters),
            ("3f9c1e7ab2d84c60a5f1ü", ForeignError::Characters),
            ("3f9c1e7ab2d84c60a5f1\n", ForeignError::Characters),
            ("pck_3f9c1e7ab2d84c60a5f1", ForeignError::Ours),
            ("pcsign_3f9c1e7ab2d84c60", ForeignError::Ours),
            ("eyJhbGciOi.eyJzdWIi.c2ln", ForeignError::Token),
            ("aaaaaaaaaaaaaaaaaaaa", ForeignError::Weak),
            ("abababcdabababababab", ForeignError::Weak),
            ("changemechangemechangeme", ForeignError::Weak),
            ("changeme1changeme1chang", ForeignError::Weak),
            ("12345678901234567890", ForeignError::Weak),
            ("abcdefghijklmnopqrst", ForeignError::Weak),
            ("987654321098765432109", ForeignError::Weak),
        ] {
            assert_eq!(why(bad), Some(expected), "{bad}");
        }
        assert!(
            ForeignSecret::shown("aaaaaaaaaaaaaaaaaaaa").is_some(),
            "it is looked up"
        );
        assert!(ForeignSecret::shown("pck_3f9c1e7ab2d84c60a5f1").is_none());
    }

    #[test]
    fn the_same_secret_has_the_same_id_and_another_pepper_another() {
        let pepper = |bits| Pepper::new(&Secret::new([bits; 32]));
        let (one, other) = (pepper(1), pepper(2));
        let secret = ForeignSecret::new(GOOD).unwrap();
        assert_eq!(secret.id(&one), secret.id(&one));
        assert_ne!(secret.id(&one), secret.id(&other));
        assert_ne!(secret.digest(&one), secret.digest(&other));
        let name = PrincipalName::new(GOOD).unwrap();
        assert_ne!(KeyId::declared(&one, &name), secret.id(&one));
        assert!(KeyId::new(secret.id(&one).as_str()).is_ok());
    }
}
