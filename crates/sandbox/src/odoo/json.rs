//! JSON as Odoo's server reads and writes it.
//!
//! More lenient than the gateway's reader on purpose: the last of several equal keys counts,
//! NaN and the infinities pass, and answers are written with blanks behind `,` and `:`.

use base64::Engine as _;
use portcullis_erp::value::{Map, Value};

/// How deep values may lie in one another before the real server's parser gives up.
const DEPTH: usize = 900;

/// Why a text could not be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum JsonTrouble {
    /// It is not JSON; the byte at which that shows.
    Malformed(usize),
    /// It is nested too deeply.
    Deep,
}

pub(crate) fn read(text: &str) -> Result<Value, JsonTrouble> {
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        at: 0,
    };
    let value = reader.value(0)?;
    reader.blanks();
    if reader.at == reader.bytes.len() {
        Ok(value)
    } else {
        reader.bad()
    }
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn bad<T>(&self) -> Result<T, JsonTrouble> {
        Err(JsonTrouble::Malformed(self.at))
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        self.blanks();
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, JsonTrouble> {
        match self.bytes.get(self.at..) {
            Some(rest) if rest.starts_with(word.as_bytes()) => {
                self.at += word.len();
                Ok(value)
            }
            _ => self.bad(),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, JsonTrouble> {
        if depth > DEPTH {
            return Err(JsonTrouble::Deep);
        }
        self.blanks();
        match self.peek() {
            Some(b'{') => self.map(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => Ok(Value::Text(self.string()?)),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(b'N') => self.word("NaN", Value::Float(f64::NAN)),
            Some(b'I') => self.word("Infinity", Value::Float(f64::INFINITY)),
            Some(b'-') if self.bytes.get(self.at + 1) == Some(&b'I') => {
                self.word("-Infinity", Value::Float(f64::NEG_INFINITY))
            }
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.bad(),
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value, JsonTrouble> {
        self.at += 1;
        let mut map = Map::new();
        if self.eat(b'}') {
            return Ok(Value::Map(map));
        }
        loop {
            self.blanks();
            if self.peek() != Some(b'"') {
                return self.bad();
            }
            let key = self.string()?;
            if !self.eat(b':') {
                return self.bad();
            }
            let value = self.value(depth + 1)?;
            map.insert(key, value);
            if self.eat(b'}') {
                return Ok(Value::Map(map));
            }
            if !self.eat(b',') {
                return self.bad();
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, JsonTrouble> {
        self.at += 1;
        let mut items = Vec::new();
        if self.eat(b']') {
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.eat(b']') {
                return Ok(Value::List(items));
            }
            if !self.eat(b',') {
                return self.bad();
            }
        }
    }

    fn string(&mut self) -> Result<String, JsonTrouble> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let start = self.at;
            while !matches!(self.peek(), None | Some(b'"' | b'\\' | 0..=0x1f)) {
                self.at += 1;
            }
            out.push_str(self.text.get(start..self.at).unwrap_or_default());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    let letter = self.bytes.get(self.at + 1).copied();
                    self.at += 2;
                    out.push(match letter {
                        Some(plain @ (b'"' | b'\\' | b'/')) => char::from(plain),
                        Some(b'b') => '\u{8}',
                        Some(b'f') => '\u{c}',
                        Some(b'n') => '\n',
                        Some(b'r') => '\r',
                        Some(b't') => '\t',
                        Some(b'u') => self.escape()?,
                        _ => return self.bad(),
                    });
                }
                _ => return self.bad(),
            }
        }
    }

    fn hex(&mut self) -> Result<u32, JsonTrouble> {
        let digits = self.text.get(self.at..self.at + 4);
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let Some(code) = code else { return self.bad() };
        self.at += 4;
        Ok(code)
    }

    fn escape(&mut self) -> Result<char, JsonTrouble> {
        let high = self.hex()?;
        if (0xd800..0xdc00).contains(&high)
            && self.bytes.get(self.at..self.at + 2) == Some(b"\\u".as_slice())
        {
            let back = self.at;
            self.at += 2;
            let low = self.hex()?;
            if (0xdc00..0xe000).contains(&low) {
                let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or('\u{fffd}'));
            }
            self.at = back;
        }
        Ok(char::from_u32(high).unwrap_or('\u{fffd}'))
    }

    fn number(&mut self) -> Result<Value, JsonTrouble> {
        let start = self.at;
        while matches!(
            self.peek(),
            Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')
        ) {
            self.at += 1;
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        let digits = text.strip_prefix('-').unwrap_or(text);
        let whole = digits.bytes().all(|byte| byte.is_ascii_digit());
        if digits.is_empty() || (digits.len() > 1 && whole && digits.starts_with('0')) {
            return self.bad();
        }
        if whole {
            return Ok(text
                .parse()
                .map_or_else(|_| Value::Big(text.into()), Value::Int));
        }
        match text.parse() {
            Ok(number) => Ok(Value::Float(number)),
            Err(_) => self.bad(),
        }
    }
}

pub(crate) fn write(value: &Value) -> String {
    let mut out = String::with_capacity(256);
    put(&mut out, value);
    out
}

fn put(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Int(number) => out.push_str(&number.to_string()),
        Value::Big(digits) => out.push_str(digits),
        Value::Float(number) => out.push_str(&float(*number)),
        Value::Text(text) => string(out, text),
        Value::Moment(text) => string(out, text),
        Value::Bytes(bytes) => {
            string(
                out,
                &base64::engine::general_purpose::STANDARD.encode(bytes),
            );
        }
        Value::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                put(out, item);
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (at, (key, item)) in map.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                string(out, key);
                out.push_str(": ");
                put(out, item);
            }
            out.push('}');
        }
    }
}

/// A number as Python writes it: always with a point or an exponent.
pub(crate) fn float(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned()
    } else {
        format!("{number:?}")
    }
}

fn string(out: &mut String, text: &str) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{1f}' => out.push_str(&format!("\\u{:04x}", u32::from(letter))),
            _ => out.push(letter),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_python_takes_is_taken() {
        assert_eq!(
            write(&read(r#"{"a": 1, "a": [NaN, 2.0, "é"]}"#).unwrap()),
            r#"{"a": [NaN, 2.0, "é"]}"#
        );
        assert_eq!(
            write(&read("99999999999999999999999999").unwrap()),
            "99999999999999999999999999"
        );
        assert_eq!(write(&read(r#""\ud83d\ude00""#).unwrap()), "\"😀\"");
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in [
            "",
            "{bad",
            "[1,]",
            "01",
            "1 2",
            "\u{feff}1",
            "\"\n\"",
            "{\"a\"}",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        assert_eq!(read(&"[".repeat(5000)), Err(JsonTrouble::Deep));
    }
}
