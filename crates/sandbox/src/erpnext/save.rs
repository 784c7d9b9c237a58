//! Writing documents: insert, update, delete, submit, cancel, with the checks of the real
//! server in its order.

use portcullis_erp::value::{Map, Value};

use super::access::Caller;
use super::failure::{Failure, Message};
use super::schema::{DocType, OF_CHILD, STANDARD, Schema};
use super::values::{Doc, field, plain, text, truthy, whole};
use super::world::{World, moment, shaped};
use super::{Turn, broken, naming, selling};

mod check;
mod fill;

pub(crate) use fill::whole_document;
use fill::{defaults, drop_unreachable, known, mark_rows, name_rows, set_status};

/// 403 for a right on a document that the caller does not have.
fn refused(caller: &Caller, doctype: &str, name: Option<&str>, right: &str) -> Failure {
    let shown = name.unwrap_or("None");
    let words = format!(
        "User <strong>{}</strong> does not have access to this document: {doctype} - {shown}",
        caller.user
    );
    let words = if doctype == "ToDo" {
        format!("Not allowed via controller permission check<br>{words}")
    } else {
        words
    };
    let named = name.map_or_else(
        || " ".to_owned(),
        |name| format!("<strong>{name}</strong> "),
    );
    Failure::forbidden().with_message(Message::plain(words)).with_error_message(format!(
        "You need the '{right}' permission on <strong>{doctype}</strong> {named}to perform this action."
    ))
}

/// Makes a document, submitted at once if its `docstatus` says so.
pub(crate) fn insert(turn: &mut Turn<'_>, doctype: &str, values: Map) -> Result<Doc, Failure> {
    let erp = turn.erp;
    let kind = turn.doctype(doctype)?;
    if kind.is_child {
        return Err(Failure::forbidden());
    }
    let mut world = erp.world.write().map_err(|_| broken())?;
    let mut values = known(kind, values);
    let submits = whole(values.get("docstatus"));
    for name in ["owner", "creation", "modified", "modified_by", "idx"] {
        values.swap_remove(name);
    }
    drop_unreachable(&turn.caller, kind, &mut values, None);
    defaults(kind, &mut values, turn.now);
    let mut doc = shaped(kind, values);
    doc.insert("docstatus".to_owned(), Value::Int(0));
    check::links(&erp.schema, &world, kind, &doc)?;
    let may = if kind.name == "ToDo" {
        turn.caller.is_administrator() || field(&doc, "allocated_to") == turn.caller.user
    } else {
        turn.caller.may(kind, 'c') && (submits == 0 || turn.caller.may(kind, 's'))
    };
    if !may {
        return Err(refused(&turn.caller, doctype, None, "create"));
    }
    let named = naming::name(&mut world, kind, &mut doc, turn.now)?;
    doc.insert("name".to_owned(), text(named.name.as_str()));
    let finished = finish_insert(turn, &erp.schema, &mut world, kind, doc, submits);
    match finished {
        Ok(mut doc) => {
            turn.messages.extend(named.note);
            world.put(doctype, doc.clone());
            mark_rows(&mut doc, "items");
            Ok(doc)
        }
        Err(failure) => {
            if let Some((series, number)) = named.counted {
                world.revert(&series, number);
            }
            Err(failure)
        }
    }
}

fn finish_insert(
    turn: &Turn<'_>,
    schema: &Schema,
    world: &mut World,
    kind: &DocType,
    mut doc: Doc,
    submits: i64,
) -> Result<Doc, Failure> {
    let now = moment(turn.now);
    check::name(field(&doc, "name"))?;
    for name in ["creation", "modified"] {
        doc.insert(name.to_owned(), text(now.as_str()));
    }
    for name in ["owner", "modified_by"] {
        doc.insert(name.to_owned(), text(turn.caller.user.as_str()));
    }
    name_rows(schema, kind, &mut doc, None, &turn.caller, &now);
    selling::complete(world, kind, &mut doc, turn.now)?;
    name_rows(schema, kind, &mut doc, None, &turn.caller, &now);
    check::mandatory(schema, kind, &doc)?;
    check::selects(kind, &doc)?;
    check::lengths(kind, &doc)?;
    if submits == 1 && kind.is_submittable {
        set_status(&mut doc, 1);
    } else if submits == 2 {
        return Err(check::transition(0, 2));
    }
    let name = field(&doc, "name").to_owned();
    if world.takes_for(&kind.name, &name) {
        let (doctype, class) = (kind.name.as_str(), "DuplicateEntryError");
        let words = format!(
            "('{doctype}', '{name}', IntegrityError(1062, \"Duplicate entry '{name}' for key 'PRIMARY'\"))"
        );
        let note = Message {
            text: format!("{doctype} <strong>{name}</strong> already exists"),
            title: "Duplicate Name",
            indicator: Some("red"),
            raised: None,
        };
        return Err(Failure::silent(409, class, words).with_message(note));
    }
    Ok(doc)
}

/// Saves values over a document.
pub(crate) fn update(
    turn: &mut Turn<'_>,
    doctype: &str,
    name: &str,
    values: Map,
) -> Result<Doc, Failure> {
    let erp = turn.erp;
    let kind = turn.doctype(doctype)?;
    let mut world = erp.world.write().map_err(|_| broken())?;
    let before = world
        .get(doctype, name)
        .cloned()
        .ok_or_else(|| Failure::absent(doctype, name))?;
    let mut values = known(kind, values);
    if let Some(other) = values
        .get("name")
        .filter(|other| plain(Some(other)) != name)
    {
        return Err(Failure::absent(doctype, &plain(Some(other))));
    }
    let was = whole(before.get("docstatus"));
    let will = values
        .get("docstatus")
        .map_or(was, |status| whole(Some(status)));
    let right = match (was, will) {
        (0, 1) => ('s', "submit"),
        (1, 2) => ('x', "cancel"),
        _ => ('w', "write"),
    };
    if !turn.caller.may_on(kind, &before, right.0) {
        return Err(refused(&turn.caller, doctype, Some(name), right.1));
    }
    check::modified(&before, &values, turn.now)?;
    check::docstatus(was, will)?;
    let constants = check::constants(kind, &before, &values);
    for name in [
        "name",
        "owner",
        "creation",
        "modified",
        "modified_by",
        "idx",
        "docstatus",
    ] {
        values.swap_remove(name);
    }
    drop_unreachable(&turn.caller, kind, &mut values, Some(&before));
    let rows = values
        .get("items")
        .and_then(Value::as_list)
        .unwrap_or_default();
    let mut rows = rows.iter().filter_map(Value::as_map);
    let marked = rows.any(|row| row.contains_key("__unsaved"));
    check::after_submit(kind, was, &before, &values)?;
    let mut doc = Doc::clone(&before);
    doc.extend(values);
    let mut doc = shaped(kind, doc);
    check::links(&erp.schema, &world, kind, &doc)?;
    let now = moment(turn.now);
    doc.insert("modified".to_owned(), text(now.as_str()));
    doc.insert("modified_by".to_owned(), text(turn.caller.user.as_str()));
    name_rows(
        &erp.schema,
        kind,
        &mut doc,
        Some(&before),
        &turn.caller,
        &now,
    );
    check::mandatory(&erp.schema, kind, &doc)?;
    selling::complete(&world, kind, &mut doc, turn.now)?;
    name_rows(
        &erp.schema,
        kind,
        &mut doc,
        Some(&before),
        &turn.caller,
        &now,
    );
    check::selects(kind, &doc)?;
    check::lengths(kind, &doc)?;
    // Frappe looks at what must not change only when what must be there is.
    constants?;
    if will != was {
        set_status(&mut doc, will);
    }
    world.put(doctype, doc.clone());
    // INVARIANT: sessions are locked before the world, never while it is locked.
    drop(world);
    if marked {
        mark_rows(&mut doc, "items");
    }
    if doctype == "User" && whole(doc.get("enabled")) == 0 {
        erp.sessions.lock().map_err(|_| broken())?.drop_user(name);
    }
    Ok(doc)
}

/// Submits (1) or cancels (2).
pub(crate) fn set_docstatus(
    turn: &mut Turn<'_>,
    doctype: &str,
    name: &str,
    status: i64,
) -> Result<Doc, Failure> {
    let mut values = Map::new();
    values.insert("docstatus".to_owned(), Value::Int(status));
    update(turn, doctype, name, values)
}

/// Saves values over one child row, and the row's document with it.
pub(crate) fn update_row(
    turn: &mut Turn<'_>,
    child: &str,
    name: &str,
    values: Map,
) -> Result<Doc, Failure> {
    let erp = turn.erp;
    let kind = turn.doctype(child)?;
    let mut world = erp.world.write().map_err(|_| broken())?;
    let at = world
        .row(&erp.schema, child, name)
        .ok_or_else(|| Failure::absent(child, name))?;
    let parent = turn.doctype(&at.parent)?;
    if !turn.caller.may(parent, 'w') {
        return Err(refused(&turn.caller, child, Some(name), "write"));
    }
    let mut row = at.row.clone();
    let mut values = known(kind, values);
    for fixed in STANDARD.iter().chain(&OF_CHILD) {
        values.swap_remove(*fixed);
    }
    row.extend(values);
    let mut row = shaped(kind, row);
    if row.get("image").is_some_and(|image| !truthy(image)) {
        row.insert("image".to_owned(), Value::Null); // Fetched again from the item, which has none.
    }
    row.insert("modified".to_owned(), text(moment(turn.now)));
    let doc = world
        .get(&at.parent, &at.parent_name)
        .cloned()
        .ok_or_else(broken)?;
    let mut doc = Doc::clone(&doc);
    if let Some(Value::List(rows)) = doc.get_mut(&at.table)
        && let Some(place) = rows.get_mut(at.at)
    {
        *place = Value::Map(row.clone());
    }
    selling::complete(&world, parent, &mut doc, turn.now)?;
    doc.insert("modified".to_owned(), text(moment(turn.now)));
    world.put(&at.parent, doc);
    Ok(row)
}

/// Deletes a document, or a child row.
pub(crate) fn delete(turn: &mut Turn<'_>, doctype: &str, name: &str) -> Result<(), Failure> {
    let erp = turn.erp;
    let kind = turn.doctype(doctype)?;
    let mut world = erp.world.write().map_err(|_| broken())?;
    if kind.is_child {
        let at = world
            .row(&erp.schema, doctype, name)
            .ok_or_else(Failure::nowhere)?;
        if !turn.caller.may(turn.doctype(&at.parent)?, 'w') {
            return Err(refused(&turn.caller, doctype, Some(name), "delete"));
        }
        let doc = world
            .get(&at.parent, &at.parent_name)
            .cloned()
            .ok_or_else(broken)?;
        let mut doc = Doc::clone(&doc);
        if let Some(Value::List(rows)) = doc.get_mut(&at.table) {
            rows.remove(at.at);
        }
        world.put(&at.parent, doc);
        return Ok(());
    }
    let doc = world
        .get(doctype, name)
        .cloned()
        .ok_or_else(Failure::nowhere)?;
    if !turn.caller.may_on(kind, &doc, 'd') {
        let words = format!("User not allowed to delete {doctype}: {name}");
        let before = format!(
            "User <strong>{}</strong> does not have access to this document: {doctype} - {name}",
            turn.caller.user
        );
        let failure = Failure::thrown(403, "PermissionError", words);
        return Err(failure.with_message(Message::plain(before)));
    }
    if whole(doc.get("docstatus")) == 1 {
        return Err(Failure::invalid(format!(
            "{doctype} {name}: Submitted Record cannot be deleted. You must Cancel it first."
        )));
    }
    check::unlinked(&erp.schema, &world, doctype, name)?;
    world.remove(doctype, name);
    if let Some((series, number)) = naming::counted(name) {
        world.revert(&series, number);
    }
    Ok(())
}

/// Gives a document another name, and every link to it.
pub(crate) fn rename(
    turn: &mut Turn<'_>,
    doctype: &str,
    old: &str,
    new: &str,
) -> Result<String, Failure> {
    let erp = turn.erp;
    let kind = turn.doctype(doctype)?;
    let mut world = erp.world.write().map_err(|_| broken())?;
    let doc = world
        .get(doctype, old)
        .cloned()
        .ok_or_else(|| Failure::absent(doctype, old))?;
    if !turn.caller.may_on(kind, &doc, 'w') {
        return Err(Failure::thrown(
            403,
            "PermissionError",
            "You need write permission to rename",
        ));
    }
    check::name(new)?;
    if world.takes_for(doctype, new) {
        return Err(Failure::invalid(format!(
            "Another {doctype} with name {new} exists, select another name"
        )));
    }
    world.remove(doctype, old);
    let mut doc = Doc::clone(&doc);
    doc.insert("name".to_owned(), text(new));
    if let Some(by) = kind.autoname.strip_prefix("field:") {
        doc.insert(by.to_owned(), text(new));
    }
    world.put(doctype, doc);
    for other in erp.schema.all().filter(|other| !other.is_child) {
        for link in other
            .fields
            .iter()
            .filter(|field| field.kind == "Link" && field.options == doctype)
        {
            let linked: Vec<Doc> = world
                .all(&other.name)
                .filter(|doc| field(doc, &link.name) == old)
                .map(|doc| Doc::clone(doc))
                .collect();
            for mut doc in linked {
                doc.insert(link.name.clone(), text(new));
                world.put(&other.name, doc);
            }
        }
    }
    Ok(new.to_owned())
}
