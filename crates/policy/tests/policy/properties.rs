//! What holds for every call: made by chance, judged under a narrow role.

use portcullis_erp::{Call, Value};
use portcullis_policy::{Decision, Family};
use proptest::prelude::*;

use crate::common::{Caller, call, json, on, text, whole, within};

const NARROW: &str = "[[rule]]\nname = \"narrow\"\nmodels = [\"res.partner\"]\noperations = [\"read\", \"create\", \"write\"]\nfields = [\"name\", \"city\", \"is_company\"]\ndomain = '[[\"is_company\", \"=\", true]]'\n";

/// Fields that the narrow role does not open.
const CLOSED: &[&str] = &[
    "email",
    "phone",
    "ref",
    "vat",
    "display_name",
    "complete_name",
    "credit_limit",
    "parent_id",
    "user_ids",
    "signup_token",
];

fn field() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just("name".to_owned()),
        4 => Just("city".to_owned()),
        2 => Just("is_company".to_owned()),
        2 => prop::sample::select(CLOSED).prop_map(str::to_owned),
        1 => prop::sample::select(CLOSED).prop_map(|field| format!("parent_id.{field}")),
        1 => Just("id".to_owned()),
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        (-3i64..9).prop_map(Value::Int),
        "[a-z%@]{0,4}".prop_map(Value::Text),
        Just(Value::Null),
    ]
}

fn leaf() -> impl Strategy<Value = Value> {
    let operator = prop::sample::select(vec![
        "=", "!=", "in", "not in", "ilike", "=like", "<", ">=", "child_of", "any", "not any", "=?",
        "any!",
    ]);
    let value = prop_oneof![
        3 => scalar(),
        1 => prop::collection::vec(scalar(), 0..3).prop_map(Value::List),
        1 => (field(), scalar()).prop_map(|(field, value)| Value::List(vec![Value::List(vec![Value::from(field), Value::from("="), value])])),
    ];
    (field(), operator, value).prop_map(|(field, operator, value)| {
        Value::List(vec![Value::from(field), Value::from(operator), value])
    })
}

fn domain() -> impl Strategy<Value = Value> {
    let tree = leaf()
        .prop_map(|leaf| vec![leaf])
        .prop_recursive(3, 12, 2, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone())
                    .prop_map(|(a, b)| [vec![Value::from("|")], a, b].concat()),
                (inner.clone(), inner.clone())
                    .prop_map(|(a, b)| [vec![Value::from("&")], a, b].concat()),
                inner.prop_map(|a| [vec![Value::from("!")], a].concat()),
            ]
        });
    prop_oneof![4 => tree.prop_map(Value::List), 1 => Just(Value::List(Vec::new())), 1 => Just(Value::Bool(false))]
}

fn names() -> impl Strategy<Value = Value> {
    prop::collection::vec(field().prop_map(Value::from), 0..4).prop_map(Value::List)
}

fn values() -> impl Strategy<Value = Value> {
    prop::collection::vec((field(), scalar()), 0..4)
        .prop_map(|pairs| Value::Map(pairs.into_iter().collect()))
}

/// Any call of any method of the table, with any arguments of it.
fn any_call() -> impl Strategy<Value = Call> {
    let named = prop_oneof![
        (domain(), names(), field()).prop_map(|(d, f, o)| call("res.partner", "search_read", "{}")
            .with("domain", d)
            .with("fields", f)
            .with("order", o.as_str())),
        (domain(), field()).prop_map(|(d, o)| call("res.partner", "search", "{}")
            .with("domain", d)
            .with("order", o.as_str())),
        domain().prop_map(|d| call("res.partner", "search_count", "{}").with("domain", d)),
        names().prop_map(|f| on("res.partner", "read", &[3, 1], "{}").with("fields", f)),
        (domain(), names(), names()).prop_map(|(d, f, g)| call("res.partner", "read_group", "{}")
            .with("domain", d)
            .with("fields", f)
            .with("groupby", g)),
        (domain(), names(), field()).prop_map(|(d, g, a)| call(
            "res.partner",
            "formatted_read_group",
            "{}"
        )
        .with("domain", d)
        .with("groupby", g)
        .with("aggregates", vec![Value::from(format!("{a}:max"))])),
        (domain(), field()).prop_map(|(d, f)| call("res.partner", "web_search_read", "{}")
            .with("domain", d)
            .with(
                "specification",
                Value::Map([(f, json("{}"))].into_iter().collect())
            )),
        (domain(), "[a-z@]{0,3}").prop_map(|(d, n)| call("res.partner", "name_search", "{}")
            .with("name", n.as_str())
            .with("domain", d)),
        values().prop_map(|v| call("res.partner", "create", "{}").with("vals_list", vec![v])),
        values().prop_map(|v| on("res.partner", "write", &[4], "{}").with("vals", v)),
        names()
            .prop_map(|f| on("res.partner", "export_data", &[4], "{}").with("fields_to_export", f)),
        (values(), field()).prop_map(|(v, f)| on("res.partner", "web_save", &[4], "{}")
            .with("vals", v)
            .with(
                "specification",
                Value::Map([(f, json("{}"))].into_iter().collect())
            )),
        Just(on("res.partner", "unlink", &[4], "{}")),
        Just(on("res.partner", "copy", &[4], "{}")),
        names().prop_map(|f| call("res.partner", "fields_get", "{}").with("allfields", f)),
    ];
    (named, prop::option::of(field())).prop_map(|(call, default)| match default {
        Some(field) if !field.contains('.') => {
            within(call, &format!(r#"{{"default_{field}": 1}}"#))
        }
        _ => call,
    })
}

fn caller(role: &str) -> Caller {
    Caller::new(&[("tested", role)], Family::Odoo)
}

/// What is sent, guards that say yes to everything included.
fn sent(decision: Decision) -> Option<Vec<Call>> {
    let Decision::Allow(permit) = decision else {
        return None;
    };
    let mut permit = *permit;
    let mut calls = vec![permit.next().clone()];
    while permit.is_guard() {
        let every = (0..9).map(Value::Int).collect();
        permit = permit.guarded(&Value::List(every)).expect("all are there");
        calls.push(permit.next().clone());
    }
    Some(calls)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn no_call_names_a_closed_field(asked in any_call()) {
        for call in sent(caller(NARROW).ask(&asked)).into_iter().flatten() {
            let sent = whole(&call);
            for field in CLOSED {
                prop_assert!(!sent.contains(&format!("\"{field}")), "{field} in {sent}");
                prop_assert!(!sent.contains(&format!(".{field}\"")), "{field} in {sent}");
                prop_assert!(!sent.contains(&format!("default_{field}")), "{field} in {sent}");
            }
        }
    }

    #[test]
    fn the_rule_is_in_every_plan(asked in any_call()) {
        if let Some(calls) = sent(caller(NARROW).ask(&asked)) {
            let whole_plan: String = calls.iter().map(whole).collect();
            let told = asked.method.as_str() == "fields_get";
            let made = asked.method.as_str() == "create" && whole_plan.contains(r#""is_company":true"#);
            let bound = calls[0].named.get("domain").is_some_and(|domain| {
                // In front of it stand the caller's conditions, never an open `|`.
                text(domain).ends_with(r#"["is_company","=",true]]"#)
                    && portcullis_erp::domain::Domain::parse(domain).is_ok_and(|domain| match domain.node() {
                        portcullis_erp::domain::Node::And(parts) => parts.iter().any(|part| matches!(part, portcullis_erp::domain::Node::Leaf(leaf) if leaf.path.to_string() == "is_company")),
                        portcullis_erp::domain::Node::Leaf(leaf) => leaf.path.to_string() == "is_company",
                        portcullis_erp::domain::Node::Or(_)
                        | portcullis_erp::domain::Node::Not(_)
                        | portcullis_erp::domain::Node::True
                        | portcullis_erp::domain::Node::False => false,
                    })
                    || text(domain) == "[[0,\"=\",1]]"
            });
            prop_assert!(told || made || bound, "{whole_plan}");
        }
    }

    #[test]
    fn adding_a_denial_never_allows(asked in any_call(), field in field(), operation in prop::sample::select(vec!["read", "create", "write"]), by_field in any::<bool>()) {
        let field = field.split('.').next().unwrap_or("name").to_owned();
        let denial = if by_field { format!("fields = [\"{field}\"]\n") } else { String::new() };
        let wide = "[[rule]]\nname = \"wide\"\nmodels = [\"*\"]\noperations = [\"read\", \"create\", \"write\", \"delete\", \"name\"]\nfields = \"*\"\n";
        for role in [NARROW, wide] {
            let before = matches!(caller(role).ask(&asked), Decision::Allow(_));
            let narrower = format!("{role}[[rule]]\nname = \"no\"\ndeny = true\nmodels = [\"res.partner\"]\noperations = [\"{operation}\"]\n{denial}");
            let after = matches!(caller(&narrower).ask(&asked), Decision::Allow(_));
            prop_assert!(before || !after);
        }
    }

    #[test]
    fn unknown_methods_are_refused(method in "[a-z]{1,12}(_[a-z]{1,8}){0,2}", ids in any::<bool>()) {
        let listed = ["search", "read", "create", "write", "unlink", "copy"];
        prop_assume!(!listed.contains(&method.as_str()) && !method.starts_with("web_") && !method.starts_with("name_"));
        let asked = if ids { on("res.partner", &method, &[1], "{}") } else { call("res.partner", &method, "{}") };
        let wide = caller("[[rule]]\nname = \"wide\"\nmodels = [\"*\"]\noperations = [\"read\", \"create\", \"write\", \"delete\", \"name\", \"call\"]\nfields = \"*\"\n");
        let known = ["fields_get", "search_read", "search_count", "get_metadata", "action_archive", "action_unarchive", "default_get"].contains(&method.as_str());
        prop_assert!(known || matches!(wide.ask(&asked), Decision::Refuse(_)));
    }
}
