//! The journal of one core, in files that are only ever appended to.
//!
//! An opening is one `write(2)`, together with the closings that came since the last one. The
//! line is built by hand in a buffer that is used again; nothing is allocated on the way.
//! Each journal holds a lane of its own (see [`lane`]) and writes it in segments.

mod lane;
pub(crate) mod segment;

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use portcullis_audit::{
    Chain, Closing, Deed, Head, LedgerId, Opening, Outcome, RequestId, Torn, WriterId,
};
use portcullis_identity::Timestamp;
use portcullis_storage::{Journal, JournalError};

use lane::Lane;

/// What an opening must have reached before the call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// The kernel: it survives the end of the process at any instant.
    #[default]
    Process,
    /// The disk: it survives a loss of power.
    Disk,
}

/// How a journal is written.
#[derive(Debug, Clone, Copy)]
pub struct JournalOptions {
    /// The ledger that the folder belongs to (see [`crate::entropy::ledger_id`]).
    pub ledger: LedgerId,
    /// What an opening must have reached.
    pub durability: Durability,
    /// A segment that has grown to this size is followed by another.
    pub segment_bytes: u64,
}

/// The journal of one core, in a folder that several cores and processes share.
#[derive(Debug)]
pub struct FileJournal {
    lane: Lane,
    options: JournalOptions,
    chain: Chain,
    file: File,
    /// How much was written to the segment.
    size: u64,
    /// Lines that were not written yet, the first of them perhaps in part.
    buffer: Vec<u8>,
}

/// Closings are held back up to this size.
const HELD: usize = 64 * 1024;

impl JournalOptions {
    /// The defaults: what the kernel has is safe, segments of 64 MiB.
    pub fn new(ledger: LedgerId) -> Self {
        Self {
            ledger,
            durability: Durability::Process,
            segment_bytes: 64 * 1024 * 1024,
        }
    }
}

impl FileJournal {
    /// Takes a lane of the folder, the one of number `core` if it is free, and begins a new
    /// segment there that goes on from the last whole line.
    ///
    /// # Errors
    /// When the folder cannot be made, read or written, or no lane is free.
    pub fn open(
        folder: &Path,
        core: u16,
        options: JournalOptions,
        at: Timestamp,
    ) -> Result<Self, JournalError> {
        segment::make_folder(folder).map_err(JournalError::Segment)?;
        let lane = Lane::take(folder, core)?;
        let end = lane.end().map_err(JournalError::Segment)?;
        let mut chain = end
            .last
            .map_or_else(|| Chain::begin(lane.writer()), Chain::resume);
        let (file, size) = begin(&lane, &mut chain, options, end.segment + 1, at, end.torn)?;
        Ok(Self {
            lane,
            options,
            chain,
            file,
            size,
            buffer: Vec::with_capacity(2 * HELD),
        })
    }

    fn rotate(&mut self, at: Timestamp) -> Result<(), JournalError> {
        self.flush()?;
        // What an attempt that failed has left behind is read from the folder; where the lane
        // ends is not, or a segment that was cut short meanwhile would pass for a whole one.
        let end = self.lane.end().map_err(JournalError::Segment)?;
        let mut chain = self.chain.clone();
        let number = end.segment + 1;
        let (file, size) = begin(&self.lane, &mut chain, self.options, number, at, end.torn)?;
        (self.file, self.size, self.chain) = (file, size, chain);
        Ok(())
    }

    /// Writes the buffer out; answers how much of it was written when it could not be all.
    fn write_out(&mut self) -> Result<(), (usize, io::Error)> {
        let mut written = 0;
        let result = loop {
            let rest = self.buffer.get(written..).unwrap_or_default();
            if rest.is_empty() {
                break Ok(());
            }
            match self.file.write(rest) {
                Ok(0) => break Err((written, io::ErrorKind::WriteZero.into())),
                Ok(count) => written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err((written, error)),
            }
        };
        self.size += u64::try_from(written).unwrap_or_default();
        // What is left stays: its first bytes may be the rest of a line that stands half
        // written in the file, and must follow it.
        self.buffer.drain(..written);
        result
    }

    /// Says of a request that was not let through, but whose opening may stand in the file,
    /// that nothing was done.
    fn take_back(&mut self, request: RequestId, at: Timestamp) {
        let closing = Closing {
            request,
            at,
            outcome: Outcome::Refused {
                reason: "not-recorded",
            },
            status: 503,
            duration_us: 0,
            bytes_out: 0,
            notes: &[],
        };
        self.chain.close(&closing, &mut self.buffer);
    }

    /// Writes the first line of a request, all of it or nothing that counts.
    fn begin(
        &mut self,
        (request, at): (RequestId, Timestamp),
        line: impl FnOnce(&mut Chain, &mut Vec<u8>),
    ) -> Result<(), JournalError> {
        if self.size >= self.options.segment_bytes {
            self.rotate(at)?;
        }
        let mark = self.buffer.len();
        let before = self.chain.clone();
        line(&mut self.chain, &mut self.buffer);
        if let Err((written, error)) = self.write_out() {
            if written <= mark {
                self.buffer.truncate(mark - written);
                self.chain = before;
            } else {
                self.take_back(request, at);
            }
            return Err(JournalError::Write(error));
        }
        if self.options.durability == Durability::Disk
            && let Err(error) = self.file.sync_data()
        {
            self.take_back(request, at);
            return Err(JournalError::Write(error));
        }
        Ok(())
    }
}

impl Journal for FileJournal {
    fn open(&mut self, opening: &Opening<'_>) -> Result<(), JournalError> {
        self.begin((opening.request, opening.at), |chain, out| {
            chain.open(opening, out);
        })
    }

    fn deed(&mut self, deed: &Deed<'_>) -> Result<(), JournalError> {
        self.begin((deed.request, deed.at), |chain, out| chain.deed(deed, out))
    }

    fn close(&mut self, closing: Closing<'_>) {
        self.chain.close(&closing, &mut self.buffer);
        if self.buffer.len() >= HELD
            && let Err((_, error)) = self.write_out()
        {
            tracing::error!(%error, "the journal could not be written; closings are held back");
        }
    }

    fn flush(&mut self) -> Result<(), JournalError> {
        self.write_out()
            .map_err(|(_, error)| JournalError::Write(error))
    }

    fn writer(&self) -> WriterId {
        self.lane.writer()
    }
}

impl Drop for FileJournal {
    fn drop(&mut self) {
        if let Err(error) = self.flush() {
            tracing::error!(%error, "the last closings of a journal could not be written");
        }
    }
}

/// Begins a segment: a new file with its head, known to the folder for good.
fn begin(
    lane: &Lane,
    chain: &mut Chain,
    options: JournalOptions,
    number: u64,
    at: Timestamp,
    torn: Vec<Torn>,
) -> Result<(File, u64), JournalError> {
    let others = lane.others().map_err(JournalError::Segment)?;
    let head = Head {
        ledger: options.ledger,
        writer: lane.writer(),
        segment: number,
        at,
        torn,
        others,
    };
    let mut line = Vec::new();
    chain.head(&head, &mut line);
    let file = lane.begin(number, &line).map_err(JournalError::Segment)?;
    Ok((file, u64::try_from(line.len()).unwrap_or_default()))
}

#[cfg(test)]
pub(crate) mod tests;
