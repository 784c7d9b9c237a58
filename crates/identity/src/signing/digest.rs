//! `Content-Digest` (RFC 9530): the digest of a body.

use aws_lc_rs::{constant_time, digest};
use sfv::{BareItem, Dictionary, FieldType as _, ListEntry, Parser};

use super::flaw::Flaw;

pub(super) const NAME: &str = "content-digest";

/// The longest header, in bytes.
const LONGEST: usize = 512;

/// SHA-256 over these parts, one behind the other.
pub(super) fn sha_256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut bytes = [0; 32];
    for (to, from) in bytes.iter_mut().zip(context.finish().as_ref()) {
        *to = *from;
    }
    bytes
}

/// What a header says of a body; at least one of the two.
#[derive(Clone)]
pub(super) struct Digests {
    sha_256: Option<Vec<u8>>,
    sha_512: Option<Vec<u8>>,
}

impl Digests {
    /// Reads the header. Digests that are not known here say nothing; one of those that are
    /// must be there.
    pub(super) fn read(text: &str) -> Result<Self, Flaw> {
        if text.len() > LONGEST {
            return Err(Flaw::TooLong(NAME));
        }
        let read: Dictionary = Parser::new(text).parse().map_err(|_| Flaw::Form(NAME))?;
        if read.serialize().as_deref() != Some(text) {
            return Err(Flaw::Form(NAME));
        }
        let mut digests = Self {
            sha_256: None,
            sha_512: None,
        };
        for (name, entry) in read {
            let slot = match name.as_str() {
                "sha-256" => &mut digests.sha_256,
                "sha-512" => &mut digests.sha_512,
                _ => continue,
            };
            let ListEntry::Item(item) = entry else {
                return Err(Flaw::Form(NAME));
            };
            let (true, BareItem::ByteSequence(bytes)) = (item.params.is_empty(), item.bare_item)
            else {
                return Err(Flaw::Form(NAME));
            };
            *slot = Some(bytes);
        }
        if digests.sha_256.is_none() && digests.sha_512.is_none() {
            return Err(Flaw::NoDigest);
        }
        Ok(digests)
    }

    /// Whether every digest is that of this body.
    pub(super) fn are_of(&self, body: &[u8]) -> Result<(), Flaw> {
        let told = [
            (&self.sha_256, &digest::SHA256),
            (&self.sha_512, &digest::SHA512),
        ];
        for (said, algorithm) in told {
            let Some(said) = said else { continue };
            let own = digest::digest(algorithm, body);
            if constant_time::verify_slices_are_equal(said, own.as_ref()).is_err() {
                return Err(Flaw::Digest);
            }
        }
        Ok(())
    }
}
