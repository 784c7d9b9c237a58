//! The table of known methods, sorted by method, after Odoo 19.

use super::Kind::{OnModel, OnRecords};
use super::{Kind, Signature};

const fn any(method: &'static str, kind: Kind, parameters: &'static [&'static str]) -> Signature {
    Signature {
        models: &[],
        method,
        kind,
        parameters,
        more: false,
    }
}

const fn of(
    models: &'static [&'static str],
    method: &'static str,
    kind: Kind,
    parameters: &'static [&'static str],
) -> Signature {
    Signature {
        models,
        method,
        kind,
        parameters,
        more: false,
    }
}

const fn more(mut signature: Signature) -> Signature {
    signature.more = true;
    signature
}

const THREADS: &[&str] = &[
    "account.move",
    "crm.lead",
    "hr.employee",
    "product.product",
    "product.template",
    "project.task",
    "purchase.order",
    "res.partner",
    "sale.order",
    "stock.picking",
];
const MOVE: &[&str] = &["account.move"];
const SALE: &[&str] = &["sale.order"];
const USERS: &[&str] = &["res.users"];

/// Sorted by method; of several with one method, the one with models comes first.
pub(super) static SIGNATURES: &[Signature] = &[
    any("action_archive", OnRecords, &[]),
    of(SALE, "action_cancel", OnRecords, &[]),
    of(SALE, "action_confirm", OnRecords, &[]),
    of(SALE, "action_draft", OnRecords, &[]),
    of(USERS, "action_get", OnModel, &[]),
    of(SALE, "action_lock", OnRecords, &[]),
    of(MOVE, "action_post", OnRecords, &[]),
    of(SALE, "action_quotation_send", OnRecords, &[]),
    of(SALE, "action_quotation_sent", OnRecords, &[]),
    of(MOVE, "action_register_payment", OnRecords, &[]),
    of(MOVE, "action_reverse", OnRecords, &[]),
    any("action_unarchive", OnRecords, &[]),
    of(SALE, "action_unlock", OnRecords, &[]),
    of(SALE, "action_update_prices", OnRecords, &[]),
    of(SALE, "action_update_taxes", OnRecords, &[]),
    of(&["res.partner"], "address_get", OnRecords, &["adr_pref"]),
    of(MOVE, "button_cancel", OnRecords, &[]),
    of(MOVE, "button_draft", OnRecords, &[]),
    of(
        USERS,
        "change_password",
        OnModel,
        &["old_passwd", "new_passwd"],
    ),
    any("check_access", OnRecords, &["operation"]),
    any(
        "check_access_rights",
        OnModel,
        &["operation", "raise_exception"],
    ),
    any("check_access_rule", OnRecords, &["operation"]),
    any(
        "check_field_access_rights",
        OnModel,
        &["operation", "field_names"],
    ),
    of(
        &["ir.model.data"],
        "check_object_reference",
        OnModel,
        &["module", "xml_id", "raise_on_access_error"],
    ),
    of(USERS, "context_get", OnModel, &[]),
    any("copy", OnRecords, &["default"]),
    any("copy_data", OnRecords, &["default"]),
    any("copy_translations", OnRecords, &["new", "excluded"]),
    any("create", OnModel, &["vals_list"]),
    any("default_get", OnModel, &["fields"]),
    any("export_data", OnRecords, &["fields_to_export"]),
    any("fields_get", OnModel, &["allfields", "attributes"]),
    of(
        &["res.partner"],
        "find_or_create",
        OnModel,
        &["email", "assert_valid_email"],
    ),
    any(
        "formatted_read_group",
        OnModel,
        &[
            "domain",
            "groupby",
            "aggregates",
            "having",
            "offset",
            "limit",
            "order",
        ],
    ),
    // `order` is given by name only.
    more(any(
        "formatted_read_grouping_sets",
        OnModel,
        &["domain", "grouping_sets", "aggregates"],
    )),
    any("get_base_url", OnRecords, &[]),
    any("get_empty_list_help", OnModel, &["help_message"]),
    any("get_external_id", OnRecords, &[]),
    any(
        "get_field_translations",
        OnRecords,
        &["field_name", "langs"],
    ),
    any("get_formview_action", OnRecords, &["access_uid"]),
    any("get_formview_id", OnRecords, &["access_uid"]),
    any("get_import_templates", OnModel, &[]),
    any("get_metadata", OnRecords, &[]),
    of(
        &["ir.config_parameter"],
        "get_param",
        OnModel,
        &["key", "default"],
    ),
    of(
        SALE,
        "get_portal_url",
        OnRecords,
        &[
            "suffix",
            "report_type",
            "download",
            "query_string",
            "anchor",
        ],
    ),
    of(
        MOVE,
        "get_portal_url",
        OnRecords,
        &[
            "suffix",
            "report_type",
            "download",
            "query_string",
            "anchor",
        ],
    ),
    any("get_property_definition", OnModel, &["full_name"]),
    more(any("get_view", OnModel, &["view_id", "view_type"])),
    any("get_views", OnModel, &["views", "options"]),
    any("has_access", OnRecords, &["operation"]),
    any("is_transient", OnRecords, &[]),
    any("load", OnModel, &["fields", "data"]),
    any("mail_allowed_qweb_expressions", OnModel, &[]),
    any("mail_get_partner_fields", OnRecords, &[]),
    // Since Odoo 13 all of its arguments are given by name only.
    more(of(THREADS, "message_post", OnRecords, &[])),
    of(
        THREADS,
        "message_subscribe",
        OnRecords,
        &["partner_ids", "subtype_ids"],
    ),
    of(THREADS, "message_unsubscribe", OnRecords, &["partner_ids"]),
    any("name_create", OnModel, &["name"]),
    any("name_get", OnRecords, &[]),
    any(
        "name_search",
        OnModel,
        &["name", "domain", "operator", "limit"],
    ),
    any(
        "onchange",
        OnRecords,
        &["values", "field_names", "fields_spec"],
    ),
    any("read", OnRecords, &["fields", "load"]),
    any(
        "read_group",
        OnModel,
        &[
            "domain", "fields", "groupby", "offset", "limit", "orderby", "lazy",
        ],
    ),
    any(
        "read_progress_bar",
        OnModel,
        &["domain", "group_by", "progress_bar"],
    ),
    // `count` ended with Odoo 16; `translate` makes a `search_count` of it.
    any(
        "search",
        OnModel,
        &["domain", "offset", "limit", "order", "count"],
    ),
    any("search_count", OnModel, &["domain", "limit"]),
    more(any(
        "search_panel_select_multi_range",
        OnModel,
        &["field_name"],
    )),
    more(any("search_panel_select_range", OnModel, &["field_name"])),
    more(any(
        "search_read",
        OnModel,
        &["domain", "fields", "offset", "limit", "order"],
    )),
    any("toggle_active", OnRecords, &[]),
    any("unlink", OnRecords, &[]),
    any(
        "update_field_translations",
        OnRecords,
        &["field_name", "translations", "source_lang"],
    ),
    any("view_header_get", OnModel, &["view_id", "view_type"]),
    any(
        "web_name_search",
        OnModel,
        &["name", "specification", "domain", "operator", "limit"],
    ),
    any("web_override_translations", OnRecords, &["values"]),
    any("web_read", OnRecords, &["specification"]),
    // How groups are unfolded is said by name only.
    more(any(
        "web_read_group",
        OnModel,
        &[
            "domain",
            "groupby",
            "aggregates",
            "limit",
            "offset",
            "order",
        ],
    )),
    any(
        "web_resequence",
        OnRecords,
        &["specification", "field_name", "offset"],
    ),
    any("web_save", OnRecords, &["vals", "specification", "next_id"]),
    any("web_save_multi", OnRecords, &["vals_list", "specification"]),
    any(
        "web_search_read",
        OnModel,
        &[
            "domain",
            "specification",
            "offset",
            "limit",
            "order",
            "count_limit",
        ],
    ),
    any("write", OnRecords, &["vals"]),
];

/// The present name of a parameter that has had another one.
pub(super) fn today(method: &str, name: String) -> String {
    let today = match (method, name.as_str()) {
        ("search" | "search_count" | "name_search", "args") => "domain",
        ("default_get", "fields_list") => "fields",
        ("check_field_access_rights", "fields") => "field_names",
        ("get_empty_list_help", "help") => "help_message",
        ("create", "vals") => "vals_list",
        ("write", "values") => "vals",
        _ => return name,
    };
    today.to_owned()
}
