//! The profiles that come with the program: what each opens is printed, in git; what no
//! client of that kind needs is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use portcullis_erp::Model;
use portcullis_policy::{
    Asking, Decision, Depth, Family, Operation, Rights, RoleProfile, UserFacts,
};
use proptest::prelude::*;

use crate::common::{Caller, call, on, whole};
use crate::matrix::{DOCTYPES, ODOO_MODELS, frappe_calls, odoo_calls, table};
use crate::real;

/// The caller that has this profile and no other role.
pub(crate) fn caller(profile: &RoleProfile) -> Caller {
    let name = profile.name.rsplit('/').next().expect("a name");
    let mut caller = Caller::new(&[(name, profile.text)], profile.family);
    caller.schema = real::of(profile.family);
    let user = UserFacts {
        name: Some("someone@example.com".to_owned()),
        partner_id: Some(41),
        company_ids: vec![1],
    };
    let login = caller.principal.erp_login().clone();
    caller.schema.learn_user(login, user);
    caller
}

fn rights(caller: &Caller, model: &Model) -> Rights {
    let asking = Asking {
        principal: &caller.principal,
        upstream: &caller.upstream,
        family: caller.family,
        dialect: caller.dialect,
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        schema: &caller.schema,
    };
    let found = caller.policy.rights(&asking, model, Depth::Fields);
    found.unwrap_or_else(|unknown| panic!("`{unknown}` is not in tests/schema"))
}

/// What a profile opens, model by model, as the judge itself says.
fn opened(out: &mut String, profile: &RoleProfile) {
    writeln!(out, "{}", profile.name).expect("a text takes everything");
    let caller = caller(profile);
    let role = caller.policy.roles().next().expect("the role");
    let mut models: BTreeMap<String, Model> = BTreeMap::new();
    for model in role
        .rules()
        .iter()
        .filter_map(|rule| rule.models())
        .flatten()
    {
        models.insert(model.to_string(), model.clone());
    }
    for (name, model) in models {
        let found = rights(&caller, &model);
        let mut does: Vec<&str> = found.operations.iter().map(|one| one.as_str()).collect();
        does.extend(found.methods.iter().map(|listed| listed.method.as_str()));
        let named = |rule: &&portcullis_policy::Rule| {
            rule.operations().contains(&Operation::Name)
                && rule.models().is_some_and(|models| models.contains(&model))
        };
        if role.rules().iter().any(|rule| named(&rule)) {
            does.push("name");
        }
        writeln!(out, "\n  {name}: {}", does.join(" ")).expect("a text takes everything");
        // These may be sent, for clients send them back, and are left out.
        let dropped = |name: &&str| {
            let names = [
                "creation",
                "docstatus",
                "idx",
                "modified",
                "modified_by",
                "name",
                "owner",
            ];
            profile.family == Family::Frappe && names.contains(name)
        };
        wrapped(out, "read", found.readable.iter().map(String::as_str));
        for (what, fields) in [("create", &found.creatable), ("write", &found.writable)] {
            let fields = fields.iter().map(String::as_str);
            wrapped(out, what, fields.filter(|name| !dropped(name)));
        }
        for (table, columns) in &found.columns {
            let rows = columns.creatable.iter().map(String::as_str);
            wrapped(
                out,
                &format!("rows of {table}"),
                rows.filter(|name| !dropped(name)),
            );
        }
    }
    out.push('\n');
}

fn wrapped<'a>(out: &mut String, what: &str, words: impl Iterator<Item = &'a str>) {
    let mut words = words.peekable();
    if words.peek().is_none() {
        return;
    }
    let mut line = format!("    {what}:");
    for word in words {
        if line.len() + word.len() > 98 {
            writeln!(out, "{line}").expect("a text takes everything");
            line = "     ".to_owned();
        }
        line.push(' ');
        line.push_str(word);
    }
    writeln!(out, "{line}").expect("a text takes everything");
}

#[test]
fn what_the_profiles_open_is_what_stands_in_git() {
    let mut out = String::from(
        "What the role profiles open. First calls: `+` allowed, `g` after a guard, `.` refused, one\n\
         column a profile. Then the operations, methods and fields of each.\n\n",
    );
    for (family, models, calls) in [
        (Family::Odoo, ODOO_MODELS, odoo_calls as fn(&str) -> _),
        (Family::Frappe, DOCTYPES, frappe_calls),
    ] {
        let callers: Vec<(&str, Caller)> = RoleProfile::all()
            .iter()
            .filter(|profile| profile.family == family)
            .map(|profile| (profile.name, caller(profile)))
            .collect();
        table(&mut out, family, &callers, models, calls);
    }
    for profile in RoleProfile::all() {
        opened(&mut out, profile);
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let kept = std::fs::read_to_string(root.join("tests/profiles.txt")).unwrap_or_default();
    if kept != out {
        let target = root.join("../../target/profiles.txt");
        std::fs::write(&target, &out).expect("target/ can be written");
        panic!(
            "crates/policy/tests/profiles.txt differs from {}: look at each line",
            target.display()
        );
    }
}

/// Whoever the key is bound to sees its own, and nobody else's.
#[test]
fn the_portal_is_bound_to_the_user_as_whom_it_calls() {
    let odoo = caller(RoleProfile::find("odoo/partner-portal").expect("a profile"));
    for model in [
        "res.partner",
        "sale.order",
        "sale.order.line",
        "account.move",
    ] {
        let sent = whole(odoo.allowed(&call(model, "search", "{}")).next());
        assert!(sent.contains(",41]"), "{model}: {sent}");
        assert!(!sent.contains("principal."), "{sent}");
    }
    let frappe = caller(RoleProfile::find("erpnext/partner-portal").expect("a profile"));
    for doctype in ["Customer", "Sales Order", "Sales Invoice"] {
        let sent = whole(frappe.allowed(&call(doctype, "get_list", "{}")).next());
        assert!(sent.contains("someone@example.com"), "{doctype}: {sent}");
    }
    // Of whom nothing is known, nothing is shown.
    let mut unknown = caller(RoleProfile::find("odoo/partner-portal").expect("a profile"));
    unknown.schema = real::odoo();
    let asked = unknown.ask(&call("sale.order", "search", "{}"));
    assert!(matches!(asked, Decision::Refuse(_)));
}

/// The agent's profiles say that it sees companies only: so do its orders and their lines.
#[test]
fn the_agent_sees_no_private_persons_by_way_of_orders() {
    let odoo = caller(RoleProfile::find("odoo/ai-agent").expect("a profile"));
    for (model, companies) in [
        ("res.partner", r#""is_company","=",true"#),
        ("sale.order", r#""partner_id.is_company","=",true"#),
        (
            "sale.order.line",
            r#""order_id.partner_id.is_company","=",true"#,
        ),
    ] {
        let sent = whole(odoo.allowed(&call(model, "search_read", "{}")).next());
        assert!(sent.contains(companies), "{model}: {sent}");
    }
    let listed = call("sale.order", "search_read", r#"{"fields": ["order_line"]}"#);
    odoo.allowed(&listed);
    // Lines are listed; that moves none of them to another order.
    let made = |line: &str| {
        let values = format!(r#"{{"vals_list": [{{"order_line": [{line}]}}]}}"#);
        call("sale.order", "create", &values)
    };
    odoo.allowed(&made(r#"[0, 0, {"product_uom_qty": 2}]"#));
    odoo.refused(&made("[4, 5, 0]"));
    odoo.refused(&made("[6, 0, [5]]"));
    // Customers of ERPNext are named by their names, and an order does not tell of what kind
    // its own is.
    let erpnext = caller(RoleProfile::find("erpnext/ai-agent").expect("a profile"));
    let asked = |fields: &str| {
        call(
            "Sales Order",
            "get_list",
            &format!(r#"{{"fields": {fields}}}"#),
        )
    };
    erpnext.allowed(&asked(r#"["name", "grand_total"]"#));
    for whose in ["customer", "customer_name", "title", "contact_person"] {
        erpnext.refused(&asked(&format!(r#"["name", "{whose}"]"#)));
    }
    erpnext.refused(&call(
        "Sales Order",
        "get_list",
        r#"{"filters": [["customer", "=", "Ann"]]}"#,
    ));
}

#[test]
fn each_kind_of_client_has_a_profile_for_both_erps() {
    for family in ["odoo", "erpnext"] {
        for kind in [
            "shop-sync",
            "accounting-export",
            "bi",
            "pos",
            "partner-portal",
            "ai-agent",
        ] {
            let profile = RoleProfile::find(&format!("{family}/{kind}")).expect(kind);
            assert!(
                profile.about().len() > 40,
                "{} says what it is for",
                profile.name
            );
        }
    }
    assert_eq!(RoleProfile::all().len(), 12);
    assert!(RoleProfile::find("odoo/everything").is_none());
}

/// A field that a profile names and that nobody can use there is a mistake in the profile.
#[test]
fn every_field_that_a_profile_names_is_open() {
    let mut dead = BTreeSet::new();
    for profile in RoleProfile::all()
        .iter()
        .filter(|profile| profile.family == Family::Odoo)
    {
        let caller = caller(profile);
        let role = caller.policy.roles().next().expect("the role");
        for rule in role.rules() {
            for model in rule.models().expect("profiles name their models") {
                let found = rights(&caller, model);
                let reads = rule.operations().contains(&Operation::Read);
                let used = |field: &str| match reads {
                    true => found.readable.contains(field),
                    false => found.creatable.contains(field) || found.writable.contains(field),
                };
                // What is made only by way of a link is asked of that model.
                if rule.is_only_through() {
                    continue;
                }
                for field in rule.named_fields() {
                    if !used(field) {
                        dead.insert(format!("{} {model} {field}", profile.name));
                    }
                }
            }
        }
    }
    assert!(dead.is_empty(), "{dead:#?}");
}

#[test]
fn no_profile_reaches_all_models_or_all_fields_or_deletes_by_itself() {
    for profile in RoleProfile::all() {
        let caller = caller(profile);
        let role = caller.policy.roles().next().expect("the role");
        assert!(role.caps().page.is_some(), "{}", profile.name);
        for rule in role.rules() {
            let name = format!("{} {}", profile.name, rule.name());
            assert!(rule.models().is_some(), "{name}");
            assert!(!rule.opens_all_fields(), "{name}");
            let deletes = rule.operations().contains(&Operation::Delete);
            assert!(!deletes || rule.is_only_through(), "{name}");
        }
    }
}

/// Methods of Odoo that every model has and no line of the table describes.
const BASE: &[&str] = &[
    "copy_data",
    "copy_translations",
    "get_base_url",
    "get_empty_list_help",
    "get_external_id",
    "get_formview_action",
    "get_formview_id",
    "get_import_templates",
    "get_property_definition",
    "get_view",
    "get_views",
    "is_transient",
    "load",
    "mail_allowed_qweb_expressions",
    "mail_get_partner_fields",
    "onchange",
    "read_progress_bar",
    "search_panel_select_multi_range",
    "search_panel_select_range",
    "toggle_active",
    "view_header_get",
    "web_override_translations",
    "web_read_group",
    "web_save_multi",
];

/// 300 names that no table knows: those of the base, and words put together.
fn unknown_methods() -> Vec<String> {
    let verbs = [
        "action", "button", "do", "get", "set", "run", "send", "make", "update", "sync", "import",
        "process", "validate", "generate", "fetch",
    ];
    let things = [
        "all",
        "records",
        "data",
        "payments",
        "invoice",
        "users",
        "keys",
        "report",
        "mail",
        "cron",
        "settings",
        "lines",
        "totals",
        "access",
        "fields",
        "everything",
        "it",
        "wizard",
        "token",
        "sudo",
    ];
    let mut names: Vec<String> = BASE.iter().map(|name| (*name).to_owned()).collect();
    for verb in verbs {
        names.extend(things.iter().map(|thing| format!("{verb}_{thing}")));
    }
    names
}

#[test]
fn hundreds_of_unknown_methods_are_refused_by_every_profile() {
    let names = unknown_methods();
    let distinct: BTreeSet<&String> = names.iter().collect();
    assert!(distinct.len() >= 300, "{}", distinct.len());
    for profile in RoleProfile::all() {
        let caller = caller(profile);
        let role = caller.policy.roles().next().expect("the role");
        let models: BTreeSet<Model> = role
            .rules()
            .iter()
            .filter_map(|rule| rule.models())
            .flatten()
            .cloned()
            .collect();
        for model in &models {
            for name in &names {
                let alone = call(model.as_str(), name, "{}");
                let on_one = match profile.family {
                    Family::Odoo => on(model.as_str(), name, &[1], "{}"),
                    Family::Frappe => crate::common::document(model.as_str(), name, "X", "{}"),
                };
                for asked in [alone, on_one] {
                    assert!(
                        matches!(caller.ask(&asked), Decision::Refuse(_)),
                        "{} {model} {name}",
                        profile.name
                    );
                }
            }
        }
    }
    // Not because everything is: a method that a profile lists passes.
    let shop = caller(RoleProfile::find("odoo/shop-sync").expect("a profile"));
    shop.allowed(&on("sale.order", "action_confirm", &[1], "{}"));
}

/// Any denial: whole operations, methods, or fields, of some models or all.
fn denial() -> impl Strategy<Value = String> {
    let model = prop::sample::select(vec![
        "*",
        "res.partner",
        "sale.order",
        "sale.order.line",
        "product.product",
        "Customer",
        "Sales Order",
        "Item",
    ]);
    let operations = prop::sample::subsequence(
        vec![
            "read", "create", "write", "delete", "call", "name", "submit", "cancel",
        ],
        1..5,
    );
    let fields = prop::option::of(prop_oneof![
        Just("\"*\"".to_owned()),
        prop::sample::subsequence(
            vec![
                "name",
                "email",
                "partner_id",
                "order_line",
                "customer",
                "items",
                "state"
            ],
            1..4
        )
        .prop_map(|names| format!("{names:?}")),
    ]);
    let method = prop::option::of(prop::sample::select(vec!["action_confirm", "search_read"]));
    let dialects = prop::option::of(prop::sample::select(vec!["jsonrpc", "rest", "frappe"]));
    (model, operations, fields, method, dialects).prop_map(
        |(model, operations, fields, method, dialects)| {
            let mut text =
                format!("[[rule]]\nname = \"a denial\"\ndeny = true\nmodels = [\"{model}\"]\n");
            let mut operations = operations;
            if method.is_some() && !operations.contains(&"call") {
                operations.push("call");
            }
            writeln!(text, "operations = {operations:?}").expect("a text takes everything");
            for (name, value) in [
                ("fields", fields),
                ("methods", method.map(|method| format!("[{method:?}]"))),
                ("dialects", dialects.map(|name| format!("[{name:?}]"))),
            ] {
                if let Some(value) = value {
                    writeln!(text, "{name} = {value}").expect("a text takes everything");
                }
            }
            text
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Over all calls of the matrix, and whatever is denied.
    #[test]
    fn no_denial_that_is_added_lets_anything_pass(denial in denial(), at in 0..RoleProfile::all().len()) {
        let profile = &RoleProfile::all()[at];
        let before = caller(profile);
        let mut after = Caller::new(&[("narrower", &format!("{}\n{denial}", profile.text))], profile.family);
        after.schema = before.schema.clone();
        let (models, calls) = match profile.family {
            Family::Odoo => (ODOO_MODELS, odoo_calls as fn(&str) -> _),
            Family::Frappe => (DOCTYPES, frappe_calls as fn(&str) -> _),
        };
        let mut allowed = 0;
        for asked in models.iter().flat_map(|model| calls(model)) {
            let was = matches!(before.ask(&asked), Decision::Allow(_));
            let is = matches!(after.ask(&asked), Decision::Allow(_));
            prop_assert!(was || !is, "{} {} under\n{denial}", asked.model, asked.method);
            allowed += usize::from(was);
        }
        prop_assert!(allowed > 0, "{} allows something", profile.name);
    }
}
