//! Which methods may be called from outside, by model.

use super::call::{Method, Run};
use super::{actions, defaults, describe, group, read, web, write};

const fn on_model(name: &'static str, parameters: &'static [&'static str], run: Run) -> Method {
    Method {
        name,
        on_records: false,
        parameters,
        run,
    }
}

const fn on_records(name: &'static str, parameters: &'static [&'static str], run: Run) -> Method {
    Method {
        name,
        on_records: true,
        parameters,
        run,
    }
}

/// Methods that every model has.
const ALL: &[Method] = &[
    on_model(
        "search_read",
        &["domain=", "fields=", "offset=", "limit=", "order=", "load="],
        Run::Read(read::search_read),
    ),
    on_records("read", &["fields=", "load="], Run::Read(read::read)),
    on_model(
        "search",
        &["domain", "offset=", "limit=", "order="],
        Run::Read(read::search_ids),
    ),
    on_model(
        "search_count",
        &["domain", "limit="],
        Run::Read(read::search_count),
    ),
    on_model(
        "name_search",
        &["name=", "domain=", "operator=", "limit="],
        Run::Read(read::name_search),
    ),
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
    ),
    on_records(
        "has_access",
        &["operation"],
        Run::Read(describe::has_access),
    ),
    on_records(
        "check_access",
        &["operation"],
        Run::Read(describe::check_access),
    ),
    on_records(
        "check_access_rule",
        &["operation"],
        Run::Read(describe::check_access),
    ),
    on_model("default_get", &["fields"], Run::Read(defaults::default_get)),
    on_records("copy", &["default="], Run::Write(actions::copy)),
    on_model("name_create", &["name"], Run::Write(actions::name_create)),
    on_records("get_metadata", &[], Run::Read(describe::get_metadata)),
    on_records("action_archive", &[], Run::Write(actions::archive)),
    on_records("action_unarchive", &[], Run::Write(actions::unarchive)),
    on_records("toggle_active", &[], Run::Write(actions::toggle_active)),
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
    ),
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
    ),
    on_records("web_read", &["specification"], Run::Read(web::web_read)),
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
    ),
    on_model(
        "web_name_search",
        &["name", "specification", "domain=", "operator=", "limit="],
        Run::Read(web::web_name_search),
    ),
    on_records(
        "message_post",
        &[
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
    ),
];

const USERS: &[Method] = &[
    on_model("context_get", &[], Run::Read(describe::context_get)),
    on_records(
        "has_group",
        &["group_ext_id"],
        Run::Read(describe::has_group),
    ),
    on_records(
        "has_groups",
        &["group_spec"],
        Run::Read(describe::has_group),
    ),
    on_model("action_get", &[], Run::Read(web::preferences)),
];

const ORDERS: &[Method] = &[
    on_records("action_confirm", &[], Run::Write(actions::confirm)),
    on_records("action_cancel", &[], Run::Write(actions::cancel)),
    on_records("action_draft", &[], Run::Write(actions::draft)),
    on_records("action_quotation_sent", &[], Run::Write(actions::sent)),
    on_records("action_lock", &[], Run::Write(actions::lock)),
];

const PARAMETERS: &[Method] = &[
    on_model(
        "get_param",
        &["key", "default="],
        Run::Read(actions::get_param),
    ),
    on_model(
        "set_param",
        &["key", "value"],
        Run::Write(actions::set_param),
    ),
];

const SERVER_ACTIONS: &[Method] = &[on_records(
    "run",
    &[],
    Run::Write(actions::run_server_action),
)];

const MODELS: &[Method] = &[on_model(
    "get_available_models",
    &[],
    Run::Read(describe::get_available_models),
)];

/// Methods that exist and are never answered to anybody outside.
const PRIVATE: &[&str] = &[
    "sudo",
    "with_user",
    "with_context",
    "with_company",
    "with_env",
    "browse",
    "search_fetch",
    "fetch",
    "flush_model",
    "flush_recordset",
    "invalidate_model",
    "invalidate_recordset",
    "modified",
    "mapped",
    "filtered",
    "filtered_domain",
    "sorted",
    "exists",
    "ensure_one",
    "new",
    "concat",
    "union",
    "init",
    "grouped",
    "update",
];

/// The method of a model, by name.
pub(crate) fn find(model: &str, name: &str) -> Option<&'static Method> {
    let own: &[Method] = match model {
        "res.users" => USERS,
        "sale.order" => ORDERS,
        "ir.config_parameter" => PARAMETERS,
        "ir.actions.server" => SERVER_ACTIONS,
        "ir.model" => MODELS,
        _ => &[],
    };
    own.iter().chain(ALL).find(|method| method.name == name)
}

pub(crate) fn is_private(name: &str) -> bool {
    name.starts_with('_') || PRIVATE.contains(&name)
}
