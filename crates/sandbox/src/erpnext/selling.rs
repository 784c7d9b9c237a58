//! What ERPNext's own code fills in: customers' language, orders' rates, sums and rows.

use portcullis_erp::value::{Map, Value};

use super::failure::Failure;
use super::schema::DocType;
use super::values::{Doc, field, number, text, truthy};
use super::world::{World, date};

/// Fills in what the DocType's controller fills in.
///
/// # Errors
/// When the controller refuses.
pub(crate) fn complete(
    world: &World,
    kind: &DocType,
    doc: &mut Doc,
    now: i64,
) -> Result<(), Failure> {
    match kind.name.as_str() {
        "Customer" => {
            if field(doc, "language").is_empty() {
                doc.insert("language".to_owned(), text("en"));
            }
            Ok(())
        }
        "Item" => {
            if field(doc, "item_name").is_empty() {
                let code = field(doc, "item_code").to_owned();
                doc.insert("item_name".to_owned(), text(code));
            }
            if field(doc, "description").is_empty() {
                let name = field(doc, "item_name").to_owned();
                doc.insert("description".to_owned(), text(name));
            }
            Ok(())
        }
        "User" => {
            let name = field(doc, "first_name").to_owned();
            if field(doc, "full_name").is_empty() {
                doc.insert("full_name".to_owned(), text(name));
            }
            Ok(())
        }
        "Sales Order" => order(world, doc, now),
        _ => Ok(()),
    }
}

fn absent(doc: &Doc, name: &str) -> bool {
    doc.get(name).is_none_or(|value| *value == Value::Null)
}

fn fill(doc: &mut Doc, name: &str, value: impl Into<String>) {
    if absent(doc, name) {
        doc.insert(name.to_owned(), text(value));
    }
}

fn order(world: &World, doc: &mut Doc, now: i64) -> Result<(), Failure> {
    if field(doc, "company").is_empty()
        && let Some(company) = world.all("Company").next()
    {
        doc.insert("company".to_owned(), text(field(company, "name")));
    }
    let (currency, abbr) = world
        .get("Company", field(doc, "company"))
        .map(|company| {
            (
                field(company, "default_currency").to_owned(),
                field(company, "abbr").to_owned(),
            )
        })
        .unwrap_or_else(|| ("USD".to_owned(), "DC".to_owned()));
    if let Some(customer) = world.get("Customer", field(doc, "customer")) {
        for name in ["customer_name", "tax_id", "customer_group", "territory"] {
            if absent(doc, name) {
                doc.insert(
                    name.to_owned(),
                    customer.get(name).cloned().unwrap_or_default(),
                );
            }
        }
        fill(doc, "language", field(customer, "language"));
    }
    fill(doc, "title", "{customer_name}");
    fill(doc, "transaction_date", date(now));
    fill(doc, "order_type", "Sales");
    fill(doc, "tax_category", "");
    fill(doc, "currency", currency.as_str());
    fill(doc, "selling_price_list", "Standard Selling");
    fill(doc, "price_list_currency", currency.as_str());
    fill(doc, "apply_discount_on", "Grand Total");
    fill(doc, "status", "Draft");
    fill(doc, "delivery_status", "Not Delivered");
    fill(doc, "billing_status", "Not Billed");
    for name in ["conversion_rate", "plc_conversion_rate"] {
        if number(doc.get(name)) == 0.0 {
            doc.insert(name.to_owned(), Value::Float(1.0));
        }
    }
    let dates = [
        field(doc, "delivery_date").to_owned(),
        field(doc, "transaction_date").to_owned(),
    ];
    let mut quantity = 0.0;
    let mut sum = 0.0;
    if let Some(Value::List(rows)) = doc.get_mut("items") {
        for row in rows {
            if let Value::Map(row) = row {
                line(world, row, &dates, &abbr);
                quantity += number(row.get("qty"));
                sum += number(row.get("amount"));
            }
        }
    }
    if field(doc, "delivery_date").is_empty() && number(doc.get("skip_delivery_note")) == 0.0 {
        let first = doc
            .get("items")
            .and_then(Value::as_list)
            .and_then(<[Value]>::first);
        let row_date = first
            .and_then(Value::as_map)
            .map(|row| field(row, "delivery_date").to_owned());
        match row_date.filter(|date| !date.is_empty()) {
            Some(date) => drop(doc.insert("delivery_date".to_owned(), text(date))),
            None => return Err(Failure::invalid("Please enter Delivery Date")),
        }
    }
    doc.insert("total_qty".to_owned(), Value::Float(quantity));
    for name in [
        "base_total",
        "base_net_total",
        "total",
        "net_total",
        "base_grand_total",
        "grand_total",
        "base_rounded_total",
        "rounded_total",
        "amount_eligible_for_commission",
    ] {
        doc.insert(name.to_owned(), Value::Float(sum));
    }
    for name in ["base_in_words", "in_words"] {
        doc.insert(
            name.to_owned(),
            text(format!("{currency} {} only.", words(sum))),
        );
    }
    schedule(doc, &dates[1], sum);
    Ok(())
}

/// The one payment that is due when the order is placed.
fn schedule(doc: &mut Doc, due: &str, sum: f64) {
    let Some(Value::List(rows)) = doc.get_mut("payment_schedule") else {
        return;
    };
    if rows.is_empty() {
        rows.push(Value::Map(Map::new()));
    }
    if let Some(Value::Map(row)) = rows.first_mut() {
        row.insert("due_date".to_owned(), text(due));
        row.insert("invoice_portion".to_owned(), Value::Float(100.0));
        for name in [
            "payment_amount",
            "outstanding",
            "base_payment_amount",
            "base_outstanding",
        ] {
            row.insert(name.to_owned(), Value::Float(sum));
        }
    }
}

fn line(world: &World, row: &mut Map, dates: &[String; 2], abbr: &str) {
    if let Some(item) = world.get("Item", field(row, "item_code")) {
        for name in ["item_name", "description", "item_group", "stock_uom"] {
            if !row.get(name).is_some_and(truthy) {
                row.insert(name.to_owned(), item.get(name).cloned().unwrap_or_default());
            }
        }
        if number(row.get("price_list_rate")) == 0.0 {
            let rate = match number(item.get("standard_rate")) {
                0.0 => number(row.get("rate")),
                rate => rate,
            };
            row.insert("price_list_rate".to_owned(), Value::Float(rate));
        }
        row.insert("reserve_stock".to_owned(), Value::Int(0));
    }
    let uom = field(row, "stock_uom").to_owned();
    fill(row, "uom", uom);
    fill(row, "delivery_date", dates[0].as_str());
    row.insert("transaction_date".to_owned(), text(dates[1].as_str()));
    fill(row, "warehouse", format!("Stores - {abbr}"));
    fill(row, "cost_center", format!("Main - {abbr}"));
    fill(row, "image", "");
    fill(row, "item_tax_rate", "{}");
    row.insert("grant_commission".to_owned(), Value::Int(1));
    if number(row.get("conversion_factor")) == 0.0 {
        row.insert("conversion_factor".to_owned(), Value::Float(1.0));
    }
    let quantity = number(row.get("qty"));
    if number(row.get("rate")) == 0.0 {
        let rate = number(row.get("price_list_rate"));
        row.insert("rate".to_owned(), Value::Float(rate));
    }
    let rate = number(row.get("rate"));
    let stock = quantity * number(row.get("conversion_factor"));
    row.insert("stock_qty".to_owned(), Value::Float(stock));
    let listed = number(row.get("price_list_rate"));
    row.insert("base_price_list_rate".to_owned(), Value::Float(listed));
    for name in ["base_rate", "net_rate", "base_net_rate", "stock_uom_rate"] {
        row.insert(name.to_owned(), Value::Float(rate));
    }
    for name in [
        "amount",
        "base_amount",
        "net_amount",
        "base_net_amount",
        "gross_profit",
    ] {
        row.insert(name.to_owned(), Value::Float(quantity * rate));
    }
}

/// A sum in words, whole units only.
fn words(sum: f64) -> String {
    const ONES: [&str; 20] = [
        "Zero",
        "One",
        "Two",
        "Three",
        "Four",
        "Five",
        "Six",
        "Seven",
        "Eight",
        "Nine",
        "Ten",
        "Eleven",
        "Twelve",
        "Thirteen",
        "Fourteen",
        "Fifteen",
        "Sixteen",
        "Seventeen",
        "Eighteen",
        "Nineteen",
    ];
    const TENS: [&str; 10] = [
        "", "", "Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety",
    ];
    fn pick(list: &[&str], at: u64) -> String {
        usize::try_from(at)
            .ok()
            .and_then(|at| list.get(at))
            .copied()
            .unwrap_or_default()
            .to_owned()
    }
    fn say(number: u64) -> String {
        let join = |head: String, rest: u64, and: &str| {
            if rest == 0 {
                head
            } else {
                format!("{head}{and}{}", say(rest))
            }
        };
        match number {
            0..20 => pick(&ONES, number),
            20..100 => join(pick(&TENS, number / 10), number % 10, "-"),
            100..1_000 => join(
                format!("{} Hundred", say(number / 100)),
                number % 100,
                " And ",
            ),
            1_000..1_000_000 => join(
                format!("{} Thousand", say(number / 1_000)),
                number % 1_000,
                ", ",
            ),
            _ => join(
                format!("{} Million", say(number / 1_000_000)),
                number % 1_000_000,
                ", ",
            ),
        }
    }
    say(format!("{:.0}", sum.trunc().abs()).parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    #[test]
    fn sums_are_said_in_words() {
        assert_eq!(super::words(40.0), "Forty");
        assert_eq!(
            super::words(1_221.5),
            "One Thousand, Two Hundred And Twenty-One"
        );
    }
}
