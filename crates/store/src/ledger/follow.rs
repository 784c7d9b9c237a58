//! A ledger as it grows.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Seek as _, SeekFrom};

use portcullis_audit::{Event, Line, RequestId, WriterId};

use super::{Ledger, LedgerError, Record};
use crate::journal::segment::Segment;

/// Goes through the lines of a ledger and joins what belongs to one request.
#[derive(Debug)]
pub struct Follower {
    ledger: Ledger,
    /// The segments of a lane before this one are passed over.
    from: BTreeMap<WriterId, u64>,
    /// How far each segment was read.
    read: BTreeMap<(WriterId, u64), u64>,
    open: HashMap<(WriterId, RequestId), Record>,
    unreadable: u64,
}

impl Follower {
    pub(super) fn new(ledger: Ledger, from: BTreeMap<WriterId, u64>) -> Self {
        Self {
            ledger,
            from,
            read: BTreeMap::new(),
            open: HashMap::new(),
            unreadable: 0,
        }
    }

    /// Reads what came since the last time, and hands on each record that is closed now. In the
    /// order of closing within a lane; lane after lane.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn poll(&mut self, each: &mut dyn FnMut(Record)) -> Result<(), LedgerError> {
        let segments = self
            .ledger
            .segments()
            .map_err(|error| self.ledger.failed(error))?;
        for segment in segments {
            if self
                .from
                .get(&segment.writer)
                .is_some_and(|from| segment.number < *from)
            {
                continue;
            }
            self.catch_up(&segment, each)
                .map_err(|error| self.ledger.failed(error))?;
        }
        Ok(())
    }

    /// Hands on the records that were never closed, oldest first.
    pub fn rest(&mut self, each: &mut dyn FnMut(Record)) {
        let mut rest: Vec<Record> = self.open.drain().map(|(_, record)| record).collect();
        rest.sort_by_key(|record| (record.opened.at, record.writer, record.n));
        rest.into_iter().for_each(each);
    }

    /// How many lines could not be read.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    fn catch_up(&mut self, segment: &Segment, each: &mut dyn FnMut(Record)) -> io::Result<()> {
        let place = (segment.writer, segment.number);
        let mut at = self.read.get(&place).copied().unwrap_or(0);
        let mut file = File::open(&segment.path)?;
        if file.metadata()?.len() <= at {
            return Ok(());
        }
        file.seek(SeekFrom::Start(at))?;
        let mut reader = BufReader::with_capacity(256 * 1024, file);
        let mut line = Vec::new();
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line)?;
            let Some(line) = line.strip_suffix(b"\n") else {
                break;
            };
            at += u64::try_from(length).unwrap_or_default();
            self.take(segment.writer, line, each);
        }
        self.read.insert(place, at);
        Ok(())
    }

    fn take(&mut self, writer: WriterId, line: &[u8], each: &mut dyn FnMut(Record)) {
        let Ok(line) = Line::parse(line) else {
            self.unreadable += 1;
            return;
        };
        match line.event {
            Event::Head(_) => {}
            Event::Open(opened) => {
                let record = Record {
                    writer,
                    n: line.n,
                    opened: *opened,
                    closed: None,
                };
                self.open.insert((writer, record.opened.request), record);
            }
            Event::Close(closed) => {
                if let Some(mut record) = self.open.remove(&(writer, closed.request)) {
                    record.closed = Some(*closed);
                    each(record);
                }
            }
        }
    }
}
