//! Reading records as `read` and `search_read` answer them.

use portcullis_erp::value::{Map, Value};

use super::access::{self, Op};
use super::call::Bound;
use super::record::{Record, View};
use super::rules;
use super::schema::{Field, Model};
use super::search::{self, Window};
use super::trouble::Trouble;

/// The fields named, or all that the caller sees.
pub(crate) fn chosen<'a>(
    view: View<'a>,
    model: &'a Model,
    names: &Value,
) -> Result<Vec<(usize, &'a Field)>, Trouble> {
    let names = names.as_list().unwrap_or_default();
    if names.is_empty() {
        let fields = model.fields.values().enumerate();
        return Ok(fields
            .filter(|(_, field)| access::sees(view.who, field))
            .collect());
    }
    let mut fields = Vec::with_capacity(names.len());
    for name in names {
        let name = name.as_str().unwrap_or_default();
        let Some((slot, field)) = model.field(name) else {
            return Err(Trouble::value(format!(
                "Invalid field '{name}' on '{}'",
                model.name
            )));
        };
        access::check_field(view.who, model, field)?;
        fields.push((slot, field));
    }
    Ok(fields)
}

/// The rows of these records; ids that are not there are left out.
pub(crate) fn rows(
    view: View<'_>,
    model: &Model,
    ids: &[i64],
    fields: &[(usize, &Field)],
    names: Names,
) -> Value {
    let records = ids.iter().filter_map(|&id| view.record(model.name, id));
    Value::List(
        records
            .map(|record| Value::Map(row(record, fields, names)))
            .collect(),
    )
}

/// Whether links are answered with the names of what they lead to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    With,
    Without,
}

fn row(record: Record<'_>, fields: &[(usize, &Field)], names: Names) -> Map {
    let mut map = Map::with_capacity(fields.len() + 1);
    map.insert("id".to_owned(), Value::Int(record.id));
    for (slot, field) in fields {
        // The field of this very schema, whose life is that of the record.
        if let Some((_, own)) = record.model.fields.get_index(*slot)
            && own.name != "id"
        {
            map.insert(field.name.to_owned(), shown(record, *slot, own, names));
        }
    }
    map
}

/// A value as it is answered.
pub(crate) fn shown<'a>(record: Record<'a>, slot: usize, field: &'a Field, names: Names) -> Value {
    let value = record.value(slot, field);
    match field.kind {
        "many2one" => match value.as_int() {
            Some(id) if names == Names::With => {
                let linked = field
                    .relation
                    .and_then(|relation| record.view.record(relation, id));
                let Some(linked) = linked else {
                    return Value::Bool(false);
                };
                Value::List(vec![Value::Int(id), Value::Text(linked.display_name())])
            }
            Some(id) => Value::Int(id),
            None => Value::Bool(false),
        },
        "one2many" | "many2many" => visible(record.view, field, &value),
        _ => value.into_owned(),
    }
}

/// The linked records that the caller may see.
fn visible(view: View<'_>, field: &Field, value: &Value) -> Value {
    let relation = field.relation.unwrap_or_default();
    let Some(comodel) = view.schema.model(relation) else {
        return value.clone();
    };
    if rules::domain(view, comodel, Op::Read).is_all() {
        return value.clone();
    }
    let ids = value.as_list().unwrap_or_default().iter();
    let seen = ids.filter(|id| {
        id.as_int()
            .is_some_and(|id| search::check_ids(view, comodel, Op::Read, &[id]).is_ok())
    });
    Value::List(seen.cloned().collect())
}

pub(crate) fn read(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    let fields = chosen(view, call.model, call.get(0))?;
    let ids: Vec<i64> = call
        .ids
        .iter()
        .copied()
        .filter(|&id| view.record(call.model.name, id).is_some())
        .collect();
    search::check_ids(view, call.model, Op::Read, &ids)?;
    let names = match call.get(1) {
        Value::Null => Names::With,
        Value::Text(load) if load == "_classic_read" => Names::With,
        _ => Names::Without,
    };
    Ok(rows(view, call.model, &ids, &fields, names))
}

pub(crate) fn window(call: &Bound<'_>, offset: usize, limit: usize, order: usize) -> Window {
    Window {
        offset: call.count(offset).unwrap_or_default(),
        limit: call.count(limit),
        order: call.text(order).map(str::to_owned),
    }
}

pub(crate) fn search_read(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    let fields = chosen(view, call.model, call.get(1))?;
    let ids = search::search(view, call.model, call.get(0), &window(call, 2, 3, 4))?;
    let names = if call.text(5).is_none_or(|load| load == "_classic_read") {
        Names::With
    } else {
        Names::Without
    };
    Ok(rows(view, call.model, &ids, &fields, names))
}

pub(crate) fn search_ids(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    let ids = search::search(view, call.model, call.get(0), &window(call, 1, 2, 3))?;
    Ok(Value::List(ids.into_iter().map(Value::Int).collect()))
}

pub(crate) fn search_count(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    let found = search::matching(view, call.model, call.get(0))?.len();
    let found = call.count(1).map_or(found, |limit| found.min(limit));
    Ok(Value::Int(i64::try_from(found).unwrap_or_default()))
}

pub(crate) fn name_search(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    let limit = match call.get(3) {
        Value::Null => Some(100),
        _ => call.count(3),
    };
    let found = named(view, call, limit)?;
    let pairs = found.into_iter().filter_map(|id| {
        let record = view.record(call.model.name, id)?;
        Some(Value::List(vec![
            Value::Int(id),
            Value::Text(record.display_name()),
        ]))
    });
    Ok(Value::List(pairs.collect()))
}

/// The records whose names match: name, domain, operator.
pub(crate) fn named(
    view: View<'_>,
    call: &Bound<'_>,
    limit: Option<usize>,
) -> Result<Vec<i64>, Trouble> {
    let mut domain = call.get(1).as_list().unwrap_or_default().to_vec();
    let operator = call.text(2).unwrap_or("ilike");
    if let Some(name) = call.text(0).filter(|name| !name.is_empty()) {
        let leaf = vec![
            Value::from("display_name"),
            Value::from(operator),
            Value::from(name),
        ];
        domain.push(Value::List(leaf));
    }
    search::search(
        view,
        call.model,
        &Value::List(domain),
        &Window {
            limit,
            ..Window::default()
        },
    )
}
