//! Whether a request's head, as it was sent, can be read in one way only.
//!
//! In front of us may be a proxy that reads `Content-Length` beside `Transfer-Encoding`, a
//! length told twice, a line that ends in LF alone, or a `#` in the target in another way than
//! the ERP or ourselves. Such a request is refused.

/// The most that a head may have.
pub(crate) const HEAD: usize = 16 << 10;

/// What was seen of one request's framing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// There is one way to read it.
    Plain(Length),
    /// There is more than one way; why.
    Ambiguous(&'static str),
}

/// How long a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// As many bytes as the head tells; none if it tells nothing.
    Told(u64),
    /// The body tells by itself, chunk for chunk.
    Chunked,
}

/// Judges a head with its lines and the empty line behind them.
pub(super) fn judge(head: &[u8]) -> Framing {
    let (mut lengths, mut codings) = (Vec::new(), Vec::new());
    let start = head.iter().position(|byte| !matches!(byte, b'\r' | b'\n'));
    let lines = head.get(start.unwrap_or(0)..).unwrap_or_default();
    for (at, line) in lines.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let Some(line) = line.strip_suffix(b"\r\n") else {
            return Framing::Ambiguous("lines of a head end in CR LF");
        };
        if at == 0 {
            if line.contains(&b'#') {
                return Framing::Ambiguous("the request target must be a path");
            }
            continue;
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let (name, value) = line.split_at(colon);
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        if name.eq_ignore_ascii_case(b"content-length") {
            lengths.push(value);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            codings.push(value);
        }
    }
    match (lengths.as_slice(), codings.as_slice()) {
        ([], []) => Framing::Plain(Length::Told(0)),
        ([length], []) => match told(length) {
            Some(length) => Framing::Plain(Length::Told(length)),
            None => Framing::Ambiguous("Content-Length is a number"),
        },
        (_, []) => Framing::Ambiguous("send one Content-Length header"),
        ([], [coding]) if coding.eq_ignore_ascii_case(b"chunked") => {
            Framing::Plain(Length::Chunked)
        }
        ([], [_]) => Framing::Ambiguous("the only Transfer-Encoding taken is chunked"),
        ([], _) => Framing::Ambiguous("send one Transfer-Encoding header"),
        _ => Framing::Ambiguous("send Content-Length or Transfer-Encoding, not both"),
    }
}

fn told(length: &[u8]) -> Option<u64> {
    let plain = !length.is_empty() && length.iter().all(u8::is_ascii_digit);
    plain.then(|| std::str::from_utf8(length).ok()?.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_readers_could_read_differently_is_seen() {
        let head =
            |lines: &str| judge(format!("POST /a HTTP/1.1\r\nHost: x\r\n{lines}\r\n").as_bytes());
        assert_eq!(head(""), Framing::Plain(Length::Told(0)));
        assert_eq!(
            head("Content-Length: 9\r\n"),
            Framing::Plain(Length::Told(9))
        );
        assert_eq!(
            head("Transfer-Encoding: Chunked\r\n"),
            Framing::Plain(Length::Chunked)
        );
        for lines in [
            "content-length: 1\r\nContent-Length: 1\r\n",
            "Content-Length: 1, 1\r\n",
            "Content-Length: +1\r\n",
            "Content-Length: \r\n",
            "Content-Length: 18446744073709551999\r\n",
            "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Transfer-Encoding: xchunked\r\n",
            "X: a\nContent-Length: 1\r\n",
        ] {
            assert!(matches!(head(lines), Framing::Ambiguous(_)), "{lines:?}");
        }
        assert!(matches!(
            judge(b"GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n"),
            Framing::Ambiguous(_)
        ));
    }
}
