//! What was seen of a request's framing on the wire.
//!
//! hyper reads `Transfer-Encoding` together with `Content-Length` as chunked and says nothing
//! (RFC 9112 section 6.3 lets it). In front of us may be a proxy that reads the pair the other
//! way, so such a request is refused. hyper's own head no longer has the length by then;
//! therefore the connection keeps the first bytes that arrived since the last answer, and a
//! chunked request is compared with them.

use std::cell::RefCell;
use std::rc::Rc;

/// The most that is kept: as much as a head may have.
pub(crate) const HEAD: usize = 16 << 10;

/// What was seen of one request's framing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// There is one way to read it.
    Plain,
    /// There is more than one way; why.
    Ambiguous(&'static str),
}

/// The first bytes that arrived on a connection since the last answer was begun.
#[derive(Clone, Default)]
pub(crate) struct Seen(Rc<RefCell<Kept>>);

#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    /// Whether the next bytes begin a new request.
    fresh: bool,
    /// Whether the bytes begin with a head that was not judged yet. A head that came in one
    /// piece with the request before it is not among the bytes at their beginning.
    unjudged: bool,
}

impl Seen {
    /// Takes note of bytes that arrived.
    pub(crate) fn arrived(&self, bytes: &[u8]) {
        let mut kept = self.0.borrow_mut();
        if kept.fresh || kept.bytes.is_empty() {
            kept.fresh = false;
            kept.unjudged = true;
            kept.bytes.clear();
        }
        let room = HEAD.saturating_sub(kept.bytes.len());
        kept.bytes
            .extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
    }

    /// What comes from now on belongs to the next request.
    pub(crate) fn answered(&self) {
        self.0.borrow_mut().fresh = true;
    }

    /// Judges a request from its head as hyper read it.
    pub(crate) fn judge(&self, head: &http::request::Parts) -> Framing {
        let seen = std::mem::take(&mut self.0.borrow_mut().unjudged);
        if seen && let Some(reason) = trouble(&self.0.borrow().bytes) {
            return Framing::Ambiguous(reason);
        }
        let Some(coding) = head.headers.get(http::header::TRANSFER_ENCODING) else {
            return Framing::Plain;
        };
        // hyper looks at the last coding only.
        if !coding.as_bytes().eq_ignore_ascii_case(b"chunked") {
            return Framing::Ambiguous("the only Transfer-Encoding taken is chunked");
        }
        if !seen {
            return Framing::Ambiguous("a chunked request must not be pipelined");
        }
        let kept = self.0.borrow();
        let mut headers = [httparse::EMPTY_HEADER; 128];
        let mut seen = httparse::Request::new(&mut headers);
        let whole = matches!(seen.parse(&kept.bytes), Ok(httparse::Status::Complete(_)));
        let target = head
            .uri
            .path_and_query()
            .map_or("", |target| target.as_str());
        if !whole || seen.method != Some(head.method.as_str()) || seen.path != Some(target) {
            return Framing::Ambiguous("a chunked request must not be pipelined");
        }
        let has = |name: &str| {
            seen.headers
                .iter()
                .filter(|h| h.name.eq_ignore_ascii_case(name))
                .count()
        };
        match (has("transfer-encoding"), has("content-length")) {
            (1, 0) => Framing::Plain,
            (1, _) => Framing::Ambiguous("send Content-Length or Transfer-Encoding, not both"),
            _ => Framing::Ambiguous("send one Transfer-Encoding header"),
        }
    }
}

/// What is wrong with the lines of a head, if anything is.
///
/// The parser takes lines that end in LF alone; a proxy in front may take such an end for a
/// part of the value, and what follows for no header at all. It also takes a length that is
/// told twice, if both are equal, and then shows one.
fn trouble(bytes: &[u8]) -> Option<&'static str> {
    let mut lengths = 0_u32;
    for (at, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let Some(line) = line.strip_suffix(b"\n") else {
            break;
        };
        let Some(line) = line.strip_suffix(b"\r") else {
            return Some("lines of a head end in CR LF");
        };
        if line.is_empty() && at > 0 {
            break;
        }
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        if name.eq_ignore_ascii_case(b"content-length") {
            lengths = lengths.saturating_add(1);
        }
    }
    (lengths > 1).then_some("send one Content-Length header")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunked() -> http::request::Parts {
        let request = http::Request::post("/jsonrpc").header("transfer-encoding", "chunked");
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_chunked_request_behind_another_is_not_judged_by_its_forerunner() {
        let one = b"POST /jsonrpc HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
        let seen = Seen::default();
        seen.arrived(one);
        assert_eq!(seen.judge(&chunked()), Framing::Plain);
        // The next head came in the same piece: what was kept is not its own.
        seen.answered();
        assert!(matches!(seen.judge(&chunked()), Framing::Ambiguous(_)));
        // One that comes by itself is judged by itself.
        seen.arrived(one);
        assert_eq!(seen.judge(&chunked()), Framing::Plain);
    }

    #[test]
    fn a_head_whose_lines_end_in_lf_alone_is_seen() {
        let fine = b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\na\nContent-Length: 1\nb";
        assert_eq!(trouble(fine), None);
        assert!(trouble(b"GET / HTTP/1.1\r\nX: a\nTransfer-Encoding: chunked\r\n\r\n").is_some());
        assert!(trouble(b"GET / HTTP/1.1\nHost: a\n\n").is_some());
    }

    #[test]
    fn a_length_that_is_told_twice_is_seen() {
        let twice = b"POST / HTTP/1.1\r\ncontent-length: 1\r\nContent-Length: 1\r\n\r\na";
        assert!(trouble(twice).is_some());
    }
}
