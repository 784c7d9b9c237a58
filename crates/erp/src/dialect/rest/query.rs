//! The parameters of a query string, in one reading: nothing twice, no broken escape.

use std::collections::HashSet;

use percent_encoding::percent_decode_str;

use super::malformed;
use crate::fault::Fault;

/// How many parameters are taken: a condition of each kind on every field of a wide model.
const MOST: usize = 4096;

/// Reads a query string into its parameters, in order.
pub(super) fn read(query: &str) -> Result<Vec<(String, String)>, Fault> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut known: HashSet<String> = HashSet::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        if pairs.len() >= MOST {
            return Err(malformed(format!("there are more than {MOST} parameters")));
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decoded(name)?, decoded(value)?);
        if !known.insert(name.clone()) {
            return Err(malformed(format!(
                "the parameter `{}` is given twice",
                shown(&name)
            )));
        }
        pairs.push((name, value));
    }
    Ok(pairs)
}

/// Writes parameters as a query string.
pub(super) fn write<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        out.append_pair(name, value);
    }
    out.finish()
}

/// A name of the caller's, cut to what a message can hold.
pub(super) fn shown(name: &str) -> String {
    name.chars()
        .filter(|letter| !letter.is_control())
        .take(64)
        .collect()
}

fn decoded(text: &str) -> Result<String, Fault> {
    let broken = || malformed("the query has a broken escape");
    let mut parts = text.split('%');
    parts.next();
    for part in parts {
        let mut digits = part.bytes();
        let (Some(high), Some(low)) = (digits.next(), digits.next()) else {
            return Err(broken());
        };
        if !high.is_ascii_hexdigit() || !low.is_ascii_hexdigit() {
            return Err(broken());
        }
    }
    let text = text.replace('+', " ");
    let text = percent_decode_str(&text)
        .decode_utf8()
        .map_err(|_| malformed("the query is not UTF-8"))?;
    if text.contains(|letter: char| letter.is_control()) {
        return Err(malformed("the query has a control character"));
    }
    Ok(text.into_owned())
}
