//! JSON as Python's `json.dumps(data, sort_keys=True)` writes it.
//!
//! A scheme signs that text, so it is written to the letter: `, ` and `: ` between the parts,
//! names in the order of their code points, everything beyond ASCII escaped. Numbers stand as
//! they were sent: Python writes them in the body and in the text alike.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::value::RawValue;

/// How deep objects and lists may be nested.
const DEEPEST: u32 = 64;

/// The same JSON with sorted names; none if it is no JSON, has a name twice or is too deep.
pub fn sorted_json(body: &[u8]) -> Option<String> {
    let value: &RawValue = serde_json::from_slice(body).ok()?;
    let mut out = String::with_capacity(body.len());
    write(value.get(), DEEPEST, &mut out)?;
    Some(out)
}

fn write(text: &str, depth: u32, out: &mut String) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    match text.bytes().next()? {
        b'{' => {
            let members: Members<'_> = serde_json::from_str(text).ok()?;
            out.push('{');
            for (at, (name, value)) in members.0.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                string(name, out);
                out.push_str(": ");
                write(value.get(), depth, out)?;
            }
            out.push('}');
        }
        b'[' => {
            let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
            out.push('[');
            for (at, value) in items.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                write(value.get(), depth, out)?;
            }
            out.push(']');
        }
        b'"' => {
            let plain: Cow<'_, str> = serde_json::from_str(text).ok()?;
            string(&plain, out);
        }
        // A number, `true`, `false` or `null`: one way to write each.
        _ => out.push_str(text),
    }
    Some(())
}

/// The members of an object, by name; an object with a name twice is none.
struct Members<'a>(BTreeMap<String, &'a RawValue>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Members<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Self::Value, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    if members.insert(name, value).is_some() {
                        return Err(serde::de::Error::custom("a name stands twice"));
                    }
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

fn string(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(letter),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    // INVARIANT: writing to a string does not fail.
                    write!(out, "\\u{unit:04x}").unwrap_or_default();
                }
            }
        }
    }
    out.push('"');
}
