//! How documents get their names.

use portcullis_erp::value::Value;

use super::chance;
use super::failure::{Failure, Message};
use super::schema::DocType;
use super::values::{Doc, field, text};
use super::world::World;
use crate::clock;

/// A name that was given, and the number of the series it came from.
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) counted: Option<(String, u32)>,
    pub(crate) note: Option<Message>,
}

/// Names a new document.
///
/// # Errors
/// When the field that gives the name is empty.
pub(crate) fn name(
    world: &mut World,
    doctype: &DocType,
    doc: &mut Doc,
    now: i64,
) -> Result<Named, Failure> {
    let plain = |name: String| Named {
        name,
        counted: None,
        note: None,
    };
    if doctype.name == "Customer" && !field(doc, "customer_name").is_empty() {
        return Ok(customer(world, field(doc, "customer_name")));
    }
    if doctype.name == "User" {
        return Ok(plain(field(doc, "email").trim().to_lowercase()));
    }
    if let Some(by) = doctype.autoname.strip_prefix("field:") {
        let name = field(doc, by).trim().to_owned();
        if name.is_empty() {
            let label = super::schema::label(by);
            return Err(Failure::invalid(format!("{label} is required")));
        }
        return Ok(plain(name));
    }
    if doctype.autoname == "naming_series:" {
        let mut pattern = field(doc, "naming_series").to_owned();
        if pattern.is_empty() {
            pattern = doctype
                .field("naming_series")
                .and_then(|field| field.options.split('|').find(|option| !option.is_empty()))
                .unwrap_or("DOC-.YYYY.-")
                .to_owned();
            doc.insert("naming_series".to_owned(), text(pattern.as_str()));
        }
        let prefix = prefix(&pattern, now);
        let number = world.next_in(&prefix);
        return Ok(Named {
            name: format!("{prefix}{number:05}"),
            counted: Some((prefix, number)),
            note: None,
        });
    }
    let given = field(doc, "name");
    if doctype.autoname == "Prompt" && !given.is_empty() {
        return Ok(plain(given.to_owned()));
    }
    Ok(plain(chance::row_name()))
}

/// The fixed part of a naming series at this moment: `SAL-ORD-.YYYY.-` → `SAL-ORD-2026-`.
fn prefix(pattern: &str, now: i64) -> String {
    let (year, month, day, ..) = clock::parts(now);
    let mut prefix = String::new();
    for part in pattern.split('.') {
        match part {
            "YYYY" => prefix.push_str(&format!("{year:04}")),
            "YY" => prefix.push_str(&format!("{:02}", year.rem_euclid(100))),
            "MM" => prefix.push_str(&format!("{month:02}")),
            "DD" => prefix.push_str(&format!("{day:02}")),
            part if part.starts_with('#') => {}
            part => prefix.push_str(part),
        }
    }
    prefix
}

/// Series and number of a name that was given by a series, if it looks like one.
pub(crate) fn counted(name: &str) -> Option<(String, u32)> {
    let at = name.rfind('-')?.saturating_add(1);
    let (prefix, digits) = name.split_at_checked(at)?;
    let number = digits.parse().ok().filter(|_| digits.len() == 5)?;
    Some((prefix.to_owned(), number))
}

/// Customers are named by their name; a namesake gets ` - 1`, ` - 2` and so on.
fn customer(world: &World, wanted: &str) -> Named {
    if !world.takes_for("Customer", wanted) {
        return Named {
            name: wanted.to_owned(),
            counted: None,
            note: None,
        };
    }
    let stem = format!("{wanted} - ");
    let highest = world
        .all("Customer")
        .filter_map(|doc| {
            doc.get("name")
                .and_then(Value::as_str)?
                .strip_prefix(&stem)?
                .parse::<u32>()
                .ok()
        })
        .max()
        .unwrap_or(0);
    let name = format!("{stem}{}", highest.saturating_add(1));
    let words = format!("Changed customer name to '{name}' as '{wanted}' already exists.");
    let note = Message {
        text: words,
        title: "Note",
        indicator: Some("yellow"),
        raised: None,
    };
    Named {
        name,
        counted: None,
        note: Some(note),
    }
}
