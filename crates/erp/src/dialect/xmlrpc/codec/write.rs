//! Writes XML-RPC straight into a byte buffer, in the shape of Python's `xmlrpc.client`.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::UnsayableError;
use crate::call::RecordId;
use crate::dialect::piece::Piece;
use crate::value::{Map, Value};

const HEAD: &[u8] = b"<?xml version=\"1.0\"?>\n";

/// How things are said that XML-RPC has no plain word for.
#[derive(Clone, Copy)]
enum Manner {
    /// In requests: `null` is `<nil/>`, and what XML cannot carry is an error, because what
    /// was judged must be what is sent.
    Exact,
    /// In answers: `null` is `false`, as Odoo says for everything empty (not every client reads
    /// `<nil/>`), and characters that XML cannot carry are left out, as Odoo does.
    Lenient,
}

/// Writes a request.
///
/// # Errors
/// When a value cannot be said in XML-RPC.
pub fn write_call(out: &mut Vec<u8>, method: &str, params: &[Value]) -> Result<(), UnsayableError> {
    out.extend_from_slice(HEAD);
    out.extend_from_slice(b"<methodCall>\n<methodName>");
    escape(out, method, Manner::Exact)?;
    out.extend_from_slice(b"</methodName>\n<params>\n");
    for param in params {
        out.extend_from_slice(b"<param>\n");
        put(out, param, Manner::Exact)?;
        out.extend_from_slice(b"</param>\n");
    }
    out.extend_from_slice(b"</params>\n</methodCall>\n");
    Ok(())
}

/// Writes a request from borrowed parts.
pub(in crate::dialect) fn write_pieces(
    out: &mut Vec<u8>,
    method: &str,
    params: &[Piece<'_>],
) -> Result<(), UnsayableError> {
    out.extend_from_slice(HEAD);
    out.extend_from_slice(b"<methodCall>\n<methodName>");
    escape(out, method, Manner::Exact)?;
    out.extend_from_slice(b"</methodName>\n<params>\n");
    for param in params {
        out.extend_from_slice(b"<param>\n");
        put_piece(out, param)?;
        out.extend_from_slice(b"</param>\n");
    }
    out.extend_from_slice(b"</params>\n</methodCall>\n");
    Ok(())
}

fn put_piece(out: &mut Vec<u8>, piece: &Piece<'_>) -> Result<(), UnsayableError> {
    match piece {
        Piece::Value(value) => put(out, value, Manner::Exact)?,
        Piece::Text(text) => put_text(out, text, Manner::Exact)?,
        Piece::Int(number) => print(out, format_args!("<value><int>{number}</int></value>\n")),
        Piece::Ids(ids) => {
            out.extend_from_slice(b"<value><array><data>\n");
            for id in *ids {
                match id {
                    RecordId::Number(number) => {
                        print(out, format_args!("<value><int>{number}</int></value>\n"));
                    }
                    RecordId::Name(name) => put_text(out, name, Manner::Exact)?,
                }
            }
            out.extend_from_slice(b"</data></array></value>\n");
        }
        Piece::List(items) => {
            out.extend_from_slice(b"<value><array><data>\n");
            for item in items {
                put_piece(out, item)?;
            }
            out.extend_from_slice(b"</data></array></value>\n");
        }
        Piece::Entries(map) => put_map(out, map, Manner::Exact)?,
        Piece::Map(entries) => {
            out.extend_from_slice(b"<value><struct>\n");
            for (name, piece) in entries {
                out.extend_from_slice(b"<member>\n<name>");
                escape(out, name, Manner::Exact)?;
                out.extend_from_slice(b"</name>\n");
                put_piece(out, piece)?;
                out.extend_from_slice(b"</member>\n");
            }
            out.extend_from_slice(b"</struct></value>\n");
        }
    }
    Ok(())
}

fn put_text(out: &mut Vec<u8>, text: &str, manner: Manner) -> Result<(), UnsayableError> {
    out.extend_from_slice(b"<value><string>");
    escape(out, text, manner)?;
    out.extend_from_slice(b"</string></value>\n");
    Ok(())
}

fn put_map(out: &mut Vec<u8>, map: &Map, manner: Manner) -> Result<(), UnsayableError> {
    out.extend_from_slice(b"<value><struct>\n");
    for (name, value) in map {
        out.extend_from_slice(b"<member>\n<name>");
        escape(out, name, manner)?;
        out.extend_from_slice(b"</name>\n");
        put(out, value, manner)?;
        out.extend_from_slice(b"</member>\n");
    }
    out.extend_from_slice(b"</struct></value>\n");
    Ok(())
}

/// Writes a result. `null` becomes `false`; characters that XML has not are left out.
pub fn write_response(out: &mut Vec<u8>, value: &Value) {
    out.extend_from_slice(HEAD);
    out.extend_from_slice(b"<methodResponse>\n<params>\n<param>\n");
    lenient(put(out, value, Manner::Lenient));
    out.extend_from_slice(b"</param>\n</params>\n\n</methodResponse>\n");
}

/// Writes a fault. The code is a number or a text.
pub fn write_fault(out: &mut Vec<u8>, code: &Value, text: &str) {
    out.extend_from_slice(HEAD);
    out.extend_from_slice(
        b"<methodResponse>\n<fault>\n<value><struct>\n<member>\n<name>faultCode</name>\n",
    );
    lenient(put(out, code, Manner::Lenient));
    out.extend_from_slice(b"</member>\n<member>\n<name>faultString</name>\n<value><string>");
    lenient(escape(out, text, Manner::Lenient));
    out.extend_from_slice(
        b"</string></value>\n</member>\n</struct></value>\n</fault>\n\n</methodResponse>\n",
    );
}

/// Writes one `<value>`, exactly: `null` is `<nil/>`.
///
/// # Errors
/// When it cannot be said in XML-RPC.
pub fn write_value(out: &mut Vec<u8>, value: &Value) -> Result<(), UnsayableError> {
    put(out, value, Manner::Exact)
}

/// INVARIANT: the lenient manner finds a word for everything.
fn lenient(written: Result<(), UnsayableError>) {
    debug_assert!(written.is_ok());
}

fn put(out: &mut Vec<u8>, value: &Value, manner: Manner) -> Result<(), UnsayableError> {
    match value {
        Value::Null => out.extend_from_slice(match manner {
            Manner::Exact => b"<value><nil/></value>\n".as_slice(),
            Manner::Lenient => b"<value><boolean>0</boolean></value>\n".as_slice(),
        }),
        Value::Bool(false) => out.extend_from_slice(b"<value><boolean>0</boolean></value>\n"),
        Value::Bool(true) => out.extend_from_slice(b"<value><boolean>1</boolean></value>\n"),
        Value::Int(number) => print(out, format_args!("<value><int>{number}</int></value>\n")),
        Value::Big(digits) => print(out, format_args!("<value><int>{digits}</int></value>\n")),
        Value::Float(number) => match manner {
            _ if number.is_finite() => {
                print(
                    out,
                    format_args!("<value><double>{number:?}</double></value>\n"),
                );
            }
            Manner::Exact => return Err(UnsayableError::Number),
            Manner::Lenient => put(out, &Value::Null, manner)?,
        },
        Value::Text(text) => put_text(out, text, manner)?,
        Value::Bytes(bytes) => {
            out.extend_from_slice(b"<value><base64>\n");
            // 57 bytes make a line of 76 characters.
            for line in bytes.chunks(57) {
                print(out, format_args!("{}\n", STANDARD.encode(line)));
            }
            out.extend_from_slice(b"</base64></value>\n");
        }
        Value::Moment(text) => {
            out.extend_from_slice(b"<value><dateTime.iso8601>");
            escape(out, text, manner)?;
            out.extend_from_slice(b"</dateTime.iso8601></value>\n");
        }
        Value::List(items) => {
            out.extend_from_slice(b"<value><array><data>\n");
            for item in items {
                put(out, item, manner)?;
            }
            out.extend_from_slice(b"</data></array></value>\n");
        }
        Value::Map(map) => put_map(out, map, manner)?,
    }
    Ok(())
}

fn print(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    let written = out.write_fmt(text);
    debug_assert!(written.is_ok(), "writing to memory does not fail");
}

/// Writes text with `&`, `<`, `>` and carriage returns as references.
fn escape(out: &mut Vec<u8>, text: &str, manner: Manner) -> Result<(), UnsayableError> {
    let special = |c: char| matches!(c, '&' | '<' | '>' | '\r') || !super::source::allowed(c);
    // Most texts have nothing to escape: one pass over the bytes tells.
    if !text
        .bytes()
        .any(|byte| byte < 0x20 || matches!(byte, b'&' | b'<' | b'>' | 0xef))
    {
        out.extend_from_slice(text.as_bytes());
        return Ok(());
    }
    let mut rest = text;
    while let Some((before, found, after)) = split(rest, special) {
        out.extend_from_slice(before.as_bytes());
        match (found, manner) {
            ('&', _) => out.extend_from_slice(b"&amp;"),
            ('<', _) => out.extend_from_slice(b"&lt;"),
            ('>', _) => out.extend_from_slice(b"&gt;"),
            ('\r', _) => out.extend_from_slice(b"&#13;"),
            (_, Manner::Exact) => return Err(UnsayableError::Character),
            (_, Manner::Lenient) => {}
        }
        rest = after;
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(())
}

fn split(text: &str, special: impl Fn(char) -> bool) -> Option<(&str, char, &str)> {
    let (position, found) = text.char_indices().find(|(_, c)| special(*c))?;
    let (before, from) = text.split_at_checked(position)?;
    let mut after = from.chars();
    after.next();
    Some((before, found, after.as_str()))
}
