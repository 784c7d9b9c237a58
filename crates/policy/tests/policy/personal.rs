//! Domains that speak of the user as whom a call runs.

use portcullis_policy::{Reason, UserFacts};

use crate::common::{Caller, call, document, frappe, odoo, on, text};

const ORDERS: &str = r#"
[[rule]]
name = "own orders"
models = ["sale.order"]
operations = ["read", "create", "write", "delete"]
fields = ["name", "user_id", "note", "partner_id"]
domain = '[["user_id", "=", "principal.user_id"]]'

[[rule]]
name = "names"
models = ["res.users", "res.partner"]
operations = ["name"]
"#;

/// The same caller, of whose user the ERP told this.
fn told(mut caller: Caller, facts: UserFacts) -> Caller {
    let login = caller.principal.erp_login().clone();
    caller.schema.learn_user(login, facts);
    caller
}

fn partner_and_companies() -> UserFacts {
    UserFacts {
        name: None,
        partner_id: Some(9),
        company_ids: vec![1, 3],
    }
}

fn rule(domain: &str) -> String {
    format!(
        "[[rule]]\nname = \"own\"\nmodels = [\"sale.order\"]\noperations = [\"read\"]\nfields = [\"name\"]\ndomain = '{domain}'\n"
    )
}

#[test]
fn reads_guards_and_writes_are_bound_to_the_user() {
    let caller = odoo(ORDERS);
    let permit = caller.allowed(&call(
        "sale.order",
        "search_read",
        r#"{"fields": ["name"]}"#,
    ));
    assert_eq!(
        text(&permit.next().named["domain"]),
        r#"[["user_id","=",7]]"#
    );
    let permit = caller.allowed(&on("sale.order", "read", &[5], r#"{"fields": ["name"]}"#));
    assert_eq!(
        text(&permit.next().named["domain"]),
        r#"[["id","in",[5]],["user_id","=",7]]"#
    );
    let permit = caller.allowed(&on("sale.order", "unlink", &[5], "{}"));
    assert!(permit.is_guard());
    assert_eq!(
        text(&permit.next().named["domain"]),
        r#"[["id","in",[5]],["user_id","=",7]]"#
    );
    let give_away = |to: i64| {
        on(
            "sale.order",
            "write",
            &[5],
            &format!(r#"{{"vals": {{"user_id": {to}}}}}"#),
        )
    };
    caller.allowed(&give_away(7));
    assert_eq!(caller.refused(&give_away(8)).reason, Reason::Values);
}

#[test]
fn what_is_made_is_the_users_own() {
    let caller = odoo(ORDERS);
    let permit = caller.allowed(&call(
        "sale.order",
        "create",
        r#"{"vals_list": [{"name": "x"}]}"#,
    ));
    assert_eq!(
        text(&permit.next().named["vals_list"]),
        r#"[{"name":"x","user_id":7}]"#
    );
    let no = caller.refused(&call(
        "sale.order",
        "create",
        r#"{"vals_list": [{"name": "x", "user_id": 8}]}"#,
    ));
    assert_eq!(no.reason, Reason::Values);
}

#[test]
fn partner_and_companies_are_asked_for_once_and_put_in() {
    let role = rule(
        r#"["|", ["partner_id", "child_of", "principal.partner_id"], ["company_id", "in", "principal.company_ids"]]"#,
    );
    let search = call("sale.order", "search", "{}");
    let portcullis_policy::Decision::Refuse(no) = odoo(&role).ask(&search) else {
        panic!("nothing is known of the user")
    };
    assert!(no.wants_user());
    assert!(no.wants().is_none());
    let caller = told(odoo(&role), partner_and_companies());
    assert_eq!(
        text(&caller.allowed(&search).next().named["domain"]),
        r#"["|",["partner_id","child_of",[9]],["company_id","in",[1,3]]]"#
    );
}

#[test]
fn what_the_erp_does_not_tell_opens_nothing() {
    let search = call("sale.order", "search", "{}");
    for domain in [
        r#"[["partner_id", "=", "principal.partner_id"]]"#,
        r#"[["partner_id", "!=", "principal.partner_id"]]"#,
        r#"["|", ["name", "=", "x"], ["partner_id", "=", "principal.partner_id"]]"#,
        r#"["!", ["company_id", "not in", "principal.company_ids"]]"#,
        r#"[["company_id", "not in", "principal.company_ids"]]"#,
        r#"[["company_id", "in", [1, "principal.company_ids"]]]"#,
        r#"[["partner_id", "any", [["id", "=", "principal.partner_id"]]]]"#,
    ] {
        let role = rule(domain);
        told(odoo(&role), partner_and_companies()).allowed(&search);
        let no = told(odoo(&role), UserFacts::default()).refused(&search);
        assert_eq!(no.reason, Reason::Domain, "{domain}");
        assert!(!no.wants_user());
    }
}

#[test]
fn a_clients_own_text_stands_for_nothing() {
    let caller = odoo(ORDERS);
    let permit = caller.allowed(&call(
        "sale.order",
        "search",
        r#"{"domain": [["name", "=", "principal.login"]]}"#,
    ));
    assert_eq!(
        text(&permit.next().named["domain"]),
        r#"["&",["name","=","principal.login"],["user_id","=",7]]"#.replace(r#""&","#, "")
    );
}

#[test]
fn a_placeholder_stands_only_where_it_is_compared_as_it_is() {
    for domain in [
        r#"[["user_id", "=", "principal.uid"]]"#,
        r#"[["user_id", "in", ["principal.partner"]]]"#,
        r#"[["name", "like", "principal.login"]]"#,
        r#"[["name", "=ilike", "principal.login"]]"#,
        r#"[["user_id", ">", "principal.user_id"]]"#,
        r#"[["company_id", "=", "principal.company_ids"]]"#,
        r#"[["partner_id", "any", [["email", "ilike", "principal.login"]]]]"#,
    ] {
        let name = portcullis_identity::RoleName::new("r").unwrap();
        let errors = portcullis_policy::Role::from_toml(name, &rule(domain)).unwrap_err();
        assert!(
            errors[0].message.contains("principal."),
            "{domain}: {errors:?}"
        );
    }
}

const TASKS: &str = r#"
[[rule]]
name = "own tasks"
models = ["Task"]
operations = ["read", "create", "write"]
fields = ["subject", "owner", "assigned"]
domain = '[["assigned", "=", "principal.login"]]'
"#;

#[test]
fn in_frappe_the_user_is_the_name_that_the_erp_told() {
    let list = call("Task", "get_list", r#"{"fields": ["subject"]}"#);
    let portcullis_policy::Decision::Refuse(no) = frappe(TASKS).ask(&list) else {
        panic!("nothing is known of the user")
    };
    assert!(no.wants_user());
    let named = UserFacts {
        name: Some("ann@example.com".to_owned()),
        ..UserFacts::default()
    };
    let caller = told(frappe(TASKS), named);
    assert_eq!(
        text(&caller.allowed(&list).next().named["filters"]),
        r#"[["Task","assigned","=","ann@example.com"]]"#
    );
    let permit = caller.allowed(&call("Task", "insert", r#"{"doc": {"subject": "x"}}"#));
    assert_eq!(
        text(&permit.next().named["doc"]),
        r#"{"subject":"x","assigned":"ann@example.com"}"#
    );
    let to_other = r#"{"doc": {"subject": "x", "assigned": "bob@example.com"}}"#;
    caller.refused(&call("Task", "insert", to_other));
    let permit = caller.allowed(&document("Task", "get", "T1", "{}"));
    assert!(permit.is_guard());
    assert!(text(&permit.next().named["filters"]).contains("ann@example.com"));
    // Frappe has no partners.
    let partners = told(
        frappe(&TASKS.replace("principal.login", "principal.partner_id")),
        partner_and_companies(),
    );
    assert_eq!(partners.refused(&list).reason, Reason::Domain);
}

#[test]
fn what_two_may_do_together_is_bound_to_the_user_as_well() {
    let caller = Caller::new(
        &[
            ("one", ORDERS),
            ("other", &rule(r#"[["state", "=", "sale"]]"#)),
        ],
        portcullis_policy::Family::Odoo,
    );
    let caller = caller.together();
    let permit = caller.allowed(&call("sale.order", "search", "{}"));
    assert_eq!(
        text(&permit.next().named["domain"]),
        r#"[["user_id","=",7],["state","=","sale"]]"#
    );
}
