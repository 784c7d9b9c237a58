//! The parameters of a list and of a record: what is shown, which rows, in which order.

use super::conditions::{Condition, is_path};
use super::expand::{self, Expand};
use super::malformed;
use super::request::unknown;
use crate::fault::Fault;
use crate::limits::Limits;
use crate::name::FieldName;
use crate::value::{Value, from_json};

/// How many different fields `fields` may name.
const MOST_FIELDS: usize = 500;

/// By how many different fields a list is sorted.
const MOST_ORDERED: usize = 16;

/// What is shown of a record.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Columns {
    pub(super) fields: Vec<String>,
    pub(super) expand: Vec<Expand>,
}

/// A list.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Listing {
    pub(super) columns: Columns,
    /// A domain (Odoo) or filters (Frappe).
    pub(super) filter: Option<Value>,
    pub(super) conditions: Vec<Condition>,
    /// Fields, and whether each is sorted downwards.
    pub(super) order: Vec<(String, Way)>,
    pub(super) limit: Option<u32>,
    pub(super) offset: Option<u64>,
    pub(super) cursor: Option<String>,
    /// The parameters that the next page is asked with as well.
    pub(super) again: Vec<(String, String)>,
}

/// Which way a field is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Up,
    Down,
}

impl Columns {
    pub(super) fn read(parameters: Vec<(String, String)>) -> Result<Self, Fault> {
        let mut columns = Self::default();
        for (name, value) in parameters {
            if !columns.take(&name, &value)? {
                return Err(unknown(&name));
            }
        }
        Ok(columns)
    }

    /// Takes a parameter in; says whether it is one of these.
    fn take(&mut self, name: &str, value: &str) -> Result<bool, Fault> {
        match name {
            "fields" => {
                for field in value.split(',') {
                    let field = FieldName::new(field.trim()).map_err(|_| {
                        malformed("`fields` is a list of fields such as name,city").about("fields")
                    })?;
                    if !self.fields.iter().any(|known| known == field.as_str()) {
                        self.fields.push(field.as_str().to_owned());
                    }
                }
                if self.fields.len() > MOST_FIELDS {
                    return Err(malformed("`fields` names too many fields").about("fields"));
                }
            }
            "expand" => self.expand = expand::read(value)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Listing {
    pub(super) fn read(parameters: Vec<(String, String)>, limits: &Limits) -> Result<Self, Fault> {
        let mut list = Self::default();
        for (name, value) in parameters {
            list.take(&name, &value, limits)?;
            if !matches!(&*name, "cursor" | "offset") {
                list.again.push((name, value));
            }
        }
        if list.cursor.is_some() && list.offset.is_some() {
            return Err(malformed("give `cursor` or `offset`").about("cursor"));
        }
        Ok(list)
    }

    fn take(&mut self, name: &str, value: &str, limits: &Limits) -> Result<(), Fault> {
        let number = || malformed(format!("`{name}` is a whole number")).about(name);
        let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        match name {
            "filter" => {
                let read = from_json(value.as_bytes(), limits);
                let read = read.map_err(|error| {
                    malformed(format!("`filter` is no JSON: {error}")).about(name)
                })?;
                self.filter = Some(read);
            }
            "order" => self.order = order(value)?,
            "limit" if digits => {
                let limit: u32 = value.parse().map_err(|_| number())?;
                if limit == 0 {
                    return Err(malformed("`limit` is at least 1").about(name));
                }
                self.limit = Some(limit);
            }
            "offset" if digits => self.offset = Some(value.parse().map_err(|_| number())?),
            "limit" | "offset" => return Err(number()),
            "cursor" => self.cursor = Some(value.to_owned()),
            _ => {
                if self.columns.take(name, value)? {
                    return Ok(());
                }
                match Condition::read(name, value) {
                    Some(condition) => self.conditions.push(condition?),
                    None => return Err(unknown(name)),
                }
            }
        }
        Ok(())
    }

    /// What makes it another list: filter and order.
    pub(super) fn told_apart_by(&self) -> Vec<String> {
        let chosen = self
            .again
            .iter()
            .filter(|(name, _)| matches!(&**name, "filter" | "order") || name.ends_with(']'));
        let mut parts: Vec<String> = chosen
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        parts.sort_unstable();
        parts
    }
}

/// `-date,name`: downwards by date, then upwards by name.
fn order(text: &str) -> Result<Vec<(String, Way)>, Fault> {
    let mut order: Vec<(String, Way)> = Vec::new();
    for part in text.split(',') {
        let part = part.trim();
        let (field, way) = match part.strip_prefix('-') {
            Some(field) => (field, Way::Down),
            None => (part, Way::Up),
        };
        if !is_path(field) || field.contains('.') {
            return Err(malformed("`order` is a list of fields such as -date,name").about("order"));
        }
        // Rows that are in the order of a field already cannot be put in its order again.
        if !order.iter().any(|(known, _)| known == field) {
            order.push((field.to_owned(), way));
        }
    }
    if order.len() > MOST_ORDERED {
        return Err(malformed("`order` names too many fields").about("order"));
    }
    Ok(order)
}
