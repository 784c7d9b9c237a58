//! What is filled in or left out before something is written.

use portcullis_erp::value::{Map, Value};

use crate::erpnext::access::Caller;
use crate::erpnext::chance;
use crate::erpnext::schema::{DocType, STANDARD, Schema};
use crate::erpnext::values::{Doc, field, text, whole};
use crate::erpnext::world::{date, moment, shaped};

/// The values that the DocType has a place for.
pub(crate) fn known(kind: &DocType, values: Map) -> Map {
    values
        .into_iter()
        .filter(|(name, _)| kind.field(name).is_some() || STANDARD.contains(&name.as_str()))
        .collect()
}

/// A document that is taken as it was sent: what it does not name is empty, also the columns that
/// nobody may change, so that the checks notice it.
pub(crate) fn whole_document(kind: &DocType, mut doc: Map) -> Map {
    let fields = kind.fields.iter().filter(|field| !field.is('r'));
    let names = fields.map(|field| field.name.as_str());
    for name in names.chain(["modified", "creation", "owner"]) {
        if !doc.contains_key(name) {
            doc.insert(name.to_owned(), Value::Null);
        }
    }
    doc.entry("docstatus".to_owned()).or_insert(Value::Int(0));
    doc
}

/// Values above the caller's permlevel are silently not written.
pub(crate) fn drop_unreachable(
    caller: &Caller,
    kind: &DocType,
    values: &mut Map,
    before: Option<&Doc>,
) {
    if caller.is_administrator() {
        return;
    }
    values.retain(|name, value| {
        let reached = kind
            .field(name)
            .is_none_or(|field| caller.reaches(kind, field, 'w'));
        reached || before.is_some_and(|before| before.get(name) == Some(value))
    });
}

/// Defaults of a new document.
pub(crate) fn defaults(kind: &DocType, values: &mut Map, now: i64) {
    for field in &kind.fields {
        let empty = values
            .get(&field.name)
            .is_none_or(|value| *value == Value::Null);
        if !empty || field.is_table() {
            continue;
        }
        let default = match field.default.as_str() {
            "" if field.name == "naming_series" => field
                .options
                .split('|')
                .find(|option| !option.is_empty())
                .unwrap_or_default()
                .to_owned(),
            "" => continue,
            "Today" => date(now),
            "Now" => moment(now),
            fixed if fixed.starts_with(':') || fixed.starts_with("__") => continue,
            fixed => fixed.to_owned(),
        };
        values.insert(field.name.clone(), text(default));
    }
}

/// Gives child rows their names, columns and places. Rows that were there before, by name,
/// keep their owner and creation, and nothing else: a row replaces a row.
pub(crate) fn name_rows(
    schema: &Schema,
    kind: &DocType,
    doc: &mut Doc,
    before: Option<&Doc>,
    caller: &Caller,
    now: &str,
) {
    let parent = field(doc, "name").to_owned();
    let docstatus = whole(doc.get("docstatus"));
    for table in kind.tables() {
        let Some(child) = schema.get(&table.options) else {
            continue;
        };
        let Some(Value::List(rows)) = doc.get_mut(&table.name) else {
            continue;
        };
        let old = before
            .and_then(|before| before.get(&table.name))
            .and_then(Value::as_list)
            .unwrap_or_default();
        let taken = std::mem::take(rows);
        for (at, row) in taken.into_iter().enumerate() {
            let Value::Map(mut row) = row else { continue };
            let name = field(&row, "name").to_owned();
            let earlier = old
                .iter()
                .filter_map(Value::as_map)
                .find(|old| !name.is_empty() && field(old, "name") == name);
            let is_complete = row.contains_key("parenttype") && row.len() > child.fields.len();
            if !is_complete && earlier.is_none() {
                child_defaults(child, &mut row);
            }
            let mut row = shaped(child, row);
            let mut put = |key: &str, value: Value| drop(row.insert(key.to_owned(), value));
            if name.is_empty() {
                put("name", text(chance::row_name()));
            }
            let kept = |key: &str, fresh: &str| {
                earlier
                    .and_then(|old| old.get(key))
                    .cloned()
                    .unwrap_or_else(|| text(fresh))
            };
            put("owner", kept("owner", &caller.user));
            put("creation", kept("creation", now));
            put("modified", text(now));
            put("modified_by", text(caller.user.as_str()));
            put("docstatus", Value::Int(docstatus));
            put(
                "idx",
                Value::Int(i64::try_from(at.saturating_add(1)).unwrap_or(0)),
            );
            put("parent", text(parent.as_str()));
            put("parentfield", text(table.name.as_str()));
            put("parenttype", text(kind.name.as_str()));
            rows.push(Value::Map(row));
        }
    }
}

fn child_defaults(child: &DocType, row: &mut Map) {
    if child.field("margin_type").is_some() {
        row.entry("margin_type".to_owned())
            .or_insert_with(|| text(""));
    }
    for field in &child.fields {
        if !field.default.is_empty()
            && !field.default.starts_with([':', '_'])
            && !row.contains_key(&field.name)
        {
            row.insert(field.name.clone(), text(field.default.as_str()));
        }
    }
}

/// Sets the status of a document and of its rows.
pub(crate) fn set_status(doc: &mut Doc, status: i64) {
    doc.insert("docstatus".to_owned(), Value::Int(status));
    for value in doc.values_mut() {
        if let Value::List(rows) = value {
            for row in rows {
                if let Value::Map(row) = row {
                    row.insert("docstatus".to_owned(), Value::Int(status));
                }
            }
        }
    }
    if doc.contains_key("delivery_status") {
        let words = if status == 1 {
            "To Deliver and Bill"
        } else {
            "Cancelled"
        };
        doc.insert("status".to_owned(), text(words));
    }
}

/// The real server leaves this mark in what it answers to an insert, and gives it back.
pub(crate) fn mark_rows(doc: &mut Doc, table: &str) {
    if let Some(Value::List(rows)) = doc.get_mut(table) {
        for row in rows {
            if let Value::Map(row) = row {
                row.insert("__unsaved".to_owned(), Value::Int(1));
            }
        }
    }
}
