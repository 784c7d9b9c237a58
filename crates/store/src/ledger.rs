//! A ledger folder, read: verified, searched, followed.
//!
//! Reading needs no lock: segments are only ever appended to, and a line counts once its line
//! feed is there.

mod follow;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use portcullis_audit::{
    Closed, Event, Head, Line, Opened, Report, RequestId, Verdict, Verifier, Witness, WriterId,
};
use portcullis_identity::Timestamp;

use crate::journal::segment::{self, Segment};
pub use follow::Follower;

/// The ledger in a folder.
#[derive(Debug, Clone)]
pub struct Ledger {
    folder: PathBuf,
}

/// Why a ledger cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the ledger in `{}` cannot be read", folder.display())]
pub struct LedgerError {
    folder: PathBuf,
    source: io::Error,
}

/// What was done for one request: its opening, and its closing once there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The lane.
    pub writer: WriterId,
    /// The number of the opening within the lane.
    pub n: u64,
    /// How it began.
    pub opened: Opened,
    /// How it ended. While there is none, it is under way or its outcome is unknown.
    pub closed: Option<Closed>,
}

/// A part of the ledger, at its end.
struct Window {
    /// The first segment of each lane that is not read from its beginning.
    from: BTreeMap<WriterId, u64>,
    /// Every record from this moment on is in it; none: every record at all.
    sure_since: Option<Timestamp>,
}

/// Which records are wanted: those that fit everything that is given.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// From this moment on.
    pub since: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
    /// Only the last ones, as many as this.
    pub last: Option<usize>,
    /// This request.
    pub request: Option<RequestId>,
    /// This principal, by name.
    pub principal: Option<String>,
    /// This key.
    pub key: Option<String>,
    /// This upstream.
    pub upstream: Option<String>,
    /// This model.
    pub model: Option<String>,
    /// This outcome; [`Verdict::Unknown`] takes in those that were never closed.
    pub outcome: Option<Verdict>,
    /// Of which this was noted.
    pub noted: Option<String>,
}

impl Record {
    /// How it ended.
    pub fn outcome(&self) -> Verdict {
        self.closed
            .as_ref()
            .map_or(Verdict::Unknown, |closed| closed.outcome)
    }
}

impl Selection {
    /// Whether a record is wanted (`last` aside).
    pub fn takes(&self, record: &Record) -> bool {
        let opened = &record.opened;
        let is = |wish: &Option<String>, value: Option<&str>| {
            wish.as_deref().is_none_or(|wish| Some(wish) == value)
        };
        self.since.is_none_or(|since| opened.at >= since)
            && self.until.is_none_or(|until| opened.at < until)
            && self.request.is_none_or(|request| opened.request == request)
            && is(&self.principal, opened.principal.as_deref())
            && is(&self.key, opened.key.as_deref())
            && is(&self.upstream, Some(&opened.upstream))
            && is(&self.model, Some(&opened.model))
            && self
                .outcome
                .is_none_or(|outcome| record.outcome() == outcome)
            && self.noted.as_ref().is_none_or(|noted| {
                let mut notes = record.closed.iter().flat_map(|closed| &closed.notes);
                notes.any(|(note, _)| note == noted)
            })
    }
}

impl Ledger {
    /// The ledger in that folder, which need not be there yet.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// Holds every line of every lane against the chain, the heads and `checkpoints`.
    ///
    /// # Errors
    /// When a file cannot be read. What is wrong with the lines stands in the report.
    pub fn verify(&self, checkpoints: &[Witness]) -> Result<Report, LedgerError> {
        self.check(checkpoints)
            .map_err(|source| self.failed(source))
    }

    /// The wanted records in the order of time.
    ///
    /// # Errors
    /// When a file cannot be read. Lines that cannot be read are passed over: they are for
    /// [`Ledger::verify`].
    pub fn records(&self, selection: &Selection) -> Result<Vec<Record>, LedgerError> {
        // The wanted ones mostly stand at the end: it is read first, and more of it until what
        // was not read cannot hold any.
        let mut depth = 2;
        loop {
            let window = self.window(depth).map_err(|error| self.failed(error))?;
            let kept = self.read(selection, Follower::new(self.clone(), window.from))?;
            let is_enough = window.sure_since.is_none_or(|sure| {
                let sure_ones = kept
                    .iter()
                    .filter(|record| record.opened.at >= sure)
                    .count();
                selection.since.is_some_and(|since| since >= sure)
                    || selection.last.is_some_and(|last| sure_ones >= last)
            });
            if is_enough {
                return Ok(kept);
            }
            depth = depth.saturating_mul(4);
        }
    }

    /// Goes through the ledger from its first line on, and on as it grows.
    pub fn follow(&self) -> Follower {
        Follower::new(self.clone(), BTreeMap::new())
    }

    fn read(
        &self,
        selection: &Selection,
        mut follower: Follower,
    ) -> Result<Vec<Record>, LedgerError> {
        let mut kept = BTreeMap::new();
        let mut keep = |record: Record| {
            if selection.takes(&record) {
                kept.insert((record.opened.at, record.writer, record.n), record);
                if selection.last.is_some_and(|last| kept.len() > last) {
                    kept.pop_first();
                }
            }
        };
        follower.poll(&mut keep)?;
        follower.rest(&mut keep);
        Ok(kept.into_values().collect())
    }

    /// The last `depth` segments of each lane.
    fn window(&self, depth: usize) -> io::Result<Window> {
        let segments = self.segments()?;
        let mut window = Window {
            from: BTreeMap::new(),
            sure_since: None,
        };
        for lane in segments.chunk_by(|one, other| one.writer == other.writer) {
            let skipped = lane.len().saturating_sub(depth);
            if skipped == 0 {
                continue;
            }
            if let Some(first) = lane.get(skipped) {
                window.from.insert(first.writer, first.number);
                // A request may be recorded a while after it came.
                let begun = head(&first.path)?.map_or(Timestamp(i64::MAX), |head| head.at);
                window.sure_since = window.sure_since.max(Some(begun.plus_millis(600_000)));
            }
        }
        Ok(window)
    }

    fn segments(&self) -> io::Result<Vec<Segment>> {
        match segment::list(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            listed => listed,
        }
    }

    fn check(&self, checkpoints: &[Witness]) -> io::Result<Report> {
        let segments = self.segments()?;
        let mut witnesses = checkpoints.to_vec();
        for segment in &segments {
            witnesses.extend(
                head(&segment.path)?
                    .into_iter()
                    .flat_map(|head| head.others),
            );
        }
        // Listed again: a line that a head names was there before the head, if perhaps in a
        // segment that the first listing did not meet yet.
        let segments = self.segments()?;
        let mut verifier = Verifier::new(witnesses);
        let mut line = Vec::new();
        for segment in &segments {
            verifier.segment(segment.writer, segment.number);
            let mut reader = BufReader::with_capacity(256 * 1024, File::open(&segment.path)?);
            loop {
                line.clear();
                if reader.read_until(b'\n', &mut line)? == 0 {
                    break;
                }
                match line.strip_suffix(b"\n") {
                    Some(line) => verifier.line(line),
                    None => verifier.tail(&line),
                }
            }
        }
        Ok(verifier.finish())
    }

    fn failed(&self, source: io::Error) -> LedgerError {
        LedgerError {
            folder: self.folder.clone(),
            source,
        }
    }
}

/// The head of a segment, if it has one that can be read.
fn head(path: &Path) -> io::Result<Option<Head>> {
    let mut first = Vec::new();
    BufReader::new(File::open(path)?).read_until(b'\n', &mut first)?;
    let line = Line::parse(first.strip_suffix(b"\n").unwrap_or_default());
    Ok(match line.map(|line| line.event) {
        Ok(Event::Head(head)) => Some(*head),
        Ok(Event::Open(_) | Event::Close(_)) | Err(_) => None,
    })
}

#[cfg(test)]
mod tests;
