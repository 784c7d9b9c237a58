//! The checks before something is written.

use portcullis_erp::value::{Map, Value};

use super::super::failure::{Failure, Message};
use super::super::schema::{DocType, Field, Schema, label};
use super::super::values::{Doc, field, number, plain, truthy, whole};
use super::super::world::{World, moment};

/// Links must lead somewhere. DocTypes that are not kept here are believed.
pub(crate) fn links(
    schema: &Schema,
    world: &World,
    kind: &DocType,
    doc: &Doc,
) -> Result<(), Failure> {
    let mut missing = Vec::new();
    let mut look = |kind: &DocType, doc: &Doc, row: Option<usize>| {
        for link in kind.fields.iter().filter(|field| field.kind == "Link") {
            let target = field(doc, &link.name);
            let kept = schema
                .get(&link.options)
                .is_some_and(|target| !target.fields.is_empty());
            if !target.is_empty() && kept && !world.has(&link.options, target) {
                let row = row.map_or_else(String::new, |at| format!("Row #{at}: "));
                missing.push(format!("{row}{}: {target}", link.label()));
            }
        }
    };
    look(kind, doc, None);
    for table in kind.tables() {
        let Some(child) = schema.get(&table.options) else {
            continue;
        };
        let rows = doc
            .get(&table.name)
            .and_then(Value::as_list)
            .unwrap_or_default();
        for (at, row) in rows.iter().filter_map(Value::as_map).enumerate() {
            look(child, row, Some(at.saturating_add(1)));
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let words = format!("Could not find {}", missing.join(", "));
    Err(Failure::thrown(417, "LinkValidationError", words))
}

/// Names have no angle brackets, which pages would read.
pub(crate) fn name(name: &str) -> Result<(), Failure> {
    if name.contains(['<', '>']) {
        let words = "Name cannot contain special characters like '<', '>'";
        return Err(Failure::thrown(409, "NameError", words));
    }
    Ok(())
}

/// What must be filled is filled. Numbers always are.
pub(crate) fn mandatory(schema: &Schema, kind: &DocType, doc: &Doc) -> Result<(), Failure> {
    let lacks = |doc: &Doc, field: &Field| {
        field.is('R')
            && !field.is_whole()
            && !field.is_float()
            && !doc.get(&field.name).is_some_and(truthy)
    };
    let mut names = Vec::new();
    let mut messages = Vec::new();
    for field in kind.fields.iter().filter(|field| lacks(doc, field)) {
        names.push(field.name.clone());
        let words = if field.is_table() {
            format!("Error: Data missing in table: {}", field.label())
        } else {
            format!("Error: Value missing for {}: {}", kind.name, field.label())
        };
        messages.push(Message::plain(words));
    }
    for table in kind.tables() {
        let Some(child) = schema.get(&table.options) else {
            continue;
        };
        let rows = doc
            .get(&table.name)
            .and_then(Value::as_list)
            .unwrap_or_default();
        for (at, row) in rows.iter().filter_map(Value::as_map).enumerate() {
            for field in child.fields.iter().filter(|field| lacks(row, field)) {
                names.push(field.name.clone());
                messages.push(Message::plain(format!(
                    "Error: <strong>{}</strong> Row #{}: Value missing for: {}",
                    child.name,
                    at.saturating_add(1),
                    field.label()
                )));
            }
        }
    }
    if names.is_empty() {
        return Ok(());
    }
    let words = format!(
        "[{}, {}]: {}",
        kind.name,
        field(doc, "name"),
        names.join(", ")
    );
    let mut failure = Failure::silent(417, "MandatoryError", words);
    failure.messages = messages;
    Err(failure)
}

/// A choice must be one of the choices.
pub(crate) fn selects(kind: &DocType, doc: &Doc) -> Result<(), Failure> {
    for choice in kind.fields.iter().filter(|field| field.kind == "Select") {
        let chosen = field(doc, &choice.name);
        if chosen.is_empty() || choice.options.is_empty() || choice.name == "naming_series" {
            continue;
        }
        if !choice.options.split('|').any(|option| option == chosen) {
            let options: Vec<String> = choice
                .options
                .split('|')
                .filter(|option| !option.is_empty())
                .map(|option| format!("\"{option}\""))
                .collect();
            return Err(Failure::invalid(format!(
                " {} cannot be \"{chosen}\". It should be one of {}",
                choice.label(),
                options.join(", ")
            )));
        }
    }
    Ok(())
}

/// Short texts have at most 140 letters.
pub(crate) fn lengths(kind: &DocType, doc: &Doc) -> Result<(), Failure> {
    for short in kind
        .fields
        .iter()
        .filter(|field| matches!(field.kind.as_str(), "Data" | "Link" | "Select"))
    {
        let value = field(doc, &short.name);
        if value.len() > 140 && value.chars().count() > 140 {
            let words = format!(
                "{} {}: '{}' ({value}) will get truncated, as max characters allowed is 140",
                kind.name,
                field(doc, "name"),
                short.label()
            );
            return Err(Failure::titled(
                417,
                "CharacterLengthExceededError",
                "Value too big",
                words,
            ));
        }
    }
    Ok(())
}

/// What never changes, and what is set once.
pub(crate) fn constants(kind: &DocType, before: &Doc, values: &Map) -> Result<(), Failure> {
    let fixed = kind
        .fields
        .iter()
        .filter(|field| field.is('s'))
        .map(|field| field.name.as_str());
    for name in ["creation", "owner"].into_iter().chain(fixed) {
        let Some(value) = values.get(name) else {
            continue;
        };
        let old = before.get(name).filter(|old| truthy(old));
        if let Some(old) = old
            && plain(Some(old)) != plain(Some(value))
        {
            let words = format!(
                "Value cannot be changed for <strong>{}</strong>",
                label(name)
            );
            return Err(Failure::thrown(417, "CannotChangeConstantError", words));
        }
    }
    Ok(())
}

/// Somebody else was faster.
pub(crate) fn modified(before: &Doc, values: &Map, now: i64) -> Result<(), Failure> {
    let Some(known) = values.get("modified") else {
        return Ok(());
    };
    let stored = field(before, "modified");
    if plain(Some(known)) == stored {
        return Ok(());
    }
    let words = format!(
        "Error: Document has been modified after you have opened it ({stored}, {}). Please refresh \
         to get the latest document.",
        moment(now)
    );
    Err(Failure::thrown(417, "TimestampMismatchError", words))
}

/// The way from one docstatus to another that is not open.
pub(crate) fn transition(was: i64, will: i64) -> Failure {
    let word = |status| match status {
        0 => "Draft",
        1 => "Submitted",
        _ => "Cancelled",
    };
    let words = format!(
        "Cannot change docstatus from {was} ({}) to {will} ({})",
        word(was),
        word(will)
    );
    Failure::silent(417, "DocstatusTransitionError", words)
}

pub(crate) fn docstatus(was: i64, will: i64) -> Result<(), Failure> {
    match (was, will) {
        (0, 0 | 1) | (1, 1 | 2) => Ok(()),
        (2, _) => Err(Failure::invalid("Cannot edit cancelled document")),
        _ => Err(transition(was, will)),
    }
}

/// After submission only some fields may change.
pub(crate) fn after_submit(
    kind: &DocType,
    was: i64,
    before: &Doc,
    values: &Map,
) -> Result<(), Failure> {
    if was != 1 {
        return Ok(());
    }
    for (name, value) in values {
        let Some(field) = kind
            .field(name)
            .filter(|field| !field.is('a') && !field.is_table())
        else {
            continue;
        };
        let old = before.get(name);
        let same = if field.is_whole() {
            whole(old) == whole(Some(value))
        } else if field.is_float() {
            number(old).total_cmp(&number(Some(value))).is_eq()
        } else {
            plain(old) == plain(Some(value))
        };
        if !same {
            let words = format!(
                "Not allowed to change <strong>{}</strong> after submission from <strong>{}</strong> to <strong>{}</strong>",
                field.label(),
                plain(old),
                plain(Some(value))
            );
            return Err(Failure::titled(
                417,
                "UpdateAfterSubmitError",
                "Not Allowed",
                words,
            ));
        }
    }
    Ok(())
}

/// Nothing that stays may link to what goes.
pub(crate) fn unlinked(
    schema: &Schema,
    world: &World,
    doctype: &str,
    name: &str,
) -> Result<(), Failure> {
    for other in schema.all().filter(|other| !other.is_child) {
        let links: Vec<&Field> = other
            .fields
            .iter()
            .filter(|field| field.kind == "Link" && field.options == doctype)
            .collect();
        if links.is_empty() {
            continue;
        }
        for doc in world.all(&other.name) {
            let is_itself = other.name == doctype && field(doc, "name") == name;
            if !is_itself && links.iter().any(|link| field(doc, &link.name) == name) {
                let words = format!(
                    "Cannot delete or cancel because {doctype} {name} is linked with {} {}",
                    other.name,
                    field(doc, "name")
                );
                return Err(Failure::titled(417, "LinkExistsError", "Message", words));
            }
        }
    }
    Ok(())
}
