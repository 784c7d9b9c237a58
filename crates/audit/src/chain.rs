//! The lines of one lane, each bound to the one before.

use crate::closing::Closing;
use crate::deed::Deed;
use crate::hash::Hash;
use crate::head::{Head, Witness};
use crate::ids::WriterId;
use crate::line::Text;
use crate::opening::Opening;

/// The end of a lane: what the next line must name. Cloned to go back to when a line could not
/// be written.
#[derive(Debug, Clone)]
pub struct Chain {
    writer: WriterId,
    next: u64,
    last: Hash,
}

impl Chain {
    /// A lane without lines.
    pub fn begin(writer: WriterId) -> Self {
        Self {
            writer,
            next: 0,
            last: Hash::NOTHING,
        }
    }

    /// A lane whose last line is known.
    pub fn resume(last: Witness) -> Self {
        Self {
            writer: last.writer,
            next: last.n.saturating_add(1),
            last: last.hash,
        }
    }

    /// The lane.
    pub fn writer(&self) -> WriterId {
        self.writer
    }

    /// The last line, if there is one.
    pub fn last(&self) -> Option<Witness> {
        let n = self.next.checked_sub(1)?;
        Some(Witness {
            writer: self.writer,
            n,
            hash: self.last,
        })
    }

    /// Appends the head of a segment to `out`.
    pub fn head(&mut self, head: &Head, out: &mut Vec<u8>) {
        self.line("head", out, |text| head.write(text));
    }

    /// Appends the line of an opening to `out`.
    pub fn open(&mut self, opening: &Opening<'_>, out: &mut Vec<u8>) {
        self.line("open", out, |text| opening.write(text));
    }

    /// Appends the line of an administrative act to `out`.
    pub fn deed(&mut self, deed: &Deed<'_>, out: &mut Vec<u8>) {
        self.line("open", out, |text| deed.write(text));
    }

    /// Appends the line of a closing to `out`.
    pub fn close(&mut self, closing: &Closing<'_>, out: &mut Vec<u8>) {
        self.line("close", out, |text| closing.write(text));
    }

    fn line(&mut self, kind: &'static str, out: &mut Vec<u8>, members: impl FnOnce(&mut Text<'_>)) {
        let start = out.len();
        let mut text = Text(out);
        text.0.extend_from_slice(b"{\"n\":");
        text.digits(i64::try_from(self.next).unwrap_or(i64::MAX));
        text.0.extend_from_slice(b",\"prev\":\"");
        self.last.write(text.0);
        text.0.push(b'"');
        text.plain("kind", kind);
        members(&mut text);
        let hash = Hash::of(out.get(start..).unwrap_or_default());
        out.extend_from_slice(b",\"hash\":\"");
        hash.write(out);
        out.extend_from_slice(b"\"}\n");
        self.last = hash;
        self.next = self.next.saturating_add(1);
    }
}
