//! A table of Frappe that is closed is closed with its columns; of one whose columns are not all
//! open no rows are saved.

use portcullis_erp::Model;
use portcullis_policy::{Decision, Family, FieldPermission, Reason, Schema};

use crate::common::{Caller, call, document, frappe, json};

const ANSWER: &str =
    r#"{"name": "S1", "customer": "C1", "items": [{"name": "r1", "qty": 2, "rate": 5}]}"#;

fn role(fields: &str, more: &str) -> String {
    format!(
        "[[rule]]\nname = \"orders\"\nmodels = [\"Sales Order\"]\noperations = [\"read\", \"create\", \"write\"]\nfields = {fields}\n{more}"
    )
}

fn denying(field: &str, operations: &str) -> String {
    format!(
        "[[rule]]\nname = \"denied\"\ndeny = true\nmodels = [\"Sales Order\"]\nfields = [\"{field}\"]\n{operations}"
    )
}

/// A caller whose role is not named for this field.
fn permitted(fields: &str, field: &str) -> Caller {
    let mut caller = Caller::new(&[("shop", &role(fields, ""))], Family::Frappe);
    let text = format!(
        r#"{{"doctype": "Sales Order", "field_permissions": {{"{field}": ["Sales Manager"]}}}}"#
    );
    let permissions = FieldPermission::from_json(&text).unwrap();
    caller.policy = caller.policy.clone().permitting(permissions);
    caller
}

#[test]
fn a_closed_table_is_closed_with_the_columns_that_a_rule_lists() {
    let fields = r#"["customer", "items.qty"]"#;
    let read = document("Sales Order", "get", "S1", "{}");
    let uses = [
        call(
            "Sales Order",
            "get_list",
            r#"{"fields": ["name", "items.qty"]}"#,
        ),
        call("Sales Order", "get_list", r#"{"order_by": "items.qty"}"#),
        call(
            "Sales Order",
            "insert",
            r#"{"doc": {"customer": "C1", "items": [{"qty": 2}]}}"#,
        ),
        call(
            "Sales Order",
            "insert",
            r#"{"doc": {"customer": "C1", "items": [{}]}}"#,
        ),
    ];
    let open = frappe(&role(fields, ""));
    for asked in &uses {
        open.allowed(asked);
    }
    assert_eq!(
        open.cleaned(&read, ANSWER),
        r#"{"name":"S1","customer":"C1","items":[{"name":"r1","qty":2}]}"#
    );
    let meta = call("Sales Order", "get_meta", "{}");
    let told =
        r#"{"name": "Sales Order", "fields": [{"fieldname": "customer"}, {"fieldname": "items"}]}"#;
    assert!(open.cleaned(&meta, told).contains("items"));

    let denied = role(fields, "") + &denying("items", "");
    for (what, closed) in [
        ("hidden", frappe(&role(fields, "hidden = [\"items\"]\n"))),
        ("denied", frappe(&denied)),
        ("permitted", permitted(fields, "items")),
    ] {
        assert_eq!(
            closed.cleaned(&read, ANSWER),
            r#"{"name":"S1","customer":"C1"}"#,
            "{what}"
        );
        assert!(!closed.cleaned(&meta, told).contains("items"), "{what}");
        for asked in &uses {
            closed.refused(asked);
        }
    }
}

#[test]
fn a_masked_table_shows_no_column_as_it_is() {
    let list = call("Sales Order", "get_list", r#"{"fields": ["items.qty"]}"#);
    let made = call(
        "Sales Order",
        "insert",
        r#"{"doc": {"items": [{"qty": 2}]}}"#,
    );
    let fields = r#"["customer", "items.qty"]"#;
    let open = frappe(&role(fields, ""));
    let masked = frappe(&role(fields, "masked = [\"items\"]\n"));
    for asked in [list, made] {
        open.allowed(&asked);
        masked.refused(&asked);
    }
    let read = document("Sales Order", "get", "S1", "{}");
    assert_eq!(
        masked.cleaned(&read, ANSWER),
        r#"{"name":"S1","customer":"C1","items":"****"}"#
    );
}

#[test]
fn a_column_masked_in_a_hidden_table_is_not_shown() {
    let read = document("Sales Order", "get", "S1", "{}");
    let of = |more: &str| frappe(&role("\"*\"", more)).cleaned(&read, ANSWER);
    assert_eq!(
        of("masked = [\"items.rate\"]\n"),
        r#"{"name":"S1","customer":"C1","items":[{"name":"r1","qty":2,"rate":"****"}]}"#
    );
    assert_eq!(
        of("masked = [\"items.rate\"]\nhidden = [\"items\"]\n"),
        r#"{"name":"S1","customer":"C1"}"#
    );
}

#[test]
fn rows_are_not_saved_where_a_column_of_the_table_is_closed_in_whatever_way() {
    let fields = r#"["customer", "items", "taxes"]"#;
    let save = |table: &str| {
        let rows = format!(r#"{{"doc": {{"{table}": [{{"name": "r1", "qty": 2}}]}}}}"#);
        document("Sales Order", "save", "S1", &rows)
    };
    let many = call(
        "Sales Order",
        "bulk_update",
        r#"{"docs": [{"doctype": "Sales Order", "docname": "S1", "items": [{"name": "r1", "qty": 2}]}]}"#,
    );
    let made = call(
        "Sales Order",
        "insert",
        r#"{"doc": {"items": [{"qty": 2}]}}"#,
    );
    let open = frappe(&role(fields, ""));
    open.allowed(&save("items"));
    open.allowed(&many);
    let of = |operations: &str| frappe(&(role(fields, "") + &denying("items.rate", operations)));
    for (what, closed) in [
        (
            "hidden",
            frappe(&role(fields, "hidden = [\"items.rate\"]\n")),
        ),
        ("denied", of("")),
        ("not to be read", of("operations = [\"read\"]\n")),
        ("not to be set", of("operations = [\"write\"]\n")),
        ("permitted", permitted(fields, "items.rate")),
    ] {
        closed.allowed(&save("taxes"));
        // A new row takes nothing away.
        closed.allowed(&made);
        let no = closed.refused(&save("items"));
        assert_eq!(no.reason, Reason::WriteField, "{what}");
        closed.refused(&many);
    }
    // What may not be made only is in no row that is there.
    of("operations = [\"create\"]\n").allowed(&save("items"));
}

const META: &str = r#"{"name": "Sales Order", "fields": [
    {"fieldname": "customer", "fieldtype": "Link", "options": "Customer"},
    {"fieldname": "items", "fieldtype": "Table", "options": "Sales Order Item"},
    {"fieldname": "taxes", "fieldtype": "Table", "options": "Sales Taxes and Charges"}
]}"#;

/// A caller whose roles are not named for a field of some DocType.
fn without(doctype: &str, field: &str, role: &str) -> Caller {
    let mut caller = Caller::new(&[("shop", role)], Family::Frappe);
    for (name, meta) in [
        ("Sales Order", META),
        (
            "Sales Order Item",
            r#"{"fields": [{"fieldname": "rate", "fieldtype": "Currency"}]}"#,
        ),
        ("Sales Taxes and Charges", r#"{"fields": []}"#),
    ] {
        caller
            .schema
            .learn_doctype(Model::new(name).unwrap(), &json(meta));
    }
    let text = format!(r#"{{"doctype": "{doctype}", "field_permissions": {{"{field}": []}}}}"#);
    let permissions = FieldPermission::from_json(&text).unwrap();
    caller.policy = caller.policy.clone().permitting(permissions);
    caller
}

#[test]
fn what_is_denied_of_the_doctype_of_rows_is_closed_in_their_tables() {
    const ROWS: &str = r#"{"name": "S1", "items": [{"name": "r1", "qty": 2, "rate": 5}], "taxes": [{"name": "t1", "rate": 7}]}"#;
    let read = document("Sales Order", "get", "S1", "{}");
    let uses = [
        call("Sales Order", "get_list", r#"{"fields": ["items.rate"]}"#),
        call("Sales Order", "get_list", r#"{"order_by": "items.rate"}"#),
        call(
            "Sales Order",
            "insert",
            r#"{"doc": {"customer": "C1", "items": [{"rate": 2}]}}"#,
        ),
        document(
            "Sales Order",
            "save",
            "S1",
            r#"{"doc": {"items": [{"qty": 2}]}}"#,
        ),
    ];
    for fields in [
        r#""*""#,
        r#"["customer", "items", "items.rate", "items.qty", "taxes"]"#,
    ] {
        let role = role(fields, "");
        // Prices have rates as well, and are another DocType's.
        let open = without("Item Price", "rate", &role);
        let closed = without("Sales Order Item", "rate", &role);
        let named = if fields.starts_with('[') { 0 } else { 2 };
        for asked in uses.iter().skip(named) {
            open.allowed(asked);
            closed.refused(asked);
        }
        assert_eq!(
            open.cleaned(&read, ROWS),
            ROWS.replace(": ", ":").replace(", ", ",")
        );
        assert_eq!(
            closed.cleaned(&read, ROWS),
            r#"{"name":"S1","items":[{"name":"r1","qty":2}],"taxes":[{"name":"t1","rate":7}]}"#
        );
    }
}

#[test]
fn which_doctype_rows_are_of_is_asked_only_where_a_denial_speaks_of_another() {
    let read = document("Sales Order", "get", "S1", "{}");
    let mut caller = without("Sales Order Item", "rate", &role(r#""*""#, ""));
    caller.allowed(&read);
    caller.schema = Schema::frappe();
    let Decision::Refuse(no) = caller.ask(&read) else {
        panic!("allowed, although it is not known what its rows are");
    };
    assert_eq!(no.wants().map(Model::as_str), Some("Sales Order"));
    let mut other = without("Sales Order", "customer", &role(r#""*""#, ""));
    other.schema = Schema::frappe();
    other.allowed(&read);
}
