//! What is told of rights is what is judged: for roles made by chance.

use portcullis_erp::{Dialect, Model, Value};
use portcullis_policy::{Asking, Decision, Depth, Family, Operation, Rights};
use proptest::prelude::*;

use crate::common::{Caller, call, json, on};

const FIELDS: &[&str] = &[
    "name",
    "city",
    "email",
    "email_normalized",
    "display_name",
    "complete_name",
    "is_company",
    "active",
    "credit_limit",
    "parent_id",
    "country_code",
    "category_id",
    "user_ids",
    "signup_token",
    "image_1920",
];

fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => Just("\"*\"".to_owned()),
        4 => prop::sample::subsequence(FIELDS, 0..6).prop_map(|names| format!("{names:?}")),
    ]
}

fn rule() -> impl Strategy<Value = String> {
    let operations = prop::sample::subsequence(
        vec!["read", "create", "write", "delete", "name", "call"],
        1..5,
    );
    let domain = prop_oneof![
        3 => Just(String::new()),
        1 => Just("domain = '[[\"is_company\",\"=\",true]]'\n".to_owned()),
        1 => Just("domain = '[[\"city\",\"in\",[\"Rome\",\"Oslo\"]]]'\n".to_owned()),
        1 => Just("domain = '[[\"parent_id.name\",\"=\",\"x\"]]'\n".to_owned()),
    ];
    let models = prop_oneof![
        3 => Just("[\"res.partner\"]"),
        1 => Just("[\"*\"]"),
        1 => Just("[\"res.partner.category\", \"res.users\"]"),
    ];
    (operations, names(), prop::option::of(names()), domain, models, prop::bool::weighted(0.15))
        .prop_map(|(operations, fields, write, domain, models, deny)| {
            let write = write.map_or_else(String::new, |write| format!("write-fields = {write}\n"));
            let (deny, write, domain) = if deny {
                ("deny = true\n", String::new(), String::new())
            } else {
                ("", write, domain)
            };
            let methods = if operations.contains(&"call") && deny.is_empty() {
                "methods = [\"send_greeting\", \"action_greet\"]\n"
            } else {
                ""
            };
            format!("models = {models}\noperations = {operations:?}\nfields = {fields}\n{write}{domain}{methods}{deny}")
        })
}

fn role() -> impl Strategy<Value = String> {
    prop::collection::vec(rule(), 1..4).prop_map(|rules| {
        let rules = rules.iter().enumerate();
        rules
            .map(|(at, rule)| format!("[[rule]]\nname = \"r{at}\"\n{rule}\n"))
            .collect()
    })
}

fn caller(role: &str) -> Caller {
    let mut caller = Caller::new(&[("tested", role)], Family::Odoo);
    caller.dialect = Dialect::Rest;
    caller
}

fn rights(caller: &Caller, model: &Model) -> Rights {
    let asking = Asking {
        principal: &caller.principal,
        upstream: &caller.upstream,
        family: caller.family,
        dialect: caller.dialect,
        address: std::net::Ipv4Addr::LOCALHOST.into(),
        schema: &caller.schema,
    };
    let told = |depth| {
        let told = caller.policy.rights(&asking, model, depth);
        told.expect("every model is known or known not to be there")
    };
    let (all, few) = (told(Depth::Fields), told(Depth::Operations));
    assert_eq!(
        (&few.operations, &few.methods),
        (&all.operations, &all.methods),
        "who asks for operations only is told the same of them"
    );
    all
}

fn is_allowed(caller: &Caller, asked: &portcullis_erp::Call) -> bool {
    matches!(caller.ask(asked), Decision::Allow(_))
}

/// What a role may set of the child table `items`.
fn columns(rule: &str) -> Option<(Vec<String>, Vec<String>)> {
    let order = Model::new("Sales Order").expect("a name");
    let mut caller = Caller::new(&[("tested", rule)], Family::Frappe);
    caller.dialect = Dialect::Rest;
    for (model, meta) in [
        (
            "Sales Order",
            r#"{"fields":[{"fieldname":"customer","fieldtype":"Data"},
                {"fieldname":"items","fieldtype":"Table","options":"Sales Order Item"}]}"#,
        ),
        (
            "Sales Order Item",
            r#"{"fields":[{"fieldname":"item_code","fieldtype":"Data"},
                {"fieldname":"rate","fieldtype":"Currency"}]}"#,
        ),
    ] {
        let model = Model::new(model).expect("a name");
        caller.schema.learn_doctype(model, &json(meta));
    }
    let told = rights(&caller, &order);
    let of = |set: &std::collections::BTreeSet<String>| {
        let own = |name: &&String| matches!(name.as_str(), "item_code" | "rate");
        set.iter().filter(own).cloned().collect()
    };
    let columns = told.columns.get("items")?;
    Some((of(&columns.creatable), of(&columns.writable)))
}

#[test]
fn the_columns_of_a_child_table_are_those_that_the_role_opens() {
    let rule = |fields: &str| {
        format!(
            "[[rule]]\nname = \"r\"\nmodels = [\"Sales Order\"]\noperations = [\"read\", \"create\", \"write\"]\n{fields}\n"
        )
    };
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let told = |fields: &str| columns(&rule(fields)).expect("the table is known");
    let both: Vec<String> = names(&["item_code", "rate"]);
    assert_eq!(
        told("fields = [\"customer\", \"items\"]"),
        (both.clone(), both)
    );
    let one: Vec<String> = names(&["item_code"]);
    assert_eq!(
        told("fields = [\"customer\", \"items\"]\nhidden = [\"items.rate\"]"),
        (one.clone(), Vec::new()),
        "a hidden column is not told, and a save would empty it"
    );
    assert_eq!(
        told("fields = [\"customer\", \"items.item_code\"]"),
        (one, Vec::new()),
        "a save replaces whole rows"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn every_field_that_is_told_comes_back_and_no_other_does(role in role()) {
        let caller = caller(&role);
        let told = rights(&caller, &Model::new("res.partner").expect("a name"));
        for field in FIELDS.iter().chain(&["id", "mystery", "no_such_field"]) {
            let named = Value::List(vec![Value::from(*field)]);
            let list = call("res.partner", "search_read", "{}").with("fields", named.clone());
            let one = on("res.partner", "read", &[7], "{}").with("fields", named);
            let expected = told.readable.contains(*field);
            prop_assert_eq!(is_allowed(&caller, &list), expected, "list {} of {}", field, role);
            prop_assert_eq!(is_allowed(&caller, &one), expected, "read {} of {}", field, role);
            if expected {
                let other = if *field == "id" { String::new() } else { format!(r#","{field}":7"#) };
                let answer = format!(r#"[{{"id":7{other}}}]"#);
                let row = caller.cleaned(&list, &answer);
                let seen = format!("\"{}\":", field);
                prop_assert!(row.contains(&seen), "{} in {} of {}", field, row, role);
            }
        }
    }

    #[test]
    fn every_operation_that_is_told_is_allowed_for_some_values_and_no_other_is(role in role()) {
        let caller = caller(&role);
        let told = rights(&caller, &Model::new("res.partner").expect("a name"));
        let may = |operation| told.operations.contains(&operation);
        let read = on("res.partner", "read", &[7], r#"{"fields":["id"]}"#);
        prop_assert_eq!(is_allowed(&caller, &read), may(Operation::Read), "{}", role);
        let unlink = on("res.partner", "unlink", &[7], "{}");
        prop_assert_eq!(is_allowed(&caller, &unlink), may(Operation::Delete), "{}", role);
        // What rules of chance may demand or take.
        let values = [r#"{}"#, r#"{"is_company":true}"#, r#"{"city":"Rome"}"#, r#"{"city":"Oslo"}"#,
            r#"{"is_company":true,"city":"Rome"}"#, r#"{"name":"x"}"#, r#"{"email":"x"}"#,
            r#"{"active":true}"#, r#"{"active":false}"#, r#"{"credit_limit":1}"#];
        let create = |values: &str| call("res.partner", "create", &format!(r#"{{"vals_list":[{values}]}}"#));
        let write = |values: &str| on("res.partner", "write", &[7], &format!(r#"{{"vals":{values}}}"#));
        for values in values {
            if is_allowed(&caller, &create(values)) {
                prop_assert!(may(Operation::Create), "create {} of {}", values, role);
            }
            let set = json(values);
            let set: Vec<&String> = set.as_map().into_iter().flat_map(|map| map.keys()).collect();
            if !set.is_empty() && is_allowed(&caller, &write(values)) {
                prop_assert!(may(Operation::Write), "write {} of {}", values, role);
                prop_assert!(set.iter().all(|field| told.writable.contains(*field)), "{} of {}", values, role);
            }
        }
        let new = values.iter().any(|values| is_allowed(&caller, &create(values)));
        let changed = told.writable.iter().all(|field| !values.iter().any(|values| json(values).as_map().is_some_and(|map| map.len() == 1 && map.contains_key(field)))
            || values.iter().any(|values| json(values).as_map().is_some_and(|map| map.contains_key(field)) && is_allowed(&caller, &write(values))));
        prop_assert_eq!(new, may(Operation::Create), "{}", role);
        prop_assert!(changed, "{}", role);
        for method in ["send_greeting", "action_greet", "not_listed"] {
            let listed = told.methods.iter().find(|listed| listed.method.as_str() == method);
            let on_one = is_allowed(&caller, &on("res.partner", method, &[7], "{}"));
            let alone = is_allowed(&caller, &call("res.partner", method, "{}"));
            prop_assert_eq!(on_one, listed.is_some_and(|listed| listed.on_record), "{} of {}", method, role);
            prop_assert_eq!(alone, listed.is_some_and(|listed| listed.alone), "{} of {}", method, role);
        }
    }
}

#[test]
fn a_dangerous_model_is_no_right_of_a_rule_for_all() {
    let wide = "[[rule]]\nname = \"wide\"\nmodels = [\"*\"]\noperations = [\"read\", \"create\", \"write\", \"delete\"]\nfields = \"*\"\n";
    let caller = caller(wide);
    let open = rights(&caller, &Model::new("res.partner").expect("a name"));
    assert!(open.readable.contains("email") && !open.readable.contains("signup_token"));
    let shut = rights(&caller, &Model::new("ir.cron").expect("a name"));
    assert!(shut.is_empty());
    let absent = rights(&caller, &Model::new("no.such.model").expect("a name"));
    assert!(absent.is_empty());
}

#[test]
fn a_frappe_that_tells_nothing_has_the_fields_that_rules_name() {
    let role = "[[rule]]\nname = \"some\"\nmodels = [\"Customer\"]\noperations = [\"read\", \"create\", \"submit\"]\nfields = [\"customer_name\", \"items.qty\"]\n";
    let mut caller = Caller::new(&[("tested", role)], Family::Frappe);
    caller.dialect = Dialect::Rest;
    let told = rights(&caller, &Model::new("Customer").expect("a name"));
    assert_eq!(
        told.readable.iter().map(String::as_str).collect::<Vec<_>>(),
        ["customer_name"]
    );
    assert!(told.creatable.contains("customer_name") && told.writable.is_empty());
    let operations: Vec<&str> = told
        .operations
        .iter()
        .map(|operation| operation.as_str())
        .collect();
    assert_eq!(operations, ["read", "create", "submit"]);
}

#[test]
fn what_one_rule_demands_is_told_also_where_another_would_not_let_it_be_set() {
    let rule = |name: &str, field: &str, domain: &str| {
        format!(
            "[[rule]]\nname = \"{name}\"\nmodels = [\"res.partner\"]\noperations = [\"create\"]\nfields = [\"{field}\"]\ndomain = '{domain}'\n"
        )
    };
    let cities = rule("cities", "city", r#"[["city", "in", ["Rome", "Oslo"]]]"#);
    let companies = rule("companies", "is_company", r#"[["is_company", "=", true]]"#);
    let caller = caller(&format!("{cities}{companies}"));
    let partner = Model::new("res.partner").expect("a name");
    for values in [r#"{"city":"Oslo"}"#, r#"{"is_company":true}"#] {
        let arguments = format!(r#"{{"vals_list":[{values}]}}"#);
        assert!(is_allowed(
            &caller,
            &call("res.partner", "create", &arguments)
        ));
    }
    let told = rights(&caller, &partner);
    assert!(told.operations.contains(&Operation::Create));
    let fields: Vec<&str> = told.creatable.iter().map(String::as_str).collect();
    assert_eq!(fields, ["city", "is_company"]);
}
