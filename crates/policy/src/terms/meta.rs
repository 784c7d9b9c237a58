//! What a DocType tells of itself: its fields, as far as they are open.

use portcullis_erp::{Map, Value};

use super::{DocumentTerms, Wrong};

/// What says how the DocType as a whole behaves.
const ABOUT: &[&str] = &[
    "allow_rename",
    "custom",
    "description",
    "doctype",
    "document_type",
    "in_create",
    "is_submittable",
    "is_tree",
    "is_virtual",
    "issingle",
    "istable",
    "max_attachments",
    "module",
    "name",
    "quick_entry",
    "read_only",
    "sort_order",
    "track_changes",
];

/// What names a field.
const NAMING: &[&str] = &["image_field", "sort_field", "title_field"];

/// What says something of one field. Conditions speak of other fields, and stay behind.
const FIELD: &[&str] = &[
    "allow_on_submit",
    "bold",
    "default",
    "description",
    "fieldname",
    "fieldtype",
    "hidden",
    "idx",
    "in_global_search",
    "in_list_view",
    "in_standard_filter",
    "label",
    "length",
    "no_copy",
    "non_negative",
    "options",
    "permlevel",
    "precision",
    "read_only",
    "reqd",
    "search_index",
    "set_only_once",
    "translatable",
    "unique",
];

impl DocumentTerms {
    pub(super) fn meta(&self, answer: Value, cut: &mut bool) -> Result<Value, Wrong> {
        let Value::Map(mut meta) = answer else {
            return Err("no DocType");
        };
        let Some(Value::List(fields)) = meta.shift_remove("fields") else {
            return Err("a DocType without fields");
        };
        let before = meta.len();
        meta.retain(|name, value| {
            let value_is_open = || value.as_str().is_some_and(|field| self.open(field));
            ABOUT.contains(&name.as_str()) && !matches!(value, Value::List(_) | Value::Map(_))
                || NAMING.contains(&name.as_str()) && value_is_open()
        });
        *cut |= meta.len() != before;
        let mut clean = Vec::with_capacity(fields.len());
        for field in fields {
            let Value::Map(field) = field else {
                return Err("a field that is none");
            };
            match self.field(field, cut) {
                Some(field) => clean.push(Value::Map(field)),
                None => *cut = true,
            }
        }
        meta.insert("fields".to_owned(), Value::List(clean));
        Ok(Value::Map(meta))
    }

    fn field(&self, mut field: Map, cut: &mut bool) -> Option<Map> {
        let name = field.get("fieldname").and_then(Value::as_str)?;
        if !self.open(name) && !self.opens_columns(name) && self.mask(name).is_none() {
            return None;
        }
        let before = field.len();
        field.retain(|attribute, value| {
            FIELD.contains(&attribute.as_str()) && !matches!(value, Value::List(_) | Value::Map(_))
        });
        *cut |= field.len() != before;
        Some(field)
    }
}

/// The answer of `get_field_translations`: `[[{"lang": …, "source": …, "value": …}], {…}]`.
pub(super) fn translations(answer: Value, cut: &mut bool) -> Result<Value, Wrong> {
    let Value::List(parts) = answer else {
        return Err("no translations");
    };
    let mut parts = parts.into_iter();
    let (Some(Value::List(mut texts)), Some(Value::Map(mut kind)), None) =
        (parts.next(), parts.next(), parts.next())
    else {
        return Err("no translations");
    };
    let mut keep = |map: &mut Map, names: &[&str]| {
        let before = map.len();
        map.retain(|name, value| {
            names.contains(&name.as_str()) && !matches!(value, Value::List(_) | Value::Map(_))
        });
        *cut |= map.len() != before;
    };
    for text in &mut texts {
        let Value::Map(text) = text else {
            return Err("a translation that is none");
        };
        keep(text, &["lang", "source", "value"]);
    }
    keep(&mut kind, &["translation_type", "translation_show_source"]);
    Ok(Value::List(vec![Value::List(texts), Value::Map(kind)]))
}
