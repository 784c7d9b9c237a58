//! Whether the lines of a ledger are whole.
//!
//! The verifier is fed lane after lane, segment after segment, line after line, so that a
//! ledger of any size passes through it. What it holds are the requests that are open.

mod report;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use portcullis_identity::Timestamp;

use crate::hash::Hash;
use crate::head::{Head, Torn, Witness};
use crate::ids::{LedgerId, RequestId, WriterId};
use crate::record::{Event, Line, LineError};

pub use report::{Break, BreakKind, LaneEnd, Report, Unclosed};

/// Reads the lines of a ledger and says what does not fit.
#[derive(Debug, Default)]
pub struct Verifier {
    witnesses: BTreeMap<WriterId, BTreeMap<u64, BTreeSet<Hash>>>,
    ledger: Option<LedgerId>,
    lane: Option<Lane>,
    seen: BTreeSet<WriterId>,
    report: Report,
}

/// Where in a lane the verifier stands.
#[derive(Debug)]
struct Lane {
    writer: WriterId,
    segment: u64,
    segments: u64,
    line: u64,
    next: u64,
    last: Hash,
    torn: Vec<Torn>,
    open: HashMap<RequestId, Timestamp>,
    is_broken: bool,
}

impl Verifier {
    /// A verifier that also holds the ledger against these claims: those of the ledger's own
    /// heads, which must be gathered before, and those of checkpoints.
    pub fn new(witnesses: impl IntoIterator<Item = Witness>) -> Self {
        let mut verifier = Self::default();
        for Witness { writer, n, hash } in witnesses {
            verifier
                .witnesses
                .entry(writer)
                .or_default()
                .entry(n)
                .or_default()
                .insert(hash);
        }
        verifier
    }

    /// A segment begins: of the same lane as before, or of one that was not there yet.
    pub fn segment(&mut self, writer: WriterId, number: u64) {
        if self.lane.as_ref().is_none_or(|lane| lane.writer != writer) {
            self.end_lane();
            self.seen.insert(writer);
            self.lane = Some(Lane {
                writer,
                segment: number,
                segments: 0,
                line: 0,
                next: 0,
                last: Hash::NOTHING,
                torn: Vec::new(),
                open: HashMap::new(),
                is_broken: false,
            });
        }
        if let Some(lane) = &mut self.lane {
            lane.segment = number;
            lane.segments += 1;
            lane.line = 0;
        }
    }

    /// The next line of the segment, without its line feed.
    pub fn line(&mut self, text: &[u8]) {
        let Some(lane) = &mut self.lane else { return };
        lane.line += 1;
        self.report.lines += 1;
        match Line::parse(text) {
            Ok(line) => self.read(line),
            Err(error) => {
                let kind = match error {
                    LineError::Form => BreakKind::Unreadable,
                    LineError::Altered => BreakKind::Altered,
                };
                lane.breaks(&mut self.report, kind);
                // Go on behind it as it would have it, so that one wound is told once.
                let (n, hash) = Line::claims(text).unwrap_or((lane.next, lane.last));
                lane.next = n.saturating_add(1);
                lane.last = hash;
            }
        }
    }

    /// What stands behind the last line feed of the segment, if anything does.
    pub fn tail(&mut self, bytes: &[u8]) {
        if let Some(lane) = &mut self.lane
            && !bytes.is_empty()
        {
            lane.torn.push(Torn::of(lane.segment, bytes));
        }
    }

    /// There are no more lines.
    pub fn finish(mut self) -> Report {
        self.end_lane();
        for (writer, claims) in &self.witnesses {
            if !self.seen.contains(writer)
                && let Some((n, _)) = claims.last_key_value()
            {
                self.report.broken.push(Break {
                    writer: *writer,
                    segment: 0,
                    line: 0,
                    kind: BreakKind::CutShort {
                        expected: n.saturating_add(1),
                        found: 0,
                    },
                });
            }
        }
        self.report
    }

    fn read(&mut self, line: Line) {
        let Some(lane) = &mut self.lane else { return };
        let report = &mut self.report;
        if line.n != lane.next {
            lane.breaks(
                report,
                BreakKind::Missing {
                    expected: lane.next,
                    found: line.n,
                },
            );
        } else if line.prev != lane.last {
            lane.breaks(report, BreakKind::Unchained);
        }
        lane.next = line.n.saturating_add(1);
        lane.last = line.hash;
        if let Some(claims) = self
            .witnesses
            .get(&lane.writer)
            .and_then(|all| all.get(&line.n))
            && claims.iter().any(|claim| *claim != line.hash)
        {
            lane.breaks(report, BreakKind::Contradicted);
        }
        let is_head = matches!(line.event, Event::Head(_));
        if is_head != (lane.line == 1) {
            lane.breaks(report, BreakKind::Head);
        }
        match line.event {
            Event::Head(head) => lane.head(&head, &mut self.ledger, report),
            Event::Open(opened) => {
                report.records += 1;
                if lane.open.insert(opened.request, opened.at).is_some() {
                    lane.breaks(report, BreakKind::OpenedTwice);
                }
            }
            Event::Close(closed) => {
                // Behind a break the opening may just be what is missing.
                if lane.open.remove(&closed.request).is_none() && !lane.is_broken {
                    lane.breaks(report, BreakKind::NeverOpened);
                }
            }
        }
    }

    fn end_lane(&mut self) {
        let Some(lane) = self.lane.take() else { return };
        let report = &mut self.report;
        let claimed = self
            .witnesses
            .get(&lane.writer)
            .and_then(BTreeMap::last_key_value);
        if let Some((n, _)) = claimed
            && *n >= lane.next
        {
            let kind = BreakKind::CutShort {
                expected: n.saturating_add(1),
                found: lane.next,
            };
            report.broken.push(lane.here(kind));
        }
        let mut unclosed: Vec<Unclosed> = lane
            .open
            .iter()
            .map(|(request, at)| Unclosed {
                writer: lane.writer,
                request: *request,
                at: *at,
            })
            .collect();
        unclosed.sort_by_key(|unclosed| (unclosed.at, unclosed.request));
        report.unclosed.append(&mut unclosed);
        report
            .torn
            .extend(lane.torn.iter().map(|torn| (lane.writer, *torn)));
        report.lanes.push(LaneEnd {
            writer: lane.writer,
            segments: lane.segments,
            last: lane.next.checked_sub(1).map(|n| Witness {
                writer: lane.writer,
                n,
                hash: lane.last,
            }),
        });
    }
}

impl Lane {
    fn head(&mut self, head: &Head, ledger: &mut Option<LedgerId>, report: &mut Report) {
        if head.writer != self.writer || head.segment != self.segment {
            self.breaks(report, BreakKind::Head);
        }
        if *ledger.get_or_insert(head.ledger) != head.ledger {
            self.breaks(report, BreakKind::OtherLedger);
        }
        // INVARIANT: a half-written end is excused by the next head alone, and by its hash.
        if head.torn != self.torn {
            self.breaks(report, BreakKind::Torn);
        }
        let torn = std::mem::take(&mut self.torn);
        report
            .torn
            .extend(torn.into_iter().map(|torn| (self.writer, torn)));
    }

    fn here(&self, kind: BreakKind) -> Break {
        Break {
            writer: self.writer,
            segment: self.segment,
            line: self.line,
            kind,
        }
    }

    fn breaks(&mut self, report: &mut Report, kind: BreakKind) {
        self.is_broken = true;
        report.broken.push(self.here(kind));
    }
}

/// Verifies a ledger that lies in memory: for each segment its lane, its number and its bytes,
/// lane by lane and in order. Witnesses are those of its own heads and `more`.
pub fn verify<'a, I>(segments: I, more: &[Witness]) -> Report
where
    I: IntoIterator<Item = (WriterId, u64, &'a [u8])> + Clone,
{
    let heads = segments.clone().into_iter().filter_map(|(_, _, bytes)| {
        let first = bytes.split(|byte| *byte == b'\n').next()?;
        match Line::parse(first).ok()?.event {
            Event::Head(head) => Some(head.others),
            Event::Open(_) | Event::Close(_) => None,
        }
    });
    let mut verifier = Verifier::new(heads.flatten().chain(more.iter().copied()));
    for (writer, number, bytes) in segments {
        verifier.segment(writer, number);
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(line) => verifier.line(line),
                None => verifier.tail(line),
            }
        }
    }
    verifier.finish()
}

#[cfg(test)]
mod tests;
