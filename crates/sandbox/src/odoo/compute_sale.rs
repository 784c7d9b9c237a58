//! The computed fields of sales orders: amounts that add up.

use portcullis_erp::value::Value;

use super::compute::Compute;
use super::record::Record;

pub(crate) fn of(model: &str, field: &str) -> Option<Compute> {
    Some(match (model, field) {
        ("sale.order", "amount_untaxed") => |record| total(record, "price_subtotal"),
        ("sale.order", "amount_tax") => |record| total(record, "price_tax"),
        ("sale.order", "amount_total" | "amount_to_invoice") => {
            |record| total(record, "price_total")
        }
        ("sale.order" | "sale.order.line", "invoice_status") => |record| {
            Value::from(if record.text("state") == "sale" {
                "to invoice"
            } else {
                "no"
            })
        },
        ("sale.order", "currency_rate") => |_| Value::Float(1.0),
        ("sale.order", "type_name") => |record| {
            Value::from(if record.text("state") == "sale" {
                "Sales Order"
            } else {
                "Quotation"
            })
        },
        ("sale.order", "access_url") => |record| Value::Text(format!("/my/orders/{}", record.id)),
        ("sale.order.line", "price_subtotal") => |record| Value::Float(round(subtotal(record))),
        ("sale.order.line", "price_tax") => |record| Value::Float(round(tax(record))),
        ("sale.order.line", "price_total") => {
            |record| Value::Float(round(subtotal(record)) + round(tax(record)))
        }
        ("sale.order.line", "price_reduce_taxexcl") => {
            |record| Value::Float(round(record.number("price_unit") * kept(record)))
        }
        ("sale.order.line", "product_template_id") => |record| {
            let product = record.link("product_id");
            product
                .and_then(|product| product.link_id("product_tmpl_id"))
                .map_or(Value::Bool(false), Value::Int)
        },
        ("sale.order.line", "qty_to_invoice") => |record| {
            let ordered = record.text("state") == "sale";
            Value::Float(if ordered {
                record.number("product_uom_qty")
            } else {
                0.0
            })
        },
        _ => return None,
    })
}

fn total(record: Record<'_>, field: &str) -> Value {
    Value::Float(round(
        record
            .links("order_line")
            .iter()
            .map(|line| line.number(field))
            .sum(),
    ))
}

fn kept(line: Record<'_>) -> f64 {
    1.0 - line.number("discount") / 100.0
}

fn subtotal(line: Record<'_>) -> f64 {
    if !line.text("display_type").is_empty() {
        return 0.0;
    }
    line.number("product_uom_qty") * line.number("price_unit") * kept(line)
}

fn tax(line: Record<'_>) -> f64 {
    let rate: f64 = line
        .links("tax_ids")
        .iter()
        .map(|tax| tax.number("amount"))
        .sum();
    subtotal(line) * rate / 100.0
}

fn round(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}
