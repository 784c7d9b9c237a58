//! Sessions: the token that a cookie carries, what is kept of it, and the token against
//! forged requests that belongs to it.

use std::fmt;

use aws_lc_rs::constant_time;

use crate::base32;
use crate::digest::Pepper;
use crate::key::KeyFormatError;
use crate::opaque::{self, Opaque};
use crate::ours;

/// The token of a session, in clear. It exists while it is checked, and once when it is given.
pub struct SessionToken(Opaque);

/// The keyed hash of a session's token: what a session is known by.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionDigest([u8; 32]);

/// What a page of a session's own shows in requests that change something: other sites' pages
/// send the cookie along and cannot know this.
pub struct CsrfToken([u8; 32]);

impl SessionToken {
    /// The length of a token.
    pub const LENGTH: usize = opaque::LENGTH;

    /// Makes a token of random bytes.
    pub fn from_entropy(entropy: &[u8; 32]) -> Self {
        Self(Opaque::from_entropy(entropy))
    }

    /// Reads a token.
    ///
    /// # Errors
    /// When it has not the form of one, or its check does not fit.
    pub fn parse(text: &str) -> Result<Self, KeyFormatError> {
        Opaque::parse(ours::SESSION, text)
            .map(Self)
            .ok_or(KeyFormatError)
    }

    /// What may be kept of it.
    pub fn digest(&self, pepper: &Pepper) -> SessionDigest {
        SessionDigest(self.0.hash(pepper, b"portcullis session 1\0"))
    }

    /// Shows the token for the length of one call.
    pub fn expose<R>(&self, use_it: impl FnOnce(&str) -> R) -> R {
        self.0.expose(ours::SESSION, use_it)
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(…)")
    }
}

impl SessionDigest {
    /// A digest as it was kept.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, to be kept.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The token against forged requests of this session.
    pub fn csrf(&self, pepper: &Pepper) -> CsrfToken {
        CsrfToken(pepper.hash(&[b"portcullis csrf 1\0", &self.0]))
    }
}

impl fmt::Debug for SessionDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionDigest(…)")
    }
}

impl CsrfToken {
    /// Whether this is the text of the token. In constant time.
    pub fn is(&self, text: &str) -> bool {
        constant_time::verify_slices_are_equal(self.text().as_bytes(), text.as_bytes()).is_ok()
    }

    /// The token as text, for a page of the session's own.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(52);
        base32::encode(&self.0, &mut text);
        text
    }
}

impl fmt::Debug for CsrfToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CsrfToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::secret::Secret;

    fn pepper(bits: u8) -> Pepper {
        Pepper::new(&Secret::new([bits; 32]))
    }

    proptest! {
        #[test]
        fn a_token_is_read_as_it_was_written(entropy: [u8; 32]) {
            let token = SessionToken::from_entropy(&entropy);
            let again = token.expose(SessionToken::parse).expect("a token");
            prop_assert_eq!(token.expose(str::len), SessionToken::LENGTH);
            prop_assert!(token.digest(&pepper(1)) == again.digest(&pepper(1)));
            prop_assert!(token.digest(&pepper(1)) != again.digest(&pepper(2)));
        }

        #[test]
        fn no_text_panics(text: String) {
            prop_assert!(SessionToken::parse(&text).is_err());
        }

        #[test]
        fn one_character_changed_is_no_token(entropy: [u8; 32], at in 0..SessionToken::LENGTH) {
            let token = SessionToken::from_entropy(&entropy);
            let mut text = token.expose(|text| text.as_bytes().to_vec());
            text[at] = if text[at] == b'a' { b'b' } else { b'a' };
            prop_assert!(SessionToken::parse(std::str::from_utf8(&text).unwrap()).is_err());
        }
    }

    #[test]
    fn a_csrf_token_belongs_to_one_session_and_one_gateway() {
        let one = SessionToken::from_entropy(&[1; 32]).digest(&pepper(1));
        let other = SessionToken::from_entropy(&[2; 32]).digest(&pepper(1));
        let csrf = one.csrf(&pepper(1));
        assert!(csrf.is(&csrf.text()));
        assert!(!csrf.is(&other.csrf(&pepper(1)).text()));
        assert!(!csrf.is(&one.csrf(&pepper(2)).text()));
        assert!(!csrf.is(""));
    }

    #[test]
    fn no_debug_shows_a_token() {
        let token = SessionToken::from_entropy(&[7; 32]);
        let digest = token.digest(&pepper(1));
        let shown = format!("{token:?} {digest:?} {:?}", digest.csrf(&pepper(1)));
        assert_eq!(shown, "SessionToken(…) SessionDigest(…) CsrfToken(…)");
    }
}
