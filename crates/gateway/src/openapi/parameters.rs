//! Parameters: what a list or a record is asked with.

use portcullis_erp::domain::FieldKind;
use portcullis_policy::{Family, FieldSchema};
use serde_json::{Map, Value as Json, json};

use super::{Item, Subject, fields};

/// Any text but control characters, which no query may have.
const TEXT: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$";

/// `*`, or entity tags in double quotes.
const TAGS: &str = r#"^(?:\*|(?:W/)?"[!#-+\--~]*"(?:, ?(?:W/)?"[!#-+\--~]*"){0,15})?$"#;

/// Links, and in brackets what is shown behind them.
const EXPAND: &str = r"^[a-z0-9_]+(?:\([a-z0-9_]+(?:,[a-z0-9_]+)*\))?(?:,[a-z0-9_]+(?:\([a-z0-9_]+(?:,[a-z0-9_]+)*\))?)*$";

/// Parameters that all operations of a kind share.
pub(super) fn shared() -> Json {
    json!({
        "Limit": {
            "name": "limit", "in": "query",
            "description": "How many rows at the most; more than the largest page are not given.",
            "schema": {"type": "integer", "minimum": 1, "maximum": 10000},
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
        Family::Frappe => json!({"type": "string", "minLength": 1, "maxLength": 140}),
    };
    json!({"name": "id", "in": "path", "required": true, "schema": schema})
}

/// The names of fields, with commas between them.
fn names(parameter: &str, text: &str, among: &[String]) -> Json {
    json!({
        "name": parameter, "in": "query", "style": "form", "explode": false,
        "description": text,
        "schema": {
            "type": "array", "minItems": 1, "maxItems": 500,
            "items": {"type": "string", "enum": among},
        },
    })
}

fn readable(item: &Item) -> Vec<String> {
    let mut names: Vec<String> = item
        .named(&item.rights.readable)
        .map(|(name, _)| name.to_owned())
        .collect();
    if !names.iter().any(|name| name == "id") {
        names.insert(0, "id".to_owned());
    }
    names
}

/// The parameters that choose what is shown of a record.
pub(super) fn columns(subject: &Subject<'_>, item: &Item) -> Vec<Json> {
    let mut told = vec![names(
        "fields",
        "The fields that are shown; without it all that are open.",
        &readable(item),
    )];
    if subject.family == Family::Odoo && !item.rights.expandable.is_empty() {
        let links: Vec<&str> = item
            .named(&item.rights.expandable)
            .map(|(name, _)| name)
            .collect();
        told.push(json!({
            "name": "expand", "in": "query",
            "description": format!(
                "What is shown of linked records, beside `fields`, such as `{}(display_name)`. Links: {}.",
                links.first().unwrap_or(&""),
                links.join(", "),
            ),
            "schema": {"type": "string", "pattern": EXPAND},
            "example": format!("{}(display_name)", links.first().unwrap_or(&"")),
        }));
    }
    told
}

/// The parameters of a list.
pub(super) fn of_list(subject: &Subject<'_>, item: &Item) -> Vec<Json> {
    let mut told = columns(subject, item);
    let facts = |field: &str| fields::facts(item, field);
    let sorted: Vec<String> = item
        .named(&item.rights.readable)
        .filter(|(_, field)| facts(field).is_some_and(|facts| facts.sortable))
        .flat_map(|(name, _)| [name.to_owned(), format!("-{name}")])
        .collect();
    if !sorted.is_empty() {
        // A field in both directions would be no order: one alone is described.
        let mut order = names(
            "order",
            "By which fields it is sorted, each once and with commas between; `-` for downwards.",
            &sorted,
        );
        if let Some(schema) = order.pointer_mut("/schema/maxItems") {
            *schema = json!(1);
        }
        told.push(order);
    }
    told.push(filter(subject));
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

/// A condition as the ERP writes it.
fn filter(subject: &Subject<'_>) -> Json {
    let (text, example) = match subject.family {
        Family::Odoo => (
            "A search domain of Odoo's, as JSON, with the fields as they are called here.",
            r#"[["id", ">", 0]]"#,
        ),
        Family::Frappe => (
            "Filters of Frappe's, as JSON, with the fields as they are called here.",
            r#"[["name", "!=", ""]]"#,
        ),
    };
    json!({
        "name": "filter", "in": "query",
        "description": text,
        "schema": {"type": "string", "contentMediaType": "application/json", "pattern": r"^\[.*\]$"},
        "example": example,
    })
}

/// `field[op]=value`.
fn condition(subject: &Subject<'_>, name: &str, facts: &FieldSchema) -> Option<Json> {
    if !facts.searchable {
        return None;
    }
    let text = json!({"type": "string", "pattern": TEXT, "maxLength": 100});
    let one = match facts.kind {
        FieldKind::Boolean if subject.family == Family::Odoo => {
            json!({"type": "string", "enum": ["true", "false"]})
        }
        FieldKind::Integer => {
            json!({"type": "integer", "minimum": i64::MIN, "maximum": i64::MAX})
        }
        FieldKind::Float | FieldKind::Monetary => json!({"type": "number"}),
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
    operators.insert(
        "null".to_owned(),
        json!({"type": "string", "enum": ["true", "false"]}),
    );
    Some(json!({
        "name": name, "in": "query", "style": "deepObject", "explode": true,
        "description": format!("`{name}[eq]=…`, and so on; `in` and `nin` take `a,b`."),
        "schema": {
            "type": "object",
            "minProperties": 1,
            "properties": operators,
            "additionalProperties": false,
        },
    }))
}
