//! The methods that the web client reads with: nested records by specification.

use portcullis_erp::value::{Map, Value};

use super::access::{self, Op};
use super::call::{Bound, Env};
use super::read::{self, Names};
use super::record::{Record, View};
use super::search;
use super::trouble::Trouble;
use super::write;

pub(crate) fn web_read(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    search::check_ids(view, call.model, Op::Read, &call.ids)?;
    records(view, call.model.name, &call.ids, call.get(0))
}

pub(crate) fn web_search_read(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    let ids = search::search(view, call.model, call.get(0), &read::window(call, 2, 3, 4))?;
    let length = search::matching(view, call.model, call.get(0))?.len();
    let records = records(view, call.model.name, &ids, call.get(1))?;
    Ok(page("records", records, length))
}

/// Rows under their name, and how many there are.
pub(crate) fn page(name: &str, rows: Value, length: usize) -> Value {
    let length = Value::Int(i64::try_from(length).unwrap_or_default());
    Value::Map(Map::from_iter([
        ("length".to_owned(), length),
        (name.to_owned(), rows),
    ]))
}

pub(crate) fn web_name_search(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    let mut domain = call.get(2).as_list().unwrap_or_default().to_vec();
    if let Some(name) = call.text(0).filter(|name| !name.is_empty()) {
        let operator = call.text(3).unwrap_or("ilike");
        domain.push(Value::List(vec![
            Value::from("display_name"),
            Value::from(operator),
            Value::from(name),
        ]));
    }
    let window = search::Window {
        limit: call.count(4).or(Some(100)),
        ..search::Window::default()
    };
    let ids = search::search(view, call.model, &Value::List(domain), &window)?;
    let mut rows = records(view, call.model.name, &ids, call.get(1))?;
    let names_alone = |wanted: &Map| wanted.len() == 1 && wanted.contains_key("display_name");
    if let (Value::List(rows), true) = (&mut rows, call.get(1).as_map().is_some_and(names_alone)) {
        for row in rows {
            set_for_a_list(row);
        }
    }
    Ok(rows)
}

/// The web client's lists show a contact's own name smaller than its company's.
fn set_for_a_list(row: &mut Value) {
    let Value::Map(row) = row else { return };
    let name = row.get("display_name").and_then(Value::as_str);
    let name = name.unwrap_or_default();
    let set = match name.split_once(", ") {
        Some((company, own)) => format!("{company} \t --{own}--"),
        None => name.to_owned(),
    };
    row.insert("__formatted_display_name".to_owned(), Value::Text(set));
}

pub(crate) fn web_save(env: &mut Env<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    let values = if let Value::Map(values) = call.get(0) {
        values.clone()
    } else {
        Map::new()
    };
    let op = if call.ids.is_empty() {
        Op::Create
    } else {
        Op::Write
    };
    access::check(env.who, call.model, op)?;
    let ids = if call.ids.is_empty() {
        vec![write::create_one(env, call.model, values)?]
    } else {
        search::check_ids(env.view(), call.model, op, &call.ids)?;
        for &id in &call.ids {
            write::write_one(env, call.model, id, values.clone())?;
        }
        call.ids.clone()
    };
    search::check_ids(env.view(), call.model, op, &ids)?;
    records(env.view(), call.model.name, &ids, call.get(1))
}

/// Each record gets its own values.
pub(crate) fn web_save_multi(env: &mut Env<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(env.who, call.model, Op::Write)?;
    search::check_ids(env.view(), call.model, Op::Write, &call.ids)?;
    let list = call.get(0).as_list().unwrap_or_default();
    if list.len() != call.ids.len() {
        return Err(Trouble::value("a map of values is awaited for each record"));
    }
    for (&id, values) in call.ids.iter().zip(list) {
        let values = values.as_map().cloned().unwrap_or_default();
        write::write_one(env, call.model, id, values)?;
    }
    records(env.view(), call.model.name, &call.ids, call.get(1))
}

/// Numbers the records in the order in which they are given.
pub(crate) fn web_resequence(env: &mut Env<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(env.who, call.model, Op::Write)?;
    search::check_ids(env.view(), call.model, Op::Write, &call.ids)?;
    let field = call.text(1).unwrap_or("sequence").to_owned();
    if call.model.field(&field).is_none() {
        return Ok(Value::List(Vec::new()));
    }
    let first = call.get(2).as_int().unwrap_or_default();
    for (number, &id) in (first..).zip(&call.ids) {
        let values = Map::from_iter([(field.clone(), Value::Int(number))]);
        write::write_one(env, call.model, id, values)?;
    }
    records(env.view(), call.model.name, &call.ids, call.get(0))
}

fn records(
    view: View<'_>,
    model: &str,
    ids: &[i64],
    specification: &Value,
) -> Result<Value, Trouble> {
    let Value::Map(specification) = specification else {
        return Err(Trouble::value("the specification is not a dictionary"));
    };
    let found = ids.iter().filter_map(|&id| view.record(model, id));
    Ok(Value::List(
        found
            .map(|record| one(record, specification))
            .collect::<Result<_, _>>()?,
    ))
}

fn one(record: Record<'_>, specification: &Map) -> Result<Value, Trouble> {
    let view = record.view;
    let mut row = Map::from_iter([("id".to_owned(), Value::Int(record.id))]);
    for (name, inner) in specification {
        let Some((slot, field)) = record.model.field(name) else {
            return Err(Trouble::value(format!(
                "Invalid field '{name}' on '{}'",
                record.model.name
            )));
        };
        access::check_field(view.who, record.model, field)?;
        let value = read::shown(record, slot, field, Names::Without);
        let fields = inner.as_map().and_then(|inner| inner.get("fields"));
        let value = match (fields, &value) {
            (Some(fields @ Value::Map(_)), Value::Int(id)) if field.kind == "many2one" => {
                let linked = records(view, field.relation.unwrap_or_default(), &[*id], fields)?;
                linked
                    .as_list()
                    .and_then(<[Value]>::first)
                    .cloned()
                    .unwrap_or(Value::Bool(false))
            }
            (Some(fields @ Value::Map(_)), Value::List(ids)) if field.is_x2many() => {
                let ids: Vec<_> = ids.iter().filter_map(Value::as_int).collect();
                records(view, field.relation.unwrap_or_default(), &ids, fields)?
            }
            _ => value,
        };
        row.insert(name.clone(), value);
    }
    Ok(Value::Map(row))
}

/// The window in which a user changes his preferences.
pub(crate) fn preferences(_view: View<'_>, _call: &Bound<'_>) -> Result<Value, Trouble> {
    let texts = [
        ("display_name", "My preferences"),
        ("name", "My preferences"),
        ("type", "ir.actions.act_window"),
        ("xml_id", "base.action_res_users_my"),
        ("binding_type", "action"),
        ("binding_view_types", "list,form"),
        ("create_date", "2026-01-02 08:00:00"),
        ("write_date", "2026-01-02 08:00:00"),
        ("context", "{}"),
        ("res_model", "res.users"),
        ("target", "new"),
        ("view_mode", "form"),
        ("mobile_view_mode", "kanban"),
    ];
    let mut map: Map = texts
        .iter()
        .map(|(name, text)| ((*name).to_owned(), Value::from(*text)))
        .collect();
    for name in [
        "path",
        "help",
        "binding_model_id",
        "view_id",
        "domain",
        "usage",
        "search_view_id",
        "filter",
    ] {
        map.insert(name.to_owned(), Value::Bool(false));
    }
    let robot = Value::List(vec![Value::Int(1), Value::from("Robot")]);
    let view = Value::List(vec![Value::Int(2), Value::from("form")]);
    for (name, value) in [
        ("id", Value::Int(1)),
        ("create_uid", robot.clone()),
        ("write_uid", robot),
        ("res_id", Value::Int(0)),
        ("limit", Value::Int(80)),
        ("cache", Value::Bool(true)),
        ("group_ids", Value::List(Vec::new())),
        ("embedded_action_ids", Value::List(Vec::new())),
        ("view_ids", Value::List(vec![Value::Int(1)])),
        ("views", Value::List(vec![view])),
    ] {
        map.insert(name.to_owned(), value);
    }
    Ok(Value::Map(map))
}
