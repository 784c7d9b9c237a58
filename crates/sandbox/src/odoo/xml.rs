//! XML-RPC requests as Odoo's server reads them.
//!
//! More lenient than the gateway's reader on purpose, for a gateway must be shown to hold
//! against what the server behind it would take: unknown elements and namespace prefixes are
//! passed over, the last `methodName` counts, values may lie outside `param`, entities of an
//! internal DTD are expanded (within bounds), UTF-16 and Latin-1 are understood.

mod text;

use std::collections::HashMap;

use base64::Engine as _;
use portcullis_erp::value::{Map, Value};
use quick_xml::Reader;
use quick_xml::events::Event;

use text::{EXPANSION, declared, decode, expand};

/// How deep values may lie in one another.
const DEPTH: usize = 1_000;

/// Why a body could not be read, as the server's traceback would end.
#[derive(Debug)]
pub(crate) struct XmlTrouble(pub(crate) String);

/// Reads a call: the method and its parameters.
pub(crate) fn read(body: &[u8]) -> Result<(Option<String>, Vec<Value>), XmlTrouble> {
    let text = decode(body)?;
    let mut entities = HashMap::new();
    let mut machine = Machine::default();
    let mut reader = Reader::from_str(&text);
    reader.config_mut().expand_empty_elements = true;
    let mut open = 0_usize;
    let mut any = false;
    loop {
        let event = reader
            .read_event()
            .map_err(|_| malformed("not well-formed"))?;
        match event {
            Event::Start(tag) => {
                if open == 0 && any {
                    return Err(malformed("junk after document element"));
                }
                (open, any) = (open + 1, true);
                machine.start(local(tag.name().as_ref()))?;
            }
            Event::End(tag) => {
                open = open.saturating_sub(1);
                machine.end(local(tag.name().as_ref()))?;
            }
            Event::Text(text) => {
                let text: &str = &text;
                if open == 0 && !text.trim().is_empty() {
                    return Err(malformed("syntax error"));
                }
                machine.text.push_str(text);
            }
            Event::CData(text) => machine.text.push_str(&text),
            Event::GeneralRef(name) => {
                let mut left = EXPANSION;
                machine
                    .text
                    .push_str(&expand(&name, &entities, 0, &mut left)?);
                machine.expanded += EXPANSION - left;
                if machine.expanded > EXPANSION {
                    return Err(malformed("limit on input amplification factor breached"));
                }
            }
            Event::DocType(dtd) => entities = declared(&dtd),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
            Event::Empty(_) => return Err(malformed("not well-formed")),
        }
    }
    if open > 0 || !any {
        return Err(malformed("no element found"));
    }
    machine.close()
}

fn malformed(what: &str) -> XmlTrouble {
    XmlTrouble(format!("ExpatError: {what}"))
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// The stack machine: values are pushed as their elements end.
#[derive(Default)]
struct Machine {
    stack: Vec<Value>,
    marks: Vec<usize>,
    text: String,
    method: Option<String>,
    /// What the document turned out to be.
    kind: Option<&'static str>,
    /// Whether a `value` is open that had no type inside so far.
    untyped: bool,
    expanded: usize,
}

impl Machine {
    fn start(&mut self, tag: &str) -> Result<(), XmlTrouble> {
        if matches!(tag, "array" | "struct") {
            if self.marks.len() >= DEPTH {
                return Err(XmlTrouble(
                    "RecursionError: maximum recursion depth exceeded".to_owned(),
                ));
            }
            self.marks.push(self.stack.len());
        }
        self.text.clear();
        let known = matches!(
            tag,
            "nil"
                | "boolean"
                | "i1"
                | "i2"
                | "i4"
                | "i8"
                | "int"
                | "biginteger"
                | "double"
                | "float"
                | "bigdecimal"
                | "string"
                | "name"
                | "array"
                | "struct"
                | "base64"
                | "dateTime.iso8601"
                | "value"
                | "params"
                | "fault"
                | "methodName"
                | "data"
                | "member"
        );
        if self.untyped && !known {
            return Err(XmlTrouble(format!(
                "xmlrpc.client.ResponseError: unknown tag {tag:?}"
            )));
        }
        self.untyped = tag == "value";
        Ok(())
    }

    fn end(&mut self, tag: &str) -> Result<(), XmlTrouble> {
        let text = std::mem::take(&mut self.text);
        let bad = |what: &str| XmlTrouble(format!("ValueError: {what}"));
        let value = match tag {
            "nil" => Value::Null,
            "boolean" => match text.as_str() {
                "0" => Value::Bool(false),
                "1" => Value::Bool(true),
                _ => return Err(XmlTrouble("TypeError: bad boolean value".to_owned())),
            },
            "i1" | "i2" | "i4" | "i8" | "int" | "biginteger" => {
                int(&text).ok_or_else(|| bad("invalid literal for int()"))?
            }
            "double" | "float" | "bigdecimal" => Value::Float(
                text.trim()
                    .parse()
                    .map_err(|_| bad("could not convert string to float"))?,
            ),
            "string" | "name" => Value::Text(text),
            "base64" => {
                let kept: String = text
                    .chars()
                    .filter(|letter| !letter.is_whitespace())
                    .collect();
                let read = base64::engine::general_purpose::STANDARD.decode(kept);
                Value::Bytes(read.map_err(|_| bad("incorrect padding"))?)
            }
            "dateTime.iso8601" => Value::Moment(text.into()),
            "array" => {
                let mark = self.marks.pop().unwrap_or_default();
                Value::List(self.stack.split_off(mark.min(self.stack.len())))
            }
            "struct" => {
                let mark = self.marks.pop().unwrap_or_default();
                let mut items = self.stack.split_off(mark.min(self.stack.len())).into_iter();
                let mut map = Map::new();
                while let (Some(key), Some(value)) = (items.next(), items.next()) {
                    map.insert(key.as_str().unwrap_or_default().to_owned(), value);
                }
                Value::Map(map)
            }
            "value" => {
                if self.untyped {
                    self.stack.push(Value::Text(text));
                    self.untyped = false;
                }
                return Ok(());
            }
            "params" => {
                self.kind = Some("params");
                return Ok(());
            }
            "fault" => {
                self.kind = Some("fault");
                return Ok(());
            }
            "methodName" => {
                self.method = Some(text);
                self.kind = Some("methodName");
                return Ok(());
            }
            _ => {
                self.text = text;
                return Ok(());
            }
        };
        self.stack.push(value);
        self.untyped = false;
        Ok(())
    }

    fn close(self) -> Result<(Option<String>, Vec<Value>), XmlTrouble> {
        match self.kind {
            None => Err(XmlTrouble("xmlrpc.client.ResponseError".to_owned())),
            Some("fault") => Err(XmlTrouble("xmlrpc.client.Fault".to_owned())),
            Some(_) if !self.marks.is_empty() => {
                Err(XmlTrouble("xmlrpc.client.ResponseError".to_owned()))
            }
            Some(_) => Ok((self.method, self.stack)),
        }
    }
}

/// A whole number as Python's `int()` reads it.
pub(crate) fn int(text: &str) -> Option<Value> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty()
        || digits.starts_with('_')
        || digits.ends_with('_')
        || digits.contains("__")
    {
        return None;
    }
    let mut plain = String::from(sign);
    for letter in digits.chars().filter(|letter| *letter != '_') {
        plain.push(char::from_digit(digit(letter)?, 10)?);
    }
    Some(
        plain
            .parse()
            .map_or_else(|_| Value::Big(plain.clone().into()), Value::Int),
    )
}

/// The value of a decimal digit of some scripts that Python takes.
fn digit(letter: char) -> Option<u32> {
    const ZEROS: [u32; 6] = [0x30, 0x660, 0x6f0, 0x966, 0x9e6, 0xff10];
    let code = u32::from(letter);
    ZEROS
        .iter()
        .find_map(|&zero| code.checked_sub(zero).filter(|value| *value < 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn method(body: &str) -> Option<String> {
        read(body.as_bytes()).ok().and_then(|(method, _)| method)
    }

    #[test]
    fn it_is_as_lenient_as_the_server() {
        let version = Some("version".to_owned());
        for body in [
            "<methodCall><params></params><methodName>version</methodName></methodCall>",
            "<methodCall><methodName>ver<!-- x --><![CDATA[sion]]></methodName><params/></methodCall>",
            "<?xml version=\"1.0\"?><foo><bar/><methodName>version</methodName></foo>",
            "<x:methodCall xmlns:x=\"u\"><x:methodName>version</x:methodName></x:methodCall>",
            "<!DOCTYPE m [<!ENTITY a \"version\">]><methodCall><methodName>&a;</methodName></methodCall>",
        ] {
            assert_eq!(method(body), version, "{body}");
        }
    }

    #[test]
    fn what_expands_without_end_is_stopped() {
        let mut dtd = String::from("<!ENTITY a0 \"AAAAAAAAAA\">");
        for n in 1..12 {
            dtd.push_str(&format!(
                "<!ENTITY a{n} \"{}\">",
                format!("&a{};", n - 1).repeat(10)
            ));
        }
        let body =
            format!("<!DOCTYPE m [{dtd}]><methodCall><methodName>&a11;</methodName></methodCall>");
        assert!(read(body.as_bytes()).is_err());
        assert!(read(b"hello").is_err());
        assert!(read(b"").is_err());
        assert!(read(b"<methodCall><methodName>x</methodCall>").is_err());
    }

    #[test]
    fn numbers_are_read_as_python_does() {
        assert_eq!(int(" 2 "), Some(Value::Int(2)));
        assert_eq!(int("1_0"), Some(Value::Int(10)));
        assert_eq!(int("\u{667}"), Some(Value::Int(7)));
        assert_eq!(int("abc"), None);
    }
}
