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
    let order = Model::new("Sales Order").unwrap();
    caller.schema.learn_doctype(order, &json(META));
    caller
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
