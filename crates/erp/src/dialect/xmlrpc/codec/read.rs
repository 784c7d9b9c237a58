//! Reads calls, responses and values.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "what is not named is refused"
)]

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use indexmap::map::Entry;
use quick_xml::events::Event;

use super::source::{Source, blank, element, trim};
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

impl<'a> Source<'a> {
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
            let Entry::Vacant(place) = map.entry(name) else {
                return Err(self.refuse("a member stands twice in one struct"));
            };
            self.open("value")?;
            place.insert(self.value(depth)?);
            self.close()?;
        }
        Ok(Value::Map(map))
    }
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
