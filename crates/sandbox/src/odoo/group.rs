//! Grouping: `formatted_read_group`, and `read_group` as it was before.

mod asked;
mod made;

use portcullis_erp::value::{Map, Value};

use super::access::{self, Op};
use super::call::Bound;
use super::read;
use super::record::View;
use super::search;
use super::trouble::Trouble;
use super::user::truthy;
pub(crate) use asked::By;
use asked::{Sum, by, bys, found, sums, texts};
use made::{arrange, grouped, summed};

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
            order: call.text(4),
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
        row.insert("__extra_domain".to_owned(), joined(extra));
        for sum in &plan.sums {
            row.insert(sum.text.clone(), summed(view, call.model, sum, &group.ids));
        }
        Value::Map(row)
    });
    Ok(rows.collect())
}

/// Conditions as a domain is written that is told: all the `&` first, and something true for none.
fn joined(mut conditions: Vec<Value>) -> Value {
    if conditions.is_empty() {
        let one = Value::Int(1);
        return Value::List(vec![Value::List(vec![one.clone(), Value::from("="), one])]);
    }
    let mut domain = vec![Value::from("&"); conditions.len().saturating_sub(1)];
    domain.append(&mut conditions);
    Value::List(domain)
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
        let (_, field) = found(view, call.model, &plain)?;
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
