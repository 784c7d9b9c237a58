//! What two callers may do together: what the rules of both allow, and nothing more.

use portcullis_erp::Call;
use portcullis_identity::{ErpLogin, RoleName};
use portcullis_policy::{Decision, Family};

use crate::common::{Caller, call, document, on, whole};

const SHOP: &str = r#"
[caps]
page = 50
[[rule]]
name = "companies"
models = ["res.partner"]
operations = ["read", "write"]
fields = ["name", "city", "email"]
domain = '[["is_company", "=", true]]'
max-rows = 20
"#;

const STAFF: &str = r#"
[[rule]]
name = "contacts"
models = ["res.partner", "res.users"]
operations = ["read", "create"]
fields = "*"
hidden = ["email"]
domain = '[["city", "=", "Ghent"]]'
"#;

const ALL: &str = "[[rule]]\nname = \"all\"\nmodels = [\"*\"]\noperations = [\"read\", \"write\", \"call\"]\nfields = \"*\"\n";

const DENIES: &str = "[[rule]]\nname = \"all\"\nmodels = [\"*\"]\noperations = [\"read\"]\nfields = \"*\"\n\
    [[rule]]\nname = \"no-city\"\ndeny = true\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"city\"]\n";

/// The two by themselves, and together.
fn three(one: &str, other: &str, family: Family) -> [Caller; 3] {
    let mut both = Caller::new(&[("one", one), ("other", other)], family);
    let name = |name| RoleName::new(name).unwrap();
    let (policy, roles) = both.policy.of_both(&[name("one")], &[name("other")]);
    both.policy = policy;
    both.principal = both
        .principal
        .for_person(ErpLogin::new("anna").unwrap(), roles);
    let alone = |role| Caller::new(&[("tested", role)], family);
    [alone(one), alone(other), both]
}

fn calls() -> Vec<Call> {
    let mut calls = vec![
        call("res.partner", "create", r#"{"vals_list": [{"name": "x"}]}"#),
        on("res.partner", "write", &[7], r#"{"vals": {"name": "x"}}"#),
        on("res.partner", "unlink", &[7], "{}"),
        on("res.users", "read", &[7], r#"{"fields": ["name"]}"#),
        on("res.users", "read", &[7], r#"{"fields": ["password"]}"#),
        call(
            "ir.model",
            "search_read",
            r#"{"domain": [], "fields": ["id"]}"#,
        ),
    ];
    for field in ["id", "name", "city", "email", "phone", "display_name"] {
        let named = format!(r#"{{"domain": [["{field}", "!=", false]], "fields": ["name"]}}"#);
        calls.push(call("res.partner", "search_read", &named));
        let named = format!(r#"{{"domain": [], "fields": ["{field}"]}}"#);
        calls.push(call("res.partner", "search_read", &named));
    }
    calls
}

#[test]
fn whatever_both_may_together_each_may_alone() {
    let roles = [SHOP, STAFF, ALL, DENIES];
    let (mut allowed, mut refused) = (0, 0);
    for one in roles {
        for other in roles {
            let [ours, theirs, both] = three(one, other, Family::Odoo);
            for call in calls() {
                let may = |caller: &Caller| matches!(caller.ask(&call), Decision::Allow(_));
                if may(&both) {
                    allowed += 1;
                    assert!(may(&ours) && may(&theirs), "{}", whole(&call));
                } else if may(&ours) || may(&theirs) {
                    refused += 1;
                }
            }
        }
    }
    assert!(allowed > 30 && refused > 10, "{allowed} {refused}");
}

#[test]
fn fields_records_and_caps_are_those_of_both() {
    let [ours, theirs, both] = three(SHOP, STAFF, Family::Odoo);
    let read = |field: &str| {
        let named = format!(r#"{{"domain": [], "fields": ["{field}"]}}"#);
        call("res.partner", "search_read", &named)
    };
    ours.allowed(&read("email"));
    both.refused(&read("email"));
    theirs.allowed(&read("phone"));
    both.refused(&read("phone"));
    let permit = both.allowed(&read("city"));
    assert_eq!(permit.rule(), "one&other/companies&contacts");
    let sent = whole(permit.next());
    assert!(
        sent.contains("is_company") && sent.contains("Ghent"),
        "{sent}"
    );
    assert_eq!(permit.paged().map(|cap| cap.most), Some(20));
    let write = on("res.partner", "write", &[7], r#"{"vals": {"name": "x"}}"#);
    ours.allowed(&write);
    both.refused(&write);
}

#[test]
fn what_one_denies_or_does_not_reach_is_not_opened_by_the_other() {
    let read = |model: &str, field: &str| {
        let named = format!(r#"{{"domain": [], "fields": ["{field}"]}}"#);
        call(model, "search_read", &named)
    };
    let [ours, _, both] = three(ALL, DENIES, Family::Odoo);
    ours.allowed(&read("res.partner", "city"));
    both.allowed(&read("res.partner", "name"));
    both.refused(&read("res.partner", "city"));
    let named = "[[rule]]\nname = \"tokens\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"name\", \"signup_token\"]\n";
    let [ours, theirs, both] = three(named, ALL, Family::Odoo);
    let secret = read("res.partner", "signup_token");
    assert!(matches!(theirs.ask(&secret), Decision::Refuse(_)));
    let may = |caller: &Caller| matches!(caller.ask(&secret), Decision::Allow(_));
    assert!(may(&ours), "which this test is about");
    assert!(!may(&both), "`*` does not open what the other names");
}

#[test]
fn no_role_of_one_is_nothing_for_both_and_frappe_is_judged_alike() {
    let [ours, _, nobody] = three(SHOP, "", Family::Odoo);
    let read = call(
        "res.partner",
        "search_read",
        r#"{"domain": [], "fields": ["name"]}"#,
    );
    ours.allowed(&read);
    nobody.refused(&read);
    let rule = |domain: &str| {
        format!(
            "[[rule]]\nname = \"customers\"\nmodels = [\"Customer\"]\noperations = [\"read\"]\nfields = \"*\"\ndomain = '{domain}'\n"
        )
    };
    let one = rule(r#"[["customer_type", "=", "Company"]]"#);
    let other = rule(r#"[["territory", "=", "Belgium"]]"#);
    let [_, _, both] = three(&one, &other, Family::Frappe);
    let list = call("Customer", "get_list", r#"{"fields": ["name"]}"#);
    let sent = whole(both.allowed(&list).next());
    assert!(
        sent.contains("Company") && sent.contains("Belgium"),
        "{sent}"
    );
    let one = document("Customer", "get", "C-1", "{}");
    assert!(matches!(both.ask(&one), Decision::Allow(_)));
}
