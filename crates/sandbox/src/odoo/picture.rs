//! Whether the bytes of a picture's field are a picture.

use base64::Engine as _;
use portcullis_erp::value::Value;

/// Whether this begins as a picture does that the real server can open, which looks no further
/// until it makes another size of it.
pub(crate) fn is_one(value: &Value) -> bool {
    match value {
        Value::Bytes(bytes) => begins(bytes),
        Value::Text(text) => {
            // Its own reader overlooks line ends.
            let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            let decoded = base64::engine::general_purpose::STANDARD.decode(text);
            decoded.is_ok_and(|bytes| begins(&bytes))
        }
        _ => false,
    }
}

fn begins(bytes: &[u8]) -> bool {
    // The mark, and how many bytes the head behind it has at the least.
    const KINDS: &[(&[u8], usize)] = &[
        (b"<", 1),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 33),
        (b"GIF87a", 13),
        (b"GIF89a", 13),
        (b"\xff\xd8\xff", 20),
        (b"BM", 26),
    ];
    let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    let known = |(mark, least): &(&[u8], usize)| bytes.starts_with(mark) && bytes.len() >= *least;
    is_webp || KINDS.iter().any(known)
}
