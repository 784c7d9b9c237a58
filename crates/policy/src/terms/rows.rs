//! Rows, pairs, fields: what is left of them.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_erp::{Map, Value};

use super::{DocumentTerms, RowTerms, Wrong};
use crate::mask::Mask;
use crate::protection::Protection;
use crate::rule::{names, table_of};

/// The attributes of `fields_get` that say something of the field itself. `depends`,
/// `related`, `domain`, `groups` and the like speak of other fields.
const ATTRIBUTES: &[&str] = &[
    "aggregator",
    "change_default",
    "company_dependent",
    "default_export_compatible",
    "digits",
    "exportable",
    "groupable",
    "help",
    "manual",
    "min_display_digits",
    "name",
    "readonly",
    "relation",
    "required",
    "sanitize",
    "sanitize_attributes",
    "sanitize_style",
    "sanitize_tags",
    "searchable",
    "selection",
    "size",
    "sortable",
    "store",
    "string",
    "strip_classes",
    "strip_style",
    "translate",
    "trim",
    "type",
    "group_operator",
    "attachment",
];

/// Standard columns that say which row it is and what its state is, not what it holds.
const STANDARD: &[&str] = &[
    "name",
    "doctype",
    "docstatus",
    "idx",
    "parent",
    "parentfield",
    "parenttype",
];

impl RowTerms {
    pub(super) fn rows(&self, answer: Value, cut: &mut bool) -> Result<Vec<Value>, Wrong> {
        let Value::List(rows) = answer else {
            return Err("no list of rows");
        };
        rows.into_iter()
            .map(|row| match row {
                Value::Map(row) => self.row(row, cut).map(Value::Map),
                _ => Err("a row that is none"),
            })
            .collect()
    }

    fn row(&self, row: Map, cut: &mut bool) -> Result<Map, Wrong> {
        let mut clean = Map::with_capacity(row.len());
        for (name, value) in row {
            if !self.fields.contains(&name) {
                *cut = true;
                continue;
            }
            let value = match self.nested.get(&name) {
                Some(nested) if nested.many => {
                    let mut rows = Value::List(nested.terms.rows(value, cut)?);
                    if let Some(most) = nested.most {
                        shorten(&mut rows, most as usize, false, cut);
                    }
                    rows
                }
                Some(nested) => match value {
                    Value::Map(inner) => Value::Map(nested.terms.row(inner, cut)?),
                    Value::Int(_) => value,
                    nothing if nothing.is_nothing() => nothing,
                    _ => return Err("a link of another shape"),
                },
                None if self.masked.contains_key(&name) => {
                    let mut value = value;
                    mask(&mut value, self.masked.get(&name).copied(), cut);
                    value
                }
                None if self.nameless.contains(&name) => unnamed(value, cut)?,
                None => value,
            };
            clean.insert(name, value);
        }
        Ok(clean)
    }
}

/// Takes the names out of a link: `[7, "Ann"]` becomes `[7, ""]`.
pub(super) fn unnamed(value: Value, cut: &mut bool) -> Result<Value, Wrong> {
    match value {
        Value::Int(_) => Ok(value),
        nothing if nothing.is_nothing() => Ok(nothing),
        Value::List(items) => {
            if let [
                id @ Value::Int(_),
                Value::Text(_) | Value::Bool(_) | Value::Null,
            ] = items.as_slice()
            {
                *cut = true;
                return Ok(Value::List(vec![id.clone(), Value::from("")]));
            }
            if items.iter().all(|item| matches!(item, Value::Int(_))) {
                return Ok(Value::List(items));
            }
            Err("a link of another shape")
        }
        _ => Err("a link of another shape"),
    }
}

pub(super) fn pair(value: Value, named: bool) -> Result<Value, Wrong> {
    match value {
        Value::List(items) => match items.as_slice() {
            [
                id @ Value::Int(_),
                name @ (Value::Text(_) | Value::Bool(_) | Value::Null),
            ] => {
                let name = if named { name.clone() } else { Value::from("") };
                Ok(Value::List(vec![id.clone(), name]))
            }
            _ => Err("no pair of id and name"),
        },
        _ => Err("no pair of id and name"),
    }
}

/// Leaves no more rows than this: of a list, of each of several lists, of a page or an export.
pub(super) fn shorten(value: &mut Value, most: usize, lists: bool, cut: &mut bool) {
    match value {
        Value::List(items) if lists => {
            for list in items {
                shorten(list, most, false, cut);
            }
        }
        Value::List(rows) => {
            *cut |= rows.len() > most;
            rows.truncate(most);
        }
        Value::Map(page) => {
            for name in ["records", "datas"] {
                if let Some(rows) = page.get_mut(name) {
                    shorten(rows, most, false, cut);
                }
            }
        }
        _ => {}
    }
}

/// Rows as `read` gives them: in the order of the ids asked. Each id stands there once.
pub(super) fn in_order(rows: Vec<Value>, order: &[i64]) -> Result<Value, Wrong> {
    let mut by_id = BTreeMap::new();
    for row in rows {
        let id = row
            .as_map()
            .and_then(|row| row.get("id"))
            .and_then(Value::as_int);
        let Some(id) = id else {
            return Err("a row without id");
        };
        by_id.insert(id, row);
    }
    Ok(Value::List(
        order.iter().filter_map(|id| by_id.remove(id)).collect(),
    ))
}

pub(super) fn fields_get(
    answer: Value,
    fields: &BTreeSet<String>,
    masked: &BTreeSet<String>,
    cut: &mut bool,
) -> Result<Value, Wrong> {
    let Value::Map(found) = answer else {
        return Err("no map of fields");
    };
    let mut clean = Map::new();
    for (name, attributes) in found {
        let Value::Map(mut attributes) = attributes else {
            return Err("a field that is none");
        };
        if !fields.contains(&name) {
            *cut = true;
            continue;
        }
        let before = attributes.len();
        attributes.retain(|attribute, value| {
            ATTRIBUTES.contains(&attribute.as_str())
                || attribute == "currency_field"
                    && value.as_str().is_some_and(|name| fields.contains(name))
        });
        *cut |= attributes.len() != before;
        if masked.contains(&name) {
            for (attribute, use_) in [
                ("readonly", true),
                ("searchable", false),
                ("sortable", false),
                ("groupable", false),
            ] {
                if let Some(value) = attributes.get_mut(attribute) {
                    *value = Value::Bool(use_);
                }
            }
        }
        clean.insert(name, Value::Map(attributes));
    }
    Ok(Value::Map(clean))
}

/// Puts a mask in a value's place.
pub(super) fn mask(value: &mut Value, mask: Option<Mask>, cut: &mut bool) {
    if let Some(mask) = mask.filter(|_| Protection::Masks.is_on()) {
        *cut = true;
        *value = mask.of(std::mem::replace(value, Value::Null));
    }
}

pub(super) fn export(
    answer: Value,
    columns: &[Option<Mask>],
    cut: &mut bool,
) -> Result<Value, Wrong> {
    let Value::Map(mut answer) = answer else {
        return Err("no export");
    };
    let Some(Value::List(mut rows)) = answer.shift_remove("datas") else {
        return Err("an export without rows");
    };
    for row in &mut rows {
        let Value::List(cells) = row else {
            return Err("a row that is none");
        };
        if cells.len() != columns.len()
            || cells
                .iter()
                .any(|cell| matches!(cell, Value::List(_) | Value::Map(_)))
        {
            return Err("a row of another width");
        }
        for (cell, asked) in cells.iter_mut().zip(columns) {
            mask(cell, *asked, cut);
        }
    }
    *cut |= !answer.is_empty();
    let mut clean = Map::new();
    clean.insert("datas".to_owned(), Value::List(rows));
    Ok(Value::Map(clean))
}

/// Frappe tells which documents it did not change with a traceback for each. Which ones it was
/// is what the caller needs.
pub(super) fn failed(answer: Value, cut: &mut bool) -> Result<Value, Wrong> {
    let Value::Map(mut answer) = answer else {
        return Err("no map");
    };
    let Some(Value::List(failed)) = answer.shift_remove("failed_docs") else {
        return Err("no list of failed documents");
    };
    *cut |= !answer.is_empty() || !failed.is_empty();
    let mut clean = Vec::with_capacity(failed.len());
    for one in failed {
        let doc = one.as_map().and_then(|one| one.get("doc")?.as_map());
        let mut doc = doc.cloned().ok_or("a failed document that is none")?;
        doc.retain(|name, _| matches!(name.as_str(), "doctype" | "docname"));
        let why = Value::from("the ERP did not change this document");
        clean.push(Value::Map(Map::from_iter([
            ("doc".to_owned(), Value::Map(doc)),
            ("exc".to_owned(), why),
        ])));
    }
    let failed = ("failed_docs".to_owned(), Value::List(clean));
    Ok(Value::Map(Map::from_iter([failed])))
}

impl DocumentTerms {
    /// Whether some columns of a table are open.
    pub(super) fn opens_columns(&self, table: &str) -> bool {
        let columns = format!("{table}.");
        let is_column = |path: &&String| path.starts_with(&columns);
        let listed = self.fields.iter().flat_map(|fields| {
            let listed = fields.range(columns.clone()..);
            listed.take_while(is_column)
        });
        let masked = self.masked.range(columns.clone()..).map(|(path, _)| path);
        let mut paths = listed.chain(masked.take_while(is_column));
        paths.any(|path| self.open(path) || self.mask(path).is_some())
    }

    /// What is shown of a field instead of its value.
    pub(super) fn mask(&self, path: &str) -> Option<Mask> {
        let mask = self.masked.get(path).copied();
        mask.filter(|_| !names(&self.hidden, path))
    }

    pub(super) fn open(&self, field: &str) -> bool {
        let is_masked = |path: &str| self.masked.contains_key(path);
        if names(&self.hidden, field) || is_masked(field) || table_of(field).is_some_and(is_masked)
        {
            return false;
        }
        match &self.fields {
            Some(fields) => fields.contains(field),
            None => !crate::danger::credential(field),
        }
    }

    /// Rows of a list: maps, or plain names.
    pub(super) fn list(&self, rows: Vec<Value>, cut: &mut bool) -> Result<Vec<Value>, Wrong> {
        rows.into_iter()
            .map(|row| match row {
                Value::Map(row) => {
                    let before = row.len();
                    let mut row = row;
                    row.retain(|name, value| {
                        if let Some(asked) = self.mask(name) {
                            mask(value, Some(asked), cut);
                            return true;
                        }
                        !matches!(value, Value::List(_)) && (name == "name" || self.open(name))
                    });
                    *cut |= row.len() != before;
                    Ok(Value::Map(row))
                }
                _ => Err("a row that is none"),
            })
            .collect()
    }

    /// A whole document, with its child tables.
    pub(super) fn document(&self, document: Map, cut: &mut bool) -> Map {
        let mut clean = Map::with_capacity(document.len());
        for (name, value) in document {
            let whole = self.open(&name) || STANDARD.contains(&name.as_str());
            let columns = format!("{name}.");
            let partly = self.opens_columns(&name);
            if let Some(asked) = self.mask(&name) {
                let mut value = value;
                mask(&mut value, Some(asked), cut);
                clean.insert(name, value);
                continue;
            }
            match value {
                Value::List(rows) if whole || partly => {
                    let mut kept = Vec::with_capacity(rows.len());
                    for row in rows {
                        let Value::Map(mut row) = row else {
                            *cut = true;
                            continue;
                        };
                        let before = row.len();
                        row.retain(|column, value| {
                            let path = format!("{columns}{column}");
                            if let Some(asked) = self.mask(&path) {
                                mask(value, Some(asked), cut);
                                return true;
                            }
                            STANDARD.contains(&column.as_str())
                                || !self.hidden.contains(&path)
                                    && !crate::danger::credential(column)
                                    && (whole || self.open(&path))
                        });
                        *cut |= row.len() != before;
                        kept.push(Value::Map(row));
                    }
                    clean.insert(name, Value::List(kept));
                }
                Value::List(_) => *cut = true,
                // Frappe puts what screens need beside the document (`__onload`).
                value if whole && !matches!(value, Value::Map(_)) => {
                    clean.insert(name, value);
                }
                _ => *cut = true,
            }
        }
        clean
    }
}
