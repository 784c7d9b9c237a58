//! The roles that the demo ships.

use crate::common::{call, document, frappe, odoo, on};

const ODOO: &str = include_str!("../../../cli/roles/odoo-demo.toml");
const ERPNEXT: &str = include_str!("../../../cli/roles/erpnext-demo.toml");
const COMPANIES: &str = include_str!("../../../cli/roles/companies-only.toml");

#[test]
fn the_odoo_key_reads_partners_and_works_on_orders() {
    let caller = odoo(ODOO);
    caller.allowed(&call("res.partner", "search_read", "{}"));
    caller.allowed(&call(
        "res.partner",
        "search_read",
        r#"{"fields": ["name", "email", "city", "country_id", "display_name"], "order": "name"}"#,
    ));
    caller.allowed(&call("res.partner", "name_search", r#"{"name": "a"}"#));
    let order = r#"{"vals_list": [{"partner_id": 7, "order_line": [[0, 0, {"product_id": 2, "product_uom_qty": 3, "price_unit": 9.5}]]}]}"#;
    caller.allowed(&call("sale.order", "create", order));
    caller.allowed(&on(
        "sale.order",
        "read",
        &[1],
        r#"{"fields": ["name", "partner_id", "amount_total", "order_line"]}"#,
    ));
    caller.allowed(&on(
        "sale.order",
        "write",
        &[1],
        r#"{"vals": {"note": "x"}}"#,
    ));
    caller.allowed(&on(
        "sale.order.line",
        "read",
        &[5],
        r#"{"fields": ["name", "product_id"]}"#,
    ));
    let shown = caller.cleaned(
        &on(
            "sale.order.line",
            "read",
            &[5],
            r#"{"fields": ["product_id"]}"#,
        ),
        r#"[{"id": 5, "product_id": [2, "Desk"]}]"#,
    );
    assert!(shown.contains("Desk"));
}

#[test]
fn the_odoo_key_does_nothing_else() {
    let caller = odoo(ODOO);
    for (model, method) in [("res.partner", "write"), ("sale.order.line", "write")] {
        caller.refused(&on(model, method, &[1], r#"{"vals": {"name": "x"}}"#));
        caller.refused(&on(model, "unlink", &[1], "{}"));
        caller.refused(&call(model, "create", r#"{"vals_list": [{"name": "x"}]}"#));
    }
    caller.refused(&on("sale.order", "unlink", &[1], "{}"));
    caller.refused(&on("sale.order", "action_confirm", &[1], "{}"));
    for model in [
        "res.users",
        "res.company",
        "res.country",
        "product.product",
        "ir.cron",
        "ir.actions.server",
        "no.such.model",
    ] {
        caller.refused(&call(model, "search_read", "{}"));
        caller.refused(&call(model, "search_count", "{}"));
        caller.refused(&call(model, "create", r#"{"vals_list": [{"name": "x"}]}"#));
    }
}

#[test]
fn the_erpnext_key_reads_customers_and_works_on_orders() {
    let caller = frappe(ERPNEXT);
    caller.allowed(&call("Customer", "get_list", r#"{"fields": ["*"]}"#));
    caller.allowed(&document("Customer", "get", "C1", "{}"));
    caller.allowed(&call(
        "Sales Order",
        "insert",
        r#"{"doc": {"customer": "C1", "items": [{"item_code": "I1", "qty": 1}]}}"#,
    ));
    caller.allowed(&document(
        "Sales Order",
        "save",
        "S1",
        r#"{"doc": {"po_no": "7"}}"#,
    ));
    caller.refused(&call(
        "Customer",
        "insert",
        r#"{"doc": {"customer_name": "x"}}"#,
    ));
    caller.refused(&document(
        "Customer",
        "save",
        "C1",
        r#"{"doc": {"customer_name": "x"}}"#,
    ));
    for method in ["submit", "cancel", "delete"] {
        caller.refused(&document("Sales Order", method, "S1", "{}"));
    }
    for doctype in ["User", "Item", "Server Script", "Has Role"] {
        caller.refused(&call(doctype, "get_list", "{}"));
    }
}

#[test]
fn companies_only_is_what_it_says() {
    let caller = odoo(COMPANIES);
    caller.allowed(&call(
        "res.partner",
        "search_read",
        r#"{"fields": ["name", "city"]}"#,
    ));
    caller.refused(&call(
        "res.partner",
        "search_read",
        r#"{"fields": ["email"]}"#,
    ));
    caller.refused(&call("sale.order", "search_read", "{}"));
}
