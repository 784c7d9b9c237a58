//! Language, time zone and company that a role fixes, and what contexts deeper in a call may hold.

use portcullis_erp::{Call, Value};
use portcullis_identity::RoleName;
use portcullis_policy::{Family, Permit, Reason, Role};

use crate::common::{Caller, call, document, frappe, odoo, on, text, within};

const RULE: &str = r#"
[[rule]]
name = "partners"
models = ["res.partner"]
operations = ["read", "create", "write", "delete", "call"]
methods = ["do_it"]
arguments = "any"
fields = ["name", "city", "country_id", "category_id", "parent_id", "child_ids"]
context = ["allowed_company_ids", "company_id", "tracking_disable"]
"#;

const PINS: &str = "[context]\nlang = \"de_DE\"\ntz = \"Europe/Berlin\"\ncompany = 3\n";

fn pinned() -> Caller {
    odoo(&format!("{PINS}{RULE}"))
}

fn context(call: &Call) -> String {
    text(&Value::Map(call.context.clone()))
}

fn everything(permit: &Permit) -> Vec<String> {
    permit
        .guards()
        .chain([permit.next()])
        .map(context)
        .collect()
}

const OURS: &str = r#"{"lang":"de_DE","tz":"Europe/Berlin","allowed_company_ids":[3]}"#;

#[test]
fn every_call_and_every_guard_has_what_the_role_fixes() {
    let bound = format!(
        "{PINS}{}domain = '[[\"city\", \"=\", \"Bonn\"]]'\n\n[[rule]]\nname = \"tags\"\nmodels = [\"res.partner.category\"]\noperations = [\"read\"]\nfields = \"*\"\ndomain = '[[\"name\", \"=\", \"x\"]]'\n",
        RULE
    );
    let caller = odoo(&bound);
    for asked in [
        call("res.partner", "search", "{}"),
        call("res.partner", "search_count", "{}"),
        on("res.partner", "read", &[1], r#"{"fields": ["name"]}"#),
        on(
            "res.partner",
            "write",
            &[1],
            r#"{"vals": {"name": "x", "category_id": [[4, 5, 0]]}}"#,
        ),
        on("res.partner", "unlink", &[1], "{}"),
        on("res.partner", "do_it", &[1], "{}"),
        call("res.partner", "create", r#"{"vals_list": [{"name": "x"}]}"#),
        call("res.partner", "fields_get", "{}"),
    ] {
        let permit = caller.allowed(&asked);
        for one in everything(&permit) {
            assert_eq!(one, OURS, "{}", asked.method);
        }
    }
    let permit = caller.allowed(&on(
        "res.partner",
        "write",
        &[1],
        r#"{"vals": {"name": "x", "category_id": [[4, 5, 0]]}}"#,
    ));
    assert_eq!(permit.guards().count(), 2, "the record, and the tag");
    // Without pins a client's own context is all there is.
    let free = odoo(RULE).allowed(&call("res.partner", "search", "{}"));
    assert_eq!(context(free.next()), "{}");
}

#[test]
fn language_and_time_zone_of_the_client_give_way_and_another_company_is_refused() {
    let search = call("res.partner", "search", "{}");
    for own in [
        r#"{"lang": "fr_FR", "tz": "Asia/Tokyo"}"#,
        r#"{"allowed_company_ids": [3]}"#,
        r#"{"company_id": 3, "force_company": 3}"#,
    ] {
        let permit = pinned().allowed(&within(search.clone(), own));
        assert_eq!(context(permit.next()), OURS, "{own}");
    }
    let others = [
        r#"{"allowed_company_ids": [2]}"#,
        r#"{"allowed_company_ids": [3, 2]}"#,
        r#"{"allowed_company_ids": []}"#,
        r#"{"company_id": 2}"#,
    ];
    for own in others {
        // The rule names these keys: what refuses is the pin.
        odoo(RULE).allowed(&within(search.clone(), own));
        assert_eq!(
            pinned().refused(&within(search.clone(), own)).reason,
            Reason::Context,
            "{own}"
        );
    }
    for own in [
        r#"{"force_company": false}"#,
        r#"{"allowed_company_ids": "3"}"#,
    ] {
        pinned().refused(&within(search.clone(), own));
    }
}

#[test]
fn a_context_behind_a_link_neither_undoes_a_pin_nor_holds_what_is_not_named() {
    let spec = |context: &str| {
        on(
            "res.partner",
            "web_read",
            &[1],
            &format!(r#"{{"specification": {{"name": {{"context": {context}}}}}}}"#),
        )
    };
    let sent = |caller: &Caller, context: &str| {
        let permit = caller.allowed(&spec(context));
        text(&permit.next().named["specification"])
    };
    let free = odoo(RULE);
    let lang = r#"{"lang": "fr_FR"}"#;
    assert_eq!(
        sent(&free, lang),
        r#"{"name":{"context":{"lang":"fr_FR"}}}"#
    );
    assert_eq!(sent(&pinned(), lang), r#"{"name":{"context":{}}}"#);
    let named = r#"{"tracking_disable": true}"#;
    assert_eq!(
        sent(&free, named),
        r#"{"name":{"context":{"tracking_disable":true}}}"#
    );
    assert_eq!(
        sent(&free, r#"{"allowed_company_ids": [2]}"#),
        r#"{"name":{"context":{"allowed_company_ids":[2]}}}"#
    );
    assert_eq!(
        pinned()
            .refused(&spec(r#"{"allowed_company_ids": [2]}"#))
            .reason,
        Reason::Context
    );
    for other in [
        r#"{"active_test": false}"#,
        r#"{"default_name": "x"}"#,
        r#"{"check_move_validity": false}"#,
        r#"{"force_company": 2}"#,
        r#"{"tracking_disable": {"a": 1}}"#,
    ] {
        free.refused(&spec(other));
    }
}

#[test]
fn keys_that_change_what_a_call_does_are_open_only_where_they_are_named() {
    let search = call("res.partner", "search", "{}");
    for (key, value) in [
        ("active_test", "false"),
        ("allowed_company_ids", "[2]"),
        ("check_move_validity", "false"),
        ("tracking_disable", "true"),
        ("mail_create_nolog", "true"),
        ("no_reset_password", "true"),
        ("default_parent_id", "1"),
    ] {
        let own = format!("{{\"{key}\": {value}}}");
        let named = RULE.replace("\"tracking_disable\"", &format!("\"{key}\""));
        odoo(&named).allowed(&within(search.clone(), &own));
        let none = RULE.replace(
            "context = [\"allowed_company_ids\", \"company_id\", \"tracking_disable\"]",
            "",
        );
        assert_eq!(
            odoo(&none).refused(&within(search.clone(), &own)).reason,
            Reason::Context,
            "{key}"
        );
    }
}

#[test]
fn a_context_within_arguments_of_a_listed_method_is_judged_as_well() {
    let asked = |named: &str| on("res.partner", "do_it", &[1], named);
    let free = odoo(RULE);
    free.allowed(&asked(r#"{"options": {"a": 1}}"#));
    free.allowed(&asked(
        r#"{"options": {"context": {"tracking_disable": true}}}"#,
    ));
    free.refused(&asked(
        r#"{"options": {"context": {"active_test": false}}}"#,
    ));
    free.refused(&asked(
        r#"{"lines": [{"deep": {"context": {"default_name": "x"}}}]}"#,
    ));
    free.refused(&asked(r#"{"context": {"lang": "de_DE"}}"#));
    let permit = pinned().allowed(&asked(r#"{"options": {"context": {"lang": "fr_FR"}}}"#));
    assert_eq!(text(&permit.next().named["options"]), r#"{"context":{}}"#);
    pinned().refused(&asked(
        r#"{"options": {"context": {"allowed_company_ids": [2]}}}"#,
    ));
    let mut positional = asked("{}");
    positional.positional.push(crate::common::json(
        r#"{"context": {"active_test": false}}"#,
    ));
    free.refused(&positional);
    // In values of records, too, there is no such thing as a context.
    let write = |inner: &str| {
        on(
            "res.partner",
            "write",
            &[1],
            &format!(r#"{{"vals": {{"child_ids": [[1, 2, {{{inner}}}]]}}}}"#),
        )
    };
    free.allowed(&write(r#""name": "x""#));
    free.refused(&write(r#""name": "x", "context": {"active_test": false}"#));
    free.refused(&write(r#""with_context": {"active_test": false}"#));
}

#[test]
fn a_role_for_one_company_opens_nothing_within_a_call_in_another() {
    let partners = "[[rule]]\nname = \"p\"\nmodels = [\"res.partner\"]\noperations = [\"read\", \"write\"]\nfields = [\"name\", \"country_id\"]\n";
    let countries = "[[rule]]\nname = \"c\"\nmodels = [\"res.country\"]\noperations = [\"read\"]\nfields = \"*\"\n";
    let caller = |one: &str, other: &str| {
        Caller::new(
            &[
                ("one", &format!("{one}{partners}")),
                ("other", &format!("{other}{countries}")),
            ],
            Family::Odoo,
        )
    };
    let asked = [
        call(
            "res.partner",
            "search",
            r#"{"domain": [["country_id.code", "=", "DE"]]}"#,
        ),
        on(
            "res.partner",
            "web_read",
            &[1],
            r#"{"specification": {"country_id": {"fields": {"code": {}}}}}"#,
        ),
        on(
            "res.partner",
            "write",
            &[1],
            r#"{"vals": {"country_id": 5}}"#,
        ),
    ];
    let (three, four) = ("[context]\ncompany = 3\n", "[context]\ncompany = 4\n");
    for asked in &asked {
        caller(three, three).allowed(asked);
        caller(three, "").allowed(asked);
        caller(three, four).refused(asked);
        caller("", four).refused(asked);
    }
}

#[test]
fn a_company_cannot_be_fixed_before_a_frappe() {
    let rule = "[[rule]]\nname = \"c\"\nmodels = [\"Customer\"]\noperations = [\"read\", \"call\"]\nmethods = [\"x.y\"]\nfields = \"*\"\n";
    let asked = [
        call("Customer", "get_list", "{}"),
        document("Customer", "get", "C", "{}"),
        call("Customer", "x.y", "{}"),
    ];
    for asked in &asked {
        frappe(&format!("[context]\nlang = \"de\"\n{rule}")).allowed(asked);
        frappe(&format!("[context]\ncompany = 3\n{rule}")).refused(asked);
    }
}

#[test]
fn what_two_fix_holds_for_both_and_two_companies_leave_nothing() {
    let together = |one: &str, other: &str| {
        let (one, other) = (format!("{one}{RULE}"), format!("{other}{RULE}"));
        Caller::new(&[("one", &one), ("other", &other)], Family::Odoo).together()
    };
    let search = call("res.partner", "search", "{}");
    let permit = together(
        "[context]\nlang = \"de_DE\"\ntz = \"Europe/Berlin\"\n",
        PINS,
    )
    .allowed(&search);
    assert_eq!(context(permit.next()), OURS);
    together(PINS, "[context]\ncompany = 4\n").refused(&search);
}

#[test]
fn what_cannot_be_fixed_is_an_error() {
    let read = |text: &str| Role::from_toml(RoleName::new("r").unwrap(), text);
    assert!(read(PINS).is_ok());
    for text in [
        "[context]\nlang = \"\"\n",
        "[context]\nlang = \"de DE\"\n",
        "[context]\ntz = \"Europe/Berlin'\"\n",
        "[context]\ncompany = 0\n",
        "[context]\ncompany = \"3\"\n",
        "[context]\nactive_test = false\n",
    ] {
        assert!(read(text).is_err(), "{text}");
    }
}
