//! Rules that demand approval: what only they allow waits, and what they hide stays hidden.

use portcullis_erp::Call;
use portcullis_identity::{ErpLogin, RoleName};
use portcullis_policy::{Family, Role};

use crate::common::{Caller, call, odoo, on};

const FREE: &str = r#"
[[rule]]
name = "cities"
models = ["res.partner"]
operations = ["read", "write"]
fields = ["name", "city"]
"#;

const WAITS: &str = r#"
[[rule]]
name = "contacts"
models = ["res.partner"]
operations = ["read", "write", "create", "delete"]
fields = ["name", "city", "email"]
approval = true
"#;

fn write(values: &str) -> Call {
    on(
        "res.partner",
        "write",
        &[7],
        &format!("{{\"vals\": {values}}}"),
    )
}

fn waits(caller: &Caller, asked: &Call) -> (bool, String) {
    let permit = caller.allowed(asked);
    (permit.demands_approval(), permit.rule().to_owned())
}

#[test]
fn a_call_waits_only_where_every_rule_that_allows_it_demands_it() {
    for role in [format!("{FREE}{WAITS}"), format!("{WAITS}{FREE}")] {
        let caller = odoo(&role);
        let free = (false, "tested/cities".to_owned());
        let waiting = (true, "tested/contacts".to_owned());
        assert_eq!(waits(&caller, &write("{\"city\": \"Ghent\"}")), free);
        assert_eq!(waits(&caller, &write("{\"email\": \"a@b.c\"}")), waiting);
        let unlink = on("res.partner", "unlink", &[7], "{}");
        assert_eq!(waits(&caller, &unlink), waiting);
        let read = |fields| on("res.partner", "read", &[7], fields);
        assert_eq!(waits(&caller, &read("{\"fields\": [\"city\"]}")), free);
        assert_eq!(waits(&caller, &read("{\"fields\": [\"email\"]}")), waiting);
    }
    let caller = odoo(FREE);
    caller.refused(&write("{\"email\": \"a@b.c\"}"));
}

#[test]
fn what_a_rule_that_demands_approval_hides_shows_by_no_other() {
    let all = r#"
[[rule]]
name = "mail"
models = ["res.partner"]
operations = ["read", "mail"]
fields = "*"
"#;
    let some = r#"
[[rule]]
name = "some"
models = ["res.country"]
operations = ["read"]
fields = "*"
domain = '[["code", "=", "DE"]]'
"#;
    let filled = on(
        "res.partner",
        "message_post",
        &[7],
        r#"{"body": "{{ object.email }}"}"#,
    );
    odoo(all).allowed(&filled);
    odoo(&format!("{all}{some}")).refused(&filled);
    odoo(&format!("{all}{some}approval = true\n")).refused(&filled);
}

#[test]
fn what_needs_an_approval_rule_in_any_part_waits() {
    let orders = r#"
[[rule]]
name = "orders"
models = ["sale.order"]
operations = ["read"]
fields = ["name", "partner_id"]
"#;
    let behind = call(
        "sale.order",
        "search",
        "{\"domain\": [[\"partner_id.email\", \"=\", \"x\"]]}",
    );
    odoo(orders).refused(&behind);
    let partners = WAITS.replace("approval = true", "");
    assert!(!waits(&odoo(&format!("{orders}{partners}")), &behind).0);
    assert!(waits(&odoo(&format!("{orders}{WAITS}")), &behind).0);
}

#[test]
fn a_key_that_calls_for_a_person_waits_where_a_rule_of_either_demands_it() {
    let plain = WAITS.replace("approval = true", "");
    for (one, other, expected) in [
        (&*plain, &*plain, false),
        (&*plain, WAITS, true),
        (WAITS, &*plain, true),
    ] {
        let mut both = Caller::new(&[("one", one), ("other", other)], Family::Odoo);
        let name = |name| RoleName::new(name).unwrap();
        let (policy, roles) = both.policy.of_both(&[name("one")], &[name("other")]);
        both.policy = policy;
        let anna = ErpLogin::new("anna").unwrap();
        both.principal = both.principal.for_person(anna, roles);
        let permit = both.allowed(&write("{\"email\": \"a@b.c\"}"));
        assert_eq!(permit.demands_approval(), expected, "{one} {other}");
    }
}

#[test]
fn it_is_said_where_it_has_no_effect_and_a_rule_that_waits_for_nobody_is_not_shadowed() {
    let errors = |text: &str| {
        let name = RoleName::new("tested").unwrap();
        Role::from_toml(name, text)
            .err()
            .map(|errors| format!("{errors:?}"))
            .unwrap_or_default()
    };
    assert_eq!(errors(WAITS), "");
    let denial =
        "[[rule]]\nname = \"a\"\ndeny = true\nmodels = [\"res.partner\"]\napproval = true\n";
    assert!(
        errors(denial).contains("`approval` has no effect"),
        "{}",
        errors(denial)
    );
    let routes = "[[rule]]\nname = \"a\"\nroutes = [\"x\"]\napproval = true\n";
    assert!(
        errors(routes).contains("`approval` has no effect"),
        "{}",
        errors(routes)
    );
    let unknown = WAITS.replace("approval = true", "approval = \"yes\"");
    assert!(errors(&unknown).contains("boolean"), "{}", errors(&unknown));

    let findings = |text: &str| {
        let name = RoleName::new("tested").unwrap();
        Role::from_toml(name, text).unwrap().lint(None).len()
    };
    assert_eq!(findings(&format!("{WAITS}{FREE}")), 0);
    let plain = WAITS.replace("approval = true", "");
    assert_eq!(findings(&format!("{plain}{FREE}")), 1);
    let narrow = FREE.replace("\"city\"]", "\"city\"]\napproval = true");
    assert_eq!(findings(&format!("{plain}{narrow}")), 1);
}

#[test]
fn a_monitored_role_lets_nothing_pass_that_would_have_to_wait() {
    let tried = |rules: &str| odoo(&format!("monitor-until = \"1970-01-20\"\n{rules}"));
    let order = on("sale.order", "write", &[3], "{\"vals\": {\"note\": \"x\"}}");
    odoo(&format!("{FREE}{WAITS}")).refused(&order);
    let passes = tried(FREE).allowed(&order);
    assert!(passes.would().is_some() && !passes.demands_approval());
    let caller = tried(&format!("{FREE}{WAITS}"));
    for asked in [&order, &on("sale.order", "unlink", &[3], "{}")] {
        let permit = caller.allowed(asked);
        assert!(permit.would().is_some() && permit.demands_approval());
    }
    let read = |model, field: &str| {
        on(
            model,
            "read",
            &[7],
            &format!("{{\"fields\": [\"{field}\"]}}"),
        )
    };
    assert!(
        caller
            .allowed(&read("res.partner", "ref"))
            .demands_approval()
    );
    assert!(
        !caller
            .allowed(&read("sale.order", "note"))
            .demands_approval()
    );
}
