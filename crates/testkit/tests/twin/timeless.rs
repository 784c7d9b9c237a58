//! Answers without what differs whatever is hidden: times, and the ids of requests.

/// The text without them.
pub(crate) fn timeless(text: &str) -> String {
    let bytes = text.as_bytes();
    let shape = b"dddd-dd-dd dd:dd:dd";
    let mut clean = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let fits = |(offset, wanted): (usize, &u8)| {
            bytes.get(at + offset).is_some_and(|found| match wanted {
                b'd' => found.is_ascii_digit(),
                b' ' => matches!(found, b' ' | b'T'),
                _ => found == wanted,
            })
        };
        if shape.iter().enumerate().all(fits) {
            clean.push_str("<time>");
            at += shape.len();
            if bytes.get(at) == Some(&b'.') {
                at += 1;
                while bytes.get(at).is_some_and(u8::is_ascii_digit) {
                    at += 1;
                }
            }
            continue;
        }
        let rest = &bytes[at..];
        let hex = rest.iter().take_while(|byte| byte.is_ascii_hexdigit());
        if hex.count() >= 32 {
            clean.push_str("<request>");
            at += 32;
            continue;
        }
        let rest = text.get(at..).expect("a whole character");
        let next = rest.chars().next().expect("a character");
        clean.push(next);
        at += next.len_utf8();
    }
    clean
}
