//! Fields: what they are when they are read, and what they take.

use std::collections::BTreeSet;

use portcullis_erp::domain::FieldKind;
use portcullis_policy::{Columns, Family, FieldSchema, Operation};
use serde_json::{Map, Value as Json, json};

use super::parameters::TEXT;
use super::{Item, Subject};

/// A time as ERPs write it, on a day that there is.
const MOMENT: &str = r"^(?:(?!0000)[0-9]{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)-02-29) (?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$";

/// A time as ERPs answer it: Frappe adds millionths of a second.
const MOMENT_TOLD: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?$";

/// Texts that databases hold.
const NO_NUL: &str = "^[^\\u0000]*$";

/// Adds the schemas of a resource: as it is read, made and changed.
pub(super) fn add(subject: &Subject<'_>, item: &Item, schemas: &mut Map<String, Json>) {
    let name = item.component();
    let rights = &item.rights;
    if rights.operations.contains(&Operation::Read) {
        schemas.insert(name.clone(), record(subject, item));
    }
    if rights.operations.contains(&Operation::Create) {
        let fields = item.named(&rights.creatable);
        let mut told = taken(subject, item, fields, |columns| &columns.creatable);
        let needed: Vec<&str> = item
            .named(&rights.creatable)
            .filter(|(_, field)| {
                // A Frappe's hooks fill what its DocTypes demand.
                subject.family == Family::Odoo
                    && facts(item, field).is_some_and(FieldSchema::is_needed)
            })
            .map(|(name, _)| name)
            .collect();
        if !needed.is_empty() {
            told.insert("required".to_owned(), json!(needed));
        }
        told.insert(
            "example".to_owned(),
            example(item, &needed, &rights.creatable),
        );
        schemas.insert(format!("{name}.new"), Json::Object(told));
    }
    if rights.operations.contains(&Operation::Write) {
        let fields = item.named(&rights.writable);
        let mut told = taken(subject, item, fields, |columns| &columns.writable);
        told.insert("example".to_owned(), example(item, &[], &rights.writable));
        schemas.insert(format!("{name}.change"), Json::Object(told));
    }
}

pub(super) fn facts<'a>(item: &'a Item, field: &str) -> Option<&'a FieldSchema> {
    item.model()?.field(field)
}

/// Values to begin with: what is needed, and one text.
fn example(item: &Item, needed: &[&str], open: &BTreeSet<String>) -> Json {
    let texts = |field: &str| {
        facts(item, field).is_some_and(|facts| {
            facts.kind == FieldKind::Char
                && facts.relation.is_none()
                && !facts.readonly
                && !facts.is_kept_by_the_erp(field)
        })
    };
    let own = ["name", "customer_name", "title"]
        .into_iter()
        .find(|name| open.contains(*name) && texts(name));
    let one = own.or_else(|| open.iter().map(String::as_str).find(|name| texts(name)));
    let mut told = Map::new();
    if let Some(name) = one.and_then(|field| item.resource.outward(field)) {
        told.insert(name.to_owned(), json!("Example"));
    }
    for (name, field) in item.named(open) {
        if needed.contains(&name) {
            let value = facts(item, field).map_or(Json::Null, sample);
            told.insert(name.to_owned(), value);
        }
    }
    Json::Object(told)
}

fn sample(facts: &FieldSchema) -> Json {
    match facts.kind {
        FieldKind::Integer | FieldKind::Many2one => json!(1),
        FieldKind::Float | FieldKind::Monetary => json!(1.5),
        FieldKind::Boolean => json!(true),
        FieldKind::Date => json!("2026-01-31"),
        FieldKind::Datetime => json!("2026-01-31 12:00:00"),
        FieldKind::Selection => json!(facts.selection.as_ref().and_then(|choices| choices.first())),
        FieldKind::One2many | FieldKind::Many2many => json!([]),
        FieldKind::Char | FieldKind::Text | FieldKind::Html | FieldKind::Other => json!("Example"),
    }
}

fn record(subject: &Subject<'_>, item: &Item) -> Json {
    let mut properties = Map::new();
    let rights = &item.rights;
    for (name, field) in item.named(&rights.readable) {
        let Some(facts) = facts(item, field) else {
            properties.insert(name.to_owned(), json!({}));
            continue;
        };
        let mut told = match subject.family {
            Family::Odoo => read_of_odoo(name, facts),
            Family::Frappe => read_of_frappe(name, facts),
        };
        label(&mut told, facts);
        let set = rights.creatable.contains(field) || rights.writable.contains(field);
        if !set || facts.is_kept_by_the_erp(field) {
            told.insert("readOnly".to_owned(), json!(true));
        }
        properties.insert(name.to_owned(), Json::Object(told));
    }
    let id = match subject.family {
        Family::Odoo => json!({"type": "integer", "minimum": 1, "readOnly": true}),
        Family::Frappe => json!({"type": "string", "readOnly": true}),
    };
    properties.insert("id".to_owned(), id);
    json!({"type": "object", "required": ["id"], "properties": properties})
}

/// What is taken: these fields, and no others.
fn taken<'a>(
    subject: &Subject<'_>,
    item: &'a Item,
    fields: impl Iterator<Item = (&'a str, &'a str)>,
    open: impl Fn(&Columns) -> &BTreeSet<String>,
) -> Map<String, Json> {
    let mut properties = Map::new();
    for (name, field) in fields {
        let columns = item.rights.columns.get(field).map(&open);
        let told = match facts(item, field) {
            // A value that is not kept is refused, and not told of.
            Some(facts) if facts.is_kept_by_the_erp(field) => continue,
            Some(facts) if subject.family == Family::Frappe && facts.readonly => continue,
            Some(facts) => {
                let mut told = match subject.family {
                    Family::Odoo => written_to_odoo(facts),
                    Family::Frappe => written_to_frappe(item, facts, columns),
                };
                label(&mut told, facts);
                needed(subject.family, &mut told, facts);
                Json::Object(told)
            }
            None => json!({"type": ["string", "number", "boolean", "null"]}),
        };
        properties.insert(name.to_owned(), told);
    }
    let mut told = Map::new();
    told.insert("type".to_owned(), json!("object"));
    told.insert("properties".to_owned(), Json::Object(properties));
    told.insert("additionalProperties".to_owned(), json!(false));
    told
}

/// Takes `null` out of what a field takes that cannot be emptied; and of Frappe's the empty text.
fn needed(family: Family, told: &mut Map<String, Json>, facts: &FieldSchema) {
    if facts.can_be_empty() {
        return;
    }
    for kinds in ["type", "enum"] {
        if let Some(Json::Array(kinds)) = told.get_mut(kinds) {
            kinds.retain(|kind| !kind.is_null() && kind != "null" && kind != "");
        }
    }
    let is_text = told.get("type").and_then(Json::as_array);
    let is_text = is_text.is_some_and(|kinds| kinds.iter().any(|kind| kind == "string"));
    if family == Family::Frappe && is_text {
        told.insert("minLength".to_owned(), json!(1));
    }
}

/// What people call it, and where it leads.
fn label(told: &mut Map<String, Json>, facts: &FieldSchema) {
    if let Some(model) = &facts.relation {
        told.insert("x-links-to".to_owned(), json!(model.as_str()));
    }
    if !facts.label.is_empty() {
        told.insert("title".to_owned(), json!(facts.label));
    }
}

fn object(told: Json) -> Map<String, Json> {
    if let Json::Object(told) = told {
        told
    } else {
        Map::new()
    }
}

fn read_of_odoo(name: &str, facts: &FieldSchema) -> Map<String, Json> {
    object(match facts.kind {
        FieldKind::Char | FieldKind::Text | FieldKind::Html => json!({"type": ["string", "null"]}),
        FieldKind::Integer if name == "id" => json!({"type": "integer"}),
        FieldKind::Integer => json!({"type": ["integer", "null"]}),
        FieldKind::Float | FieldKind::Monetary => json!({"type": ["number", "null"]}),
        FieldKind::Boolean => json!({"type": "boolean"}),
        FieldKind::Date => json!({"type": ["string", "null"], "format": "date"}),
        FieldKind::Datetime => {
            json!({"type": ["string", "null"], "pattern": MOMENT_TOLD, "description": "UTC."})
        }
        FieldKind::Selection => chosen(facts),
        FieldKind::Many2one => json!({
            "type": ["object", "null"],
            "description": behind(facts),
            "required": ["id"],
            "properties": {
                "id": {"type": "integer"},
                "display_name": {"type": ["string", "null"]},
            },
        }),
        FieldKind::One2many | FieldKind::Many2many => json!({
            "type": ["array", "null"],
            "description": behind(facts),
            "items": {"type": ["integer", "object"], "description": "An id; with `expand` an object."},
        }),
        FieldKind::Other if facts.type_name == "binary" => json!({
            "type": ["string", "null"],
            "contentEncoding": "base64",
        }),
        FieldKind::Other => json!({}),
    })
}

fn read_of_frappe(name: &str, facts: &FieldSchema) -> Map<String, Json> {
    object(match facts.kind {
        FieldKind::Char | FieldKind::Text if name == "name" => json!({"type": "string"}),
        FieldKind::Char | FieldKind::Text | FieldKind::Selection => {
            json!({"type": ["string", "number", "null"]})
        }
        FieldKind::Integer => json!({"type": ["integer", "null"]}),
        FieldKind::Float | FieldKind::Monetary => json!({"type": ["number", "null"]}),
        FieldKind::Date => json!({"type": ["string", "null"], "format": "date"}),
        FieldKind::Datetime => json!({"type": ["string", "null"], "pattern": MOMENT_TOLD}),
        FieldKind::One2many => json!({
            "type": ["array", "null"],
            "description": behind(facts),
            "items": {"type": "object"},
        }),
        FieldKind::Boolean
        | FieldKind::Html
        | FieldKind::Many2one
        | FieldKind::Many2many
        | FieldKind::Other => json!({}),
    })
}

fn chosen(facts: &FieldSchema) -> Json {
    match &facts.selection {
        Some(choices) => {
            let mut choices: Vec<Json> = choices.iter().map(|choice| json!(choice)).collect();
            choices.push(Json::Null);
            json!({"enum": choices})
        }
        None => json!({"type": ["string", "null"]}),
    }
}

/// Frappe keeps the empty text where nothing is chosen.
fn with_nothing(mut told: Json) -> Json {
    let choices = told.get_mut("enum").and_then(Json::as_array_mut);
    if let Some(choices) = choices.filter(|choices| !choices.contains(&json!(""))) {
        choices.push(json!(""));
    }
    told
}

fn behind(facts: &FieldSchema) -> String {
    facts
        .relation
        .as_ref()
        .map_or_else(String::new, |model| format!("`{model}`."))
}

fn text(facts: &FieldSchema, pattern: &str) -> Json {
    let mut told = json!({"type": ["string", "null"], "pattern": pattern});
    if let (Some(size), Some(told)) = (facts.size, told.as_object_mut()) {
        told.insert("maxLength".to_owned(), json!(size));
    }
    told
}

/// 32 bits, as both ERPs keep them.
fn whole() -> Json {
    json!({"type": ["integer", "null"], "minimum": i32::MIN, "maximum": i32::MAX})
}

fn written_to_odoo(facts: &FieldSchema) -> Map<String, Json> {
    object(match facts.kind {
        FieldKind::Char | FieldKind::Text | FieldKind::Html => text(facts, NO_NUL),
        FieldKind::Integer => whole(),
        FieldKind::Float | FieldKind::Monetary => json!({"type": ["number", "null"]}),
        FieldKind::Boolean => json!({"type": ["boolean", "null"]}),
        FieldKind::Date => json!({"type": ["string", "null"], "format": "date"}),
        FieldKind::Datetime => {
            json!({"type": ["string", "null"], "pattern": MOMENT, "description": "UTC."})
        }
        FieldKind::Selection => chosen(facts),
        FieldKind::Many2one => json!({
            "type": ["integer", "null"],
            "minimum": 1,
            "maximum": i32::MAX,
            "description": format!("{} An object with an `id`, as it was read, is taken as well.", behind(facts)),
        }),
        FieldKind::One2many | FieldKind::Many2many => json!({
            "type": "array",
            "items": {"type": "integer", "minimum": 1, "maximum": i32::MAX},
            "description": format!("{} The ids that shall be linked; Odoo's commands are taken as well.", behind(facts)),
        }),
        FieldKind::Other if facts.type_name == "binary" => json!({
            "type": ["string", "null"],
            "contentEncoding": "base64",
            "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
        }),
        FieldKind::Other => json!({"type": ["string", "null"]}),
    })
}

fn written_to_frappe(
    item: &Item,
    facts: &FieldSchema,
    columns: Option<&BTreeSet<String>>,
) -> Map<String, Json> {
    object(match facts.kind {
        FieldKind::Selection => with_nothing(chosen(facts)),
        FieldKind::Integer if facts.type_name == "Check" => {
            json!({"enum": [0, 1, true, false, null]})
        }
        FieldKind::Integer => whole(),
        FieldKind::Float | FieldKind::Monetary => json!({"type": ["number", "null"]}),
        FieldKind::Date => json!({"type": ["string", "null"], "format": "date"}),
        FieldKind::Datetime => json!({"type": ["string", "null"], "pattern": MOMENT}),
        FieldKind::One2many => rows(item, facts, columns),
        FieldKind::Char => text(facts, TEXT),
        FieldKind::Text => text(facts, NO_NUL),
        FieldKind::Boolean
        | FieldKind::Html
        | FieldKind::Many2one
        | FieldKind::Many2many
        | FieldKind::Other => json!({"type": ["string", "number", "null"]}),
    })
}

/// The rows of a child table: the columns that are open, and no others.
fn rows(item: &Item, facts: &FieldSchema, open: Option<&BTreeSet<String>>) -> Json {
    let known = facts
        .relation
        .as_ref()
        .and_then(|model| item.schema.model(model));
    let mut columns = Map::new();
    for (name, facts) in known.into_iter().flat_map(|known| &known.fields) {
        let is_open = open.is_some_and(|open| open.contains(name.as_str()));
        if is_open && !facts.readonly && !facts.is_x2many() {
            let mut told = written_to_frappe(item, facts, None);
            label(&mut told, facts);
            needed(Family::Frappe, &mut told, facts);
            columns.insert(name.as_str().to_owned(), Json::Object(told));
        }
    }
    json!({
        "type": "array",
        "description": behind(facts),
        "items": {"type": "object", "properties": columns, "additionalProperties": false},
    })
}
