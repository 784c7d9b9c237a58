//! `frappe.client.*`: the methods that remote clients live on.

use portcullis_erp::value::{Map, Value};

use super::Turn;
use super::broken;
use super::document::{Levels, Nulls, readable, shown};
use super::failure::Failure;
use super::list::{self, Query};
use super::method::given_doc;
use super::reply::Outcome;
use super::save;
use super::values::{Doc, field, plain, text, whole};

fn said(turn: &Turn<'_>, doctype: &str, doc: &Doc, levels: Levels) -> Result<Outcome, Failure> {
    let kind = turn.doctype(doctype)?;
    Ok(Outcome::Value(shown(turn, kind, doc, Nulls::Kept, levels)))
}

pub(crate) fn get_list(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let doctype = turn.params.need("get_list", "doctype")?;
    let mut query = Query::read(turn, &doctype)?;
    query.length = turn
        .params
        .get("limit_page_length")
        .map_or(20, |length| whole(Some(length)));
    list::run(turn, &query).map(Outcome::Value)
}

pub(crate) fn get_count(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let doctype = turn.params.need("get_count", "doctype")?;
    list::count(turn, &doctype).map(Outcome::Value)
}

pub(crate) fn get(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let doctype = turn.params.need("get", "doctype")?;
    let name = named(turn, &doctype)?;
    let doc = readable(turn, &doctype, &name)?;
    said(turn, &doctype, &doc, Levels::Reached)
}

/// The document meant by `name`, or the first one that `filters` find.
fn named(turn: &mut Turn<'_>, doctype: &str) -> Result<String, Failure> {
    if let Some(name) = turn.params.text("name") {
        return Ok(name);
    }
    match turn.params.loose_json("filters") {
        Some(filters) => list::first_name(turn, doctype, by_name(filters))?.ok_or_else(|| {
            Failure::thrown(
                404,
                "DoesNotExistError",
                "No document found for given filters",
            )
        }),
        None => Ok(doctype.to_owned()),
    }
}

/// A bare name stands for a filter on the name.
fn by_name(filters: Value) -> Value {
    if filters.as_str().is_none() {
        return filters;
    }
    Value::Map(Map::from_iter([("name".to_owned(), filters)]))
}

pub(crate) fn get_value(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let doctype = turn.params.need("get_value", "doctype")?;
    let wanted = turn
        .params
        .loose_json("fieldname")
        .ok_or_else(|| Failure::missing_argument("get_value", "fieldname"))?;
    let filters = turn.params.loose_json("filters").map(by_name);
    let fields = if wanted.as_list().is_some() {
        wanted
    } else {
        Value::List(vec![wanted])
    };
    turn.params.map.swap_remove("filters"); // May be a bare name, which lists do not take.
    let mut query = Query::read(turn, &doctype)?;
    query.fields = Some(fields);
    query.filters = filters;
    query.length = 1;
    let rows = list::run(turn, &query)?;
    let first = rows.as_list().and_then(<[Value]>::first).cloned();
    // A permlevel that hides every field leaves the name in a list, and nothing here.
    Ok(Outcome::Value(
        first.unwrap_or_else(|| Value::Map(Map::new())),
    ))
}

pub(crate) fn get_single_value(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let doctype = turn.params.need("get_single_value", "doctype")?;
    let wanted = turn.params.need("get_single_value", "field")?;
    let kind = turn.doctype(&doctype)?;
    if !turn.caller.may(kind, 'r') {
        return Err(Failure::thrown(
            403,
            "PermissionError",
            format!("No permission for {doctype}"),
        ));
    }
    let value = turn
        .world()?
        .get(&doctype, &doctype)
        .and_then(|doc| doc.get(&wanted).cloned());
    Ok(Outcome::Value(value.unwrap_or_default()))
}

pub(crate) fn get_password(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let name = turn.params.need("get_password", "name")?;
    let wanted = turn.params.need("get_password", "fieldname")?;
    if !turn.caller.has_role("System Manager") {
        return Err(Failure::forbidden());
    }
    let sessions = turn.erp.sessions.lock().map_err(|_| broken())?;
    let secret = sessions
        .api_secret(&name)
        .filter(|_| wanted == "api_secret");
    Ok(Outcome::Value(secret.map(text).unwrap_or_default()))
}

pub(crate) fn get_js(_: &mut Turn<'_>) -> Result<Outcome, Failure> {
    Ok(Outcome::Value(Value::List(Vec::new())))
}

pub(crate) fn has_permission(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let doctype = turn.params.need("has_permission", "doctype")?;
    let name = turn.params.need("has_permission", "docname")?;
    let right = match turn.params.text("perm_type").as_deref() {
        Some("write") => 'w',
        Some("create") => 'c',
        Some("delete") => 'd',
        Some("submit") => 's',
        Some("cancel") => 'x',
        _ => 'r',
    };
    let kind = turn.doctype(&doctype)?;
    let world = turn.world()?;
    let doc = world
        .get(&doctype, &name)
        .ok_or_else(|| Failure::absent(&doctype, &name))?;
    let may = turn.caller.may_on(kind, doc, right);
    Ok(Outcome::Value(Value::Map(Map::from_iter([(
        "has_permission".to_owned(),
        Value::Bool(may),
    )]))))
}

pub(crate) fn validate_link(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let doctype = turn.params.need("validate_link", "doctype")?;
    let name = turn.params.need("validate_link", "docname")?;
    let fields = turn.params.json("fields")?;
    let kind = turn.doctype(&doctype)?;
    let world = turn.world()?;
    let mut values = Map::new();
    if let Some(doc) = world.get(&doctype, &name) {
        if !turn.caller.may_on(kind, doc, 'r') {
            return Err(Failure::forbidden());
        }
        values.insert("name".to_owned(), text(name.as_str()));
        for wanted in fields.as_ref().and_then(Value::as_list).unwrap_or_default() {
            let wanted = plain(Some(wanted));
            let value = doc.get(&wanted).cloned().unwrap_or_default();
            values.insert(wanted, value);
        }
    }
    Ok(Outcome::Value(Value::Map(values)))
}

fn doctype_of(doc: &Map) -> Result<String, Failure> {
    let doctype = field(doc, "doctype");
    if doctype.is_empty() {
        return Err(Failure::internal("", "KeyError", "'doctype'"));
    }
    Ok(doctype.to_owned())
}

pub(crate) fn insert(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let doc = given_doc(turn, "insert", "doc")?;
    let doctype = doctype_of(&doc)?;
    turn.sees(Some(&doctype), "frappe.client.insert");
    let doc = save::insert(turn, &doctype, doc)?;
    said(turn, &doctype, &doc, Levels::All)
}

pub(crate) fn insert_many(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let docs = turn
        .params
        .json("docs")?
        .ok_or_else(|| Failure::missing_argument("insert_many", "docs"))?;
    let docs = docs.as_list().unwrap_or_default();
    if docs.len() > 200 {
        return Err(Failure::invalid("Only 200 inserts allowed in one request"));
    }
    let mut names = Vec::new();
    for doc in docs.iter().filter_map(Value::as_map) {
        let doctype = doctype_of(doc)?;
        turn.sees(Some(&doctype), "frappe.client.insert_many");
        let doc = save::insert(turn, &doctype, doc.clone())?;
        names.push(text(field(&doc, "name")));
    }
    Ok(Outcome::Value(Value::List(names)))
}

pub(crate) fn save(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let doc = given_doc(turn, "save", "doc")?;
    stored(turn, doc, None, "frappe.client.save")
}

pub(crate) fn submit(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let doc = given_doc(turn, "submit", "doc")?;
    stored(turn, doc, Some(1), "frappe.client.submit")
}

fn stored(
    turn: &mut Turn<'_>,
    mut doc: Map,
    status: Option<i64>,
    call: &str,
) -> Result<Outcome, Failure> {
    let doctype = doctype_of(&doc)?;
    turn.sees(Some(&doctype), call);
    let name = field(&doc, "name").to_owned();
    if let Some(status) = status {
        doc.insert("docstatus".to_owned(), Value::Int(status));
    }
    let saved = if name.is_empty() {
        save::insert(turn, &doctype, doc)?
    } else {
        let doc = save::whole_document(turn.doctype(&doctype)?, doc);
        save::update(turn, &doctype, &name, doc)?
    };
    said(turn, &doctype, &saved, Levels::All)
}

pub(crate) fn cancel(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let doctype = turn.params.need("cancel", "doctype")?;
    let name = turn.params.need("cancel", "name")?;
    let saved = save::set_docstatus(turn, &doctype, &name, 2)?;
    said(turn, &doctype, &saved, Levels::All)
}

pub(crate) fn set_value(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let doctype = turn.params.need("set_value", "doctype")?;
    let name = turn.params.need("set_value", "name")?;
    let wanted = turn.params.loose_json("fieldname");
    let wanted = wanted.ok_or_else(|| Failure::missing_argument("set_value", "fieldname"))?;
    let values = if let Value::Map(values) = wanted {
        values
    } else {
        let field = plain(Some(&wanted));
        if super::document::is_standard(&field) || field == "doctype" {
            return Err(Failure::invalid("Cannot edit standard fields"));
        }
        let value = turn.params.get("value").cloned().unwrap_or_default();
        Map::from_iter([(field, value)])
    };
    let is_child = turn.doctype(&doctype)?.is_child;
    let saved = if is_child {
        save::update_row(turn, &doctype, &name, values)?
    } else {
        save::update(turn, &doctype, &name, values)?
    };
    said(turn, &doctype, &saved, Levels::All)
}

pub(crate) fn delete(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let doctype = turn.params.need("delete", "doctype")?;
    let name = turn.params.need("delete", "name")?;
    turn.doctype(&doctype)?;
    save::delete(turn, &doctype, &name)?;
    Ok(Outcome::Value(Value::Null))
}

pub(crate) fn rename_doc(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let doctype = turn.params.need("rename_doc", "doctype")?;
    let old = turn
        .params
        .text("old_name")
        .or_else(|| turn.params.text("docname"));
    let old = old.ok_or_else(|| Failure::missing_argument("rename_doc", "old_name"))?;
    let new = turn
        .params
        .text("new_name")
        .or_else(|| turn.params.text("name"));
    let new = new.ok_or_else(|| Failure::missing_argument("rename_doc", "new_name"))?;
    save::rename(turn, &doctype, &old, &new).map(|name| Outcome::Value(text(name)))
}

pub(crate) fn bulk_update(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    if let Some(Value::List(_)) = turn.params.get("docs") {
        let words = "the JSON object must be str, bytes or bytearray, not list";
        return Err(Failure::internal("", "TypeError", words));
    }
    let docs = turn
        .params
        .json("docs")?
        .ok_or_else(|| Failure::missing_argument("bulk_update", "docs"))?;
    let mut failed = Vec::new();
    for doc in docs
        .as_list()
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_map)
    {
        let mut values = doc.clone();
        let doctype = doctype_of(doc)?;
        turn.sees(Some(&doctype), "frappe.client.bulk_update");
        let name = field(doc, "docname").to_owned();
        values.swap_remove("doctype");
        values.swap_remove("docname");
        if let Err(failure) = save::update(turn, &doctype, &name, values) {
            let mut one = Map::new();
            one.insert("doc".to_owned(), Value::Map(doc.clone()));
            one.insert("exc".to_owned(), text(failure.text.as_str()));
            failed.push(Value::Map(one));
        }
    }
    Ok(Outcome::Value(Value::Map(Map::from_iter([(
        "failed_docs".to_owned(),
        Value::List(failed),
    )]))))
}
