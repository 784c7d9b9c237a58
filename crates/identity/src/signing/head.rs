//! The part of a request that signatures speak of, besides its body.

use super::flaw::Flaw;

/// Verb, target and headers of a request, as they were sent.
#[derive(Clone, Copy)]
pub struct Head<'a> {
    /// The verb.
    pub verb: &'a str,
    /// The path, escaped as it was sent.
    pub path: &'a str,
    /// What follows the `?`, if there is one.
    pub query: Option<&'a str>,
    /// The headers, names in lower case, in the order in which they were sent.
    pub lines: &'a [(&'a str, &'a [u8])],
}

impl<'a> Head<'a> {
    /// Whether a header was sent.
    pub(super) fn has(&self, name: &str) -> bool {
        self.lines.iter().any(|(known, _)| *known == name)
    }

    /// The value of a header that may stand once at the most.
    pub(super) fn one(&self, name: &'static str) -> Result<Option<&'a str>, Flaw> {
        self.one_of(name, name)
    }

    /// The same; `said` is what a flaw calls it.
    pub(super) fn one_of(&self, name: &str, said: &'static str) -> Result<Option<&'a str>, Flaw> {
        let mut values = self.lines.iter().filter(|(known, _)| *known == name);
        let Some((_, value)) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() {
            return Err(Flaw::Doubled(said));
        }
        let plain = |byte: &u8| matches!(byte, b' '..=b'~');
        if !value.iter().all(plain) {
            return Err(Flaw::NotPlain(said));
        }
        std::str::from_utf8(value)
            .map(|text| Some(text.trim_matches(' ')))
            .map_err(|_| Flaw::NotPlain(said))
    }
}
