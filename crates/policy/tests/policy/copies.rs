//! What Frappe fetches over a link is a copy of what is behind it.

use portcullis_erp::Model;
use portcullis_policy::{Decision, Family, Schema};

use crate::common::{Caller, call, document, json};

const META: &str = r#"{"name": "Sales Order", "fields": [
    {"fieldname": "customer", "fieldtype": "Link", "options": "Customer"},
    {"fieldname": "tax_id", "fieldtype": "Data", "fetch_from": "customer.tax_id"},
    {"fieldname": "phone", "fieldtype": "Data", "fetch_from": "contact.phone"},
    {"fieldname": "contact", "fieldtype": "Link", "options": "Contact"}
]}"#;

const ORDER: &str = r#"{"name": "S1", "customer": "C1", "tax_id": "DE1", "phone": "12"}"#;

fn caller(orders: &str, customers: &str) -> Caller {
    let role = format!(
        "[[rule]]\nname = \"orders\"\nmodels = [\"Sales Order\"]\noperations = [\"read\", \"create\"]\nfields = {orders}\n\
         [[rule]]\nname = \"customers\"\nmodels = [\"Customer\"]\noperations = [\"read\"]\n{customers}\n"
    );
    let mut caller = Caller::new(&[("shop", &role)], Family::Frappe);
    tell(&mut caller, "Sales Order", META);
    for untold in ["Customer", "Contact"] {
        caller.schema.absent(Model::new(untold).unwrap());
    }
    caller
}

fn tell(caller: &mut Caller, doctype: &str, meta: &str) {
    let doctype = Model::new(doctype).unwrap();
    caller.schema.learn_doctype(doctype, &json(meta));
}

/// A rule that reads all fields, or those that are named.
fn reads(doctype: &str, fields: &str) -> String {
    format!(
        "[[rule]]\nname = \"{doctype}\"\nmodels = [\"{doctype}\"]\noperations = [\"read\", \"create\"]\nfields = {fields}\n"
    )
}

/// A caller with these rules, before a Frappe that tells these metas.
fn before(rules: &[String], metas: &[(&str, &str)]) -> Caller {
    let mut caller = Caller::new(&[("shop", &rules.concat())], Family::Frappe);
    caller.schema = Schema::frappe();
    for (doctype, meta) in metas {
        tell(&mut caller, doctype, meta);
    }
    caller
}

fn column(doctype: &str, field: &str) -> portcullis_erp::Call {
    call(
        doctype,
        "get_list",
        &format!(r#"{{"fields": ["{field}"]}}"#),
    )
}

#[test]
fn a_copy_of_what_is_closed_is_in_no_star() {
    let read = document("Sales Order", "get", "S1", "{}");
    let uses = [
        call("Sales Order", "get_list", r#"{"fields": ["tax_id"]}"#),
        call(
            "Sales Order",
            "get_list",
            r#"{"filters": [["tax_id", "like", "DE%"]]}"#,
        ),
        call("Sales Order", "get_list", r#"{"order_by": "tax_id"}"#),
        call("Sales Order", "insert", r#"{"doc": {"tax_id": "DE2"}}"#),
    ];
    let all = ORDER.replace(": ", ":").replace(", ", ",");
    let cut = all.replace(r#""tax_id":"DE1","#, "");
    for (orders, customers, is_open) in [
        (r#""*""#, "fields = \"*\"", true),
        (r#""*""#, "fields = [\"name\", \"tax_id\"]", true),
        (r#""*""#, "fields = [\"name\"]", false),
        (r#""*""#, "fields = \"*\"\nhidden = [\"tax_id\"]", false),
        (r#""*""#, "fields = \"*\"\nmasked = [\"tax_id\"]", false),
        // Whoever lists it opens it.
        (
            r#"["customer", "tax_id", "phone"]"#,
            "fields = [\"name\"]",
            true,
        ),
    ] {
        let caller = caller(orders, customers);
        for asked in &uses {
            if is_open {
                caller.allowed(asked);
            } else {
                caller.refused(asked);
            }
        }
        let shown = caller.cleaned(&read, ORDER);
        assert_eq!(
            shown,
            if is_open { &*all } else { &*cut },
            "{orders} {customers}"
        );
    }
}

#[test]
fn what_is_a_copy_is_asked_of_the_erp_only_where_something_is_closed_elsewhere() {
    let read = document("Sales Order", "get", "S1", "{}");
    let mut open = caller(r#""*""#, "fields = \"*\"");
    open.schema = Schema::frappe();
    open.allowed(&read);
    let mut closed = caller(r#""*""#, "fields = [\"name\"]");
    closed.schema = Schema::frappe();
    let Decision::Refuse(no) = closed.ask(&read) else {
        panic!("allowed, although it is not known what is a copy");
    };
    assert_eq!(no.wants().map(Model::as_str), Some("Sales Order"));
}

#[test]
fn a_copy_of_a_copy_is_followed_to_its_end() {
    let task = r#"{"fields": [{"fieldname": "project", "fieldtype": "Link", "options": "Project"},
        {"fieldname": "tax", "fieldtype": "Data", "fetch_from": "project.tax"}]}"#;
    let project = r#"{"fields": [{"fieldname": "customer", "fieldtype": "Link", "options": "Customer"},
        {"fieldname": "tax", "fieldtype": "Data", "fetch_from": "customer.tax_id"}]}"#;
    let customer = r#"{"fields": [{"fieldname": "tax_id", "fieldtype": "Data"}]}"#;
    let all = [("Task", task), ("Project", project), ("Customer", customer)];
    let rules = |customers: &str| [reads("Task", "\"*\""), reads("Customer", customers)];
    before(&rules(r#"["name", "tax_id"]"#), &all).allowed(&column("Task", "tax"));
    // Also through a DocType of which no rule says anything.
    before(&rules(r#"["name"]"#), &all).refused(&column("Task", "tax"));
    // What is not known yet is asked for, whatever was asked before.
    for told in [1, 2] {
        let caller = before(&rules(r#"["name"]"#), &all[..told]);
        match caller.ask(&column("Task", "tax")) {
            Decision::Refuse(no) => assert_eq!(no.wants().is_some(), told == 1, "{no:?}"),
            Decision::Allow(_) => panic!("allowed with {told} metas"),
        }
    }
}

#[test]
fn a_way_that_comes_back_to_itself_ends() {
    let employee = r#"{"fields": [{"fieldname": "reports_to", "fieldtype": "Link", "options": "Employee"},
        {"fieldname": "branch", "fieldtype": "Data", "fetch_from": "reports_to.branch"}]}"#;
    let items = reads("Item", r#"["name"]"#);
    let caller = before(
        &[reads("Employee", "\"*\""), items.clone()],
        &[("Employee", employee)],
    );
    caller.allowed(&column("Employee", "branch"));
    let one = r#"{"fields": [{"fieldname": "other", "fieldtype": "Link", "options": "Other"},
        {"fieldname": "x", "fieldtype": "Data", "fetch_from": "other.x"}]}"#;
    let other = r#"{"fields": [{"fieldname": "one", "fieldtype": "Link", "options": "One"},
        {"fieldname": "x", "fieldtype": "Data", "fetch_from": "one.x"}]}"#;
    let both = [reads("One", "\"*\""), reads("Other", "\"*\""), items];
    before(&both, &[("One", one), ("Other", other)]).allowed(&column("One", "x"));
    let shut = [reads("One", "\"*\""), reads("Other", r#"["name"]"#)];
    before(&shut, &[("One", one), ("Other", other)]).refused(&column("One", "x"));
}

#[test]
fn copies_in_rows_are_closed_with_them() {
    let order = r#"{"fields": [{"fieldname": "items", "fieldtype": "Table", "options": "Row"}]}"#;
    let row = r#"{"fields": [{"fieldname": "item", "fieldtype": "Link", "options": "Item"},
        {"fieldname": "cost", "fieldtype": "Currency", "fetch_from": "item.cost"},
        {"fieldname": "qty", "fieldtype": "Int"}]}"#;
    let item = r#"{"fields": [{"fieldname": "cost", "fieldtype": "Currency"}]}"#;
    let metas = [("Order", order), ("Row", row), ("Item", item)];
    let read = document("Order", "get", "O1", "{}");
    let make = call("Order", "insert", r#"{"doc": {"items": [{"cost": 3}]}}"#);
    let told = r#"{"name":"O1","items":[{"name":"r1","cost":3,"qty":2}]}"#;
    for (orders, items, is_open) in [
        ("\"*\"", r#"["name", "cost"]"#, true),
        ("\"*\"", r#"["name"]"#, false),
        (r#"["items"]"#, r#"["name"]"#, true),
    ] {
        let caller = before(&[reads("Order", orders), reads("Item", items)], &metas);
        if is_open {
            caller.allowed(&make);
        } else {
            caller.refused(&make);
        }
        let shown = caller.cleaned(&read, told);
        assert_eq!(shown.contains("cost"), is_open, "{orders} {items}: {shown}");
        assert!(shown.contains("qty"), "{shown}");
    }
}

#[test]
fn what_a_link_to_anything_fetches_is_closed_and_a_name_is_no_more_than_a_name() {
    let note = r#"{"fields": [{"fieldname": "kind", "fieldtype": "Link", "options": "DocType"},
        {"fieldname": "party", "fieldtype": "Dynamic Link", "options": "kind"},
        {"fieldname": "hint", "fieldtype": "Data", "fetch_from": "party.hint"},
        {"fieldname": "customer", "fieldtype": "Link", "options": "Customer"},
        {"fieldname": "tax", "fieldtype": "Data", "fetch_from": "customer.tax_id"}]}"#;
    let customer = r#"{"fields": [{"fieldname": "tax_id", "fieldtype": "Data"}]}"#;
    let metas = [("Note", note), ("Customer", customer)];
    let named = reads("Customer", "[]").replace("\"read\", \"create\"", "\"name\"");
    let caller = before(&[reads("Note", "\"*\""), named], &metas);
    caller.refused(&column("Note", "hint"));
    caller.refused(&column("Note", "tax"));
    let all = before(
        &[reads("Note", "\"*\""), reads("Customer", "\"*\"")],
        &metas,
    );
    all.allowed(&column("Note", "hint"));
    all.allowed(&column("Note", "tax"));
}
