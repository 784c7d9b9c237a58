//! What is suggested, what it would change besides, and what nothing is suggested for.

use std::net::{IpAddr, Ipv4Addr};

use portcullis_erp::Model;
use portcullis_policy::{Asking, Cell, Family, Operation, Outcome, Reason, Schema};

use super::{COMPANIES, CUSTOMERS, ELSEWHERE, ORDERS, caller, explained, hopeless, suggested};
use crate::common::{call, document, on};

#[test]
fn a_suggestion_is_as_narrow_as_the_call() {
    let caller = caller(COMPANIES, Family::Odoo);
    let asked = call(
        "res.partner",
        "search_read",
        r#"{"fields": ["name", "phone", "city"]}"#,
    );
    let suggestion = suggested(&caller, &asked);
    assert_eq!(suggestion.role, "tested");
    assert_eq!(
        suggestion.toml,
        "[[rule]]\nname = \"read res.partner\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\n\
         fields = [\"city\", \"name\", \"phone\"]\ndomain = '[[\"is_company\",\"=\",true]]'\n"
    );
    assert!(
        suggestion.prose.contains("for the same records"),
        "{}",
        suggestion.prose
    );
    let by_derived = suggested(
        &caller,
        &call(
            "res.partner",
            "search_read",
            r#"{"fields": ["complete_name"]}"#,
        ),
    );
    assert!(
        by_derived
            .toml
            .contains("fields = [\"complete_name\"]\nderived = [\"complete_name\"]\n"),
        "{}",
        by_derived.toml
    );
    let orders = self::caller(ORDERS, Family::Odoo);
    let tags = suggested(
        &orders,
        &on("sale.order", "read", &[3], r#"{"fields": ["tag_ids"]}"#),
    );
    assert!(
        tags.toml.contains(
            "models = [\"crm.tag\"]\nthrough = [\"sale.order\"]\noperations = [\"name\"]\n"
        ),
        "{}",
        tags.toml
    );
    let elsewhere = self::caller(ELSEWHERE, Family::Odoo);
    let by_json = suggested(&elsewhere, &call("res.partner", "search", "{}"));
    assert!(
        by_json.toml.contains("dialects = [\"jsonrpc\"]"),
        "{}",
        by_json.toml
    );
    let from_here = suggested(&elsewhere, &call("crm.tag", "search", "{}"));
    assert!(
        from_here.toml.contains("networks = [\"127.0.0.1/32\"]"),
        "{}",
        from_here.toml
    );
}

#[test]
fn what_a_suggestion_changes_besides_is_told() {
    let asked = on("sale.order", "read", &[3], r#"{"fields": ["tag_ids"]}"#);
    let told = |role: &str| {
        let caller = caller(role, Family::Odoo);
        let asking = Asking {
            principal: &caller.principal,
            upstream: &caller.upstream,
            family: caller.family,
            dialect: caller.dialect,
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            schema: &caller.schema,
        };
        let changes = suggested(&caller, &asked).changes(&caller.policy, &asking);
        let line = |(cell, opened): &(Cell, bool)| {
            let name = cell.name.as_deref().unwrap_or("-");
            format!("{} {} {name} {opened}", cell.model, cell.operation.as_str())
        };
        let changes = changes.expect("the rules can be read");
        changes.iter().map(line).collect::<Vec<_>>()
    };
    assert_eq!(told(ORDERS), [""; 0]);
    // Who may see a tag may link to it: where the link can be set, it is set from now on.
    let settable = ORDERS.replace(
        r#""order_line", "note"]"#,
        r#""order_line", "note", "tag_ids"]"#,
    );
    assert_eq!(
        told(&settable.replace(
            r#", "tag_ids", "order_line", "note", "state"]"#,
            r#", "tag_ids", "order_line", "state"]"#
        )),
        [
            "sale.order create tag_ids true",
            "sale.order write tag_ids true"
        ]
    );
}

#[test]
fn where_nothing_sound_can_be_added_it_is_said_why() {
    let narrow = caller(COMPANIES, Family::Odoo);
    for (asked, word) in [
        (call("res.users.apikeys", "search_read", "{}"), "dangerous"),
        (call("ir.cron", "search_read", "{}"), "dangerous"),
        (on("res.partner", "_write", &[1], "{}"), "private"),
        (
            on("res.partner", "message_post", &[1], r#"{"body": "x"}"#),
            "`mail`",
        ),
        (
            call(
                "res.partner",
                "search_read",
                r#"{"fields": ["signup_token"]}"#,
            ),
            "credential",
        ),
        (
            call(
                "res.partner",
                "search_read",
                r#"{"fields": ["no_such_field"]}"#,
            ),
            "no rule",
        ),
        (
            call("res.partner", "search", r#"{"domain": [["name"]]}"#),
            "domain",
        ),
        (
            call(
                "res.partner",
                "create",
                r#"{"vals_list": [{"is_company": false}]}"#,
            ),
            "all records",
        ),
        (on("res.partner", "copy", &[1], "{}"), "no rule"),
        (
            call("crm.tag", "name_search", r#"{"name": "x"}"#),
            "no rule",
        ),
        (call("no.such.model", "search", "{}"), "no such model"),
    ] {
        let why = hopeless(&narrow, &asked);
        assert!(
            why.contains(word),
            "{} {}: {why}",
            asked.model,
            asked.method
        );
    }
    let denying = format!(
        "{COMPANIES}[[rule]]\nname = \"not the city\"\ndeny = true\nmodels = [\"res.partner\"]\nfields = [\"city\"]\n"
    );
    let denying = caller(&denying, Family::Odoo);
    let why = hopeless(
        &denying,
        &call("res.partner", "search_read", r#"{"fields": ["city"]}"#),
    );
    assert!(why.contains("tested/not the city"), "{why}");
    let capped = format!("[caps]\nids = 2\n{COMPANIES}");
    let capped = caller(&capped, Family::Odoo);
    capped.allowed(&on(
        "res.partner",
        "read",
        &[1, 2],
        r#"{"fields": ["name"]}"#,
    ));
    let why = hopeless(
        &capped,
        &on("res.partner", "read", &[1, 2, 3], r#"{"fields": ["name"]}"#),
    );
    assert!(
        why.contains("ids = 2") && why.contains("several calls"),
        "{why}"
    );
    let customers = caller(CUSTOMERS, Family::Frappe);
    for (asked, word) in [
        (
            call("User", "get_list", r#"{"fields": ["email"]}"#),
            "dangerous",
        ),
        (
            call("Customer", "frappe.client.get_password", "{}"),
            "dangerous",
        ),
        (document("Customer", "_validate", "X", "{}"), "private"),
        (
            call("Customer", "get_list", r#"{"fields": ["count(name)"]}"#),
            "no rule",
        ),
        (
            call("Customer", "get_list", r#"{"fields": ["api_secret"]}"#),
            "credential",
        ),
    ] {
        let why = hopeless(&customers, &asked);
        assert!(
            why.contains(word),
            "{} {}: {why}",
            asked.model,
            asked.method
        );
    }
}

#[test]
fn every_rule_says_why_not_and_the_one_that_decides_is_named() {
    let orders = caller(ORDERS, Family::Odoo);
    let asked = on("sale.order", "read", &[3], r#"{"fields": ["name"]}"#);
    let allowed = explained(&orders, &asked);
    let Outcome::Allowed {
        rule,
        operation,
        sent,
        ..
    } = allowed.outcome
    else {
        panic!("refused")
    };
    assert_eq!(
        (rule.as_str(), operation, sent.len()),
        ("tested/orders", Operation::Read, 1)
    );
    assert_eq!(allowed.remedy, None);
    let said: Vec<(&str, bool)> = allowed
        .rules
        .iter()
        .map(|said| (said.rule.as_str(), said.decides))
        .collect();
    assert_eq!(said, [("tested/orders", true), ("tested/confirm", false)]);
    let refused = explained(&orders, &on("sale.order", "unlink", &[3], "{}"));
    let Outcome::Refused { reason, .. } = refused.outcome else {
        panic!("allowed")
    };
    assert_eq!(reason, Reason::NoRule);
    let whys: Vec<&str> = refused
        .rules
        .iter()
        .filter_map(|said| said.why.as_deref())
        .collect();
    assert_eq!(
        whys,
        [
            "it allows read, create, write, not delete",
            "it allows call, not delete"
        ]
    );
    let narrow = caller(COMPANIES, Family::Odoo);
    let why = explained(
        &narrow,
        &call("res.partner", "search_read", r#"{"fields": ["email"]}"#),
    );
    assert_eq!(
        why.rules[0].why.as_deref(),
        Some("add `email` to `fields` of the rule")
    );
}

#[test]
fn what_must_be_known_first_is_named() {
    let mut caller = caller(COMPANIES, Family::Odoo);
    caller.schema = Schema::new();
    let asked = call("res.partner", "search_read", r#"{"fields": ["email"]}"#);
    let Outcome::Unknown(model) = explained(&caller, &asked).outcome else {
        panic!("it is known")
    };
    assert_eq!(model, Model::new("res.partner").ok());
}
