//! What a Frappe tells of a DocType, as facts of its fields.

use std::collections::BTreeMap;

use portcullis_erp::domain::FieldKind;
use portcullis_erp::{FieldName, Map, Model, Value};

use super::{FieldSchema, ModelSchema};

/// Fields that every document has, and their types.
const STANDARD: &[(&str, &str)] = &[
    ("name", "Data"),
    ("owner", "Link"),
    ("creation", "Datetime"),
    ("modified", "Datetime"),
    ("modified_by", "Link"),
    ("docstatus", "Int"),
    ("idx", "Int"),
];

/// Types that stand for how a form looks and hold no value.
const NO_VALUES: &[&str] = &[
    "Section Break",
    "Column Break",
    "Tab Break",
    "Fold",
    "Heading",
    "HTML",
    "Button",
    "Image",
];

/// How many letters a `Data` field holds where it is not said.
const USUAL_LENGTH: u32 = 140;

/// Reads a DocType.
pub(super) fn read(meta: &Value) -> ModelSchema {
    let mut fields = BTreeMap::new();
    for (name, kind) in STANDARD {
        if let Ok(name) = FieldName::new(name) {
            fields.insert(name, standard(kind));
        }
    }
    let rows = meta.as_map().and_then(|meta| meta.get("fields"));
    for row in rows.and_then(Value::as_list).unwrap_or_default() {
        if let Some((name, facts)) = row.as_map().and_then(field) {
            fields.insert(name, facts);
        }
    }
    ModelSchema {
        fields,
        rec_name: Some("name".to_owned()),
        rec_names_search: Vec::new(),
        filled: true,
    }
}

fn standard(kind: &str) -> FieldSchema {
    FieldSchema {
        kind: kind_of(kind),
        type_name: kind.to_owned(),
        relation: None,
        stored: true,
        depends: Vec::new(),
        related: None,
        fetched: None,
        required: false,
        readonly: true,
        inverse: None,
        label: String::new(),
        selection: None,
        size: None,
        searchable: true,
        sortable: true,
        defaulted: true,
    }
}

fn field(row: &Map) -> Option<(FieldName, FieldSchema)> {
    let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default();
    let truth = |key: &str| {
        row.get(key)
            .is_some_and(|value| matches!(value, Value::Int(1) | Value::Bool(true)))
    };
    let name = FieldName::new(text("fieldname")).ok()?;
    let kind = text("fieldtype");
    if kind.is_empty() || NO_VALUES.contains(&kind) {
        return None;
    }
    let table = matches!(kind, "Table" | "Table MultiSelect");
    let stored = !truth("is_virtual") && !table;
    let length = row
        .get("length")
        .and_then(Value::as_int)
        .and_then(|length| u32::try_from(length).ok())
        .filter(|length| *length > 0);
    Some((
        name,
        FieldSchema {
            kind: kind_of(kind),
            type_name: kind.to_owned(),
            relation: (table || kind == "Link")
                .then(|| Model::new(text("options")).ok())
                .flatten(),
            stored,
            depends: Vec::new(),
            related: None,
            fetched: Some(text("fetch_from").to_owned()).filter(|path| path.contains('.')),
            required: truth("reqd"),
            readonly: truth("read_only") || kind == "Read Only",
            inverse: None,
            label: text("label").to_owned(),
            selection: (kind == "Select" && !text("options").is_empty())
                .then(|| text("options").split('\n').map(str::to_owned).collect()),
            size: match kind {
                "Data" | "Link" | "Select" | "Dynamic Link" | "Read Only" => {
                    Some(length.unwrap_or(USUAL_LENGTH))
                }
                _ => length,
            },
            searchable: stored,
            sortable: stored,
            defaulted: !text("default").is_empty(),
        },
    ))
}

fn kind_of(kind: &str) -> FieldKind {
    match kind {
        "Data" | "Link" | "Dynamic Link" | "Read Only" | "Password" | "Phone" | "Barcode"
        | "Autocomplete" | "Color" | "Icon" | "Attach" | "Attach Image" | "Time" => FieldKind::Char,
        "Text" | "Small Text" | "Long Text" | "Code" | "Markdown Editor" | "Text Editor"
        | "HTML Editor" | "JSON" => FieldKind::Text,
        "Int" | "Check" => FieldKind::Integer,
        "Float" | "Currency" | "Percent" | "Duration" | "Rating" => FieldKind::Float,
        "Date" => FieldKind::Date,
        "Datetime" => FieldKind::Datetime,
        "Select" => FieldKind::Selection,
        "Table" | "Table MultiSelect" => FieldKind::One2many,
        _ => FieldKind::Other,
    }
}
