//! Reads and writes `multipart/form-data`, as an upload is sent.
//!
//! Servers read such bodies in many ways: what stands before the first part, two parts of one
//! name, two names of one file. Here there is one way, and what is not of it is refused; what
//! goes upstream is written anew from what was read.

use memchr::memmem;
use percent_encoding::percent_decode_str;

use crate::fault::{Fault, FaultKind};

/// The most parts of a body.
const PARTS: usize = 32;
/// The longest head of a part.
const HEAD: usize = 2048;
/// The longest boundary (RFC 2046).
const BOUNDARY: usize = 70;

/// One part.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part<'a> {
    /// The name of the field.
    pub(super) name: String,
    /// The name of the file, if it is one.
    pub(super) file: Option<String>,
    /// Its bytes.
    pub(super) content: &'a [u8],
}

/// The parts of a body.
///
/// # Errors
/// When the body could be read in more than one way.
pub(super) fn read<'a>(content_type: &str, body: &'a [u8]) -> Result<Vec<Part<'a>>, Fault> {
    let boundary = boundary(content_type)?;
    let opening = format!("--{boundary}");
    let between = format!("\r\n--{boundary}");
    let mut rest = body
        .strip_prefix(opening.as_bytes())
        .ok_or_else(|| malformed("it does not begin with its boundary"))?;
    let mut parts: Vec<Part<'a>> = Vec::new();
    loop {
        if let Some(end) = rest.strip_prefix(b"--") {
            return if matches!(end, b"" | b"\r\n") {
                Ok(parts)
            } else {
                Err(malformed("something follows its end"))
            };
        }
        let part = rest
            .strip_prefix(b"\r\n")
            .ok_or_else(|| malformed("a boundary is followed by something else"))?;
        let end =
            memmem::find(part, between.as_bytes()).ok_or_else(|| malformed("it has no end"))?;
        let (part, after) = part
            .split_at_checked(end)
            .ok_or_else(|| malformed("it has no end"))?;
        rest = after.get(between.len()..).unwrap_or_default();
        let part = self::part(part)?;
        if parts.iter().any(|other| other.name == part.name) {
            return Err(malformed("a field is given twice"));
        }
        parts.push(part);
        if parts.len() > PARTS {
            return Err(Fault::new(
                FaultKind::TooLarge,
                "there are more fields than allowed",
            ));
        }
    }
}

/// Writes the parts under a boundary that none of them holds; answers the content type, too.
pub(super) fn write(parts: &[Part<'_>]) -> (String, Vec<u8>) {
    let mut boundary = String::from("portcullis");
    let mut count = 0_u64;
    while parts
        .iter()
        .any(|part| memmem::find(part.content, boundary.as_bytes()).is_some())
    {
        count = count.saturating_add(1);
        boundary = format!("portcullis-{count}");
    }
    let size = parts
        .iter()
        .map(|part| part.content.len().saturating_add(256));
    let mut body = Vec::with_capacity(size.sum());
    for part in parts {
        body.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        let name = quoted(&part.name);
        let head = match &part.file {
            None => format!("Content-Disposition: form-data; name=\"{name}\"\r\n\r\n"),
            Some(file) => format!(
                "Content-Disposition: form-data; name=\"{name}\"; filename=\"{}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n",
                quoted(file)
            ),
        };
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(part.content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

fn boundary(content_type: &str) -> Result<&str, Fault> {
    let bad = || malformed("its boundary is missing or not well formed");
    let mut found = None;
    for parameter in content_type.split(';').skip(1) {
        let (name, value) = parameter.split_once('=').ok_or_else(bad)?;
        if name.trim().eq_ignore_ascii_case("boundary") && found.replace(value.trim()).is_some() {
            return Err(bad());
        }
    }
    let value = found.ok_or_else(bad)?;
    let value = match value.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"').ok_or_else(bad)?,
        None => value,
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=?".contains(&byte);
    if value.is_empty() || value.len() > BOUNDARY || !value.bytes().all(allowed) {
        return Err(bad());
    }
    Ok(value)
}

fn part(bytes: &[u8]) -> Result<Part<'_>, Fault> {
    let end = memmem::find(bytes, b"\r\n\r\n").filter(|end| *end <= HEAD);
    let (head, content) = end
        .and_then(|end| bytes.split_at_checked(end))
        .ok_or_else(|| malformed("a part has no head"))?;
    let content = content.get(4..).unwrap_or_default();
    let head = std::str::from_utf8(head).map_err(|_| malformed("a head is not UTF-8"))?;
    let mut named = None;
    for line in head.split("\r\n") {
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| malformed("a head is not well formed"))?;
        // Types and lengths of parts are the client's words; nothing is read by them.
        if !name.eq_ignore_ascii_case("content-disposition") {
            continue;
        }
        if named.replace(disposition(value)?).is_some() {
            return Err(malformed("a part is named twice"));
        }
    }
    let (name, file) = named.ok_or_else(|| malformed("a part has no name"))?;
    Ok(Part {
        name,
        file,
        content,
    })
}

/// `form-data; name="x"; filename="y"`: the two names.
fn disposition(value: &str) -> Result<(String, Option<String>), Fault> {
    let bad = || malformed("a part's names are not well formed");
    let mut rest = value.trim().strip_prefix("form-data").ok_or_else(bad)?;
    let (mut name, mut file) = (None, None);
    while !rest.trim().is_empty() {
        let parameter = rest.trim_start().strip_prefix(';').ok_or_else(bad)?;
        let (key, value) = parameter.split_once('=').ok_or_else(bad)?;
        let (value, after) = parameter_value(value).ok_or_else(bad)?;
        rest = after;
        let twice = match key.trim().to_ascii_lowercase().as_str() {
            "name" => name.replace(value),
            "filename" => file.replace(value),
            "filename*" => file.replace(extended(&value).ok_or_else(bad)?),
            _ => return Err(bad()),
        };
        if twice.is_some() {
            return Err(bad());
        }
    }
    Ok((name.ok_or_else(bad)?, file))
}

/// A parameter's value, quoted or not, and what follows it.
fn parameter_value(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start();
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        let (value, rest) = text.split_at_checked(end)?;
        let value = value.trim();
        let plain = !value.is_empty() && !value.contains(['"', ' ', '\\']);
        return (plain && !value.contains(char::is_control)).then(|| (value.to_owned(), rest));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Some((value, quoted.get(at.checked_add(1)?..)?)),
            '\\' => value.push(chars.next()?.1),
            char if char.is_control() => return None,
            char => value.push(char),
        }
    }
    None
}

/// `UTF-8''…`, as RFC 8187 has it.
fn extended(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_, encoded) = rest.split_once('\'')?;
    if !charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    let text = percent_decode_str(encoded).decode_utf8().ok()?;
    (!text.contains(char::is_control)).then(|| text.into_owned())
}

fn malformed(why: &str) -> Fault {
    Fault::new(
        FaultKind::Malformed,
        format!("the multipart body cannot be read: {why}"),
    )
}
