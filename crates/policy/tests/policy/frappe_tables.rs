//! A table of Frappe that is closed is closed with its columns; of one whose columns are not all
//! open no rows are saved.

use portcullis_policy::{Family, FieldPermission, Reason};

use crate::common::{Caller, call, document, frappe};

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
