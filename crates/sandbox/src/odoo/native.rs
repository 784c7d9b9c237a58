//! Keys that make and revoke keys, as `res.users.apikeys` has it since 19.

use std::sync::PoisonError;

use portcullis_erp::value::{Map, Value};

use super::call::Given;
use super::trouble::{Kind, Trouble};
use super::user::Who;
use super::{Odoo, now};
use crate::clock;

/// How many keys a user may have before none is made over RPC any more.
const MOST: usize = 10;
/// The longest that a user who is no administrator may make a key for.
const DAYS: i64 = 90;
const ENABLED: &str = "base.enable_programmatic_api_keys";

/// Answers `generate` and `revoke`; none for every other call.
pub(super) fn answer(
    odoo: &Odoo,
    who: &Who,
    (model, method): (&str, &str),
    given: &Given,
) -> Option<Result<Value, Trouble>> {
    if model != "res.users.apikeys" || odoo.options.version.number() < 19 {
        return None;
    }
    match method {
        "generate" => Some(generate(odoo, who, given)),
        "revoke" => Some(revoke(odoo, who, given)),
        _ => None,
    }
}

fn generate(odoo: &Odoo, who: &Who, given: &Given) -> Result<Value, Trouble> {
    let arguments = named(given, &["key", "scope", "name", "expiration_date"])?;
    may(odoo, who)?;
    let text = |name: &str| arguments.get(name).and_then(Value::as_str);
    let key = text("key").unwrap_or_default();
    if odoo.guard.count(who.uid) >= MOST {
        let words = format!("Limit of {MOST} API keys is reached for programmatic creation");
        return Err(Trouble::new(Kind::User, words));
    }
    if odoo.guard.bearer(key) != Some(who.uid) {
        return Err(Trouble::new(
            Kind::AccessDenied,
            "The provided API key is invalid or does not belong to the current user.",
        ));
    }
    if !who.has("base.group_system") {
        let Some(until) = text("expiration_date") else {
            let words = "The API key must have an expiration date";
            return Err(Trouble::new(Kind::Validation, words));
        };
        let (year, month, day, hour, minute, second) =
            clock::parts(clock::now() + DAYS * 24 * 60 * 60 * 1_000_000);
        let last = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}");
        if until > last.as_str() {
            let words = format!("You cannot exceed {DAYS}.0 days.");
            return Err(Trouble::new(Kind::Validation, words));
        }
        if until < now().as_str() {
            let words = "You cannot set an expiration date in the past.";
            return Err(Trouble::new(Kind::Validation, words));
        }
    }
    Ok(Value::Text(odoo.guard.make(who.uid)))
}

fn revoke(odoo: &Odoo, who: &Who, given: &Given) -> Result<Value, Trouble> {
    let arguments = named(given, &["key"])?;
    may(odoo, who)?;
    let key = arguments
        .get("key")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match odoo.guard.bearer(key) {
        None => Err(Trouble::new(
            Kind::AccessDenied,
            "The provided API key is invalid.",
        )),
        Some(uid) if uid != who.uid && !who.has("base.group_system") => Err(Trouble::new(
            Kind::AccessError,
            "You can not remove API keys unless they're yours or you are a system user",
        )),
        Some(_) => {
            odoo.guard.revoke(key);
            Ok(Value::Bool(true))
        }
    }
}

/// Administrators may always; others where a parameter says so.
fn may(odoo: &Odoo, who: &Who) -> Result<(), Trouble> {
    let db = odoo.db.read().unwrap_or_else(PoisonError::into_inner);
    let enabled = odoo
        .schema
        .model("ir.config_parameter")
        .is_some_and(|model| {
            let (Some((key, _)), Some((value, _))) = (model.field("key"), model.field("value"))
            else {
                return false;
            };
            db.rows(model.name).any(|(_, row)| {
                row.get(key).and_then(Value::as_str) == Some(ENABLED)
                    && row
                        .get(value)
                        .and_then(Value::as_str)
                        .is_some_and(|value| matches!(value, "1" | "True" | "true"))
            })
        });
    if enabled || who.has("base.group_system") {
        return Ok(());
    }
    let words = "Programmatic API keys are not enabled";
    Err(Trouble::new(Kind::User, words))
}

/// The arguments by name.
fn named(given: &Given, names: &[&str]) -> Result<Map, Trouble> {
    let wrong = || Trouble::new(Kind::Arguments, "the arguments do not fit");
    let mut arguments = Map::new();
    match given {
        Given::Named(map) => arguments.extend(map.clone()),
        Given::Positional { args, kwargs } => {
            for (name, value) in names.iter().zip(args) {
                arguments.insert((*name).to_owned(), value.clone());
            }
            arguments.extend(kwargs.clone());
        }
    }
    arguments.shift_remove("context");
    let all = names.iter().all(|name| arguments.contains_key(*name));
    if all && arguments.len() == names.len() {
        Ok(arguments)
    } else {
        Err(wrong())
    }
}
