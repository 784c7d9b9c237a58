//! Parameters: what a list or a record is asked with.

use portcullis_erp::domain::FieldKind;
use portcullis_policy::{Family, FieldSchema};
use serde_json::{Map, Value as Json, json};

use super::{Item, Subject, fields, filter};

/// Any text but control characters, which no query may have.
pub(super) const TEXT: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$";

/// Texts with commas between; a list in brackets would be JSON.
const TEXTS: &str = "^(?:[^\\[\\u0000-\\u001f\\u007f-\\u009f][^\\u0000-\\u001f\\u007f-\\u009f]*)?$";

/// `*`, or entity tags in double quotes.
const TAGS: &str = r#"^(?:\*|(?:W/)?"[!#-+\--~]*"(?:, ?(?:W/)?"[!#-+\--~]*"){0,15})?$"#;

/// What is shown behind a link: fields, by their own names there.
const SHOWN: &str = r"(?:\([a-z_][a-z0-9_]{0,30}(?:,[a-z_][a-z0-9_]{0,30}){0,7}\))?";

/// How many links `expand` is told to follow at once.
const MOST_LINKS: usize = 8;

/// Parameters that all operations of a kind share.
pub(super) fn shared() -> Json {
    json!({
        "Limit": {
            "name": "limit", "in": "query",
            "description": "How many rows at the most; more than the largest page are not given, whatever is asked.",
            "schema": {"type": "integer", "minimum": 1, "maximum": u32::MAX},
        },
        "Offset": {
            "name": "offset", "in": "query",
            "description": "How many rows are passed over. `cursor` is steadier; not both.",
            "schema": {"type": "integer", "minimum": 0, "maximum": i64::MAX},
        },
        "IfMatch": {
            "name": "If-Match", "in": "header",
            "description": "The `ETag` that the record was read with: it is changed only if nobody else did so since.",
            "schema": {"type": "string", "pattern": TAGS},
            "example": "*",
        },
        "IfNoneMatch": {
            "name": "If-None-Match", "in": "header",
            "description": "The `ETag` that the caller has already; the answer is 304 if it still holds.",
            "schema": {"type": "string", "pattern": TAGS},
            "example": "\"2026-01-31T23:59:59\"",
        },
        "IdempotencyKey": {
            "name": "Idempotency-Key", "in": "header",
            "description": "A text of the caller's own choice, new for each thing to be done: whoever sends it again gets the first answer, and nothing is done twice.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!#-+\\--:<-~]+$"},
        },
        "Cursor": {
            "name": "cursor", "in": "query",
            "description": "Where the list goes on: `page.next` of the answer before, with the same `filter` and `order`.",
            "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{32}$"},
        },
    })
}

/// The path parameter that names a record.
pub(super) fn id(subject: &Subject<'_>) -> Json {
    let schema = match subject.family {
        Family::Odoo => json!({"type": "integer", "minimum": 1, "maximum": i32::MAX}),
        Family::Frappe => {
            json!({"type": "string", "minLength": 1, "maxLength": 140, "pattern": document_name()})
        }
    };
    json!({"name": "id", "in": "path", "required": true, "schema": schema})
}

/// A name of Frappe's documents: no backslash, no control character, no part between slashes
/// that is empty, `.` or `..`.
fn document_name() -> String {
    let rest = r"[^/\\\u0000-\u001f\u007f-\u009f]";
    let first = r"[^./\\\u0000-\u001f\u007f-\u009f]";
    let part = format!(r"(?:\.?{first}{rest}*|\.\.{rest}+)");
    format!("^{part}(?:/{part})*$")
}

/// The names of fields, with commas between them.
fn names(parameter: &str, text: &str, among: &[String]) -> Json {
    json!({
        "name": parameter, "in": "query", "style": "form", "explode": false,
        "description": text,
        "schema": {
            "type": "array", "minItems": 1,
            "items": {"type": "string", "enum": among},
        },
    })
}

fn readable(item: &Item, shown: impl Fn(&str) -> bool) -> Vec<String> {
    let mut names: Vec<String> = item
        .named(&item.rights.readable)
        .filter(|(_, field)| shown(field))
        .map(|(name, _)| name.to_owned())
        .collect();
    if !names.iter().any(|name| name == "id") {
        names.insert(0, "id".to_owned());
    }
    names
}

/// The parameters that choose what is shown of a record.
pub(super) fn columns(subject: &Subject<'_>, item: &Item) -> Vec<Json> {
    shown(subject, item, |_| true)
}

fn shown(subject: &Subject<'_>, item: &Item, told: impl Fn(&str) -> bool) -> Vec<Json> {
    let mut told = vec![names(
        "fields",
        "The fields that are shown; without it all that are open, or with `expand` none but its links.",
        &readable(item, told),
    )];
    if subject.family == Family::Odoo && !item.rights.expandable.is_empty() {
        let links: Vec<&str> = item
            .named(&item.rights.expandable)
            .map(|(name, _)| name)
            .collect();
        let first = links.first().copied().unwrap_or_default();
        let link = format!("(?:{}){SHOWN}", links.join("|"));
        told.push(json!({
            "name": "expand", "in": "query",
            "description": format!(
                "What is shown of linked records, such as `{first}(display_name)`: fields that are open there."
            ),
            "schema": {
                "type": "string",
                "pattern": format!("^{link}(?:,{link}){{0,{}}}$", MOST_LINKS - 1),
            },
            "example": format!("{first}(display_name)"),
        }));
    }
    told
}

/// The parameters of a list.
pub(super) fn of_list(subject: &Subject<'_>, item: &Item) -> Vec<Json> {
    let facts = |field: &str| fields::facts(item, field);
    // Frappe's lists have no child tables.
    let in_list = |field: &str| {
        subject.family == Family::Odoo || facts(field).is_none_or(|facts| !facts.is_x2many())
    };
    let mut told = shown(subject, item, in_list);
    let sorted: Vec<String> = item
        .named(&item.rights.readable)
        .filter(|(_, field)| facts(field).is_some_and(|facts| facts.sortable))
        .flat_map(|(name, _)| [name.to_owned(), format!("-{name}")])
        .collect();
    if !sorted.is_empty() {
        told.push(names(
            "order",
            "By which fields it is sorted; `-` for downwards.",
            &sorted,
        ));
    }
    told.push(filter::parameter(subject, item));
    for name in ["Limit", "Offset", "Cursor"] {
        told.push(super::reference("parameters", name));
    }
    for (name, field) in item.named(&item.rights.readable) {
        if let Some(condition) = facts(field).and_then(|facts| condition(subject, name, facts)) {
            told.push(condition);
        }
    }
    told
}

/// A number that conditions compare with.
pub(super) fn whole() -> Json {
    json!({"type": "integer", "minimum": i64::MIN, "maximum": i64::MAX})
}

/// A number that conditions compare with.
pub(super) fn number() -> Json {
    json!({"type": "number", "minimum": f64::MIN, "maximum": f64::MAX})
}

/// `field[op]=value`.
fn condition(subject: &Subject<'_>, name: &str, facts: &FieldSchema) -> Option<Json> {
    if !facts.searchable {
        return None;
    }
    let text = json!({"type": "string", "pattern": TEXT});
    let one = match facts.kind {
        FieldKind::Boolean if subject.family == Family::Odoo => {
            json!({"type": "string", "enum": ["true", "false"]})
        }
        FieldKind::Integer => whole(),
        FieldKind::Float | FieldKind::Monetary => number(),
        FieldKind::Date => json!({"type": "string", "format": "date"}),
        FieldKind::Char | FieldKind::Text => text.clone(),
        FieldKind::Selection => match &facts.selection {
            Some(choices) => json!({"type": "string", "enum": choices}),
            None => text.clone(),
        },
        // An id, or a part of the name.
        FieldKind::Many2one => text.clone(),
        FieldKind::Datetime
        | FieldKind::Html
        | FieldKind::Boolean
        | FieldKind::One2many
        | FieldKind::Many2many
        | FieldKind::Other => return None,
    };
    let mut operators = Map::new();
    for operator in ["eq", "ne"] {
        operators.insert(operator.to_owned(), one.clone());
    }
    let ordered = matches!(
        facts.kind,
        FieldKind::Integer | FieldKind::Float | FieldKind::Monetary | FieldKind::Date
    );
    if ordered {
        for operator in ["gt", "gte", "lt", "lte"] {
            operators.insert(operator.to_owned(), one.clone());
        }
    }
    if matches!(facts.kind, FieldKind::Char | FieldKind::Text) {
        operators.insert("ilike".to_owned(), text.clone());
        operators.insert("like".to_owned(), text);
    }
    if let Some(several) = several(facts) {
        for operator in ["in", "nin"] {
            operators.insert(operator.to_owned(), several.clone());
        }
    }
    operators.insert(
        "null".to_owned(),
        json!({"type": "string", "enum": ["true", "false"]}),
    );
    Some(json!({
        "name": name, "in": "query", "style": "deepObject", "explode": true,
        "description": format!("`{name}[eq]=…`, and so on; all must hold."),
        "schema": {
            "type": "object",
            "minProperties": 1,
            "properties": operators,
            "additionalProperties": false,
        },
    }))
}

/// Several values, with commas between.
fn several(facts: &FieldSchema) -> Option<Json> {
    let number = "-?[0-9]{1,15}";
    Some(match facts.kind {
        FieldKind::Integer => {
            json!({"type": "string", "pattern": format!("^{number}(?:,{number}){{0,99}}$")})
        }
        FieldKind::Char | FieldKind::Text => {
            json!({"type": "string", "pattern": TEXTS})
        }
        FieldKind::Float
        | FieldKind::Monetary
        | FieldKind::Date
        | FieldKind::Selection
        | FieldKind::Many2one
        | FieldKind::Datetime
        | FieldKind::Html
        | FieldKind::Boolean
        | FieldKind::One2many
        | FieldKind::Many2many
        | FieldKind::Other => return None,
    })
}
