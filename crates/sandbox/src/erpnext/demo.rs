//! What is there from the start: users, the small records that others link to, and invented
//! customers, items and orders.

use portcullis_erp::value::{Map, Value};

use super::identity::Sessions;
use super::schema::Schema;
use super::values::{Doc, field, text};
use super::world::{World, date, moment, shaped};
use super::{Account, Credential, Options, chance, naming, selling};

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
    users(schema, world, sessions, &options, then);
    if options.demo_records {
        records(schema, world, then);
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

fn users(
    schema: &Schema,
    world: &mut World,
    sessions: &mut Sessions,
    options: &Options,
    then: i64,
) {
    let mut add =
        |email: &str, name: &str, roles: &[&str], desk: bool, known: Option<&Credential>| {
            let mut fields = Map::new();
            let mut put = |key: &str, value: Value| drop(fields.insert(key.to_owned(), value));
            put("name", text(email));
            put(
                "email",
                text(if email.contains('@') {
                    email.to_owned()
                } else {
                    format!("{}@example.com", email.to_lowercase())
                }),
            );
            put("first_name", text(name));
            put("full_name", text(name));
            put("username", text(name.to_lowercase()));
            put("enabled", Value::Int(1));
            put(
                "user_type",
                text(if desk { "System User" } else { "Website User" }),
            );
            put("language", text("en"));
            put("time_zone", text("UTC"));
            put("new_password", text(""));
            put("send_welcome_email", Value::Int(0));
            put("onboarding_status", text("{}"));
            put("desk_theme", text("Light"));
            if let Some(known) = known {
                put("api_key", text(known.api_key.as_str()));
                put("api_secret", text("*".repeat(known.api_secret.len())));
                sessions.add_user(email, known);
            }
            let row = |key: &str, value: &str| {
                Value::Map(Map::from_iter([(key.to_owned(), text(value))]))
            };
            put(
                "roles",
                Value::List(roles.iter().map(|role| row("role", role)).collect()),
            );
            let mut login = Map::new();
            login.insert("provider".to_owned(), text("frappe"));
            login.insert("userid".to_owned(), text(chance::hex(20)));
            put("social_logins", Value::List(vec![Value::Map(login)]));
            place(schema, world, "User", fields, then);
        };
    add(
        "Administrator",
        "Administrator",
        &[],
        true,
        Some(&options.administrator),
    );
    add("Guest", "Guest", &["Guest"], false, None);
    add(
        "integration@example.com",
        "Integration",
        &["Sales User"],
        true,
        Some(&options.integration),
    );
    add(
        "second@example.com",
        "Second",
        &["Sales User", "Stock User"],
        true,
        Some(&options.second),
    );
    add(
        "portal@example.com",
        "Portal",
        &["Customer"],
        false,
        Some(&options.portal),
    );
    for Account {
        email,
        first_name,
        roles,
        is_system_user,
        credential,
    } in &options.accounts
    {
        let roles: Vec<&str> = roles.iter().map(String::as_str).collect();
        add(email, first_name, &roles, *is_system_user, Some(credential));
    }
}

fn records(schema: &Schema, world: &mut World, mut then: i64) {
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
