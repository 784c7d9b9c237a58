//! What is kept of requests beyond their records: answers to what may be asked once only, and
//! the ERPs' own words on what failed.
//!
//! Everything here is sealed before it is stored, bounded in size, number and age. Original
//! errors are handed to the control thread over a bounded channel: a request never waits for
//! them, and those that find the channel full are counted and told in the request's record
//! instead of kept.

mod clerk;

pub(crate) use clerk::{ago, later};

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use portcullis_audit::RequestId;
use portcullis_identity::{Timestamp, UpstreamName};
use portcullis_storage::{Claim, OriginalRow, ProcessId, Sealed, Store, StoreError, Waiting};
use tokio::sync::mpsc;

/// Letters that may wait for the control thread.
const WAITING: usize = 1024;

/// Of these, places that are kept free for what must not be dropped.
const RESERVED: usize = 768;

/// The most that is kept of one original error, in bytes.
const ORIGINAL: usize = 16 << 10;

/// The table that original errors are sealed for.
const ORIGINALS: &str = "original";

/// Opens an original error; none if it does not open.
pub fn open_original(safe: &dyn Safe, row: &OriginalRow) -> Option<Vec<u8>> {
    safe.open(ORIGINALS, &row.request.to_string(), &row.sealed)
}

/// Seals and opens what is kept.
pub trait Safe: Send + Sync {
    /// Seals a text for one row of a table; none if it cannot be sealed.
    fn seal(&self, table: &'static str, row: &str, plain: Vec<u8>) -> Option<Sealed>;
    /// Opens what was sealed for that row; none if it does not open.
    fn open(&self, table: &'static str, row: &str, sealed: &Sealed) -> Option<Vec<u8>>;
    /// A digest of these parts that nobody else can make.
    fn digest(&self, parts: &[&[u8]]) -> [u8; 32];
}

/// How much is kept, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeping {
    /// For how long an `Idempotency-Key` holds.
    pub once: Duration,
    /// The largest answer that is kept for a repetition, in bytes.
    pub answer: usize,
    /// How many keys a caller may have at a time.
    pub per_caller: u32,
    /// How many bytes of answers are kept for a caller; the oldest make room for a new one.
    pub caller_bytes: u64,
    /// How calls wait for approvals.
    pub approvals: Waits,
    /// For how long original errors are kept.
    pub originals: Duration,
    /// How many original errors are kept.
    pub most_originals: u32,
}

/// How calls wait for approvals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// How long they wait, and how long a rejection holds.
    pub wait: Duration,
    /// How long an approval may be used.
    pub good: Duration,
    /// How many of one caller may wait, and how many of all.
    pub most: Waiting,
    /// The largest call that may wait, in bytes.
    pub call: usize,
}

impl Default for Waits {
    /// A day, an hour, 20 of one caller and 1,000 of all, of 64 KiB each.
    fn default() -> Self {
        Self {
            wait: Duration::from_secs(24 * 3600),
            good: Duration::from_secs(3600),
            most: Waiting {
                per_caller: 20,
                most: 1000,
            },
            call: 64 << 10,
        }
    }
}

/// What is kept, and where.
pub struct Archive {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) safe: Arc<dyn Safe>,
    pub(crate) keeping: Keeping,
    /// This process, as the store knows it.
    pub(crate) process: ProcessId,
    letters: mpsc::Sender<Letter>,
    box_of_letters: Mutex<Option<mpsc::Receiver<Letter>>>,
    /// Original errors that were not kept, for there was no room.
    dropped: AtomicU64,
}

/// What a core hands to the control thread.
enum Letter {
    /// The ERP's own words.
    Original(Original),
    /// A claim whose call nobody waits for any more: how it ended is not known.
    Lost { caller: Box<str>, key: [u8; 32] },
    /// A claim that may have been made or not, and whose call was not.
    Unsure(Box<Claim>),
}

/// What an ERP said of a request that failed there.
struct Original {
    request: RequestId,
    at: Timestamp,
    text: Vec<u8>,
}

impl Archive {
    /// An archive in a store; this process enters it.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn enter(
        store: Arc<dyn Store>,
        safe: Arc<dyn Safe>,
        keeping: Keeping,
    ) -> Result<Self, StoreError> {
        let process = store.presence().enter().await?;
        let (letters, receiver) = mpsc::channel(WAITING);
        Ok(Self {
            store,
            safe,
            keeping,
            process,
            letters,
            box_of_letters: Mutex::new(Some(receiver)),
            dropped: AtomicU64::new(0),
        })
    }

    /// Hands over what an ERP said of a request; answers whether it is taken. Never waits.
    pub(crate) fn original(
        &self,
        request: RequestId,
        at: Timestamp,
        upstream: &UpstreamName,
        (status, body): (u16, &[u8]),
    ) -> bool {
        if self.letters.capacity() <= RESERVED {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        let mut text = format!("{upstream} answered {status}:\n").into_bytes();
        bounded(body, &mut text);
        let letter = Letter::Original(Original { request, at, text });
        let is_taken = self.letters.try_send(letter).is_ok();
        if !is_taken {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        is_taken
    }

    /// Hands over a claim whose call nobody waits for any more. Never waits.
    pub(crate) fn lost(&self, caller: Box<str>, key: [u8; 32]) {
        self.hand(Letter::Lost { caller, key });
    }

    /// Hands over a claim of whose call nothing was done. Never waits.
    pub(crate) fn unsure(&self, claim: Claim) {
        self.hand(Letter::Unsure(Box::new(claim)));
    }

    fn hand(&self, letter: Letter) {
        if self.letters.try_send(letter).is_err() {
            tracing::error!(
                "a claim could not be marked as lost; it reads as running until this process ends"
            );
        }
    }
}

/// A claim that is being made. If it is not known what came of that (the store did not answer,
/// or nobody waits any more), it is given up: a claim without a call would be told to run.
pub(crate) struct Attempt<'a> {
    archive: &'a Archive,
    claim: Option<Claim>,
}

impl<'a> Attempt<'a> {
    pub(crate) fn new(archive: &'a Archive, claim: Claim) -> Self {
        let claim = Some(claim);
        Self { archive, claim }
    }

    /// It is known what came of it.
    pub(crate) fn settled(mut self) {
        self.claim = None;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if let Some(claim) = self.claim.take() {
            self.archive.hand(Letter::Unsure(Box::new(claim)));
        }
    }
}

/// The beginning and the end of what is too long: errors say what they are in either place.
fn bounded(body: &[u8], out: &mut Vec<u8>) {
    let over = body.len().saturating_sub(ORIGINAL);
    if over == 0 {
        out.extend_from_slice(body);
        return;
    }
    let (head, rest) = body.split_at(ORIGINAL / 2);
    let tail = rest.split_at(rest.len().saturating_sub(ORIGINAL / 2)).1;
    out.extend_from_slice(head);
    out.extend_from_slice(format!("\n… {over} bytes are left out …\n").as_bytes());
    out.extend_from_slice(tail);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_error_its_beginning_and_its_end_are_kept() {
        let mut short = Vec::new();
        bounded(b"KeyError: 'x'", &mut short);
        assert_eq!(short, b"KeyError: 'x'");
        let long = [b"first".as_slice(), &vec![b'.'; 100_000], b"last"].concat();
        let mut kept = Vec::new();
        bounded(&long, &mut kept);
        assert!(kept.starts_with(b"first") && kept.ends_with(b"last"));
        assert!(kept.len() < ORIGINAL + 64, "{}", kept.len());
    }
}
