//! What the verifier found.

use std::fmt;

use portcullis_identity::Timestamp;

use crate::head::{Torn, Witness};
use crate::ids::{RequestId, WriterId};

/// What the verifier found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Lines of all kinds.
    pub lines: u64,
    /// Requests that were opened.
    pub records: u64,
    /// Requests that were opened and not closed: under way, or their outcome is unknown.
    pub unclosed: Vec<Unclosed>,
    /// Half-written ends, as a kill leaves them: no break, for a head says how they looked, or
    /// the lane ends there.
    pub torn: Vec<(WriterId, Torn)>,
    /// Where each lane ends: what a checkpoint signs.
    pub lanes: Vec<LaneEnd>,
    /// Everything that does not fit.
    pub broken: Vec<Break>,
}

/// A request whose outcome is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unclosed {
    /// Who wrote its opening.
    pub writer: WriterId,
    /// The request.
    pub request: RequestId,
    /// When it was opened.
    pub at: Timestamp,
}

/// Where a lane ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneEnd {
    /// The lane.
    pub writer: WriterId,
    /// How many segments were read.
    pub segments: u64,
    /// Its last line.
    pub last: Option<Witness>,
}

/// A place where the ledger is not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Break {
    /// The lane.
    pub writer: WriterId,
    /// The segment; 0 where the whole lane is missing.
    pub segment: u64,
    /// The line within the segment, from 1.
    pub line: u64,
    /// What is wrong there.
    pub kind: BreakKind,
}

/// What is wrong at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakKind {
    /// The line is not what its hash was made of.
    Altered,
    /// Another lane or a checkpoint names another hash for this line.
    Contradicted,
    /// Another lane or a checkpoint names a line that is not there.
    CutShort {
        /// How many lines there were.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// The segment does not begin with its own head, or a head stands elsewhere.
    Head,
    /// Lines are missing, or stand in another order.
    Missing {
        /// The number of the line that should stand here.
        expected: u64,
        /// The number of the line that stands here.
        found: u64,
    },
    /// A request was closed that was never opened.
    NeverOpened,
    /// A request was opened twice.
    OpenedTwice,
    /// The segment is of another ledger.
    OtherLedger,
    /// A half-written end is not as the next head says, or it says nothing of one.
    Torn,
    /// The line before is not the one that this line follows.
    Unchained,
    /// The line is no record.
    Unreadable,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_whole(&self) -> bool {
        self.broken.is_empty()
    }
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            writer,
            segment,
            line,
            kind,
        } = self;
        match segment {
            0 => write!(f, "lane {writer}: {kind}"),
            _ => write!(f, "lane {writer}, segment {segment}, line {line}: {kind}"),
        }
    }
}

impl fmt::Display for BreakKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Altered => f.write_str("the line was altered"),
            Self::Contradicted => f.write_str(
                "the line was replaced: another lane or a checkpoint names another hash",
            ),
            Self::CutShort { expected, found } => {
                write!(
                    f,
                    "the lane was cut short: {found} lines of {expected} that others name"
                )
            }
            Self::Head => f.write_str("a segment must begin with its own head, and only there"),
            Self::Missing { expected, found } => {
                write!(f, "line number {expected} should stand here, not {found}")
            }
            Self::NeverOpened => f.write_str("a request was closed that was never opened"),
            Self::OpenedTwice => f.write_str("a request was opened twice"),
            Self::OtherLedger => f.write_str("the segment is of another ledger"),
            Self::Torn => f.write_str("the half-written end before is not as this head says"),
            Self::Unchained => f.write_str("the line before is not the one that this line follows"),
            Self::Unreadable => f.write_str("the line is no record"),
        }
    }
}
