//! Invented customers, items and orders.

use portcullis_erp::value::{Map, Value};

use super::place;
use crate::erpnext::schema::Schema;
use crate::erpnext::values::text;
use crate::erpnext::world::{World, date};

const TOWNS: [&str; 12] = [
    "Ardmoor",
    "Birchwick",
    "Calder",
    "Dunfell",
    "Eastmere",
    "Fallowby",
    "Greyford",
    "Harrowgate",
    "Inverlea",
    "Juniper Hill",
    "Kestrel Bay",
    "Lindholm",
];

const TRADES: [&str; 6] = [
    "Foundry",
    "Bakery",
    "Textiles",
    "Optics",
    "Timber",
    "Glassworks",
];

const ITEMS: [(&str, &str, f64); 10] = [
    ("ANVIL-20", "Anvil, 20 kg", 189.0),
    ("BELLOWS-M", "Hand bellows, medium", 42.5),
    ("CHISEL-SET", "Chisel set, six pieces", 64.0),
    ("FILE-FLAT", "Flat file, 250 mm", 11.9),
    ("GLOVES-L", "Leather gloves, large", 18.0),
    ("HAMMER-1", "Cross-peen hammer, 1 kg", 27.0),
    ("OIL-LINSEED", "Linseed oil, one litre", 9.8),
    ("RIVETS-100", "Copper rivets, 100 pieces", 14.2),
    ("TONGS-V", "V-bit tongs", 33.0),
    ("VICE-BENCH", "Bench vice, 120 mm", 129.0),
];

pub(crate) fn records(schema: &Schema, world: &mut World, mut then: i64) {
    let mut tick = || {
        then = then.saturating_add(60_000_000);
        then
    };
    let pairs = |fields: Vec<(&str, Value)>| -> Map {
        fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    };
    let mut customers = Vec::new();
    for at in 0..35_usize {
        let town = TOWNS.get(at % TOWNS.len()).copied().unwrap_or_default();
        let trade = TRADES.get(at % TRADES.len()).copied().unwrap_or_default();
        let is_person = at % 5 == 4;
        let round = ["", " & Daughters", " North"]
            .get(at / TOWNS.len())
            .copied()
            .unwrap_or_default();
        let name = if is_person {
            format!("Robin of {town}{round}")
        } else {
            format!("{town} {trade}{round}")
        };
        let group = if is_person {
            "Individual"
        } else {
            ["Commercial", "Government", "Non Profit"]
                .get(at % 3)
                .copied()
                .unwrap_or_default()
        };
        let territory = [
            "United States",
            "Germany",
            "United Kingdom",
            "Rest Of The World",
        ]
        .get(at % 4)
        .copied()
        .unwrap_or_default();
        let site = format!("https://{}.example", town.to_lowercase().replace(' ', "-"));
        let fields = pairs(vec![
            ("name", text(name.as_str())),
            ("customer_name", text(name.as_str())),
            (
                "customer_type",
                text(if is_person { "Individual" } else { "Company" }),
            ),
            ("customer_group", text(group)),
            ("territory", text(territory)),
            (
                "tax_id",
                text(format!(
                    "TX{:05}",
                    at.saturating_mul(37).saturating_add(101)
                )),
            ),
            (
                "website",
                if at % 3 == 0 { text(site) } else { Value::Null },
            ),
            (
                "email_id",
                text(format!("office{}@example.com", at.saturating_add(1))),
            ),
            ("mobile_no", text(format!("+1 555 01{:02}", at))),
        ]);
        place(schema, world, "Customer", fields, tick());
        customers.push(name);
    }
    for (code, name, rate) in ITEMS {
        let group = if matches!(code, "OIL-LINSEED" | "RIVETS-100" | "GLOVES-L") {
            "Consumable"
        } else {
            "Products"
        };
        let fields = pairs(vec![
            ("name", text(code)),
            ("item_code", text(code)),
            ("item_name", text(name)),
            ("description", text(name)),
            ("item_group", text(group)),
            ("stock_uom", text("Nos")),
            ("standard_rate", Value::Float(rate)),
            ("is_stock_item", Value::Int(1)),
        ]);
        place(schema, world, "Item", fields, tick());
    }
    for at in 0..12_usize {
        let customer = customers
            .get(at.saturating_mul(7) % customers.len().max(1))
            .cloned()
            .unwrap_or_default();
        let moment = tick();
        let line = |offset: usize, quantity: f64| {
            let (code, _, rate) = ITEMS
                .get(at.saturating_mul(3).saturating_add(offset) % ITEMS.len())
                .copied()
                .unwrap_or(("", "", 0.0));
            Value::Map(pairs(vec![
                ("item_code", text(code)),
                ("qty", Value::Float(quantity)),
                ("rate", Value::Float(rate)),
            ]))
        };
        let mut lines = vec![line(0, 2.0)];
        if at % 2 == 0 {
            lines.push(line(4, 5.0));
        }
        let submitted = at % 3 != 0;
        let fields = pairs(vec![
            (
                "name",
                text(format!(
                    "SAL-ORD-{}-{:05}",
                    date(moment).get(..4).unwrap_or("2026"),
                    at.saturating_add(1)
                )),
            ),
            ("customer", text(customer)),
            ("company", text("Demo Company")),
            ("transaction_date", text(date(moment))),
            (
                "delivery_date",
                text(date(moment.saturating_add(1_209_600_000_000))),
            ),
            ("docstatus", Value::Int(i64::from(submitted))),
            (
                "status",
                text(if submitted {
                    "To Deliver and Bill"
                } else {
                    "Draft"
                }),
            ),
            ("items", Value::List(lines)),
        ]);
        place(schema, world, "Sales Order", fields, moment);
    }
}
