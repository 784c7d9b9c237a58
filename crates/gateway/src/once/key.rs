//! The `Idempotency-Key` header.
//!
//! The draft has it as a structured field, a string in quotes; most clients send it bare. Both
//! are one key. Whatever could be read in two ways is refused.

use http::HeaderMap;
use portcullis_erp::{Fault, FaultKind};

const NAME: &str = "idempotency-key";

/// The longest key.
const LONGEST: usize = 255;

/// A key that a client chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key(Box<str>);

impl Key {
    /// The key of a request, if it has one.
    ///
    /// # Errors
    /// When there is more than one, or it is malformed or too long.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Option<Self>, Fault> {
        let mut values = headers.get_all(NAME).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() {
            return Err(refuse("there is more than one Idempotency-Key header"));
        }
        let key = value.to_str().ok().and_then(read).ok_or_else(|| {
            refuse(
                "the Idempotency-Key is one string of 1 to 255 visible ASCII characters, such as a UUID, bare or in quotes",
            )
        })?;
        Ok(Some(Self(key.into())))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

fn read(text: &str) -> Option<String> {
    let key = match text.strip_prefix('"') {
        Some(rest) => unquoted(rest.strip_suffix('"')?)?,
        None => {
            let bare = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';');
            text.bytes().all(bare).then(|| text.to_owned())?
        }
    };
    (1..=LONGEST).contains(&key.len()).then_some(key)
}

/// What stands between the quotes (RFC 9651, 3.3.3).
fn unquoted(text: &str) -> Option<String> {
    let mut key = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        key.push(match letter {
            '"' => return None,
            '\\' => rest.next().filter(|next| matches!(next, '"' | '\\'))?,
            ' '..='~' => letter,
            _ => return None,
        });
    }
    Some(key)
}

fn refuse(message: &'static str) -> Fault {
    Fault::new(FaultKind::Malformed, message)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn key(values: &[&[u8]]) -> Option<Option<String>> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(NAME, HeaderValue::from_bytes(value).unwrap());
        }
        let read = Key::of(&headers).ok()?;
        Some(read.map(|key| key.0.into_string()))
    }

    fn one(value: &str) -> Option<String> {
        key(&[value.as_bytes()])?
    }

    #[test]
    fn a_key_is_the_same_bare_and_in_quotes() {
        assert_eq!(key(&[]), Some(None));
        assert_eq!(one("8e03978e-40d5").unwrap(), "8e03978e-40d5");
        assert_eq!(one("\"8e03978e-40d5\"").unwrap(), "8e03978e-40d5");
        assert_eq!(one("\"a \\\"b\\\" \\\\\"").unwrap(), "a \"b\" \\");
        assert_eq!(one(&"k".repeat(255)).unwrap().len(), 255);
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        assert!(one("a").is_some());
        for bad in [
            "",
            "\"\"",
            "a b",
            "a,b",
            "a;b=1",
            "\"a",
            "a\"",
            "\"a\"b\"",
            "\"a\\n\"",
            "\"a\";p=1",
            "\"",
        ] {
            assert_eq!(one(bad), None, "{bad}");
        }
        assert_eq!(one(&"k".repeat(256)), None);
        assert_eq!(key(&[b"a", b"a"]), None);
        assert_eq!(key(&[b"\xff"]), None);
    }
}
