//! Several links of a model to one other: each is closed by what is hidden behind it.

use crate::common::{Caller, call, odoo, on};
use crate::real;

/// Orders, with all partners open, and this hidden behind their links.
fn orders(hidden: &str) -> Caller {
    let mut caller = odoo(&format!(
        r#"
[[rule]]
name = "orders"
models = ["sale.order"]
operations = ["read"]
fields = ["name", "partner_invoice_id", "partner_shipping_id"]
derived = ["partner_invoice_id", "partner_shipping_id"]
hidden = [{hidden}]

[[rule]]
name = "partners"
models = ["res.partner"]
operations = ["read"]
fields = "*"
"#
    ));
    caller.schema = real::odoo();
    caller
}

#[test]
fn a_name_is_hidden_behind_its_own_link_and_behind_no_other() {
    let open = orders(r#""partner_invoice_id.phone""#);
    let shut = orders(r#""partner_invoice_id.phone", "partner_shipping_id.name""#);
    let answer =
        r#"[{"id": 1, "partner_invoice_id": [7, "Ann"], "partner_shipping_id": [9, "Bob"]}]"#;
    let fields = r#"{"fields": ["partner_invoice_id", "partner_shipping_id"]}"#;
    let spec = r#"{"specification": {"partner_invoice_id": {}, "partner_shipping_id": {}}}"#;
    for asked in [
        call("sale.order", "search_read", fields),
        on("sale.order", "read", &[1], fields),
        on("sale.order", "web_read", &[1], spec),
    ] {
        let all = open.cleaned(&asked, answer);
        assert!(all.contains("Ann") && all.contains("Bob"), "{all}");
        let some = shut.cleaned(&asked, answer);
        assert!(some.contains("Ann") && !some.contains("Bob"), "{some}");
    }
    let by_shipping = call(
        "sale.order",
        "formatted_read_group",
        r#"{"domain": [], "groupby": ["partner_shipping_id"], "aggregates": ["__count"]}"#,
    );
    let groups = r#"[{"partner_shipping_id": [9, "Bob"], "__count": 1}]"#;
    assert!(open.cleaned(&by_shipping, groups).contains("Bob"));
    assert!(!shut.cleaned(&by_shipping, groups).contains("Bob"));
}

#[test]
fn nothing_is_sorted_exported_or_asked_by_a_name_that_is_hidden_behind_the_second_link() {
    let open = orders(r#""partner_invoice_id.phone""#);
    let shut = orders(r#""partner_invoice_id.phone", "partner_shipping_id.name""#);
    for link in ["partner_invoice_id", "partner_shipping_id"] {
        for asked in [
            call("sale.order", "search", &format!(r#"{{"order": "{link}"}}"#)),
            on(
                "sale.order",
                "export_data",
                &[1],
                &format!(r#"{{"fields_to_export": ["name", "{link}"]}}"#),
            ),
            on(
                "sale.order",
                "web_read",
                &[1],
                &format!(
                    r#"{{"specification": {{"{link}": {{"fields": {{"display_name": {{}}}}}}}}}}"#
                ),
            ),
        ] {
            open.allowed(&asked);
            match link {
                "partner_invoice_id" => drop(shut.allowed(&asked)),
                _ => drop(shut.refused(&asked)),
            }
        }
    }
}
