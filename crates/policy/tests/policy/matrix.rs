//! The matrix: roles × (model, operation or method), printed, in git.
//!
//! There is no switch that overwrites the file: a difference is written to `target/`, so that
//! somebody looks at it and takes it over by hand.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use portcullis_erp::visit::{PageTerms, Said};
use portcullis_erp::{Call, Verb, Visit};
use portcullis_identity::{PrincipalName, RouteName};
use portcullis_policy::{Decision, Door, Family, Knock};

use crate::common::{Caller, call, document, on};

const ODOO_ROLES: &[(&str, &str)] = &[
    ("nothing", ""),
    (
        "companies",
        "[[rule]]\nname = \"companies\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"name\", \"city\"]\ndomain = '[[\"is_company\", \"=\", true]]'\n",
    ),
    (
        "hides",
        "[[rule]]\nname = \"partners\"\nmodels = [\"res.partner\"]\noperations = [\"read\", \"write\"]\nfields = \"*\"\nhidden = [\"email\"]\n",
    ),
    (
        "orders",
        "[[rule]]\nname = \"partners\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = \"*\"\n[[rule]]\nname = \"orders\"\nmodels = [\"sale.order\", \"sale.order.line\"]\noperations = [\"read\", \"create\", \"write\"]\nfields = \"*\"\n[[rule]]\nname = \"confirm\"\nmodels = [\"sale.order\"]\noperations = [\"call\"]\nmethods = [\"action_confirm\"]\n",
    ),
    (
        "names",
        "[[rule]]\nname = \"names\"\nmodels = [\"*\"]\noperations = [\"name\"]\n",
    ),
    (
        "all",
        "[[rule]]\nname = \"all\"\nmodels = [\"*\"]\noperations = [\"read\", \"create\", \"write\", \"delete\", \"call\", \"name\"]\nmethods = [\"action_confirm\"]\nfields = \"*\"\n",
    ),
];

const FRAPPE_ROLES: &[(&str, &str)] = &[
    ("nothing", ""),
    (
        "reader",
        "[[rule]]\nname = \"r\"\nmodels = [\"Customer\"]\noperations = [\"read\"]\nfields = [\"customer_name\"]\n",
    ),
    (
        "orders",
        "[[rule]]\nname = \"c\"\nmodels = [\"Customer\"]\noperations = [\"read\"]\nfields = \"*\"\n[[rule]]\nname = \"o\"\nmodels = [\"Sales Order\"]\noperations = [\"read\", \"create\", \"write\"]\nfields = \"*\"\n",
    ),
    (
        "all",
        "[[rule]]\nname = \"all\"\nmodels = [\"*\"]\noperations = [\"read\", \"create\", \"write\", \"delete\", \"submit\", \"cancel\"]\nfields = \"*\"\n",
    ),
];

pub(crate) const ODOO_MODELS: &[&str] = &[
    "res.partner",
    "sale.order",
    "sale.order.line",
    "res.country",
    "res.users",
    "ir.cron",
    "no.such.model",
];
pub(crate) const DOCTYPES: &[&str] = &["Customer", "Sales Order", "User", "Server Script"];

pub(crate) fn odoo_calls(model: &str) -> Vec<Call> {
    vec![
        call(model, "search", "{}"),
        call(model, "search_count", "{}"),
        call(model, "search_read", "{}"),
        on(model, "read", &[1], "{}"),
        on(model, "web_read", &[1], r#"{"specification": {}}"#),
        call(
            model,
            "web_search_read",
            r#"{"domain": [], "specification": {}}"#,
        ),
        call(
            model,
            "read_group",
            r#"{"domain": [], "fields": [], "groupby": ["id"]}"#,
        ),
        call(
            model,
            "formatted_read_group",
            r#"{"domain": [], "groupby": [], "aggregates": ["__count"]}"#,
        ),
        call(
            model,
            "formatted_read_grouping_sets",
            r#"{"domain": [], "grouping_sets": [["id"]], "aggregates": ["__count"]}"#,
        ),
        call(model, "name_search", r#"{"name": "a"}"#),
        call(
            model,
            "web_name_search",
            r#"{"name": "a", "specification": {}}"#,
        ),
        on(model, "name_get", &[1], "{}"),
        call(model, "fields_get", "{}"),
        call(model, "default_get", r#"{"fields": ["name"]}"#),
        call(model, "check_access_rights", r#"{"operation": "read"}"#),
        call(model, "check_access_rights", r#"{"operation": "unlink"}"#),
        on(model, "has_access", &[1], r#"{"operation": "read"}"#),
        call(
            model,
            "check_field_access_rights",
            r#"{"operation": "read", "field_names": ["name"]}"#,
        ),
        on(
            model,
            "export_data",
            &[1],
            r#"{"fields_to_export": ["id"]}"#,
        ),
        on(model, "get_metadata", &[1], "{}"),
        call(model, "create", r#"{"vals_list": [{}]}"#),
        call(model, "create", r#"{"vals_list": [{"name": "x"}]}"#),
        call(model, "name_create", r#"{"name": "x"}"#),
        on(model, "write", &[1], r#"{"vals": {"name": "x"}}"#),
        on(
            model,
            "web_save",
            &[1],
            r#"{"vals": {"name": "x"}, "specification": {}}"#,
        ),
        on(model, "unlink", &[1], "{}"),
        on(model, "copy", &[1], "{}"),
        on(model, "action_archive", &[1], "{}"),
        on(
            model,
            "web_resequence",
            &[1],
            r#"{"specification": {}, "field_name": "sequence"}"#,
        ),
        on(model, "action_confirm", &[1], "{}"),
        on(model, "message_post", &[1], r#"{"body": "x"}"#),
        on(
            model,
            "onchange",
            &[],
            r#"{"values": {}, "field_names": [], "fields_spec": {}}"#,
        ),
        call(model, "load", r#"{"fields": [], "data": []}"#),
        call(model, "get_views", r#"{"views": []}"#),
        on(model, "copy_data", &[1], "{}"),
        on(model, "_write", &[1], "{}"),
        call(model, "no_such_method", "{}"),
    ]
}

pub(crate) fn frappe_calls(doctype: &str) -> Vec<Call> {
    vec![
        call(doctype, "get_list", "{}"),
        call(doctype, "get_count", "{}"),
        document(doctype, "get", "X", "{}"),
        call(
            doctype,
            "frappe.client.get_value",
            r#"{"fieldname": "name", "filters": "X"}"#,
        ),
        call(doctype, "insert", r#"{"doc": {"customer_name": "x"}}"#),
        call(doctype, "insert", r#"{"doc": {"docstatus": 1}}"#),
        document(doctype, "save", "X", r#"{"doc": {"customer_name": "x"}}"#),
        document(doctype, "save", "X", r#"{"doc": {"docstatus": 2}}"#),
        document(doctype, "submit", "X", "{}"),
        document(doctype, "cancel", "X", "{}"),
        document(doctype, "delete", "X", "{}"),
        call(doctype, "frappe.client.get_password", "{}"),
        call(doctype, "frappe.client.rename_doc", "{}"),
        call(doctype, "frappe.desk.reportview.get", "{}"),
    ]
}

const ROUTE_ROLES: &[(&str, &str)] = &[
    ("nothing", ""),
    ("orders", "[[rule]]\nname = \"r\"\nroutes = [\"orders\"]\n"),
    (
        "shut",
        "[[rule]]\nname = \"r\"\nroutes = [\"orders\", \"open\"]\n[[rule]]\nname = \"d\"\ndeny = true\nroutes = [\"orders\", \"open\"]\n",
    ),
    (
        "models",
        "[[rule]]\nname = \"all\"\nmodels = [\"*\"]\noperations = [\"read\", \"create\", \"write\", \"delete\", \"call\", \"name\"]\nfields = \"*\"\n",
    ),
];

/// Routes to custom controllers: who of the roles may come, and whether nobody in particular
/// may, which is the last column.
fn routes(out: &mut String) {
    let callers: Vec<Caller> = ROUTE_ROLES
        .iter()
        .map(|role| Caller::new(&[*role], Family::Odoo))
        .collect();
    let head: Vec<&str> = ROUTE_ROLES.iter().map(|(name, _)| *name).collect();
    writeln!(out, "Routes: {}, nobody\n", head.join(", ")).expect("a text takes everything");
    let others = BTreeSet::from([PrincipalName::new("somebody else").expect("a name")]);
    for (route, door, said) in [
        ("orders", Door::Guarded, ""),
        ("orders", Door::Callers(&others), " to others by name"),
        ("other", Door::Guarded, ""),
        ("open", Door::Open, " to everybody"),
    ] {
        let may = |caller: Option<&Caller>| {
            let visit = Visit::new(Verb::Get, vec![route.to_owned()], false, Said::default());
            let name = RouteName::new(route).expect("a name");
            let policy = caller.map_or_else(|| &callers[0].policy, |caller| &caller.policy);
            let passage = policy.admit(Knock {
                principal: caller.map(|caller| &caller.principal),
                route: &name,
                door,
                visit: visit.expect("a path that no dialect owns"),
                terms: PageTerms::default(),
            });
            if passage.is_ok() { '+' } else { '.' }
        };
        let cells: String = callers.iter().map(Some).chain([None]).map(may).collect();
        writeln!(out, "    {cells}  {route}{said}").expect("a text takes everything");
    }
    out.push('\n');
}

/// `+` allowed, `g` after a guard, `.` refused.
fn cell(caller: &Caller, call: &Call) -> char {
    match caller.ask(call) {
        Decision::Allow(permit) if permit.is_guard() => 'g',
        Decision::Allow(_) => '+',
        Decision::Refuse(_) => '.',
    }
}

/// A caller for each role.
fn callers<'a>(family: Family, roles: &[(&'a str, &str)]) -> Vec<(&'a str, Caller)> {
    let caller = |role: &(&'a str, &str)| (role.0, Caller::new(&[*role], family));
    roles.iter().map(caller).collect()
}

/// Prints which calls pass, one column a caller.
pub(crate) fn table(
    out: &mut String,
    family: Family,
    callers: &[(&str, Caller)],
    models: &[&str],
    calls: fn(&str) -> Vec<Call>,
) {
    let head: Vec<&str> = callers.iter().map(|(name, _)| *name).collect();
    writeln!(out, "{family:?}: {}", head.join(" ")).expect("a text takes everything");
    for model in models {
        writeln!(out, "\n  {model}").expect("a text takes everything");
        for (at, call) in calls(model).iter().enumerate() {
            let cells: String = callers
                .iter()
                .map(|(_, caller)| cell(caller, call))
                .collect();
            let seen = calls(model)
                .iter()
                .take(at)
                .filter(|other| other.method == call.method)
                .count();
            let mark = if seen > 0 {
                format!(" ({})", seen + 1)
            } else {
                String::new()
            };
            writeln!(out, "    {cells}  {}{mark}", call.method).expect("a text takes everything");
        }
    }
    out.push('\n');
}

#[test]
fn the_matrix_is_the_one_in_git() {
    let mut out = String::from(
        "What each role may do: `+` allowed, `g` after a guard, `.` refused. One column a role.\n\n",
    );
    table(
        &mut out,
        Family::Odoo,
        &callers(Family::Odoo, ODOO_ROLES),
        ODOO_MODELS,
        odoo_calls,
    );
    table(
        &mut out,
        Family::Frappe,
        &callers(Family::Frappe, FRAPPE_ROLES),
        DOCTYPES,
        frappe_calls,
    );
    routes(&mut out);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let kept = std::fs::read_to_string(root.join("tests/matrix.txt")).unwrap_or_default();
    if kept != out {
        let target = root.join("../../target/matrix.txt");
        std::fs::write(&target, &out).expect("target/ can be written");
        panic!(
            "crates/policy/tests/matrix.txt differs from {}: look at each line",
            target.display()
        );
    }
}
