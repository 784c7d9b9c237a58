//! The roles of the configuration and of the store.

use portcullis_identity::{RoleName, Timestamp};
use portcullis_policy::{Caps, FieldPermission, Pins, Role, RouteRule, Rule};
use serde_json::{Value, json};

use crate::installation::Installation;
use crate::may::Leave;
use crate::refusal::Refusal;

/// A role, and where it stands.
pub struct Known {
    /// The role.
    pub role: Role,
    /// `configuration` or `store`.
    pub source: &'static str,
    /// Fields that are for other roles only, as `model.field`.
    pub denied: Vec<String>,
}

impl Known {
    fn of(at: &Installation, role: Role, source: &'static str) -> Self {
        let permissions = at.config.iter().flat_map(|config| &config.permissions);
        let denied = permissions
            .filter(|permission| !permission.names(role.name()))
            .map(FieldPermission::field)
            .collect();
        Self {
            role,
            source,
            denied,
        }
    }
}

/// The roles within a leave, by name; and the names of those of the store that cannot be read,
/// and so allow nothing.
///
/// # Errors
/// When the store does not answer.
pub async fn list(
    at: &Installation,
    leave: &Leave,
) -> Result<(Vec<Known>, Vec<RoleName>), Refusal> {
    let configured = at.config.iter().flat_map(|config| &config.roles);
    let mut all: Vec<Known> = configured
        .map(|role| Known::of(at, role.clone(), "configuration"))
        .collect();
    let mut unreadable = Vec::new();
    for (name, text) in at.store.roles().all().await? {
        match Role::from_toml(name.clone(), &text) {
            Ok(role) => all.push(Known::of(at, role, "store")),
            Err(_) => unreadable.push(name),
        }
    }
    all.sort_by(|one, other| one.role.name().cmp(other.role.name()));
    all.retain(|known| leave.has_role(known.role.name()));
    unreadable.retain(|name| leave.has_role(name));
    Ok((all, unreadable))
}

/// One role within a leave.
///
/// # Errors
/// When there is none, or the store does not answer.
pub async fn find(at: &Installation, leave: &Leave, name: &RoleName) -> Result<Known, Refusal> {
    let (all, _) = list(at, leave).await?;
    let mut all = all.into_iter();
    all.find(|known| known.role.name() == name)
        .ok_or_else(|| Refusal::Absent(format!("role `{name}`")))
}

/// Puts a role that was read from this text into the store, or replaces it there.
///
/// # Errors
/// When the store does not answer.
pub async fn put(
    at: &Installation,
    role: Role,
    text: &str,
    now: Timestamp,
) -> Result<Known, Refusal> {
    at.store.roles().put(role.name(), text, now).await?;
    Ok(Known::of(at, role, "store"))
}

/// Removes a role from the store.
///
/// # Errors
/// When it is not there, or the store does not answer.
pub async fn remove(at: &Installation, name: &RoleName) -> Result<(), Refusal> {
    let removed = at.store.roles().remove(name).await?;
    removed
        .then_some(())
        .ok_or_else(|| Refusal::Absent(format!("role `{name}` in the store")))
}

/// A role as JSON.
pub fn describe(known: &Known) -> Value {
    let effect = |denies| if denies { "deny" } else { "allow" };
    let rules = known.role.rules().iter().map(|rule| {
        json!({
            "name": rule.name(),
            "effect": effect(rule.denies()),
            "models": rule.models().map(|models| models.iter().map(ToString::to_string).collect::<Vec<_>>()),
            "operations": operations(rule),
            "methods": methods(rule),
            "masked": rule.masked().collect::<Vec<_>>(),
            "all-records": !rule.has_domain(),
        })
    });
    let routed = known.role.route_rules().iter().map(|rule| {
        json!({
            "name": rule.name(),
            "effect": effect(rule.denies()),
            "routes": routes(rule),
        })
    });
    json!({
        "name": known.role.name(),
        "from": known.source,
        "caps": caps(known.role.caps()),
        "context": context(known.role.pins()),
        "monitored-until": known.role.monitored_until().map(|end| end.to_string()),
        "denied-fields": known.denied,
        "rules": rules.collect::<Vec<_>>(),
        "routes": routed.collect::<Vec<_>>(),
    })
}

/// The caps of a role, each by its name.
pub fn caps(caps: &Caps) -> Value {
    let caps: serde_json::Map<_, _> = caps
        .iter()
        .map(|(name, most)| (name.to_owned(), most.into()))
        .collect();
    caps.into()
}

/// What a role fixes of the context, each by its name.
fn context(pins: &Pins) -> Value {
    let pins: serde_json::Map<_, _> = pins
        .iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    pins.into()
}

/// The routes of a rule.
pub fn routes(rule: &RouteRule) -> Vec<String> {
    rule.routes().iter().map(ToString::to_string).collect()
}

/// The operations of a rule.
pub fn operations(rule: &Rule) -> Vec<&'static str> {
    let operations = rule.operations().iter();
    operations.map(|operation| operation.as_str()).collect()
}

/// The methods of a rule.
pub fn methods(rule: &Rule) -> Vec<String> {
    rule.methods().iter().map(ToString::to_string).collect()
}
