//! The methods that every model has, release by release.

use super::super::call::{Method, Run};
use super::super::{
    actions, before, copies, defaults, describe, group, onchange, panel, read, translations, views,
    web, write,
};
use super::{on_model, on_records};

/// Methods that every model has.
pub(super) const ALL: &[Method] = &[
    on_model(
        "search_read",
        &["domain=", "fields=", "offset=", "limit=", "order=", "load="],
        Run::Read(read::search_read),
    )
    .since(15),
    on_model(
        "search_read",
        &["domain=", "fields=", "offset=", "limit=", "order="],
        Run::Read(read::search_read),
    )
    .until(14),
    on_records("read", &["fields=", "load="], Run::Read(read::read)),
    on_model(
        "search",
        &["domain", "offset=", "limit=", "order="],
        Run::Read(read::search_ids),
    )
    .since(17),
    on_model(
        "search",
        &["domain", "offset=", "limit=", "order=", "count="],
        Run::Read(before::search),
    )
    .since(16)
    .until(16),
    on_model(
        "search",
        &["args", "offset=", "limit=", "order=", "count="],
        Run::Read(before::search),
    )
    .until(15),
    on_model(
        "search_fetch",
        &["domain", "field_names", "offset=", "limit=", "order="],
        Run::Read(before::search_fetch),
    )
    .since(17)
    .until(18),
    on_records("exists", &[], Run::Read(before::exists)).until(18),
    on_model(
        "search_count",
        &["domain", "limit="],
        Run::Read(read::search_count),
    )
    .since(16),
    on_model("search_count", &["args"], Run::Read(read::search_count)).until(15),
    on_model(
        "name_search",
        &["name=", "domain=", "operator=", "limit="],
        Run::Read(read::name_search),
    )
    .since(19),
    on_model(
        "name_search",
        &["name=", "args=", "operator=", "limit="],
        Run::Read(read::name_search),
    )
    .until(18),
    on_records("name_get", &[], Run::Read(before::name_get)).until(17),
    on_model(
        "fields_get",
        &["allfields=", "attributes="],
        Run::Read(describe::fields_get),
    ),
    on_model("create", &["vals_list"], Run::Write(write::create)),
    on_records("write", &["vals"], Run::Write(write::write)),
    on_records("unlink", &[], Run::Write(write::unlink)),
    on_model(
        "check_access_rights",
        &["operation", "raise_exception="],
        Run::Read(describe::check_access_rights),
    )
    .until(21),
    on_records(
        "has_access",
        &["operation"],
        Run::Read(describe::has_access),
    )
    .since(18),
    on_records(
        "check_access",
        &["operation"],
        Run::Read(describe::check_access),
    )
    .since(18)
    .until(18),
    on_records(
        "check_access_rule",
        &["operation"],
        Run::Read(describe::check_access),
    )
    .until(21),
    on_model(
        "check_field_access_rights",
        &["operation", "field_names="],
        Run::Read(describe::check_field_access_rights),
    )
    .until(21),
    on_model("default_get", &["fields"], Run::Read(defaults::default_get)).since(19),
    on_model(
        "default_get",
        &["fields_list"],
        Run::Read(defaults::default_get),
    )
    .until(18),
    on_records("copy", &["default="], Run::Write(copies::copy)).since(18),
    on_records("copy", &["default="], Run::Write(before::copy)).until(17),
    on_records(
        "copy_data",
        &["default="],
        Run::Read(copies::copy_data_with_properties),
    )
    .since(19),
    on_records("copy_data", &["default="], Run::Read(copies::copy_data))
        .since(18)
        .until(18),
    on_records("copy_data", &["default="], Run::Read(before::copy_data)).until(17),
    on_model("name_create", &["name"], Run::Write(actions::name_create)),
    on_records("get_metadata", &[], Run::Read(describe::get_metadata)),
    on_records("action_archive", &[], Run::Write(actions::archive)),
    on_records("action_unarchive", &[], Run::Write(actions::unarchive)),
    on_records("toggle_active", &[], Run::Write(actions::toggle_active)).until(21),
    on_records(
        "export_data",
        &["fields_to_export"],
        Run::Read(actions::export_data),
    ),
    on_model("load", &["fields", "data"], Run::Write(actions::load)),
    on_model(
        "read_group",
        &[
            "domain", "fields", "groupby", "offset=", "limit=", "orderby=", "lazy=",
        ],
        Run::Read(group::read_group),
    )
    .until(21),
    on_model(
        "formatted_read_group",
        &[
            "domain",
            "groupby=",
            "aggregates=",
            "having=",
            "offset=",
            "limit=",
            "order=",
        ],
        Run::Read(group::formatted_read_group),
    )
    .since(19),
    on_model(
        "formatted_read_grouping_sets",
        &["domain", "grouping_sets", "aggregates=", "*=", "order="],
        Run::Read(group::formatted_read_grouping_sets),
    )
    .since(19),
    on_model(
        "web_read_group",
        &[
            "domain",
            "groupby",
            "aggregates=",
            "limit=",
            "offset=",
            "order=",
            "*=",
            "auto_unfold=",
            "opening_info=",
            "unfold_read_specification=",
            "unfold_read_default_limit=",
            "groupby_read_specification=",
        ],
        Run::Read(group::web_read_group),
    )
    .since(19),
    on_model(
        "web_read_group",
        &[
            "domain", "fields", "groupby", "limit=", "offset=", "orderby=", "lazy=",
        ],
        Run::Read(before::web_read_group),
    )
    .until(18),
    on_records("web_read", &["specification"], Run::Read(web::web_read)).since(17),
    on_model(
        "web_search_read",
        &[
            "domain",
            "specification",
            "offset=",
            "limit=",
            "order=",
            "count_limit=",
        ],
        Run::Read(web::web_search_read),
    )
    .since(17),
    on_model(
        "web_search_read",
        &[
            "domain=",
            "fields=",
            "offset=",
            "limit=",
            "order=",
            "count_limit=",
        ],
        Run::Read(before::web_search_read),
    )
    .since(16)
    .until(16),
    on_model(
        "web_search_read",
        &["domain=", "fields=", "offset=", "limit=", "order="],
        Run::Read(before::web_search_read),
    )
    .until(15),
    on_model(
        "web_name_search",
        &["name", "specification", "domain=", "operator=", "limit="],
        Run::Read(web::web_name_search),
    )
    .since(19),
    on_records(
        "message_post",
        &[
            "*=",
            "body=",
            "subject=",
            "message_type=",
            "subtype_xmlid=",
            "partner_ids=",
            "attachment_ids=",
        ],
        Run::Write(actions::message_post),
    ),
    on_records(
        "web_save",
        &["vals", "specification", "next_id="],
        Run::Write(web::web_save),
    )
    .since(17),
    on_records(
        "web_save_multi",
        &["vals_list", "specification"],
        Run::Write(web::web_save_multi),
    )
    .since(19),
    on_records(
        "web_resequence",
        &["specification", "field_name=", "offset="],
        Run::Write(web::web_resequence),
    )
    .since(19),
    on_records(
        "onchange",
        &["values", "field_names", "fields_spec"],
        Run::Read(onchange::onchange),
    )
    .since(17),
    on_records(
        "onchange",
        &["values", "field_name", "field_onchange"],
        Run::Read(onchange::before),
    )
    .until(16),
    on_model(
        "search_panel_select_range",
        &["field_name", "**"],
        Run::Read(panel::select_range),
    ),
    on_model(
        "search_panel_select_multi_range",
        &["field_name", "**"],
        Run::Read(panel::select_multi_range),
    ),
    on_model(
        "read_progress_bar",
        &["domain", "group_by", "progress_bar"],
        Run::Read(panel::read_progress_bar),
    ),
    on_model(
        "get_view",
        &["view_id=", "view_type=", "**"],
        Run::Read(views::get_view),
    )
    .since(16),
    on_model(
        "get_views",
        &["views", "options="],
        Run::Read(views::get_views),
    )
    .since(16),
    on_records(
        "get_formview_id",
        &["access_uid="],
        Run::Read(views::get_formview_id),
    ),
    on_records(
        "get_formview_action",
        &["access_uid="],
        Run::Read(views::get_formview_action),
    ),
    on_model(
        "view_header_get",
        &["view_id", "view_type"],
        Run::Read(views::nothing),
    ),
    on_model(
        "get_import_templates",
        &[],
        Run::Read(views::get_import_templates),
    )
    .since(17),
    on_model(
        "get_empty_list_help",
        &["help_message"],
        Run::Read(views::get_empty_list_help),
    )
    .since(17),
    on_model(
        "get_empty_list_help",
        &["help"],
        Run::Read(views::get_empty_list_help),
    )
    .until(16),
    on_records("is_transient", &[], Run::Read(views::is_transient)),
    on_records("get_base_url", &[], Run::Read(describe::get_base_url)),
    on_records("get_external_id", &[], Run::Read(describe::get_external_id)),
    on_model(
        "get_property_definition",
        &["full_name"],
        Run::Read(views::get_property_definition),
    )
    .since(17),
    on_model(
        "mail_allowed_qweb_expressions",
        &[],
        Run::Read(describe::mail_allowed_qweb_expressions),
    )
    .since(18),
    on_records(
        "mail_get_partner_fields",
        &[],
        Run::Read(describe::mail_get_partner_fields),
    ),
    on_records(
        "get_field_translations",
        &["field_name", "langs="],
        Run::Read(translations::get_field_translations),
    )
    .since(16),
    on_records(
        "update_field_translations",
        &["field_name", "translations", "source_lang="],
        Run::Write(translations::update_field_translations),
    )
    .since(16),
    on_records(
        "web_override_translations",
        &["values"],
        Run::Write(translations::web_override_translations),
    )
    .since(16),
    on_records(
        "copy_translations",
        &["new", "excluded="],
        Run::Write(translations::copy_translations),
    ),
];
