//! `filter`: conditions as the ERP writes them, one alternative for each kind of field.

use portcullis_erp::domain::FieldKind;
use portcullis_policy::{Family, FieldSchema};
use serde_json::{Map, Value as Json, json};

use super::parameters::{TEXT, number, whole};
use super::{Item, Subject, fields, reference};

/// Fields that are compared alike.
struct Group {
    operators: &'static [&'static str],
    one: Json,
    names: Vec<String>,
}

/// The parameter of a list.
pub(super) fn parameter(subject: &Subject<'_>, item: &Item) -> Json {
    let text = match subject.family {
        Family::Odoo => {
            "A search domain of Odoo's, as JSON, with the fields as they are called here. All conditions must hold; `|`, `&` and `!` stand before those that they join, to any depth."
        }
        Family::Frappe => {
            "Filters of Frappe's, as JSON, with the fields as they are called here. All must hold."
        }
    };
    let condition = reference("schemas", &component(item));
    let list = json!({"type": "array", "items": condition});
    let schema = match subject.family {
        Family::Odoo => {
            let tuple = |operators: Json, count: usize| {
                let mut parts = vec![operators];
                parts.resize(count, condition.clone());
                json!({
                    "type": "array", "prefixItems": parts, "items": false,
                    "minItems": count, "maxItems": count,
                })
            };
            json!({"anyOf": [
                list,
                tuple(json!({"enum": ["&", "|"]}), 3),
                tuple(json!({"enum": ["!"]}), 2),
            ]})
        }
        Family::Frappe => list,
    };
    json!({
        "name": "filter", "in": "query",
        "description": text,
        "content": {"application/json": {"schema": schema}},
    })
}

fn component(item: &Item) -> String {
    format!("{}.condition", item.component())
}

/// Adds what a condition on a resource is.
pub(super) fn add(subject: &Subject<'_>, item: &Item, schemas: &mut Map<String, Json>) {
    let mut groups: Vec<Group> = Vec::new();
    let id = match subject.family {
        Family::Odoo => Some(("id", FieldKind::Integer)),
        Family::Frappe => None,
    };
    let named = item
        .named(&item.rights.readable)
        .filter_map(|(name, field)| {
            let facts = fields::facts(item, field)?;
            (facts.searchable && name != "id").then_some((name, Some(facts)))
        });
    for (name, facts) in named.chain(id.map(|(name, _)| (name, None))) {
        let Some((operators, one)) = compared(subject.family, facts) else {
            continue;
        };
        match groups
            .iter_mut()
            .find(|group| group.operators == operators && group.one == one)
        {
            Some(group) => group.names.push(name.to_owned()),
            None => groups.push(Group {
                operators,
                one,
                names: vec![name.to_owned()],
            }),
        }
    }
    let mut forms: Vec<Json> = groups.iter().flat_map(Group::forms).collect();
    if subject.family == Family::Odoo && !forms.is_empty() {
        let all: Vec<&String> = groups.iter().flat_map(|group| &group.names).collect();
        let unset = json!({"enum": [false], "description": "It is not set."});
        forms.push(form(json!(all), SAME, unset));
    }
    let told = if forms.is_empty() {
        json!({"type": "array", "maxItems": 0})
    } else {
        json!({"description": "Field, operator and value.", "anyOf": forms})
    };
    schemas.insert(component(item), told);
}

impl Group {
    /// A field is compared with one value, or with several of them.
    fn forms(&self) -> [Json; 2] {
        let several = json!({"type": "array", "items": self.one});
        [
            form(json!(self.names), self.operators, self.one.clone()),
            form(json!(self.names), &["in", "not in"], several),
        ]
    }
}

/// A condition.
fn form(names: Json, operators: &[&str], value: Json) -> Json {
    json!({
        "type": "array", "minItems": 3, "maxItems": 3, "items": false,
        "prefixItems": [{"enum": names}, {"enum": operators}, value],
    })
}

const SAME: &[&str] = &["=", "!="];
const ORDERED: &[&str] = &["=", "!=", ">", ">=", "<", "<="];
const TEXTS_OF_ODOO: &[&str] = &["=", "!=", "like", "not like", "ilike", "not ilike"];
const TEXTS_OF_FRAPPE: &[&str] = &["=", "!=", "like", "not like"];

/// How a field is compared, and with what; none for the id of an Odoo's record.
fn compared(
    family: Family,
    facts: Option<&FieldSchema>,
) -> Option<(&'static [&'static str], Json)> {
    let text = json!({"type": "string", "pattern": TEXT});
    let Some(facts) = facts else {
        return Some((ORDERED, whole()));
    };
    let texts = match family {
        Family::Odoo => TEXTS_OF_ODOO,
        Family::Frappe => TEXTS_OF_FRAPPE,
    };
    Some(match facts.kind {
        FieldKind::Boolean if family == Family::Odoo => (SAME, json!({"type": "boolean"})),
        FieldKind::Integer => (ORDERED, whole()),
        FieldKind::Float | FieldKind::Monetary => (ORDERED, number()),
        FieldKind::Date => (ORDERED, json!({"type": "string", "format": "date"})),
        FieldKind::Char | FieldKind::Text => (texts, text),
        FieldKind::Selection => (SAME, text),
        FieldKind::Many2one => (
            SAME,
            json!({"type": "integer", "minimum": 1, "maximum": i32::MAX}),
        ),
        FieldKind::Datetime
        | FieldKind::Html
        | FieldKind::Boolean
        | FieldKind::One2many
        | FieldKind::Many2many
        | FieldKind::Other => return None,
    })
}
