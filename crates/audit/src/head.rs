//! The first line of a segment.

use portcullis_identity::Timestamp;
use serde::Deserialize;

use crate::hash::Hash;
use crate::ids::{LedgerId, WriterId};
use crate::line::Text;

/// What stands in the first line of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Head {
    /// The ledger that the lane belongs to.
    pub ledger: LedgerId,
    /// The lane.
    pub writer: WriterId,
    /// The segment's number within the lane, from 1.
    pub segment: u64,
    /// When it was begun.
    pub at: Timestamp,
    /// Half-written ends of the segments before, as they were found when this one was begun.
    #[serde(default)]
    pub torn: Vec<Torn>,
    /// The last lines of other lanes that were seen when this segment was begun.
    #[serde(default)]
    pub others: Vec<Witness>,
}

/// A half-written line: what a kill or a loss of power leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Torn {
    /// At the end of which segment of the lane.
    pub segment: u64,
    /// How many bytes.
    pub bytes: u64,
    /// The hash of these bytes.
    pub hash: Hash,
}

/// A claim that line `n` of a lane has this hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
pub struct Witness {
    /// The lane.
    pub writer: WriterId,
    /// The line's number within the lane.
    pub n: u64,
    /// The line's hash.
    pub hash: Hash,
}

impl Torn {
    /// What is said of these bytes behind the last whole line of a segment.
    pub fn of(segment: u64, bytes: &[u8]) -> Self {
        Self {
            segment,
            bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            hash: Hash::of(bytes),
        }
    }
}

impl Head {
    /// The version of the form of all lines of the segment.
    pub const FORMAT: i64 = 1;

    pub(crate) fn write(&self, text: &mut Text<'_>) {
        text.number("format", Self::FORMAT);
        text.string("ledger", &self.ledger);
        text.number("writer", i64::from(self.writer.0));
        text.number("segment", i64::try_from(self.segment).unwrap_or(i64::MAX));
        text.number("at", self.at.micros());
        text.list("torn", self.torn.iter(), |text, torn| {
            text.0.extend_from_slice(b"{\"segment\":");
            text.display(&torn.segment);
            text.0.extend_from_slice(b",\"bytes\":");
            text.display(&torn.bytes);
            text.string("hash", &torn.hash);
            text.0.push(b'}');
        });
        text.list("others", self.others.iter(), |text, witness| {
            text.0.extend_from_slice(b"{\"writer\":");
            text.display(&witness.writer.0);
            text.0.extend_from_slice(b",\"n\":");
            text.display(&witness.n);
            text.string("hash", &witness.hash);
            text.0.push(b'}');
        });
    }
}
