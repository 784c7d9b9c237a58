//! Tags on what is handed out and comes back: whoever has no secret cannot make one.

use std::fmt;

use aws_lc_rs::hmac;

use crate::secret::Secret;

/// Makes tags.
pub struct Tagger(hmac::Key);

impl Tagger {
    /// A tagger of 256 secret bits.
    pub fn new(bits: &Secret<[u8; 32]>) -> Self {
        Self(bits.expose(|plain| hmac::Key::new(hmac::HMAC_SHA256, plain)))
    }

    /// The tag of these parts, in this order; each is told apart from the next by its length.
    pub fn tag(&self, parts: &[&[u8]]) -> [u8; 16] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part);
        }
        let mut tag = [0; 16];
        for (to, from) in tag.iter_mut().zip(context.sign().as_ref()) {
            *to = *from;
        }
        tag
    }
}

impl fmt::Debug for Tagger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tagger(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_apart_and_secrets_make_other_tags() {
        let tagger = |bits| Tagger::new(&Secret::new([bits; 32]));
        let one = tagger(1).tag(&[b"ab", b"c"]);
        assert_eq!(one, tagger(1).tag(&[b"ab", b"c"]));
        assert_ne!(one, tagger(1).tag(&[b"a", b"bc"]));
        assert_ne!(one, tagger(2).tag(&[b"ab", b"c"]));
    }
}
