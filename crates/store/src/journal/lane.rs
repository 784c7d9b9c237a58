//! A lane: the lines of one writer, from the first day of the ledger on.
//!
//! A lane is held by a lock on a file beside it, which the kernel lets go of when the process
//! ends, however it ends. Whoever takes a lane goes on from its last whole line in a new
//! segment. A process that finds a lane held takes the next one: two never write the same.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use portcullis_audit::{Torn, Witness, WriterId};
use portcullis_storage::JournalError;

use super::segment::{self, Segment};

/// A lane that is held.
#[derive(Debug)]
pub(super) struct Lane {
    folder: PathBuf,
    writer: WriterId,
    /// Held until it is dropped.
    _lock: File,
}

/// Where a lane ends.
#[derive(Debug)]
pub(super) struct LaneEnd {
    /// The number of its last segment; 0 if there is none.
    pub(super) segment: u64,
    pub(super) last: Option<Witness>,
    /// Half-written ends behind the last whole line.
    pub(super) torn: Vec<Torn>,
}

/// More lanes than this in one folder are a mistake.
const LANES: u16 = 4096;

impl Lane {
    /// Takes the lane of number `wish`, or the next one that is free.
    pub(super) fn take(folder: &Path, wish: u16) -> Result<Self, JournalError> {
        for number in (wish..LANES).chain(0..wish.min(LANES)) {
            let path = folder.join(format!("lane-{number:04}.lock"));
            let lock = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .mode(0o600)
                .open(path)
                .map_err(JournalError::Segment)?;
            match lock.try_lock() {
                Ok(()) => {
                    let writer = WriterId(number);
                    return Ok(Self {
                        folder: folder.to_owned(),
                        writer,
                        _lock: lock,
                    });
                }
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(JournalError::Segment(error)),
            }
        }
        Err(JournalError::NoLane)
    }

    pub(super) fn writer(&self) -> WriterId {
        self.writer
    }

    /// Where it ends.
    pub(super) fn end(&self) -> io::Result<LaneEnd> {
        let segments = segment::list(&self.folder)?;
        let own = segments
            .iter()
            .filter(|segment| segment.writer == self.writer);
        let mut end = last_line(self.writer, own.clone())?;
        end.segment = own.map(|segment| segment.number).max().unwrap_or(0);
        Ok(end)
    }

    /// The last lines of the other lanes.
    pub(super) fn others(&self) -> io::Result<Vec<Witness>> {
        let segments = segment::list(&self.folder)?;
        let mut others = Vec::new();
        for lane in segments.chunk_by(|one, other| one.writer == other.writer) {
            if let Some(first) = lane.first()
                && first.writer != self.writer
            {
                others.extend(last_line(first.writer, lane.iter())?.last);
            }
        }
        Ok(others)
    }

    /// Makes the file of a new segment with its first line.
    pub(super) fn begin(&self, number: u64, head: &[u8]) -> io::Result<File> {
        let path = segment::path(&self.folder, self.writer, number);
        let mut file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        let written = file
            .write_all(head)
            .and_then(|()| file.sync_data())
            .and_then(|()| File::open(&self.folder)?.sync_all());
        if let Err(error) = written {
            // Nothing follows this head yet. If it cannot be removed, the next head says how
            // it looks.
            fs::remove_file(&path).unwrap_or_default();
            return Err(error);
        }
        Ok(file)
    }
}

/// The last whole line of a lane, and what is torn behind it.
fn last_line<'a>(
    writer: WriterId,
    segments: impl DoubleEndedIterator<Item = &'a Segment>,
) -> io::Result<LaneEnd> {
    let mut end = LaneEnd {
        segment: 0,
        last: None,
        torn: Vec::new(),
    };
    for segment in segments.rev() {
        let found = segment.end()?;
        end.torn.extend(found.torn);
        if let Some((n, hash)) = found.last {
            end.last = Some(Witness { writer, n, hash });
            break;
        }
    }
    end.torn.reverse();
    Ok(end)
}
