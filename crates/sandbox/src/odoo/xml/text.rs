//! The text of an XML body: its encoding, and the entities of its internal DTD.

use std::collections::HashMap;

use super::{XmlTrouble, malformed};

/// How far entities may expand; the real parser stops at about as much.
pub(super) const EXPANSION: usize = 1024 * 1024;

/// The text of a body in any of the encodings that the server's parser knows.
pub(super) fn decode(body: &[u8]) -> Result<String, XmlTrouble> {
    let utf16 = |bytes: &[u8], read: fn([u8; 2]) -> u16| {
        let units = bytes
            .chunks_exact(2)
            .filter_map(|pair| pair.try_into().ok().map(read));
        char::decode_utf16(units)
            .map(|unit| unit.unwrap_or('\u{fffd}'))
            .collect::<String>()
    };
    match body {
        [0xff, 0xfe, rest @ ..] => return Ok(utf16(rest, u16::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => return Ok(utf16(rest, u16::from_be_bytes)),
        _ => {}
    }
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let head =
        String::from_utf8_lossy(body.get(..body.len().min(120)).unwrap_or(body)).to_lowercase();
    let declared = head
        .strip_prefix("<?xml")
        .and_then(|head| head.split_once("encoding="))
        .and_then(|(_, rest)| rest.get(1..))
        .and_then(|rest| rest.split(['"', '\'']).next());
    match declared {
        None | Some("utf-8" | "utf8" | "us-ascii" | "ascii") => String::from_utf8(body.to_vec())
            .map_err(|_| malformed("not well-formed (invalid token)")),
        Some("iso-8859-1" | "latin-1" | "latin1" | "windows-1252") => {
            Ok(body.iter().map(|&byte| char::from(byte)).collect())
        }
        Some("utf-16") => Err(malformed(
            "encoding specified in XML declaration is incorrect",
        )),
        Some(_) => Err(malformed("unknown encoding")),
    }
}

/// The internal entities of a DTD; external ones stay empty and are never fetched.
pub(super) fn declared(dtd: &str) -> HashMap<String, String> {
    dtd.split("<!ENTITY")
        .skip(1)
        .filter_map(|entity| {
            let entity = entity.trim_start();
            let (name, rest) = entity.split_once(char::is_whitespace)?;
            let rest = rest.trim_start();
            let quote = rest.chars().next()?;
            if quote != '"' && quote != '\'' {
                return Some((name.to_owned(), String::new()));
            }
            let text = rest.get(1..)?.split(quote).next()?;
            Some((name.to_owned(), text.to_owned()))
        })
        .collect()
}

/// What an entity stands for, with those inside it; `left` says how much may still come of it.
pub(super) fn expand(
    name: &str,
    entities: &HashMap<String, String>,
    depth: usize,
    left: &mut usize,
) -> Result<String, XmlTrouble> {
    if let Some(code) = name.strip_prefix('#') {
        let code = match code.strip_prefix('x') {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => code.parse(),
        };
        let letter = code
            .ok()
            .and_then(char::from_u32)
            .ok_or_else(|| malformed("bad reference"))?;
        return Ok(letter.to_string());
    }
    let text = match name {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        _ => entities
            .get(name)
            .ok_or_else(|| malformed("undefined entity"))?,
    };
    let amplified = || malformed("limit on input amplification factor breached");
    if depth > 20 {
        return Err(amplified());
    }
    *left = left.checked_sub(text.len() + 1).ok_or_else(amplified)?;
    if depth == 0 && !entities.contains_key(name) {
        return Ok(text.to_owned());
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let Some((inner, behind)) = after.split_once(';') else {
            return Err(malformed("bad reference"));
        };
        out.push_str(&expand(inner, entities, depth + 1, left)?);
        rest = behind;
    }
    out.push_str(rest);
    Ok(out)
}
