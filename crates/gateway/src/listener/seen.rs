//! The messages that arrive on a connection, told apart before hyper reads them.
//!
//! hyper shows a head as it understood it: of a length told twice it shows one, of a length
//! beside chunks none, of a `#` in the target nothing behind it, and lines that end in LF alone
//! look like any other. So each head is looked at here as it was sent, also one that came in the
//! same piece as the request before it: bytes are handed on no further than to the end of the
//! head or body that they belong to.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use super::framing::{Framing, HEAD, Length, judge};

/// The longest line between chunks.
const LINE: usize = 4096;

/// What is known of the messages on one connection.
#[derive(Clone, Default)]
pub(crate) struct Seen(Rc<RefCell<Stream>>);

#[derive(Default)]
struct Stream {
    stage: Stage,
    /// What was found in heads that hyper has not shown yet, in order.
    judged: VecDeque<Framing>,
}

/// What the next bytes belong to.
enum Stage {
    /// A head, of which this much is here.
    Head(Vec<u8>),
    /// A body, of which so many bytes are to come.
    Body(u64),
    /// The line with a chunk's size.
    Size(Vec<u8>),
    /// A chunk with its line end, of which so many bytes are to come.
    Chunk(u64),
    /// Lines behind the last chunk.
    Trailer(Vec<u8>),
    /// It cannot be told; the connection ends with this request.
    Unknown,
}

impl Default for Stage {
    fn default() -> Self {
        Self::Head(Vec::new())
    }
}

impl Seen {
    /// Takes note of bytes that arrived; answers how many of them may be handed on now. There
    /// is at least one, if there are any.
    pub(crate) fn arrived(&self, bytes: &[u8]) -> usize {
        let mut stream = self.0.borrow_mut();
        let mut handed = 0_usize;
        while let Some(rest) = bytes.get(handed..).filter(|rest| !rest.is_empty()) {
            let (taken, is_end) = stream.take(rest);
            handed = handed.saturating_add(taken);
            if is_end {
                break;
            }
        }
        handed
    }

    /// What was found in the head that hyper shows now.
    pub(crate) fn judge(&self, head: &http::request::Parts) -> Framing {
        let found = self.0.borrow_mut().judged.pop_front();
        let Some(found) = found else {
            return Framing::Ambiguous("the request's head was not seen as it was sent");
        };
        let chunked = head.headers.contains_key(http::header::TRANSFER_ENCODING);
        if chunked && matches!(found, Framing::Plain(Length::Told(_))) {
            return Framing::Ambiguous("the only Transfer-Encoding taken is chunked");
        }
        found
    }
}

impl Stream {
    /// Takes bytes of one stage; answers how many, and whether a head or a message ends there.
    fn take(&mut self, bytes: &[u8]) -> (usize, bool) {
        match &mut self.stage {
            Stage::Head(head) => {
                let before = head.len();
                head.extend_from_slice(bytes);
                let Some(end) = end_of_head(head, before) else {
                    if head.len() > HEAD {
                        self.stage = Stage::Unknown;
                    }
                    return (bytes.len(), false);
                };
                head.truncate(end);
                let found = judge(head);
                self.stage = match found {
                    Framing::Plain(Length::Told(0)) => Stage::default(),
                    Framing::Plain(Length::Told(length)) => Stage::Body(length),
                    Framing::Plain(Length::Chunked) => Stage::Size(Vec::new()),
                    Framing::Ambiguous(_) => Stage::Unknown,
                };
                self.judged.push_back(found);
                (end.saturating_sub(before), true)
            }
            Stage::Body(left) => {
                let taken = count(left, bytes);
                let is_end = *left == 0;
                if is_end {
                    self.stage = Stage::default();
                }
                (taken, is_end)
            }
            Stage::Chunk(left) => {
                let taken = count(left, bytes);
                if *left == 0 {
                    self.stage = Stage::Size(Vec::new());
                }
                (taken, false)
            }
            Stage::Size(line) => {
                let (taken, whole) = take_line(line, bytes);
                if whole {
                    self.stage = match size(line) {
                        Some(0) => Stage::Trailer(Vec::new()),
                        Some(size) => Stage::Chunk(size.saturating_add(2)),
                        None => Stage::Unknown,
                    };
                } else if line.len() > LINE {
                    self.stage = Stage::Unknown;
                }
                (taken, false)
            }
            Stage::Trailer(line) => {
                let (taken, whole) = take_line(line, bytes);
                let is_end = whole && line.as_slice() == b"\r\n";
                if is_end {
                    self.stage = Stage::default();
                } else if whole {
                    line.clear();
                } else if line.len() > LINE {
                    self.stage = Stage::Unknown;
                }
                (taken, is_end)
            }
            Stage::Unknown => (bytes.len(), false),
        }
    }
}

/// Takes up to `left` bytes off.
fn count(left: &mut u64, bytes: &[u8]) -> usize {
    let taken = usize::try_from(*left)
        .unwrap_or(usize::MAX)
        .min(bytes.len());
    *left = left.saturating_sub(u64::try_from(taken).unwrap_or(u64::MAX));
    taken
}

/// Takes bytes up to and with the line's end.
fn take_line(line: &mut Vec<u8>, bytes: &[u8]) -> (usize, bool) {
    let end = memchr::memchr(b'\n', bytes);
    let taken = end.map_or(bytes.len(), |at| at.saturating_add(1));
    line.extend_from_slice(bytes.get(..taken).unwrap_or_default());
    (taken, end.is_some())
}

/// The size that a line before a chunk tells.
fn size(line: &[u8]) -> Option<u64> {
    let line = line.strip_suffix(b"\r\n")?;
    let digits = line.split(|byte| *byte == b';').next()?;
    let digits = std::str::from_utf8(digits).ok()?.trim_matches([' ', '\t']);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    plain.then(|| u64::from_str_radix(digits, 16).ok())?
}

/// Where a head ends: behind its first empty line. Empty lines before a request belong to it.
/// What was looked at before need not be looked at again.
fn end_of_head(head: &[u8], before: usize) -> Option<usize> {
    let start = head
        .iter()
        .position(|byte| !matches!(byte, b'\r' | b'\n'))?;
    let mut at = before.saturating_sub(3).max(start);
    while let Some(found) = memchr::memchr(b'\n', head.get(at..)?) {
        at = at.saturating_add(found).saturating_add(1);
        match head.get(at..)? {
            [b'\n', ..] => return at.checked_add(1),
            [b'\r', b'\n', ..] => return at.checked_add(2),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ONE: &[u8] = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
    const CHUNKS: &[u8] =
        b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: u\r\n\r\n";
    const BARE: &[u8] = b"GET /b HTTP/1.1\r\nHost: x\r\nX: a\nTransfer-Encoding: chunked\r\n\r\n";

    /// Brings bytes in pieces of these sizes; answers what was found in the heads.
    fn judged(bytes: &[u8], sizes: &[usize]) -> Vec<bool> {
        let (seen, mut rest, mut sizes) = (Seen::default(), bytes, sizes.iter().cycle());
        while !rest.is_empty() {
            let piece = &rest[..(*sizes.next().unwrap()).clamp(1, rest.len())];
            let handed = seen.arrived(piece);
            assert!(handed > 0 && handed <= piece.len());
            rest = &rest[handed..];
        }
        let judged = &seen.0.borrow().judged;
        judged
            .iter()
            .map(|found| matches!(found, Framing::Plain(_)))
            .collect()
    }

    #[test]
    fn a_head_behind_another_request_is_looked_at_by_itself() {
        assert_eq!(judged(&[ONE, BARE].concat(), &[4096]), [true, false]);
        assert_eq!(
            judged(&[CHUNKS, ONE, BARE].concat(), &[4096]),
            [true, true, false]
        );
    }

    #[test]
    fn a_body_is_no_head() {
        let body = BARE.len();
        let head = format!("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: {body}\r\n\r\n");
        assert_eq!(
            judged(&[head.as_bytes(), BARE, ONE].concat(), &[4096]),
            [true, true]
        );
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_are_read_alike(sizes in proptest::collection::vec(1_usize..40, 1..8)) {
            let all = [ONE, CHUNKS, b"\r\n", CHUNKS, ONE, BARE].concat();
            prop_assert_eq!(judged(&all, &sizes), [true, true, true, true, false]);
        }

        #[test]
        fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 1..400), sizes in proptest::collection::vec(1_usize..40, 1..4)) {
            judged(&bytes, &sizes);
        }
    }
}
