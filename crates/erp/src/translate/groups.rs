//! `read_group`, which ends with 19, and `formatted_read_group`, which begins there.
//!
//! They are each other's equal for groups by plain values and links, with aggregates that say
//! their function. Parts of dates, conditions on aggregates and an order by them are told
//! differently, and are refused.

use super::told::Groups;
use super::{Between, Told, TranslateError, becomes, entry, is_empty, is_given, refused};
use crate::call::Call;
use crate::domain::FieldKind;
use crate::value::{Map, Value};

const FUNCTIONS: &[&str] = &["sum", "avg", "min", "max", "count", "count_distinct"];

/// `formatted_read_group` as `read_group`.
pub(super) fn of_before(call: &mut Call, between: &Between<'_>) -> Result<Told, TranslateError> {
    if is_given(call, "having") {
        return Err(refused(
            "the ERP is of a release that has no conditions on aggregates: leave `having` out",
        ));
    }
    let by = grouped_by(call, between)?;
    let mut sums = Vec::new();
    let mut fields = Vec::new();
    for (at, text) in texts(call.named.get("aggregates"))?.into_iter().enumerate() {
        if text == "__count" {
            sums.push((text.clone(), text));
            continue;
        }
        let (field, function) = text.split_once(':').ok_or_else(unsayable)?;
        let name = format!("aggregate_{at}");
        fields.push(Value::Text(format!("{name}:{}({field})", known(function)?)));
        sums.push((name, text));
    }
    if fields.is_empty() {
        fields.push(Value::from("__count"));
    }
    let order = ordered(call.named.get("order"), &by)?;
    let mut named = Map::from_iter([
        entry("domain", argument(call, "domain")),
        entry("fields", fields),
        entry("groupby", list(&by)),
        entry("lazy", false),
    ]);
    named.extend(order.map(|order| entry("orderby", order)));
    page(call, &mut named);
    becomes(call, "read_group", named)?;
    Ok(Told::Formatted(Box::new(Groups { by, sums })))
}

/// `read_group` as `formatted_read_group`.
pub(super) fn of_today(call: &mut Call, between: &Between<'_>) -> Result<Told, TranslateError> {
    let mut by = grouped_by(call, between)?;
    let lazy = call
        .named
        .get("lazy")
        .is_none_or(|lazy| !is_empty(lazy) && *lazy != Value::Int(0));
    let mut counted = "__count".to_owned();
    if lazy {
        by.truncate(1);
        if let Some(first) = by.first() {
            counted = format!("{first}_count");
        }
    }
    let kinds = between.fields.ok_or(TranslateError::Fields)?;
    let mut sums = vec![("__count".to_owned(), counted)];
    let asked = texts(call.named.get("fields"))?;
    if asked.is_empty() {
        return Err(refused(
            "the ERP is of a release that sums up only what is named: name the `fields`",
        ));
    }
    for text in asked {
        match text.split_once(':') {
            None if text == "__count" => {}
            // What cannot be summed up was passed over.
            None => match kinds(&text) {
                Some(FieldKind::Integer | FieldKind::Float | FieldKind::Monetary) | None => {
                    return Err(refused(
                        "the ERP is of a release that awaits the function with each field: `amount:sum`",
                    ));
                }
                Some(_) => {}
            },
            Some((name, function)) => {
                let (function, field) = match function.split_once('(') {
                    Some((function, field)) => {
                        (function, field.strip_suffix(')').ok_or_else(unsayable)?)
                    }
                    None => (function, name),
                };
                sums.push((format!("{field}:{}", known(function)?), name.to_owned()));
            }
        }
    }
    let order = ordered(call.named.get("orderby"), &by)?;
    let mut aggregates: Vec<Value> = Vec::with_capacity(sums.len());
    for (aggregate, _) in &sums {
        let aggregate = Value::from(aggregate.as_str());
        if !aggregates.contains(&aggregate) {
            aggregates.push(aggregate);
        }
    }
    let mut named = Map::from_iter([
        entry("domain", argument(call, "domain")),
        entry("groupby", list(&by)),
        entry("aggregates", aggregates),
    ]);
    named.extend(order.map(|order| entry("order", order)));
    page(call, &mut named);
    becomes(call, "formatted_read_group", named)?;
    Ok(Told::Unformatted(Box::new(Groups { by, sums })))
}

/// The fields that are grouped by, if both releases tell such groups alike.
fn grouped_by(call: &Call, between: &Between<'_>) -> Result<Vec<String>, TranslateError> {
    let by = texts(call.named.get("groupby"))?;
    if by.is_empty() {
        return Err(refused(
            "the ERP is of a release that tells sums over everything differently: name a field in `groupby`",
        ));
    }
    let kinds = between.fields.ok_or(TranslateError::Fields)?;
    let plain = |name: &String| {
        matches!(
            kinds(name),
            Some(FieldKind::Many2one | FieldKind::Char | FieldKind::Selection | FieldKind::Boolean)
        )
    };
    if by.iter().all(plain) {
        Ok(by)
    } else {
        Err(refused(
            "the ERP is of a release that tells such groups differently: group by texts, selections, truth values or many2one links",
        ))
    }
}

/// An order of groups by what they are grouped by.
fn ordered(order: Option<&Value>, by: &[String]) -> Result<Option<Value>, TranslateError> {
    let text = match order {
        None => return Ok(None),
        Some(order) if is_empty(order) => return Ok(None),
        Some(Value::Text(text)) => text,
        Some(_) => return Err(unsayable()),
    };
    let known = |part: &str| {
        let mut words = part.split_whitespace();
        words
            .next()
            .is_some_and(|name| by.iter().any(|by| by == name))
            && words
                .next()
                .is_none_or(|way| matches!(way.to_ascii_lowercase().as_str(), "asc" | "desc"))
            && words.next().is_none()
    };
    if text.split(',').all(known) {
        Ok(Some(Value::from(text.as_str())))
    } else {
        Err(refused(
            "the ERP is of a release that sorts groups by what they are grouped by only",
        ))
    }
}

fn known(function: &str) -> Result<&str, TranslateError> {
    if FUNCTIONS.contains(&function) {
        Ok(function)
    } else {
        Err(unsayable())
    }
}

fn texts(value: Option<&Value>) -> Result<Vec<String>, TranslateError> {
    match value {
        None => Ok(Vec::new()),
        Some(value) if is_empty(value) => Ok(Vec::new()),
        Some(Value::Text(text)) => Ok(vec![text.clone()]),
        Some(Value::List(items)) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned).ok_or_else(unsayable))
            .collect(),
        Some(_) => Err(unsayable()),
    }
}

fn list(names: &[String]) -> Vec<Value> {
    names
        .iter()
        .map(|name| Value::from(name.as_str()))
        .collect()
}

fn argument(call: &Call, name: &str) -> Value {
    call.named
        .get(name)
        .cloned()
        .unwrap_or_else(|| Value::List(Vec::new()))
}

fn page(call: &Call, named: &mut Map) {
    for name in ["offset", "limit"] {
        if let Some(value) = call.named.get(name) {
            named.insert(name.to_owned(), value.clone());
        }
    }
}

fn unsayable() -> TranslateError {
    refused("the ERP is of a release that cannot group so")
}
