//! Which methods may be called from outside, by model.

mod common;

use super::call::{Method, Run};
use super::options::Version;
use super::{actions, describe, web};

pub(super) const fn on_model(
    name: &'static str,
    parameters: &'static [&'static str],
    run: Run,
) -> Method {
    Method {
        name,
        on_records: false,
        parameters,
        run,
        releases: (0, u16::MAX),
    }
}

pub(super) const fn on_records(
    name: &'static str,
    parameters: &'static [&'static str],
    run: Run,
) -> Method {
    Method {
        name,
        on_records: true,
        parameters,
        run,
        releases: (0, u16::MAX),
    }
}

const USERS: &[Method] = &[
    on_model("context_get", &[], Run::Read(describe::context_get)),
    on_records(
        "has_group",
        &["group_ext_id"],
        Run::Read(describe::has_group),
    )
    .since(18),
    // It was asked of the caller before it was asked of a user.
    on_model(
        "has_group",
        &["group_ext_id"],
        Run::Read(describe::has_group),
    )
    .until(17),
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
    // What a module of a customer's own would add.
    on_records("x_note", &["text", "mark="], Run::Read(actions::note)),
    on_model(
        "x_orders_of",
        &["partner", "state="],
        Run::Read(actions::orders_of),
    ),
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
    "check_access",
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

/// The methods of a model, as this release has them.
pub(crate) fn of(model: &str, version: Version) -> impl Iterator<Item = &'static Method> {
    let own: &[Method] = match model {
        "res.users" => USERS,
        "sale.order" => ORDERS,
        "ir.config_parameter" => PARAMETERS,
        "ir.actions.server" => SERVER_ACTIONS,
        "ir.model" => MODELS,
        _ => &[],
    };
    let release = version.number();
    own.iter()
        .chain(common::ALL)
        .filter(move |method| method.releases.0 <= release && release <= method.releases.1)
}

/// The method of a model, by name.
pub(crate) fn find(model: &str, name: &str, version: Version) -> Option<&'static Method> {
    of(model, version).find(|method| method.name == name)
}

/// Until 18 whatever does not begin with an underscore could be called.
pub(crate) fn is_private(name: &str, version: Version) -> bool {
    let opened =
        matches!(name, "check_access" | "search_fetch" | "exists") && version.number() < 19;
    name.starts_with('_') || (PRIVATE.contains(&name) && !opened)
}
