//! What a DocType is made of, as version 2 tells any logged-in user.

use portcullis_erp::value::{Map, Value};

use super::Turn;
use super::failure::Failure;
use super::schema::{DocType, Field, Permission};
use super::values::text;
use super::world::moment;

/// Settings of a DocType that are off here.
const OFF: [&str; 30] = [
    "is_virtual",
    "is_tree",
    "editable_grid",
    "read_only",
    "in_create",
    "allow_copy",
    "hide_toolbar",
    "track_seen",
    "max_attachments",
    "custom",
    "beta",
    "has_web_view",
    "allow_guest_to_view",
    "email_append_to",
    "show_title_field_in_link",
    "translated_doctype",
    "is_calendar_and_gantt",
    "quick_entry",
    "track_views",
    "queue_in_background",
    "allow_events_in_timeline",
    "allow_auto_repeat",
    "make_attachments_public",
    "force_re_route_to_default_view",
    "show_preview_popup",
    "index_web_pages_for_search",
    "show_name_in_global_search",
    "track_changes",
    "allow_import",
    "allow_rename",
];

/// Settings of a field that are off here.
const FIELD_OFF: [&str; 28] = [
    "search_index",
    "show_dashboard",
    "allow_in_quick_entry",
    "print_hide",
    "report_hide",
    "bold",
    "in_global_search",
    "collapsible",
    "show_preview_popup",
    "ignore_user_permissions",
    "columns",
    "fetch_if_empty",
    "in_filter",
    "remember_last_selected_value",
    "ignore_xss_filter",
    "print_hide_if_no_value",
    "allow_bulk_edit",
    "in_standard_filter",
    "in_preview",
    "length",
    "translatable",
    "hide_border",
    "hide_days",
    "hide_seconds",
    "non_negative",
    "sort_options",
    "show_on_timeline",
    "make_attachment_public",
];

/// The tables that each part has, empty.
const TABLES: [&str; 5] = ["fields", "permissions", "actions", "links", "states"];

/// `GET /api/v2/doctype/X/meta`.
pub(crate) fn read(turn: &mut Turn<'_>, doctype: &str) -> Result<Value, Failure> {
    turn.sees(Some(doctype), "meta");
    if turn.caller.is_guest() {
        return Err(Failure::forbidden());
    }
    let kind = turn.doctype(doctype)?;
    let now = moment(turn.now);
    let mut meta = part("DocType", &kind.name, &now);
    let mut put = |name: &str, value: Value| drop(meta.insert(name.to_owned(), value));
    put("idx", Value::Int(0));
    put("search_fields", text(kind.search_fields.join(",")));
    put("issingle", flag(kind.is_single));
    put("istable", flag(kind.is_child));
    put("is_submittable", flag(kind.is_submittable));
    put("module", text(kind.module.as_str()));
    put("autoname", text(kind.autoname.as_str()));
    put("title_field", text(kind.title_field.as_str()));
    put("sort_field", text("modified"));
    put("sort_order", text("DESC"));
    put("engine", text("InnoDB"));
    for name in OFF {
        put(name, Value::Int(0));
    }
    let fields = kind.fields.iter().enumerate();
    let fields = fields.map(|(at, field)| Value::Map(described(kind, field, at, &now)));
    put("fields", Value::List(fields.collect()));
    let permissions = kind.permissions.iter();
    let permissions = permissions.map(|permission| Value::Map(allowed(kind, permission, &now)));
    put("permissions", Value::List(permissions.collect()));
    for name in ["actions", "links", "states"] {
        put(name, Value::List(Vec::new()));
    }
    Ok(Value::Map(meta))
}

fn flag(truth: bool) -> Value {
    Value::Int(i64::from(truth))
}

fn part(doctype: &str, name: &str, now: &str) -> Map {
    let texts = [
        ("doctype", doctype),
        ("name", name),
        ("creation", now),
        ("modified", now),
        ("modified_by", "Administrator"),
        ("owner", "Administrator"),
    ];
    let mut part: Map = texts
        .into_iter()
        .map(|(key, value)| (key.to_owned(), text(value)))
        .collect();
    part.insert("docstatus".to_owned(), Value::Int(0));
    part
}

/// A part of the DocType that stands in one of its tables.
fn row(doctype: &str, kind: &DocType, table: &str, name: &str, now: &str) -> Map {
    let mut row = part(doctype, name, now);
    row.insert("parent".to_owned(), text(kind.name.as_str()));
    row.insert("parentfield".to_owned(), text(table));
    row.insert("parenttype".to_owned(), text("DocType"));
    row
}

fn described(kind: &DocType, field: &Field, at: usize, now: &str) -> Map {
    let mut one = row("DocField", kind, "fields", &field.name, now);
    let mut put = |name: &str, value: Value| drop(one.insert(name.to_owned(), value));
    put(
        "idx",
        Value::Int(i64::try_from(at.saturating_add(1)).unwrap_or(0)),
    );
    put("fieldname", text(field.name.as_str()));
    put("label", text(field.label()));
    put("fieldtype", text(field.kind.as_str()));
    if !field.options.is_empty() {
        put("options", text(field.options.replace('|', "\n")));
    }
    if !field.default.is_empty() {
        put("default", text(field.default.as_str()));
    }
    let is_listed = field.name == kind.title_field || kind.search_fields.contains(&field.name);
    put("in_list_view", flag(is_listed));
    for (name, letter) in [
        ("reqd", 'R'),
        ("read_only", 'r'),
        ("hidden", 'h'),
        ("no_copy", 'n'),
        ("set_only_once", 's'),
        ("unique", 'u'),
        ("is_virtual", 'v'),
        ("allow_on_submit", 'a'),
    ] {
        put(name, flag(field.is(letter)));
    }
    put("permlevel", Value::Int(i64::from(field.permlevel)));
    for name in FIELD_OFF {
        put(name, Value::Int(0));
    }
    for name in TABLES {
        put(name, Value::List(Vec::new()));
    }
    one
}

fn allowed(kind: &DocType, permission: &Permission, now: &str) -> Map {
    let mut one = row("DocPerm", kind, "permissions", &permission.role, now);
    let mut put = |name: &str, value: Value| drop(one.insert(name.to_owned(), value));
    put("role", text(permission.role.as_str()));
    put("permlevel", Value::Int(i64::from(permission.level)));
    for (letter, right) in [
        ('r', "read"),
        ('w', "write"),
        ('c', "create"),
        ('d', "delete"),
        ('s', "submit"),
        ('x', "cancel"),
        ('a', "amend"),
        ('l', "select"),
        ('e', "export"),
        ('p', "report"),
        ('o', "if_owner"),
    ] {
        put(right, flag(permission.rights.contains(letter)));
    }
    one
}
