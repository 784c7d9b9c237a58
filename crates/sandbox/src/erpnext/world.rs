//! The documents, by DocType and name.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use portcullis_erp::value::Value;

use super::schema::{DocType, STANDARD};
use super::values::{Doc, text, whole};
use crate::clock;

/// All documents, and the counters of naming series.
#[derive(Default)]
pub(crate) struct World {
    tables: HashMap<String, BTreeMap<String, Arc<Doc>>>,
    series: HashMap<String, u32>,
}

impl World {
    pub(crate) fn get(&self, doctype: &str, name: &str) -> Option<&Arc<Doc>> {
        self.tables.get(doctype)?.get(name)
    }

    pub(crate) fn has(&self, doctype: &str, name: &str) -> bool {
        self.get(doctype, name).is_some()
    }

    /// Whether a document has this name, or one that MariaDB takes for it: names are its key, and
    /// differ by more than case, or blanks at their end.
    pub(crate) fn takes_for(&self, doctype: &str, name: &str) -> bool {
        let wanted = folded(name);
        self.has(doctype, name)
            || self
                .tables
                .get(doctype)
                .is_some_and(|table| table.keys().any(|known| folded(known) == wanted))
    }

    /// The documents of a DocType, by name.
    pub(crate) fn all(&self, doctype: &str) -> impl Iterator<Item = &Arc<Doc>> {
        self.tables
            .get(doctype)
            .into_iter()
            .flat_map(BTreeMap::values)
    }

    pub(crate) fn put(&mut self, doctype: &str, doc: Doc) {
        let name = super::values::field(&doc, "name").to_owned();
        if !self.tables.contains_key(doctype) {
            self.tables.insert(doctype.to_owned(), BTreeMap::new());
        }
        if let Some(table) = self.tables.get_mut(doctype) {
            table.insert(name, Arc::new(doc));
        }
    }

    pub(crate) fn remove(&mut self, doctype: &str, name: &str) -> Option<Arc<Doc>> {
        self.tables.get_mut(doctype)?.remove(name)
    }

    /// The next number of a series.
    pub(crate) fn next_in(&mut self, series: &str) -> u32 {
        let count = self.series.entry(series.to_owned()).or_insert(0);
        *count = count.saturating_add(1);
        *count
    }

    /// Lets a series go on behind this number.
    pub(crate) fn reach(&mut self, series: &str, number: u32) {
        let count = self.series.entry(series.to_owned()).or_insert(0);
        *count = (*count).max(number);
    }

    /// Gives the last number of a series back.
    pub(crate) fn revert(&mut self, series: &str, number: u32) {
        if let Some(count) = self
            .series
            .get_mut(series)
            .filter(|count| **count == number)
        {
            *count = count.saturating_sub(1);
        }
    }

    /// All rows of a child DocType, whatever document they stand in.
    pub(crate) fn rows<'a>(
        &'a self,
        schema: &'a super::schema::Schema,
        child: &'a str,
    ) -> impl Iterator<Item = &'a Doc> {
        schema.all().flat_map(move |parent| {
            let tables = parent.tables().filter(move |table| table.options == child);
            tables.flat_map(move |table| {
                let rows = self
                    .all(&parent.name)
                    .filter_map(|doc| doc.get(&table.name)?.as_list());
                rows.flatten().filter_map(Value::as_map)
            })
        })
    }

    /// The parent document and the field in which a child row stands.
    pub(crate) fn row(
        &self,
        schema: &super::schema::Schema,
        child: &str,
        name: &str,
    ) -> Option<Row> {
        schema.all().find_map(|parent| {
            parent
                .tables()
                .filter(|table| table.options == child)
                .find_map(|table| {
                    self.all(&parent.name).find_map(|doc| {
                        let rows = doc.get(&table.name)?.as_list()?;
                        let at = rows.iter().position(|row| {
                            row.as_map()
                                .is_some_and(|row| super::values::field(row, "name") == name)
                        })?;
                        let row = rows.get(at)?.as_map()?.clone();
                        let parent_name = super::values::field(doc, "name").to_owned();
                        Some(Row {
                            parent: parent.name.clone(),
                            parent_name,
                            table: table.name.clone(),
                            at,
                            row,
                        })
                    })
                })
        })
    }
}

/// Where a child row stands.
pub(crate) struct Row {
    pub(crate) parent: String,
    pub(crate) parent_name: String,
    pub(crate) table: String,
    pub(crate) at: usize,
    pub(crate) row: Doc,
}

/// A moment as documents carry it.
pub(crate) fn moment(micros: i64) -> String {
    let (year, month, day, hour, minute, second) = clock::parts(micros);
    let fraction = micros.rem_euclid(1_000_000);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{fraction:06}")
}

/// The date of a moment.
pub(crate) fn date(micros: i64) -> String {
    let (year, month, day, ..) = clock::parts(micros);
    format!("{year:04}-{month:02}-{day:02}")
}

/// A document with every column in its place, of values that may be incomplete or in any
/// order. Numbers get the type of their column, absent ones are 0; absent texts are null.
pub(crate) fn shaped(doctype: &DocType, mut from: Doc) -> Doc {
    let mut doc = Doc::with_capacity(doctype.fields.len().saturating_add(12));
    for name in STANDARD {
        let value = from.swap_remove(name);
        let value = match name {
            "docstatus" | "idx" => Value::Int(whole(value.as_ref())),
            _ => value.unwrap_or_default(),
        };
        doc.insert(name.to_owned(), value);
    }
    for field in &doctype.fields {
        let value = from.swap_remove(&field.name);
        let value = if field.is_table() {
            Value::List(
                value
                    .and_then(|rows| {
                        if let Value::List(rows) = rows {
                            Some(rows)
                        } else {
                            None
                        }
                    })
                    .unwrap_or_default(),
            )
        } else if field.is_whole() {
            Value::Int(whole(value.as_ref()))
        } else if field.is_float() {
            Value::Float(super::values::number(value.as_ref()))
        } else {
            match value {
                Some(Value::Int(_) | Value::Float(_) | Value::Bool(_)) => {
                    text(super::values::plain(value.as_ref()))
                }
                other => other.unwrap_or_default(),
            }
        };
        doc.insert(field.name.clone(), value);
    }
    if doctype.is_child {
        for name in super::schema::OF_CHILD {
            doc.insert(name.to_owned(), from.swap_remove(name).unwrap_or_default());
        }
    }
    doc
}

/// A text as MariaDB compares it.
pub(crate) fn folded(text: &str) -> String {
    text.trim_end().to_lowercase()
}
