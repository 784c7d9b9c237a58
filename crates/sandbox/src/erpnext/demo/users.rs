//! The users that are there from the start.

use portcullis_erp::value::{Map, Value};

use super::place;
use crate::erpnext::identity::Sessions;
use crate::erpnext::schema::Schema;
use crate::erpnext::values::text;
use crate::erpnext::world::World;
use crate::erpnext::{Account, Credential, Options, chance};

pub(crate) fn users(
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
