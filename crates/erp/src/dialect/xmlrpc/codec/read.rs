//! Reads XML-RPC from quick-xml's events, within [`Limits`].
//!
//! quick-xml expands no entity, knows no limit and checks neither characters nor attributes;
//! all of that is done here.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "what is not named is refused"
)]

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use quick_xml::Reader;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};

use super::{MethodCall, MethodResponse, XmlError};
use crate::limits::Limits;
use crate::value::{Map, Value};

/// Padding may be left out; bits behind the last byte may not be set.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// Whole numbers longer than this are not meant.
const MAX_DIGITS: usize = 1024;
const EARLY: &str = "the XML ends too early";

/// Reads a request.
///
/// # Errors
/// When it is not XML-RPC of the plain kind, or goes beyond the limits.
pub fn read_call(body: &[u8], limits: &Limits) -> Result<MethodCall, XmlError> {
    let mut source = Source::new(body, limits)?;
    source.root("methodCall")?;
    let (mut method, mut params) = (None, None);
    loop {
        match source.next()? {
            Some("methodName") if method.is_none() => method = Some(source.text()?.into_owned()),
            Some("methodName") => return Err(source.refuse("there is more than one methodName")),
            Some("params") if params.is_none() => params = Some(source.params()?),
            Some("params") => return Err(source.refuse("there is more than one list of params")),
            Some(_) => return Err(source.refuse("this element has no place in a methodCall")),
            None => break,
        }
    }
    source.end()?;
    let Some(method) = method else {
        return Err(source.refuse("there is no methodName"));
    };
    Ok(MethodCall {
        method,
        params: params.unwrap_or_default(),
    })
}

/// Reads an answer.
///
/// # Errors
/// When it is not XML-RPC of the plain kind, or goes beyond the limits.
pub fn read_response(body: &[u8], limits: &Limits) -> Result<MethodResponse, XmlError> {
    let mut source = Source::new(body, limits)?;
    source.root("methodResponse")?;
    let response = match source.next()? {
        Some("params") => {
            let mut params = source.params()?;
            match (params.pop(), params.is_empty()) {
                (Some(value), true) => MethodResponse::Value(value),
                _ => return Err(source.refuse("an answer has exactly one value")),
            }
        }
        Some("fault") => {
            source.open("value")?;
            let value = source.value(0)?;
            source.close()?;
            let Value::Map(mut parts) = value else {
                return Err(source.refuse("a fault is a struct"));
            };
            let (code, text) = (
                parts.shift_remove("faultCode"),
                parts.shift_remove("faultString"),
            );
            match (code, text) {
                (Some(code), Some(Value::Text(text))) => MethodResponse::Fault { code, text },
                _ => return Err(source.refuse("a fault has faultCode and faultString")),
            }
        }
        _ => return Err(source.refuse("an answer has params or a fault")),
    };
    source.close()?;
    source.end()?;
    Ok(response)
}

/// Reads a text whose root is one `<value>`.
///
/// # Errors
/// When it is not XML-RPC of the plain kind, or goes beyond the limits.
pub fn read_value(body: &[u8], limits: &Limits) -> Result<Value, XmlError> {
    let mut source = Source::new(body, limits)?;
    source.root("value")?;
    let value = source.value(0)?;
    source.end()?;
    Ok(value)
}

/// A body being read.
struct Source<'a> {
    reader: Reader<&'a [u8]>,
    ascii: bool,
    depth: usize,
    left: usize,
}

impl<'a> Source<'a> {
    fn new(body: &'a [u8], limits: &Limits) -> Result<Self, XmlError> {
        let fail = |reason, position, too_large| {
            Err(XmlError {
                reason,
                position,
                too_large,
            })
        };
        if body.len() > limits.body {
            return fail("the body is larger than allowed", limits.body, true);
        }
        let text = match std::str::from_utf8(body) {
            Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
            Err(error) => return fail("the body is not UTF-8", error.valid_up_to(), false),
        };
        if let Some(position) = forbidden(text.as_bytes()) {
            return fail(
                "there is a character that XML does not allow",
                position,
                false,
            );
        }
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_comments = true;
        Ok(Self {
            reader,
            ascii: text.is_ascii(),
            depth: limits.depth,
            left: limits.values,
        })
    }

    fn refuse(&self, reason: &'static str) -> XmlError {
        let position = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
        XmlError {
            reason,
            position,
            too_large: false,
        }
    }

    fn too_large(&self, reason: &'static str) -> XmlError {
        XmlError {
            too_large: true,
            ..self.refuse(reason)
        }
    }

    fn event(&mut self) -> Result<Event<'a>, XmlError> {
        let event = self
            .reader
            .read_event()
            .map_err(|_| self.refuse("this is not well-formed XML"))?;
        match &event {
            Event::Start(start) if !blank(start.attributes_raw()) => {
                Err(self.refuse("elements of XML-RPC have no attributes"))
            }
            Event::DocType(_) => Err(self.refuse("a document type definition is not allowed")),
            Event::PI(_) => Err(self.refuse("a processing instruction is not allowed")),
            _ => Ok(event),
        }
    }

    /// Goes to the root element, which must be this one.
    fn root(&mut self, name: &str) -> Result<(), XmlError> {
        let mut first = true;
        loop {
            match self.event()? {
                Event::Decl(declaration) if first => self.declaration(&declaration)?,
                Event::Text(text) if blank(&text) => {}
                Event::Comment(_) => {}
                Event::Start(start) if element(&start) == Some(name) => return Ok(()),
                Event::Start(_) => return Err(self.refuse("this is not the root element awaited")),
                Event::Eof => return Err(self.refuse(EARLY)),
                _ => return Err(self.refuse("there is something before the root element")),
            }
            first = false;
        }
    }

    fn declaration(&self, declaration: &BytesDecl<'_>) -> Result<(), XmlError> {
        if declaration.version().ok().as_deref() != Some("1.0") {
            return Err(self.refuse("the XML version is not 1.0"));
        }
        let Some(encoding) = declaration.encoding() else {
            return Ok(());
        };
        let Ok(encoding) = encoding else {
            return Err(self.refuse("the XML declaration is malformed"));
        };
        // A text of ASCII alone reads the same in these; PHP's clients say them by default.
        let same = self.ascii
            && ["us-ascii", "ascii", "iso-8859-1"]
                .iter()
                .any(|name| encoding.eq_ignore_ascii_case(name));
        if same || encoding.eq_ignore_ascii_case("utf-8") {
            Ok(())
        } else {
            Err(self.refuse("the encoding is not UTF-8"))
        }
    }

    /// The next element's name, or none where the present element is closed.
    fn next(&mut self) -> Result<Option<&'static str>, XmlError> {
        loop {
            match self.event()? {
                Event::Text(text) if blank(&text) => {}
                Event::Comment(_) => {}
                Event::Start(start) => match element(&start) {
                    Some(name) => return Ok(Some(name)),
                    None => return Err(self.refuse("XML-RPC has no such element")),
                },
                Event::End(_) => return Ok(None),
                Event::Eof => return Err(self.refuse(EARLY)),
                _ => return Err(self.refuse("text stands where only elements may")),
            }
        }
    }

    fn open(&mut self, name: &str) -> Result<(), XmlError> {
        if self.next()? == Some(name) {
            Ok(())
        } else {
            Err(self.refuse("another element is awaited here"))
        }
    }

    fn close(&mut self) -> Result<(), XmlError> {
        if self.next()?.is_none() {
            Ok(())
        } else {
            Err(self.refuse("there is an element too many"))
        }
    }

    /// Nothing may follow the root element.
    fn end(&mut self) -> Result<(), XmlError> {
        loop {
            match self.event()? {
                Event::Text(text) if blank(&text) => {}
                Event::Comment(_) => {}
                Event::Eof => return Ok(()),
                _ => return Err(self.refuse("there is something after the root element")),
            }
        }
    }

    fn params(&mut self) -> Result<Vec<Value>, XmlError> {
        let mut params = Vec::new();
        while let Some(name) = self.next()? {
            if name != "param" {
                return Err(self.refuse("params hold nothing but param"));
            }
            self.open("value")?;
            params.push(self.value(0)?);
            self.close()?;
        }
        Ok(params)
    }

    /// The rest of a `<value>` whose start was read.
    fn value(&mut self, depth: usize) -> Result<Value, XmlError> {
        self.left = match self.left.checked_sub(1) {
            Some(left) => left,
            None => return Err(self.too_large("there are more values than allowed")),
        };
        let mut text: Cow<'a, str> = Cow::Borrowed("");
        let name = loop {
            match self.event()? {
                Event::Start(start) => break element(&start),
                Event::End(_) => return Ok(Value::Text(text.into_owned())),
                Event::Comment(_) if blank(&text) => {}
                event => text = self.join(text, event)?,
            }
        };
        if !blank(&text) {
            return Err(self.refuse("a value has either text or one element"));
        }
        let value = match name {
            Some("string") => Value::Text(self.text()?.into_owned()),
            Some("int" | "i4" | "i8") => {
                let text = self.text()?;
                whole(trim(&text)).ok_or_else(|| self.refuse("this is not a whole number"))?
            }
            Some("boolean") => match trim(&self.text()?) {
                "0" => Value::Bool(false),
                "1" => Value::Bool(true),
                _ => return Err(self.refuse("a boolean is 0 or 1")),
            },
            Some("double") => {
                let text = self.text()?;
                float(trim(&text)).ok_or_else(|| self.refuse("this is not a finite number"))?
            }
            Some("array") => self.array(self.deeper(depth)?)?,
            Some("struct") => self.members(self.deeper(depth)?)?,
            Some("base64") => {
                let mut text = self.text()?.into_owned();
                text.retain(|c| !matches!(c, ' ' | '\t' | '\n' | '\r'));
                Value::Bytes(
                    BASE64
                        .decode(text)
                        .map_err(|_| self.refuse("this is not base64"))?,
                )
            }
            Some("dateTime.iso8601") => {
                let text = self.text()?;
                let text = trim(&text);
                if !moment(text) {
                    return Err(self.refuse("this is not a moment"));
                }
                Value::Moment(text.into())
            }
            Some("nil") => {
                self.close()?;
                Value::Null
            }
            _ => return Err(self.refuse("XML-RPC has no such type")),
        };
        self.close()?;
        Ok(value)
    }

    fn deeper(&self, depth: usize) -> Result<usize, XmlError> {
        if depth >= self.depth {
            return Err(self.too_large("this is nested too deeply"));
        }
        Ok(depth.saturating_add(1))
    }

    fn array(&mut self, depth: usize) -> Result<Value, XmlError> {
        self.open("data")?;
        let mut items = Vec::new();
        while let Some(name) = self.next()? {
            if name != "value" {
                return Err(self.refuse("an array's data hold nothing but value"));
            }
            items.push(self.value(depth)?);
        }
        self.close()?;
        Ok(Value::List(items))
    }

    fn members(&mut self, depth: usize) -> Result<Value, XmlError> {
        let mut map = Map::new();
        while let Some(name) = self.next()? {
            if name != "member" {
                return Err(self.refuse("a struct holds nothing but member"));
            }
            self.open("name")?;
            let name = self.text()?.into_owned();
            if map.contains_key(&name) {
                return Err(self.refuse("a member stands twice in one struct"));
            }
            self.open("value")?;
            let value = self.value(depth)?;
            self.close()?;
            map.insert(name, value);
        }
        Ok(Value::Map(map))
    }

    /// The text up to the end of the present element.
    fn text(&mut self) -> Result<Cow<'a, str>, XmlError> {
        let mut text = Cow::Borrowed("");
        loop {
            match self.event()? {
                Event::End(_) => return Ok(text),
                event => text = self.join(text, event)?,
            }
        }
    }

    /// Text, CDATA and references are one text; nothing else can be part of it.
    fn join(&self, before: Cow<'a, str>, event: Event<'a>) -> Result<Cow<'a, str>, XmlError> {
        let piece = match event {
            Event::Text(text) => text.xml10_content(),
            Event::CData(text) => text.xml10_content(),
            Event::GeneralRef(reference) => {
                let mut joined = before.into_owned();
                joined.push(self.reference(&reference)?);
                return Ok(Cow::Owned(joined));
            }
            Event::Eof => return Err(self.refuse(EARLY)),
            _ => return Err(self.refuse("a text has something else inside")),
        };
        if before.is_empty() {
            return Ok(piece);
        }
        let mut joined = before.into_owned();
        joined.push_str(&piece);
        Ok(Cow::Owned(joined))
    }

    fn reference(&self, reference: &BytesRef<'_>) -> Result<char, XmlError> {
        match &**reference {
            "lt" => return Ok('<'),
            "gt" => return Ok('>'),
            "amp" => return Ok('&'),
            "quot" => return Ok('"'),
            "apos" => return Ok('\''),
            _ => {}
        }
        match reference.resolve_char_ref() {
            Ok(Some(character)) if allowed(character) => Ok(character),
            Ok(None) => Err(self.refuse("XML-RPC has no entities but the five of XML")),
            _ => Err(self.refuse("there is a character that XML does not allow")),
        }
    }
}

/// The elements of XML-RPC.
fn element(start: &BytesStart<'_>) -> Option<&'static str> {
    Some(match start.name().as_ref() {
        "value" => "value",
        "string" => "string",
        "int" => "int",
        "i4" => "i4",
        "i8" => "i8",
        "member" => "member",
        "name" => "name",
        "boolean" => "boolean",
        "double" => "double",
        "array" => "array",
        "data" => "data",
        "struct" => "struct",
        "nil" => "nil",
        "base64" => "base64",
        "dateTime.iso8601" => "dateTime.iso8601",
        "param" => "param",
        "params" => "params",
        "fault" => "fault",
        "methodName" => "methodName",
        "methodCall" => "methodCall",
        "methodResponse" => "methodResponse",
        _ => return None,
    })
}

/// Where the first character stands that XML 1.0 does not allow.
fn forbidden(bytes: &[u8]) -> Option<usize> {
    let control = bytes
        .iter()
        .position(|byte| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r'));
    control
        .or_else(|| memchr::memmem::find(bytes, "\u{fffe}".as_bytes()))
        .or_else(|| memchr::memmem::find(bytes, "\u{ffff}".as_bytes()))
}

/// Whether XML 1.0 allows this character.
pub(super) fn allowed(character: char) -> bool {
    !matches!(character, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

fn blank(text: &str) -> bool {
    trim(text).is_empty()
}

/// Without XML's white space at both ends.
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r'])
}

/// A sign and decimal digits, no more.
fn whole(text: &str) -> Option<Value> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty()
        || digits.len() > MAX_DIGITS
        || !digits.bytes().all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    if let Ok(number) = text.parse::<i64>() {
        return Some(Value::Int(number));
    }
    let digits = digits.trim_start_matches('0');
    let sign = if text.starts_with('-') { "-" } else { "" };
    Some(Value::Big(format!("{sign}{digits}").into_boxed_str()))
}

fn float(text: &str) -> Option<Value> {
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    text.parse::<f64>()
        .ok()
        .filter(|number| plain && number.is_finite())
        .map(Value::Float)
}

fn moment(text: &str) -> bool {
    (8..=40).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"TZ:+-.".contains(&byte))
}
