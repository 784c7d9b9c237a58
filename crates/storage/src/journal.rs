//! What one core writes down of what it does.

use std::io;

use portcullis_audit::{Closing, Deed, Opening, WriterId};

/// Why something could not be written down. What cannot be recorded is not done.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The lines did not reach the file.
    #[error("the journal could not be written")]
    Write(#[source] io::Error),
    /// A new segment could not be begun.
    #[error("a new segment of the journal could not be begun")]
    Segment(#[source] io::Error),
    /// Every lane is taken by another process or core.
    #[error("no lane of the journal is free")]
    NoLane,
    /// What lies in the folder cannot be gone on from.
    #[error("the journal in the folder cannot be read: {what}")]
    Damaged {
        /// What is wrong with it.
        what: &'static str,
    },
}

/// The journal of one core. Its operations block; they are called on that core's own thread.
pub trait Journal: Send {
    /// Writes an opening down. When it returns, the line has reached the kernel (and the disk,
    /// where the journal is set so): it survives the end of this process at any instant.
    ///
    /// # Errors
    /// When it could not be written; then the call must not be made.
    fn open(&mut self, opening: &Opening<'_>) -> Result<(), JournalError>;

    /// Writes an administrative act down, as [`Journal::open`] does a call.
    ///
    /// # Errors
    /// When it could not be written; then the act must not be done.
    fn deed(&mut self, deed: &Deed<'_>) -> Result<(), JournalError>;

    /// Takes a closing. It is written before the next opening, or with [`Journal::flush`],
    /// which must be called at least every 200 ms while there are closings.
    fn close(&mut self, closing: Closing<'_>);

    /// Writes what was taken and not yet written.
    ///
    /// # Errors
    /// When it could not be written; it is tried again with the next line.
    fn flush(&mut self) -> Result<(), JournalError>;

    /// The lane that this journal writes.
    fn writer(&self) -> WriterId;
}
