//! The world of the recorded site: its users, fields and records, as a look-alike has them.

use std::sync::Arc;

use portcullis_erp::value::{Map, Value};
use portcullis_sandbox::erpnext::{Account, Credential, CustomField, ErpNext, Options, Seed};

/// The users of the recorded site: login, password, API key and secret.
pub const USERS: &[(&str, &str, &str)] = &[
    (
        "Administrator",
        "admin-Lab1",
        "a1d2m3i4n5k6e7y:5ecre7admin0001",
    ),
    (
        "integration@example.com",
        "integ-Lab1-pw",
        "1n7e9ra710nk3y1:5ecre71n7e9r001",
    ),
    (
        "second@example.com",
        "second-Lab1-pw",
        "5ec0ndu5erk3y02:5ecre75ec0nd002",
    ),
    (
        "portal@example.com",
        "portal-Lab1-pw",
        "p0r7a1u5erk3y03:5ecre7p0r7al003",
    ),
    (
        "lockme@example.com",
        "lockme-Lab1-pw",
        "10ckm3u5erk3y04:5ecre710ckm3004",
    ),
];

/// The recorded site's look-alike.
pub fn look_alike() -> Arc<ErpNext> {
    Arc::new(ErpNext::new(options()))
}

/// What a recorded user logs in with.
fn credential(login: &str) -> Credential {
    let user = USERS.iter().find(|user| user.0 == login).unwrap();
    let (api_key, api_secret) = user.2.split_once(':').unwrap();
    Credential {
        password: user.1.to_owned(),
        api_key: api_key.to_owned(),
        api_secret: api_secret.to_owned(),
    }
}

/// The recorded site's users, fields and records, as far as the recording relies on them.
fn options() -> Options {
    let mut options = Options::new(
        credential("Administrator"),
        credential("integration@example.com"),
        credential("second@example.com"),
        credential("portal@example.com"),
    );
    options.site = "lab.localhost".to_owned();
    options.hosts = vec!["127.0.0.1".to_owned()];
    options.demo_records = false;
    options.accounts.push(Account {
        email: "lockme@example.com".to_owned(),
        first_name: "Lockme".to_owned(),
        roles: vec!["Sales User".to_owned()],
        is_system_user: true,
        credential: credential("lockme@example.com"),
    });
    for (name, kind, permlevel) in [("lab_secret_note", "Data", 2), ("lab_pin", "Password", 0)] {
        options.custom_fields.push(CustomField {
            doctype: "Customer".to_owned(),
            fieldname: name.to_owned(),
            fieldtype: kind.to_owned(),
            permlevel,
        });
    }
    let company = [
        ("name", "Lab Co"),
        ("company_name", "Lab Co"),
        ("abbr", "LC"),
        ("default_currency", "USD"),
    ];
    options.seeds.push(seed("Company", &company, Vec::new()));
    for at in 1..=120 {
        let (name, tax, note) = (
            format!("Lab Customer {at:03}"),
            format!("TAX{at:05}"),
            format!("permlevel1-secret-{at}"),
        );
        let fields = [
            ("name", name.as_str()),
            ("customer_name", &name),
            (
                "customer_type",
                if at % 2 == 1 { "Company" } else { "Individual" },
            ),
            (
                "customer_group",
                if at % 3 == 0 {
                    "Individual"
                } else {
                    "Commercial"
                },
            ),
            (
                "territory",
                if at % 4 == 0 {
                    "Rest Of The World"
                } else {
                    "United States"
                },
            ),
            ("tax_id", &tax),
            ("lab_secret_note", &note),
        ];
        options.seeds.push(seed("Customer", &fields, Vec::new()));
    }
    for at in 1..=10 {
        let (code, name) = (format!("LAB-ITEM-{at:02}"), format!("Lab item {at}"));
        let fields = [
            ("name", code.as_str()),
            ("item_code", &code),
            ("item_name", &name),
            ("description", &name),
            ("item_group", "Products"),
            ("stock_uom", "Nos"),
        ];
        options.seeds.push(seed("Item", &fields, Vec::new()));
    }
    for (number, row) in [
        ("00001", "8hsu5khb4i"),
        ("00003", "cq3mfa7oim"),
        ("00005", "07jdc0531o"),
    ] {
        let name = format!("SAL-ORD-2026-{number}");
        let fields = [
            ("name", name.as_str()),
            ("owner", "integration@example.com"),
            ("modified_by", "integration@example.com"),
            ("customer", "Lab Customer 001"),
            ("company", "Lab Co"),
            ("transaction_date", "2026-11-22"),
            ("delivery_date", "2026-12-20"),
            ("creation", "2026-11-22 09:01:53.724595"),
            ("modified", "2026-11-22 09:01:53.724595"),
        ];
        let rows = ["LAB-ITEM-01", "LAB-ITEM-02"]
            .iter()
            .enumerate()
            .map(|(at, item)| {
                let mut values = map(&[("item_code", item), ("delivery_date", "2026-12-20")]);
                if at == 0 {
                    values.insert("name".to_owned(), Value::from(row));
                }
                values.insert("qty".to_owned(), Value::Int(2));
                values.insert("rate".to_owned(), Value::Int(10));
                Value::Map(values)
            });
        options
            .seeds
            .push(seed("Sales Order", &fields, rows.collect()));
    }
    let client = [
        ("name", "l6hqur832m"),
        ("app_name", "Lab"),
        ("client_id", "l6hqur832m"),
        ("client_secret", "c92cc643bf"),
        ("scopes", "all openid"),
        ("redirect_uris", "http://127.0.0.1:9999/callback"),
        ("default_redirect_uri", "http://127.0.0.1:9999/callback"),
    ];
    options
        .seeds
        .push(seed("OAuth Client", &client, Vec::new()));
    options
}

fn map(fields: &[(&str, &str)]) -> Map {
    fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
        .collect()
}

fn seed(doctype: &str, fields: &[(&str, &str)], rows: Vec<Value>) -> Seed {
    let mut fields = map(fields);
    if !rows.is_empty() {
        fields.insert("items".to_owned(), Value::List(rows));
    }
    Seed {
        doctype: doctype.to_owned(),
        fields,
    }
}
