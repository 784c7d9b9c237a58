//! What is there from the start: users, the small records that others link to, and invented
//! customers, items and orders.

use portcullis_erp::value::{Map, Value};

use super::identity::Sessions;
use super::schema::Schema;
use super::values::{Doc, field, text};
use super::world::{World, moment, shaped};
use super::{Options, chance, naming, selling};

mod records;
mod users;

const ROLES: [&str; 30] = [
    "Accounts Manager",
    "Accounts User",
    "Administrator",
    "All",
    "Auditor",
    "Customer",
    "Desk User",
    "Employee",
    "Guest",
    "HR Manager",
    "HR User",
    "Item Manager",
    "Maintenance Manager",
    "Maintenance User",
    "Manufacturing Manager",
    "Manufacturing User",
    "Projects Manager",
    "Projects User",
    "Purchase Manager",
    "Purchase Master Manager",
    "Purchase User",
    "Report Manager",
    "Sales Manager",
    "Sales Master Manager",
    "Sales User",
    "Stock Manager",
    "Stock User",
    "Supplier",
    "System Manager",
    "Website Manager",
];

/// Furnishes a fresh site.
pub(crate) fn furnish(
    schema: &Schema,
    world: &mut World,
    sessions: &mut Sessions,
    options: Options,
    now: i64,
) {
    // A quiet day in the past, so that what is written today is the newest.
    let mut then = now.saturating_sub(86_400_000_000);
    let mut put = |world: &mut World, doctype: &str, fields: Vec<(&str, Value)>| {
        then = then.saturating_add(1_000_000);
        let fields = fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        place(schema, world, doctype, fields, then);
    };
    for doctype in schema.all() {
        let flag = |truth: bool| Value::Int(i64::from(truth));
        let fields = vec![
            ("name", text(doctype.name.as_str())),
            ("module", text(doctype.module.as_str())),
            ("istable", flag(doctype.is_child)),
            ("issingle", flag(doctype.is_single)),
            ("is_submittable", flag(doctype.is_submittable)),
            ("autoname", text(doctype.autoname.as_str())),
        ];
        put(world, "DocType", fields);
    }
    for role in ROLES {
        put(
            world,
            "Role",
            vec![
                ("name", text(role)),
                ("role_name", text(role)),
                ("desk_access", Value::Int(1)),
            ],
        );
    }
    for name in ["USD", "EUR", "GBP"] {
        put(
            world,
            "Currency",
            vec![
                ("name", text(name)),
                ("currency_name", text(name)),
                ("enabled", Value::Int(1)),
            ],
        );
    }
    for name in ["Nos", "Box", "Kg", "Litre"] {
        put(
            world,
            "UOM",
            vec![
                ("name", text(name)),
                ("uom_name", text(name)),
                ("enabled", Value::Int(1)),
            ],
        );
    }
    let trees: [(&str, &str, &str, &[&str]); 3] = [
        (
            "Customer Group",
            "customer_group_name",
            "All Customer Groups",
            &["Commercial", "Government", "Individual", "Non Profit"],
        ),
        (
            "Territory",
            "territory_name",
            "All Territories",
            &[
                "Germany",
                "Rest Of The World",
                "United Kingdom",
                "United States",
            ],
        ),
        (
            "Item Group",
            "item_group_name",
            "All Item Groups",
            &["Consumable", "Products", "Raw Material", "Services"],
        ),
    ];
    for (doctype, by, root, leaves) in trees {
        let parent = format!("parent_{}", doctype.to_lowercase().replace(' ', "_"));
        // Places in the tree, counted as one walks around it.
        let place = |at: usize| Value::Int(i64::try_from(at).unwrap_or(0));
        let end = place(leaves.len().saturating_mul(2).saturating_add(2));
        let fields = vec![
            ("name", text(root)),
            (by, text(root)),
            ("is_group", Value::Int(1)),
            ("lft", Value::Int(1)),
            ("rgt", end),
        ];
        put(world, doctype, fields);
        for (at, leaf) in leaves.iter().enumerate() {
            let left = at.saturating_mul(2).saturating_add(2);
            let fields = vec![
                ("name", text(*leaf)),
                (by, text(*leaf)),
                (parent.as_str(), text(root)),
                ("lft", place(left)),
                ("rgt", place(left.saturating_add(1))),
            ];
            put(world, doctype, fields);
        }
    }
    let single = [
        ("Price List", "Standard Selling"),
        ("Print Format", "Sales Order Standard"),
        ("Report", "Sales Overview"),
        ("Module Def", "Core"),
        ("Module Def", "Selling"),
        ("Language", "en"),
        ("File", "Home"),
    ];
    for (doctype, name) in single {
        put(
            world,
            doctype,
            vec![
                ("name", text(name)),
                ("file_name", text(name)),
                ("is_folder", Value::Int(1)),
            ],
        );
    }
    let company = vec![
        ("name", text("Demo Company")),
        ("company_name", text("Demo Company")),
        ("abbr", text("DC")),
        ("default_currency", text("USD")),
        ("country", text("United States")),
    ];
    put(world, "Company", company);
    users::users(schema, world, sessions, &options, then);
    if options.demo_records {
        records::records(schema, world, then);
    }
    for seed in options.seeds {
        place(schema, world, &seed.doctype, seed.fields, now);
    }
}

/// Puts a document in its place, with the columns that were not given.
fn place(schema: &Schema, world: &mut World, doctype: &str, mut fields: Map, then: i64) {
    let Some(kind) = schema.get(doctype) else {
        return;
    };
    for (name, value) in [("owner", "Administrator"), ("modified_by", "Administrator")] {
        fields.entry(name.to_owned()).or_insert_with(|| text(value));
    }
    for name in ["creation", "modified"] {
        fields
            .entry(name.to_owned())
            .or_insert_with(|| text(moment(then)));
    }
    for field in &kind.fields {
        if !field.default.is_empty()
            && !field.default.starts_with([':', '_'])
            && field.default != "Today"
        {
            fields
                .entry(field.name.clone())
                .or_insert_with(|| text(field.default.as_str()));
        }
    }
    let mut doc = shaped(kind, fields);
    let name = field(&doc, "name").to_owned();
    if doc.contains_key("naming_series") && field(&doc, "naming_series").is_empty() {
        let series = kind
            .field("naming_series")
            .and_then(|field| field.options.split('|').find(|one| !one.is_empty()));
        doc.insert("naming_series".to_owned(), text(series.unwrap_or_default()));
    }
    if let Some((series, number)) = naming::counted(&name) {
        world.reach(&series, number);
    }
    rows(schema, doctype, &mut doc, then);
    let status = doc.get("status").cloned();
    if selling::complete(world, kind, &mut doc, then).is_ok() {
        rows(schema, doctype, &mut doc, then);
    }
    if let Some(status) = status.filter(|status| *status != Value::Null) {
        doc.insert("status".to_owned(), status);
    }
    world.put(doctype, doc);
}

fn rows(schema: &Schema, doctype: &str, doc: &mut Doc, then: i64) {
    let Some(kind) = schema.get(doctype) else {
        return;
    };
    let (parent, owner, status) = (
        field(doc, "name").to_owned(),
        field(doc, "owner").to_owned(),
        doc.get("docstatus").cloned().unwrap_or_default(),
    );
    for table in kind.tables() {
        let Some(child) = schema.get(&table.options) else {
            continue;
        };
        let Some(Value::List(rows)) = doc.get_mut(&table.name) else {
            continue;
        };
        for (at, row) in rows.iter_mut().enumerate() {
            let Value::Map(values) = row else { continue };
            let mut values = std::mem::take(values);
            let mut fill = |name: &str, value: Value| {
                if values.get(name).is_none_or(|known| *known == Value::Null) {
                    values.insert(name.to_owned(), value);
                }
            };
            fill("name", text(chance::row_name()));
            fill("owner", text(owner.as_str()));
            fill("modified_by", text(owner.as_str()));
            fill("creation", text(moment(then)));
            fill("modified", text(moment(then)));
            fill("parent", text(parent.as_str()));
            fill("parentfield", text(table.name.as_str()));
            fill("parenttype", text(doctype));
            fill("margin_type", text(""));
            values.insert("docstatus".to_owned(), status.clone());
            values.insert(
                "idx".to_owned(),
                Value::Int(i64::try_from(at.saturating_add(1)).unwrap_or(0)),
            );
            *row = Value::Map(shaped(child, values));
        }
    }
}
