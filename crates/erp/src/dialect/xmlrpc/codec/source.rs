//! quick-xml's events as a strict reader of XML sees them: no DTD, no processing instruction, no
//! attribute, no entity but the five, no character that XML does not allow, UTF-8 only.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "what is not named is refused"
)]

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};

use super::XmlError;
use crate::limits::Limits;

const EARLY: &str = "the XML ends too early";

/// A body being read.
pub(super) struct Source<'a> {
    reader: Reader<&'a [u8]>,
    ascii: bool,
    pub(super) depth: usize,
    pub(super) left: usize,
}

impl<'a> Source<'a> {
    pub(super) fn new(body: &'a [u8], limits: &Limits) -> Result<Self, XmlError> {
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

    pub(super) fn refuse(&self, reason: &'static str) -> XmlError {
        let position = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
        XmlError {
            reason,
            position,
            too_large: false,
        }
    }

    pub(super) fn too_large(&self, reason: &'static str) -> XmlError {
        XmlError {
            too_large: true,
            ..self.refuse(reason)
        }
    }

    pub(super) fn event(&mut self) -> Result<Event<'a>, XmlError> {
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
    pub(super) fn root(&mut self, name: &str) -> Result<(), XmlError> {
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

    pub(super) fn declaration(&self, declaration: &BytesDecl<'_>) -> Result<(), XmlError> {
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
    pub(super) fn next(&mut self) -> Result<Option<&'static str>, XmlError> {
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

    pub(super) fn open(&mut self, name: &str) -> Result<(), XmlError> {
        if self.next()? == Some(name) {
            Ok(())
        } else {
            Err(self.refuse("another element is awaited here"))
        }
    }

    pub(super) fn close(&mut self) -> Result<(), XmlError> {
        if self.next()?.is_none() {
            Ok(())
        } else {
            Err(self.refuse("there is an element too many"))
        }
    }

    /// Nothing may follow the root element.
    pub(super) fn end(&mut self) -> Result<(), XmlError> {
        loop {
            match self.event()? {
                Event::Text(text) if blank(&text) => {}
                Event::Comment(_) => {}
                Event::Eof => return Ok(()),
                _ => return Err(self.refuse("there is something after the root element")),
            }
        }
    }

    /// The text up to the end of the present element.
    pub(super) fn text(&mut self) -> Result<Cow<'a, str>, XmlError> {
        let mut text = Cow::Borrowed("");
        loop {
            match self.event()? {
                Event::End(_) => return Ok(text),
                event => text = self.join(text, event)?,
            }
        }
    }

    /// Text, CDATA and references are one text; nothing else can be part of it.
    pub(super) fn join(
        &self,
        before: Cow<'a, str>,
        event: Event<'a>,
    ) -> Result<Cow<'a, str>, XmlError> {
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

    pub(super) fn reference(&self, reference: &BytesRef<'_>) -> Result<char, XmlError> {
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
pub(super) fn element(start: &BytesStart<'_>) -> Option<&'static str> {
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

pub(super) fn blank(text: &str) -> bool {
    trim(text).is_empty()
}

/// Without XML's white space at both ends.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r'])
}
