//! One document over REST: create, read, update, delete, run a method of it.

use std::sync::Arc;

use portcullis_erp::value::{Map, Value};

use super::Turn;
use super::failure::{Failure, Message};
use super::reply::Outcome;
use super::save;
use super::schema::{DocType, OF_CHILD, STANDARD};
use super::values::{Doc, field, parse, text};

/// How a document is written down.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nulls {
    /// As REST does.
    Dropped,
    /// As `frappe.client.*` does.
    Kept,
}

/// What the caller may see of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Levels {
    /// What the caller's roles reach; of the rest numbers are 0 and tables empty.
    Reached,
    /// Everything: the real server forgets to look after a save.
    All,
}

/// A document as it goes out.
pub(crate) fn shown(
    turn: &Turn<'_>,
    doctype: &DocType,
    doc: &Doc,
    nulls: Nulls,
    levels: Levels,
) -> Value {
    let mut out = Map::with_capacity(doc.len());
    // Most DocTypes have one level only, and most callers need no look at each field.
    let looks = levels != Levels::All && !turn.caller.is_administrator() && doctype.has_levels();
    let hidden = |name: &str| {
        looks
            && doctype
                .field(name)
                .is_some_and(|field| !turn.caller.reaches(doctype, field, 'r'))
    };
    let is_always_there = |name: &str| name == "last_scanned_warehouse";
    for (name, value) in doc {
        let is_kept_only = name == "__unsaved" || (name == "content" && doctype.name == "File");
        if value.as_list().is_some() || is_kept_only {
            continue;
        }
        let emptied = hidden(name).then(|| match doctype.field(name) {
            Some(field) if field.is_whole() => Value::Int(0),
            Some(field) if field.is_float() => Value::Float(0.0),
            Some(_) | None => Value::Null,
        });
        let value = emptied.as_ref().unwrap_or(value);
        if nulls == Nulls::Kept || *value != Value::Null || is_always_there(name) {
            out.insert(name.clone(), value.clone());
        }
    }
    out.insert("doctype".to_owned(), text(doctype.name.as_str()));
    for table in doctype.tables() {
        let rows = if hidden(&table.name) {
            &[]
        } else {
            doc.get(&table.name)
                .and_then(Value::as_list)
                .unwrap_or_default()
        };
        let rows = rows.iter().filter_map(Value::as_map);
        let rows = rows.map(|row| match turn.erp.schema.get(&table.options) {
            Some(child) => shown(turn, child, row, nulls, Levels::All),
            None => Value::Map(row.clone()),
        });
        out.insert(table.name.clone(), Value::List(rows.collect()));
    }
    if let Some(mark) = doc.get("__unsaved") {
        out.insert("__unsaved".to_owned(), mark.clone());
    }
    Value::Map(out)
}

/// 403 for reading a document, with the words that the real server finds for it.
fn unreadable(turn: &Turn<'_>, doctype: &str, name: &str) -> Failure {
    let user = &turn.caller.user;
    let mut words = format!(
        "User <strong>{user}</strong> does not have doctype access via role permission for document \
         <strong>{doctype}</strong><br>User <strong>{user}</strong> does not have access to this document"
    );
    if doctype == "User" {
        words =
            format!("Not allowed via controller permission check<br>{words}: {doctype} - {name}");
    }
    Failure::forbidden().with_message(Message::plain(words))
}

/// The document, if it is there and may be read: absent comes before forbidden.
pub(crate) fn readable(turn: &Turn<'_>, doctype: &str, name: &str) -> Result<Arc<Doc>, Failure> {
    let kind = turn.doctype(doctype)?;
    let world = turn.world()?;
    if kind.is_child {
        let row = world.row(&turn.erp.schema, doctype, name);
        let row = row.ok_or_else(|| Failure::absent(doctype, name))?;
        let parent = turn.doctype(&row.parent)?;
        if !turn.caller.may(parent, 'r') {
            return Err(unreadable(turn, &row.parent, &row.parent_name));
        }
        return Ok(Arc::new(row.row));
    }
    let doc = world
        .get(doctype, name)
        .ok_or_else(|| Failure::absent(doctype, name))?;
    if !turn.caller.may_on(kind, doc, 'r') {
        return Err(unreadable(turn, doctype, name));
    }
    Ok(Arc::clone(doc))
}

pub(crate) fn read(turn: &mut Turn<'_>, doctype: &str, name: &str) -> Result<Value, Failure> {
    turn.sees(Some(doctype), "get");
    let doc = readable(turn, doctype, name)?;
    Ok(shown(
        turn,
        turn.doctype(doctype)?,
        &doc,
        Nulls::Dropped,
        Levels::Reached,
    ))
}

/// The values of a REST body: everything, or what stands in `data`.
fn values(turn: &Turn<'_>) -> Result<Map, Failure> {
    match turn.params.get("data") {
        Some(Value::Map(data)) => Ok(data.clone()),
        Some(Value::Text(data)) => match parse(data.as_bytes()) {
            Ok(Value::Map(data)) => Ok(data),
            Ok(_) => Err(Failure::internal(
                "",
                "TypeError",
                "argument after ** must be a mapping, not list",
            )),
            Err(_) => Err(Failure::not_json(data.as_bytes())),
        },
        Some(_) | None => Ok(turn.params.map.clone()),
    }
}

pub(crate) fn create(turn: &mut Turn<'_>, doctype: &str) -> Result<Value, Failure> {
    turn.sees(Some(doctype), "insert");
    turn.doctype(doctype)?;
    let values = values(turn)?;
    let doc = save::insert(turn, doctype, values)?;
    Ok(shown(
        turn,
        turn.doctype(doctype)?,
        &doc,
        Nulls::Dropped,
        Levels::All,
    ))
}

pub(crate) fn update(turn: &mut Turn<'_>, doctype: &str, name: &str) -> Result<Value, Failure> {
    turn.sees(Some(doctype), "save");
    let kind = turn.doctype(doctype)?;
    let values = values(turn)?;
    let doc = if kind.is_child {
        save::update_row(turn, doctype, name, values)?
    } else {
        save::update(turn, doctype, name, values)?
    };
    Ok(shown(
        turn,
        turn.doctype(doctype)?,
        &doc,
        Nulls::Dropped,
        Levels::All,
    ))
}

pub(crate) fn delete(turn: &mut Turn<'_>, doctype: &str, name: &str) -> Result<Value, Failure> {
    turn.sees(Some(doctype), "delete");
    turn.doctype(doctype)?;
    save::delete(turn, doctype, name)?;
    Ok(text("ok"))
}

/// Methods of documents that are there, but that nobody may call from outside.
const CLOSED: [&str; 14] = [
    "validate",
    "on_update",
    "before_save",
    "after_insert",
    "db_set",
    "db_update",
    "insert",
    "delete",
    "get_title",
    "get_blocked_modules",
    "on_submit",
    "on_cancel",
    "reload",
    "set_status",
];

pub(crate) fn run_method(turn: &mut Turn<'_>, doctype: &str, name: &str) -> Result<Value, Failure> {
    let method = turn.params.text("run_method").unwrap_or_default();
    turn.sees(Some(doctype), &method);
    readable(turn, doctype, name)?;
    match method.as_str() {
        "submit" => save::set_docstatus(turn, doctype, name, 1),
        "cancel" => save::set_docstatus(turn, doctype, name, 2),
        "save" => save::update(turn, doctype, name, Map::new()),
        method if CLOSED.contains(&method) => {
            let module = turn.doctype(doctype)?.module.to_lowercase();
            let app = if matches!(module.as_str(), "core" | "desk") {
                "frappe"
            } else {
                "erpnext"
            };
            let file = doctype.to_lowercase().replace(' ', "_");
            let path = format!("{app}.{module}.doctype.{file}.{file}.{method}");
            return Err(Failure::not_whitelisted(&path));
        }
        method => {
            return Err(Failure::page(
                404,
                "Not Found",
                format!("Method {method} not found"),
            ));
        }
    }
    .map(|saved| {
        // `get` is answered by what is stored now; other methods do not change anything here.
        match turn.doctype(doctype) {
            Ok(kind) => shown(turn, kind, &saved, Nulls::Dropped, Levels::All),
            Err(_) => Value::Null,
        }
    })
}

/// `/private/files/…`: to the owner, and to nobody else.
pub(crate) fn private_file(turn: &mut Turn<'_>, path: &str) -> Result<Outcome, Failure> {
    let forbidden = || {
        Failure::page(
            403,
            "Forbidden",
            "You don't have permission to access this file",
        )
    };
    let world = turn.world()?;
    let file = world
        .all("File")
        .find(|file| field(file, "file_url") == path)
        .ok_or_else(forbidden)?;
    if field(file, "owner") != turn.caller.user && !turn.caller.is_administrator() {
        return Err(forbidden());
    }
    let content = super::method::content(file);
    Ok(Outcome::Raw(
        200,
        "text/plain; charset=utf-8",
        content,
        Vec::new(),
    ))
}

/// Whether a value may be given for a column of this name at all.
pub(crate) fn is_standard(name: &str) -> bool {
    STANDARD.contains(&name) || OF_CHILD.contains(&name)
}
