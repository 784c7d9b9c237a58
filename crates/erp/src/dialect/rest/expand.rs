//! `expand=partner_id(name,city),order_line(product_id(name))`: what is shown of linked records.

use super::malformed;
use crate::fault::Fault;
use crate::name::FieldName;
use crate::value::{Map, Value};

/// How deep links may be followed.
const DEEPEST: usize = 3;
/// How many fields may be named in all.
const MOST: usize = 200;

/// A link, and what is shown of the records that it leads to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expand {
    pub(super) field: String,
    pub(super) shown: Vec<Expand>,
}

/// Reads the parameter.
pub(super) fn read(text: &str) -> Result<Vec<Expand>, Fault> {
    let mut reader = Reader {
        rest: text,
        left: MOST,
    };
    let read = reader.list(0)?;
    if reader.rest.is_empty() {
        Ok(read)
    } else {
        Err(wrong())
    }
}

impl Expand {
    /// What Odoo's `web_read` is told of it.
    pub(super) fn specification(&self) -> Value {
        let mut fields: Map = self
            .shown
            .iter()
            .map(|inner| (inner.field.clone(), inner.leaf()))
            .collect();
        if fields.is_empty() {
            fields.insert("display_name".to_owned(), Value::Map(Map::new()));
        }
        Value::Map(Map::from_iter([("fields".to_owned(), Value::Map(fields))]))
    }

    /// A field within: a plain one, or a link that is followed further.
    fn leaf(&self) -> Value {
        if self.shown.is_empty() {
            Value::Map(Map::new())
        } else {
            self.specification()
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
    left: usize,
}

impl Reader<'_> {
    fn list(&mut self, depth: usize) -> Result<Vec<Expand>, Fault> {
        let mut found: Vec<Expand> = Vec::new();
        loop {
            let end = self.rest.find(['(', ')', ',']).unwrap_or(self.rest.len());
            let (name, rest) = self.rest.split_at_checked(end).ok_or_else(wrong)?;
            let field = FieldName::new(name.trim()).map_err(|_| wrong())?;
            self.left = self
                .left
                .checked_sub(1)
                .ok_or_else(|| malformed("`expand` names too many fields"))?;
            self.rest = rest;
            let shown = if let Some(inner) = rest.strip_prefix('(') {
                if depth >= DEEPEST {
                    return Err(malformed("`expand` goes too deep"));
                }
                self.rest = inner;
                let shown = self.list(depth + 1)?;
                self.rest = self.rest.strip_prefix(')').ok_or_else(wrong)?;
                shown
            } else {
                Vec::new()
            };
            let field = field.as_str().to_owned();
            add(&mut found, Expand { field, shown });
            match self.rest.strip_prefix(',') {
                Some(rest) => self.rest = rest,
                None => return Ok(found),
            }
        }
    }
}

/// Adds a link; what is shown of one that is named twice is what is named of it either time.
fn add(found: &mut Vec<Expand>, one: Expand) {
    match found.iter_mut().find(|known| known.field == one.field) {
        Some(known) => {
            for inner in one.shown {
                add(&mut known.shown, inner);
            }
        }
        None => found.push(one),
    }
}

fn wrong() -> Fault {
    malformed("`expand` is a list such as partner_id(name,city),order_line(name)")
}
