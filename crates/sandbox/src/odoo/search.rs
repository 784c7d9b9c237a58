//! Searching: domains, record rules, order.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::LazyLock;

use portcullis_erp::domain::{Answer3, Domain, ModelFacts, Records, Search, Zone};
use portcullis_erp::value::Value;

use super::access::{self, Op};
use super::record::{Record, View};
use super::rules;
use super::schema::Model;
use super::trouble::{Kind, Trouble};
use super::user::Context;

/// What the evaluator of domains may look at: everything, past access rights and archives.
struct Known<'a>(View<'a>);

/// The context in which archived records count.
static EVERYTHING: LazyLock<Context> = LazyLock::new(|| Context {
    active_test: false,
    ..Context::default()
});

impl<'a> Known<'a> {
    fn new(view: View<'a>) -> Self {
        Self(View {
            context: &EVERYTHING,
            ..view
        })
    }
}

impl Records for Known<'_> {
    fn model(&self, model: &str) -> Option<&ModelFacts> {
        self.0.schema.model(model).map(|model| &model.facts)
    }

    fn ids(&self, model: &str) -> Option<Cow<'_, [i64]>> {
        Some(Cow::Borrowed(self.0.db.ids(model)))
    }

    fn value(&self, model: &str, id: i64, field: &str) -> Option<Cow<'_, Value>> {
        Some(self.0.record(model, id)?.get(field))
    }

    fn ignores_accents(&self) -> Option<bool> {
        Some(false)
    }

    fn zone(&self) -> Option<Zone> {
        Some(Zone::UTC)
    }

    fn orders_by_code_point(&self) -> Option<bool> {
        Some(true)
    }
}

/// How many, from where, and in which order.
#[derive(Default)]
pub(crate) struct Window {
    pub(crate) offset: usize,
    pub(crate) limit: Option<usize>,
    pub(crate) order: Option<String>,
}

/// The ids that match, in order.
pub(crate) fn search(
    view: View<'_>,
    model: &Model,
    domain: &Value,
    window: &Window,
) -> Result<Vec<i64>, Trouble> {
    let order = Order::read(view, model, window.order.as_deref())?;
    let mut found = matching(view, model, domain)?;
    order.sort(view, model, &mut found);
    let kept = found.into_iter().skip(window.offset);
    Ok(match window.limit {
        Some(limit) => kept.take(limit).collect(),
        None => kept.collect(),
    })
}

/// The ids that match, by id.
pub(crate) fn matching(view: View<'_>, model: &Model, domain: &Value) -> Result<Vec<i64>, Trouble> {
    let domain = read(view, model, domain)?.and(rules::domain(view, model, Op::Read));
    let known = Known::new(view);
    let search = Search::new(&known);
    found(
        if view.context.active_test {
            search
        } else {
            search.with_inactive()
        },
        model,
        &domain,
    )
}

fn found(search: Search<'_>, model: &Model, domain: &Domain) -> Result<Vec<i64>, Trouble> {
    let matches = search
        .matching(model.name, domain)
        .map_err(|error| Trouble::value(format!("Invalid domain: {error}")))?;
    if matches.unknown.is_empty() {
        return Ok(matches.ids);
    }
    Err(Trouble::new(
        Kind::Python("NotImplementedError"),
        "the look-alike cannot judge this domain",
    ))
}

/// Reads a domain and checks that its fields are there and shown to the caller.
pub(crate) fn read(view: View<'_>, model: &Model, domain: &Value) -> Result<Domain, Trouble> {
    if matches!(domain, Value::Null | Value::Bool(false)) {
        return Ok(Domain::all());
    }
    let domain = Domain::parse(domain)
        .map_err(|error| Trouble::value(format!("Invalid domain: {error}")))?;
    for path in domain.fields() {
        let mut model = model;
        for part in path.parts() {
            let Some((_, field)) = model.field(part.as_str()) else {
                return Err(Trouble::value(format!(
                    "Invalid field {}.{part} in condition {path}",
                    model.name
                )));
            };
            access::check_field(view.who, model, field)?;
            if !field.has('f') {
                let name = model.name;
                return Err(Trouble::value(format!("{name}.{part} cannot be searched")));
            }
            match field
                .relation
                .and_then(|relation| view.schema.model(relation))
            {
                Some(next) => model = next,
                None => break,
            }
        }
    }
    Ok(domain)
}

/// Refuses ids that are not there, or that a rule hides from the caller.
pub(crate) fn check_ids(view: View<'_>, model: &Model, op: Op, ids: &[i64]) -> Result<(), Trouble> {
    if let Some(&id) = ids
        .iter()
        .find(|&&id| view.record(model.name, id).is_none())
    {
        return Err(Trouble::missing(model.name, &[id], view.who.uid));
    }
    let rule = rules::domain(view, model, op);
    if rule.is_all() || ids.is_empty() {
        return Ok(());
    }
    let known = Known::new(view);
    let search = Search::new(&known).with_inactive();
    let hidden: Vec<i64> = if ids.len() < 8 {
        let hides = |id: &i64| search.judge(model.name, *id, &rule) != Answer3::Yes;
        ids.iter().copied().filter(hides).collect()
    } else {
        let seen = found(search, model, &rule)?;
        ids.iter()
            .copied()
            .filter(|id| seen.binary_search(id).is_err())
            .collect()
    };
    if hidden.is_empty() {
        Ok(())
    } else {
        Err(access::hidden(view.who, model, op, &hidden))
    }
}

/// A sort order: fields, each up or down.
struct Order(Vec<(String, bool)>);

impl Order {
    fn read(view: View<'_>, model: &Model, text: Option<&str>) -> Result<Self, Trouble> {
        let given = text.map(str::trim).filter(|text| !text.is_empty());
        let mut keys = Vec::new();
        for part in given.unwrap_or(model.order).split(',') {
            let mut words = part.split_whitespace();
            let name = words.next().unwrap_or_default();
            let down = match words.next().map(str::to_lowercase).as_deref() {
                None | Some("asc" | "nulls") => false,
                Some("desc") => true,
                Some(_) => return Err(Self::invalid(part)),
            };
            let Some((_, field)) = model.field(name.split('.').next().unwrap_or_default()) else {
                if given.is_some() {
                    return Err(Self::invalid(part));
                }
                continue;
            };
            if given.is_some() {
                access::check_field(view.who, model, field)?;
                if !field.has('t') && name != "id" {
                    return Err(Trouble::value(format!(
                        "Cannot order by {}.{name}",
                        model.name
                    )));
                }
            }
            keys.push((name.to_owned(), down));
        }
        Ok(Self(keys))
    }

    fn invalid(part: &str) -> Trouble {
        Trouble::new(Kind::User, format!("This is no order: {}", part.trim()))
    }

    fn sort(&self, view: View<'_>, model: &Model, ids: &mut Vec<i64>) {
        if let [(only, down)] = self.0.as_slice()
            && only == "id"
        {
            if *down {
                ids.reverse();
            }
            return;
        }
        let mut keyed: Vec<(Vec<Value>, i64)> = ids
            .iter()
            .filter_map(|&id| Some((self.key(view.record(model.name, id)?), id)))
            .collect();
        keyed.sort_by(|(left, _), (right, _)| {
            let pairs = left.iter().zip(right).zip(&self.0);
            pairs
                .map(|((left, right), (_, down))| {
                    let order = compare(left, right);
                    if *down { order.reverse() } else { order }
                })
                .find(|order| *order != Ordering::Equal)
                .unwrap_or(Ordering::Equal)
        });
        *ids = keyed.into_iter().map(|(_, id)| id).collect();
    }

    fn key(&self, record: Record<'_>) -> Vec<Value> {
        let value = |name: &str| {
            let Some((slot, field)) = record.model.field(name) else {
                return Value::Null;
            };
            if field.kind == "many2one" {
                // A link sorts as the linked records do among themselves: by name is near enough.
                let linked = record.link(name);
                return linked.map_or(Value::Null, |linked| Value::Text(linked.display_name()));
            }
            record.value(slot, field).into_owned()
        };
        self.0.iter().map(|(name, _)| value(name)).collect()
    }
}

/// The order of the database: numbers, texts by code point, nothing last.
pub(crate) fn compare(left: &Value, right: &Value) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Null => 2,
        Value::Bool(_) => 1,
        _ => 0,
    };
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Int(left), Value::Int(right)) => left.cmp(right),
        (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
            super::record::number(left).total_cmp(&super::record::number(right))
        }
        _ => rank(left).cmp(&rank(right)),
    }
}
