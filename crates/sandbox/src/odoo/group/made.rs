//! The groups that the records fall into, in their order, and the sums over them.

use indexmap::IndexMap;
use portcullis_erp::value::Value;

use super::asked::{By, Sum};
use crate::odoo::keys;
use crate::odoo::record::{View, number};
use crate::odoo::schema::Model;
use crate::odoo::search::{self, compare};
use crate::odoo::trouble::Trouble;
use crate::odoo::user::truthy;

pub(super) struct Group {
    /// For each field grouped by: the value as shown, and the condition that selects it.
    pub(super) keys: Vec<(Value, Vec<Value>)>,
    pub(super) ids: Vec<i64>,
}

pub(super) fn grouped(
    view: View<'_>,
    model: &Model,
    domain: &Value,
    by: &[By<'_>],
) -> Result<Vec<Group>, Trouble> {
    let mut groups: IndexMap<String, Group> = IndexMap::new();
    for id in search::matching(view, model, domain)? {
        let Some(record) = view.record(model.name, id) else {
            continue;
        };
        // A record with several links stands in several groups.
        let mut combinations: Vec<Vec<(Value, Vec<Value>)>> = vec![Vec::new()];
        for by in by {
            let value = record
                .model
                .fields
                .get_index(by.slot)
                .map(|(_, own)| record.value(by.slot, own).into_owned());
            let keys = keys::of(view, by, &value.unwrap_or_default());
            combinations = combinations
                .into_iter()
                .flat_map(|before| {
                    keys.iter().map(move |key| {
                        let mut combination = before.clone();
                        combination.push(key.clone());
                        combination
                    })
                })
                .collect();
        }
        for keys in combinations {
            let name: Vec<_> = keys
                .iter()
                .map(|(value, _)| crate::odoo::json::write(value))
                .collect();
            groups
                .entry(name.join("|"))
                .or_insert_with(|| Group {
                    keys,
                    ids: Vec::new(),
                })
                .ids
                .push(id);
        }
    }
    if by.is_empty() && groups.is_empty() {
        return Ok(vec![Group {
            keys: Vec::new(),
            ids: Vec::new(),
        }]);
    }
    Ok(groups.into_values().collect())
}

pub(super) fn arrange(groups: &mut [Group], order: Option<&str>, by: &[By<'_>]) {
    let order = order.unwrap_or_default();
    let down = order.to_lowercase().contains(" desc");
    if order.starts_with("__count") {
        groups.sort_by_key(|group| group.ids.len());
    } else {
        groups.sort_by(|left, right| {
            let pairs = left.keys.iter().zip(&right.keys).zip(by);
            pairs
                .map(|(((left, _), (right, _)), by)| compare(sorting(left, by), sorting(right, by)))
                .find(|order| order.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        });
    }
    if down {
        groups.reverse();
    }
}

/// What a group sorts by: the name of a link, the start of a period, the value.
fn sorting<'a>(value: &'a Value, by: &By<'_>) -> &'a Value {
    match value {
        Value::List(pair) if by.part.is_some() => pair.first().unwrap_or(value),
        Value::List(pair) => pair.get(1).unwrap_or(value),
        _ => value,
    }
}

#[expect(clippy::cast_precision_loss, reason = "groups are small")]
pub(super) fn summed(view: View<'_>, model: &Model, sum: &Sum, ids: &[i64]) -> Value {
    let length = || Value::Int(i64::try_from(ids.len()).unwrap_or_default());
    if sum.field.is_empty() {
        return length();
    }
    let values: Vec<Value> = ids
        .iter()
        .filter_map(|&id| Some(view.record(model.name, id)?.get(&sum.field).into_owned()))
        .collect();
    let whole = values.iter().all(|value| value.as_int().is_some());
    let total: f64 = values.iter().map(number).sum();
    match sum.function.as_str() {
        "count" => {
            let found = values.iter().filter(|value| !value.is_nothing()).count();
            Value::Int(i64::try_from(found).unwrap_or_default())
        }
        "count_distinct" => {
            let mut texts: Vec<_> = values
                .iter()
                .filter(|value| !value.is_nothing())
                .map(crate::odoo::json::write)
                .collect();
            texts.sort();
            texts.dedup();
            Value::Int(i64::try_from(texts.len()).unwrap_or_default())
        }
        "array_agg" => Value::List(values),
        "bool_and" => Value::Bool(values.iter().all(truthy)),
        "bool_or" => Value::Bool(values.iter().any(truthy)),
        "min" => values
            .iter()
            .min_by(|left, right| compare(left, right))
            .cloned()
            .unwrap_or(Value::Bool(false)),
        "max" => values
            .iter()
            .max_by(|left, right| compare(left, right))
            .cloned()
            .unwrap_or(Value::Bool(false)),
        "avg" if values.is_empty() => Value::Bool(false),
        "avg" => Value::Float(total / values.len() as f64),
        _ if whole && !values.is_empty() => {
            Value::Int(values.iter().filter_map(Value::as_int).sum())
        }
        _ => Value::Float((total * 100.0).round() / 100.0),
    }
}
