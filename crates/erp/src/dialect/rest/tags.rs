//! Entity tags: `ETag`, `If-Match`, `If-None-Match` (RFC 9110, sections 8.8 and 13.1).
//!
//! A tag is the record's edition, with `T` where the ERP writes a space, for a space cannot
//! stand in a tag.

use super::malformed;
use crate::fault::Fault;

/// How many tags a header may name.
const MOST: usize = 16;

/// What a header names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tags {
    /// `*`: whichever.
    Any,
    /// These editions.
    Of(Vec<Box<str>>),
}

/// The tag of an edition; none for what cannot be one.
pub(super) fn of(edition: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_digit() || b"-:. ".contains(&byte);
    (!edition.is_empty() && edition.len() <= 40 && edition.bytes().all(plain))
        .then(|| format!("\"{}\"", edition.replace(' ', "T")))
}

/// Reads a header: `*`, or a list of tags. Weak tags are compared where that is allowed only.
pub(super) fn read(text: &str, weak: Weak) -> Result<Option<Tags>, Fault> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text == "*" {
        return Ok(Some(Tags::Any));
    }
    let mut found: Vec<Box<str>> = Vec::new();
    for part in text.split(',') {
        let part = part.trim();
        let (tag, is_weak) = match part.strip_prefix("W/") {
            Some(tag) => (tag, true),
            None => (part, false),
        };
        let inner = tag
            .strip_prefix('"')
            .and_then(|tag| tag.strip_suffix('"'))
            .filter(|inner| inner.bytes().all(|byte| byte > 0x20 && byte != b'"'))
            .ok_or_else(|| malformed("an entity tag is a text in double quotes"))?;
        if found.len() >= MOST {
            return Err(malformed("there are too many entity tags"));
        }
        // A weak tag never matches where strong comparison is asked.
        let edition = match (is_weak, weak) {
            (true, Weak::Never) => String::new(),
            _ => inner.replace('T', " "),
        };
        found.push(edition.into());
    }
    Ok(Some(Tags::Of(found)))
}

/// Whether weak tags may match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weak {
    /// `If-Match`.
    Never,
    /// `If-None-Match`.
    Too,
}

impl Tags {
    /// Whether this edition is among them.
    pub(super) fn has(&self, edition: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Of(tags) => tags.iter().any(|tag| &**tag == edition),
        }
    }
}
