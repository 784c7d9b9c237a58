//! Fields that only some roles have, as an ERP's administrators write them down.

use portcullis_policy::{Family, FieldPermission, Policy, Reason};

use crate::common::{Caller, call, document, on};

const SEED: &str = r#"{
    "doctype": "Customer",
    "field_permissions": {
        "credit_limit": ["Sales Manager"],
        "tax_id": ["Accounts Manager"]
    }
}"#;

const CUSTOMERS: &str = "[[rule]]\nname = \"c\"\nmodels = [\"Customer\", \"res.partner\"]\noperations = [\"read\", \"create\", \"write\"]\nfields = \"*\"\n";

fn caller(roles: &[&str], family: Family, permissions: &str) -> Caller {
    let roles: Vec<(&str, &str)> = roles.iter().map(|name| (*name, CUSTOMERS)).collect();
    let mut caller = Caller::new(&roles, family);
    let permissions = FieldPermission::from_json(permissions).unwrap();
    caller.policy = with(&caller.policy, permissions);
    caller
}

fn with(policy: &Policy, permissions: Vec<FieldPermission>) -> Policy {
    policy.clone().permitting(permissions)
}

#[test]
fn a_field_is_open_to_whoever_has_a_named_role_and_closed_to_all_others() {
    let list = |field: &str| {
        call(
            "Customer",
            "get_list",
            &format!(r#"{{"fields": ["{field}"]}}"#),
        )
    };
    for (roles, credit, tax) in [
        (&["shop"][..], false, false),
        (&["sales-manager"][..], true, false),
        (&["shop", "sales-manager"][..], true, false),
        (&["Sales.Manager", "accounts-manager"][..], true, true),
    ] {
        let caller = caller(roles, Family::Frappe, SEED);
        caller.allowed(&list("customer_name"));
        for (field, open) in [("credit_limit", credit), ("tax_id", tax)] {
            if open {
                caller.allowed(&list(field));
            } else {
                let no = caller.refused(&list(field));
                assert_eq!(no.reason, Reason::Field, "{roles:?} {field}");
            }
        }
    }
}

#[test]
fn nobody_else_reads_sorts_or_sets_it() {
    let shop = caller(&["shop"], Family::Frappe, SEED);
    let manager = caller(&["sales-manager"], Family::Frappe, SEED);
    for asked in [
        call(
            "Customer",
            "get_list",
            r#"{"filters": [["credit_limit", ">", 5]]}"#,
        ),
        call(
            "Customer",
            "get_list",
            r#"{"order_by": "credit_limit desc"}"#,
        ),
        call("Customer", "insert", r#"{"doc": {"credit_limit": 5}}"#),
        document("Customer", "save", "C", r#"{"doc": {"credit_limit": 5}}"#),
    ] {
        manager.allowed(&asked);
        shop.refused(&asked);
    }
    let read = document("Customer", "get", "C", "{}");
    let doc = r#"{"name": "C", "credit_limit": 5, "city": "Bonn"}"#;
    assert_eq!(shop.cleaned(&read, doc), r#"{"name":"C","city":"Bonn"}"#);
    assert_eq!(
        manager.cleaned(&read, doc),
        r#"{"name":"C","credit_limit":5,"city":"Bonn"}"#
    );
}

#[test]
fn it_holds_for_a_model_of_odoo_and_for_what_is_computed_from_the_field() {
    let text = r#"[{"model": "res.partner", "field_permissions": {"email": ["sales manager"], "vat": []}}]"#;
    let shop = caller(&["shop"], Family::Odoo, text);
    let manager = caller(&["sales-manager"], Family::Odoo, text);
    for field in ["email", "email_normalized"] {
        let read = on(
            "res.partner",
            "read",
            &[1],
            &format!(r#"{{"fields": ["{field}"]}}"#),
        );
        manager.allowed(&read);
        shop.refused(&read);
    }
    let vat = on("res.partner", "read", &[1], r#"{"fields": ["vat"]}"#);
    manager.refused(&vat);
    shop.refused(&vat);
}

#[test]
fn of_two_who_act_together_both_must_have_a_named_role() {
    let list = call("Customer", "get_list", r#"{"fields": ["credit_limit"]}"#);
    let together = |named: &str| {
        let caller = Caller::new(&[("one", CUSTOMERS), ("other", CUSTOMERS)], Family::Frappe);
        let text = format!(
            r#"{{"doctype": "Customer", "field_permissions": {{"credit_limit": {named}}}}}"#
        );
        let permissions = FieldPermission::from_json(&text).unwrap();
        Caller {
            policy: with(&caller.policy, permissions),
            ..caller
        }
        .together()
    };
    together(r#"["one", "other"]"#).allowed(&list);
    together(r#"["one"]"#).refused(&list);
    together(r#"["other"]"#).refused(&list);
}

#[test]
fn what_cannot_be_read_is_an_error() {
    assert_eq!(FieldPermission::from_json(SEED).unwrap().len(), 2);
    for text in [
        "",
        "[1]",
        r#"{"doctype": "Customer"}"#,
        r#"{"field_permissions": {"a": []}}"#,
        r#"{"doctype": "Customer", "model": "x", "field_permissions": {"a": []}}"#,
        r#"{"doctype": "Customer", "field_permissions": {"a": "Sales Manager"}}"#,
        r#"{"doctype": "Customer", "field_permissions": {"a": [1]}}"#,
        r#"{"doctype": "Customer", "field_permissions": {"a b": []}}"#,
        r#"{"doctype": "Customer", "field_permissions": {"id": []}}"#,
        r#"{"doctype": "Customer", "permissions": {}, "field_permissions": {"a": []}}"#,
        r#"{"doctype": "Customer", "field_permissions": {"a": [], "a": ["x"]}}"#,
    ] {
        assert!(FieldPermission::from_json(text).is_err(), "{text}");
    }
}
