//! Grouping: `formatted_read_group`, and `read_group` as it was before.

use indexmap::IndexMap;
use portcullis_erp::value::{Map, Value};

use super::access::{self, Op};
use super::call::Bound;
use super::keys;
use super::read;
use super::record::{View, number};
use super::schema::{Field, Model};
use super::search::{self, compare};
use super::trouble::Trouble;
use super::user::truthy;

/// A field to group by, and the part of a date.
pub(crate) struct By<'a> {
    text: String,
    pub(crate) name: String,
    pub(crate) field: &'a Field,
    slot: usize,
    pub(crate) part: Option<String>,
}

/// A sum over a group: field and function.
struct Sum {
    text: String,
    field: String,
    function: String,
}

struct Group {
    /// For each field grouped by: the value as shown, and the condition that selects it.
    keys: Vec<(Value, Vec<Value>)>,
    ids: Vec<i64>,
}

/// What groups are made of, and which of them are answered.
struct Plan<'a> {
    by: Vec<By<'a>>,
    sums: Vec<Sum>,
    order: Option<&'a str>,
    window: search::Window,
}

pub(crate) fn formatted_read_group(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    let plan = Plan {
        by: bys(view, call.model, call.get(1))?,
        sums: sums(view, call.model, call.get(2))?,
        order: call.text(6),
        window: read::window(call, 4, 5, 6),
    };
    formatted(view, call, &plan).map(Value::List)
}

/// One list of groups for each way of grouping.
pub(crate) fn formatted_read_grouping_sets(
    view: View<'_>,
    call: &Bound<'_>,
) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    let sets = call.get(1).as_list().unwrap_or_default().iter();
    let lists = sets.map(|set| {
        let plan = Plan {
            by: bys(view, call.model, set)?,
            sums: sums(view, call.model, call.get(2))?,
            order: call.text(3),
            window: search::Window::default(),
        };
        formatted(view, call, &plan).map(Value::List)
    });
    lists.collect::<Result<_, _>>().map(Value::List)
}

/// From 19 on: groups by the first field, and how many there are.
pub(crate) fn web_read_group(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    let mut by = bys(view, call.model, call.get(1))?;
    by.truncate(1);
    let plan = Plan {
        by,
        sums: sums(view, call.model, call.get(2))?,
        order: call.text(5),
        window: read::window(call, 4, 3, 5),
    };
    let everything = grouped(view, call.model, call.get(0), &plan.by)?.len();
    let groups = formatted(view, call, &plan)?;
    Ok(super::web::page("groups", Value::List(groups), everything))
}

fn bys<'a>(view: View<'_>, model: &'a Model, asked: &Value) -> Result<Vec<By<'a>>, Trouble> {
    texts(asked)
        .iter()
        .map(|text| by(view, model, text))
        .collect()
}

fn sums(view: View<'_>, model: &Model, asked: &Value) -> Result<Vec<Sum>, Trouble> {
    texts(asked)
        .iter()
        .map(|text| sum(view, model, text))
        .collect()
}

fn formatted(view: View<'_>, call: &Bound<'_>, plan: &Plan<'_>) -> Result<Vec<Value>, Trouble> {
    let mut groups = grouped(view, call.model, call.get(0), &plan.by)?;
    arrange(&mut groups, plan.order, &plan.by);
    let kept = groups
        .into_iter()
        .skip(plan.window.offset)
        .take(plan.window.limit.unwrap_or(usize::MAX));
    let rows = kept.map(|group| {
        let mut row = Map::new();
        let mut extra = Vec::new();
        for (by, (value, condition)) in plan.by.iter().zip(group.keys) {
            row.insert(by.text.clone(), value);
            extra.extend(condition);
        }
        row.insert("__extra_domain".to_owned(), Value::List(extra));
        for sum in &plan.sums {
            row.insert(sum.text.clone(), summed(view, call.model, sum, &group.ids));
        }
        Value::Map(row)
    });
    Ok(rows.collect())
}

/// Where the arguments of a `read_group` stand.
pub(crate) struct Places {
    pub(crate) groupby: usize,
    pub(crate) offset: usize,
    pub(crate) limit: usize,
    pub(crate) order: usize,
}

pub(crate) fn read_group(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    let places = Places {
        groupby: 2,
        offset: 3,
        limit: 4,
        order: 5,
    };
    read_group_by(view, call, &places)
}

pub(crate) fn read_group_by(
    view: View<'_>,
    call: &Bound<'_>,
    places: &Places,
) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    let lazy = matches!(call.get(6), Value::Null) || truthy(call.get(6));
    let mut wanted = texts(call.get(places.groupby));
    if lazy {
        wanted.truncate(1);
    }
    let by = wanted
        .iter()
        .map(|text| by(view, call.model, text))
        .collect::<Result<Vec<_>, _>>()?;
    let mut sums = Vec::new();
    for text in texts(call.get(1)) {
        if text == "__count" {
            continue;
        }
        let name = text.split(':').next().unwrap_or_default().to_owned();
        // `name:function(field)` gives a sum a name of its own.
        let inner = text
            .split_once('(')
            .and_then(|(_, rest)| rest.strip_suffix(')'));
        let plain = inner.map_or_else(|| name.clone(), str::to_owned);
        let Some((_, field)) = call.model.field(&plain) else {
            return Err(Trouble::value(format!(
                "Invalid field '{plain}' on '{}'",
                call.model.name
            )));
        };
        access::check_field(view.who, call.model, field)?;
        if text.contains(':') || field.has('a') {
            let function = text
                .split(':')
                .nth(1)
                .and_then(|rest| rest.split('(').next())
                .unwrap_or("sum");
            sums.push(Sum {
                text: name,
                field: plain,
                function: function.to_owned(),
            });
        }
    }
    let mut groups = grouped(view, call.model, call.get(0), &by)?;
    arrange(&mut groups, call.text(places.order), &by);
    let window = read::window(call, places.offset, places.limit, places.order);
    let base = call.get(0).as_list().unwrap_or_default();
    let kept = groups
        .into_iter()
        .skip(window.offset)
        .take(window.limit.unwrap_or(usize::MAX));
    let rows = kept.map(|group| {
        let mut row = Map::new();
        let mut domain = Vec::new();
        for (by, (value, condition)) in by.iter().zip(group.keys) {
            row.insert(by.text.clone(), value);
            domain.extend(condition);
        }
        for sum in &sums {
            row.insert(sum.text.clone(), summed(view, call.model, sum, &group.ids));
        }
        let count = Value::Int(i64::try_from(group.ids.len()).unwrap_or_default());
        let counted = match (lazy, by.first()) {
            (true, Some(by)) => format!("{}_count", by.name),
            _ => "__count".to_owned(),
        };
        row.insert(counted, count);
        domain.extend(base.iter().cloned());
        row.insert("__domain".to_owned(), Value::List(domain));
        Value::Map(row)
    });
    Ok(Value::List(rows.collect()))
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Text(text) => vec![text.clone()],
        Value::List(items) => items
            .iter()
            .filter_map(|item| item.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}

fn by<'a>(view: View<'_>, model: &'a Model, text: &str) -> Result<By<'a>, Trouble> {
    let (name, part) = match text.split_once(':') {
        Some((name, part)) => (name, Some(part.to_owned())),
        None => (text, None),
    };
    let Some((slot, field)) = model.field(name) else {
        return Err(Trouble::value(format!(
            "Invalid field '{name}' on '{}'",
            model.name
        )));
    };
    access::check_field(view.who, model, field)?;
    if !field.has('g') && name != "id" {
        return Err(Trouble::value(format!(
            "Cannot group by {}.{name}",
            model.name
        )));
    }
    let part = match (field.kind, part) {
        ("date" | "datetime", None) => Some("month".to_owned()),
        (_, part) => part,
    };
    Ok(By {
        text: text.to_owned(),
        name: name.to_owned(),
        field,
        slot,
        part,
    })
}

fn sum(view: View<'_>, model: &Model, text: &str) -> Result<Sum, Trouble> {
    if text == "__count" {
        return Ok(Sum {
            text: text.to_owned(),
            field: String::new(),
            function: "count".to_owned(),
        });
    }
    let (name, function) = text.split_once(':').unwrap_or((text, "sum"));
    let Some((_, field)) = model.field(name) else {
        return Err(Trouble::value(format!(
            "Invalid field '{name}' on '{}'",
            model.name
        )));
    };
    access::check_field(view.who, model, field)?;
    let known = [
        "sum",
        "avg",
        "min",
        "max",
        "count",
        "count_distinct",
        "array_agg",
        "bool_and",
        "bool_or",
    ];
    if !known.contains(&function) {
        return Err(Trouble::value(format!("Invalid aggregate {text:?}")));
    }
    Ok(Sum {
        text: text.to_owned(),
        field: name.to_owned(),
        function: function.to_owned(),
    })
}

fn grouped(
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
                .map(|(value, _)| super::json::write(value))
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

fn arrange(groups: &mut [Group], order: Option<&str>, by: &[By<'_>]) {
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
fn summed(view: View<'_>, model: &Model, sum: &Sum, ids: &[i64]) -> Value {
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
                .map(super::json::write)
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
