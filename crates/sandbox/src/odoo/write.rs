//! Creating, changing and deleting records.

use portcullis_erp::value::{Map, Value};

use super::access::{self, Op};
use super::call::{Bound, Env};
use super::cell;
use super::constraint;
use super::db::{Row, empty_row};
use super::defaults;
use super::rules;
use super::schema::{Field, Model, Source};
use super::search;
use super::trouble::{Kind, Trouble};

pub(crate) fn create(env: &mut Env<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(env.who, call.model, Op::Create)?;
    let rows = match call.get(0) {
        Value::List(rows) => rows.clone(),
        row => vec![row.clone()],
    };
    let mut ids = Vec::with_capacity(rows.len());
    for values in rows {
        let Value::Map(values) = values else {
            return Err(Trouble::new(
                Kind::Python("TypeError"),
                "the values are not a dictionary",
            ));
        };
        ids.push(create_one(env, call.model, values)?);
    }
    search::check_ids(env.view(), call.model, Op::Create, &ids)?;
    match ids.as_slice() {
        [id] if call.single => Ok(Value::Int(*id)),
        _ => Ok(Value::List(ids.into_iter().map(Value::Int).collect())),
    }
}

/// Creates one record and returns its id. Access is the caller's business.
pub(crate) fn create_one(
    env: &mut Env<'_>,
    model: &Model,
    mut values: Map,
) -> Result<i64, Trouble> {
    for name in values.keys() {
        known(env, model, name)?;
    }
    defaults::complete(env, model, &mut values);
    inherit(env, model, &mut values)?;
    let id = env.db.next_id(model.name);
    let mut row = empty_row(model);
    for (name, value) in [
        ("create_uid", Value::Int(env.who.uid)),
        ("create_date", Value::from(env.now)),
        ("write_uid", Value::Int(env.who.uid)),
        ("write_date", Value::from(env.now)),
    ] {
        set(model, &mut row, name, value);
    }
    env.db.put(model.name, id, Some(row));
    store(env, model, id, values)?;
    constraint::required(env, model, id)?;
    constraint::unique(env, model, id)?;
    if model.name == "ir.rule" {
        rules::check(env, id)?;
    }
    Ok(id)
}

pub(crate) fn write(env: &mut Env<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(env.who, call.model, Op::Write)?;
    let Value::Map(values) = call.get(0) else {
        return Err(Trouble::new(
            Kind::Python("TypeError"),
            "the values are not a dictionary",
        ));
    };
    for name in values.keys() {
        known(env, call.model, name)?;
    }
    search::check_ids(env.view(), call.model, Op::Write, &call.ids)?;
    for &id in &call.ids {
        write_one(env, call.model, id, values.clone())?;
    }
    search::check_ids(env.view(), call.model, Op::Write, &call.ids)?;
    Ok(Value::Bool(true))
}

/// Changes one record. Access is the caller's business.
pub(crate) fn write_one(
    env: &mut Env<'_>,
    model: &Model,
    id: i64,
    values: Map,
) -> Result<(), Trouble> {
    store(env, model, id, values)?;
    let (uid, now) = (env.who.uid, env.now);
    change(env, model, id, |row| {
        set(model, row, "write_uid", Value::Int(uid));
        set(model, row, "write_date", Value::from(now));
    })?;
    constraint::required(env, model, id)?;
    constraint::unique(env, model, id)?;
    if model.name == "ir.rule" {
        rules::check(env, id)?;
    }
    constraint::recursion(env, model, id)
}

pub(crate) fn unlink(env: &mut Env<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(env.who, call.model, Op::Unlink)?;
    search::check_ids(env.view(), call.model, Op::Unlink, &call.ids)?;
    for &id in &call.ids {
        remove(env, call.model, id)?;
    }
    Ok(Value::Bool(true))
}

/// Deletes a record: what belongs to it goes too, what merely points to it lets go.
pub(crate) fn remove(env: &mut Env<'_>, model: &Model, id: i64) -> Result<(), Trouble> {
    if model.name == "sale.order"
        && env
            .view()
            .record(model.name, id)
            .is_some_and(|order| !matches!(order.text("state").as_str(), "draft" | "cancel"))
    {
        return Err(Trouble::new(
            Kind::User,
            "An order that was sent or confirmed can only go once it is cancelled.",
        ));
    }
    let mut pointing = Vec::new();
    for other in env.schema.models.values() {
        for (slot, field) in other.fields.values().enumerate() {
            if field.kind == "many2one"
                && field.relation == Some(model.name)
                && matches!(field.source, Source::Cell)
            {
                let rows = env.db.rows(other.name);
                let hits = rows
                    .filter(|(_, row)| row.get(slot) == Some(&Value::Int(id)))
                    .map(|(hit, _)| hit);
                pointing.push((
                    other.name,
                    slot,
                    field.has('r'),
                    field.name,
                    hits.collect::<Vec<_>>(),
                ));
            }
        }
    }
    for (other, slot, needed, field, hits) in pointing {
        let Some(other) = env.schema.model(other) else {
            continue;
        };
        for hit in hits {
            let owned = matches!(
                (other.name, field),
                ("sale.order.line", "order_id")
                    | ("product.product", "product_tmpl_id")
                    | ("res.users.apikeys", "user_id")
            );
            if owned {
                remove(env, other, hit)?;
            } else if needed {
                return Err(Trouble::new(
                    Kind::Validation,
                    format!(
                        "This is still in use: '{}' ({}) points to it.",
                        other.label, other.name
                    ),
                ));
            } else {
                change(env, other, hit, |row| {
                    if let Some(cell) = row.get_mut(slot) {
                        *cell = Value::Bool(false);
                    }
                })?;
            }
        }
    }
    env.db.put(model.name, id, None);
    Ok(())
}

/// Changes a stored row.
pub(crate) fn change(
    env: &mut Env<'_>,
    model: &Model,
    id: i64,
    how: impl FnOnce(&mut Row),
) -> Result<(), Trouble> {
    let Some(row) = env.db.row(model.name, id) else {
        return Err(Trouble::missing(model.name, &[id], env.who.uid));
    };
    let mut row = row.clone();
    how(&mut row);
    // The schema's own name of the model lives as long as the program.
    env.db.put(model.name, id, Some(row));
    Ok(())
}

pub(crate) fn set(model: &Model, row: &mut Row, name: &str, value: Value) {
    if let Some((slot, _)) = model.field(name)
        && let Some(cell) = row.get_mut(slot)
    {
        *cell = value;
    }
}

fn known(env: &Env<'_>, model: &Model, name: &str) -> Result<(), Trouble> {
    let Some((_, field)) = model.field(name) else {
        return Err(Trouble::value(format!(
            "Invalid field '{name}' in '{}'",
            model.name
        )));
    };
    access::check_field(env.who, model, field)
}

/// Puts the values where they belong: the row, a linked record, or other rows.
fn store(env: &mut Env<'_>, model: &Model, id: i64, values: Map) -> Result<(), Trouble> {
    for (name, value) in values {
        let Some((slot, field)) = model.field(&name) else {
            continue;
        };
        match (model.name, field.name) {
            (
                _,
                "id" | "create_uid" | "create_date" | "write_uid" | "write_date" | "display_name",
            ) => continue,
            ("res.users", "password" | "new_password") => {
                if let Value::Text(password) = value {
                    env.passwords.push((id, password));
                }
                continue;
            }
            ("res.partner", "company_type") => {
                let company = Value::Bool(value.as_str() == Some("company"));
                let (slot, _) = model.field("is_company").unwrap_or((slot, field));
                put(env, model, id, slot, company)?;
                continue;
            }
            _ => {}
        }
        match field.source {
            Source::Cell if field.kind == "many2many" => {
                let before = env
                    .view()
                    .record(model.name, id)
                    .map(|record| record.value(slot, field).into_owned());
                let linked = cell::many2many(env, field, before.unwrap_or_default(), &value)?;
                put(env, model, id, slot, linked)?;
            }
            Source::Cell => {
                let value = cell::read(env, model, field, value)?;
                put(env, model, id, slot, value)?;
            }
            Source::Inverse => cell::one2many(env, field, id, &value)?,
            Source::Related => through(env, model, id, field, value)?,
            Source::Computed(_) | Source::Empty => {}
        }
    }
    Ok(())
}

fn put(
    env: &mut Env<'_>,
    model: &Model,
    id: i64,
    slot: usize,
    value: Value,
) -> Result<(), Trouble> {
    change(env, model, id, |row| {
        if let Some(cell) = row.get_mut(slot) {
            *cell = value;
        }
    })
}

/// Writes a related field where it really lies.
fn through(
    env: &mut Env<'_>,
    model: &Model,
    id: i64,
    field: &Field,
    value: Value,
) -> Result<(), Trouble> {
    if field.has('o') && model.inherits.is_none() {
        return Ok(());
    }
    let Some([link, own]) = field.path.as_deref() else {
        return Ok(());
    };
    let Some(target) = env
        .view()
        .record(model.name, id)
        .and_then(|record| record.link(link))
    else {
        return Ok(());
    };
    let (name, id) = (target.model.name, target.id);
    let Some(comodel) = env.schema.model(name) else {
        return Ok(());
    };
    store(
        env,
        comodel,
        id,
        Map::from_iter([((*own).to_owned(), value)]),
    )
}

/// Creates the record that the new one inherits from, unless it was named.
fn inherit(env: &mut Env<'_>, model: &Model, values: &mut Map) -> Result<(), Trouble> {
    let Some((parent, link)) = model.inherits else {
        return Ok(());
    };
    if values.get(link).is_some_and(|value| !value.is_nothing()) {
        return Ok(());
    }
    let Some(comodel) = env.schema.model(parent) else {
        return Ok(());
    };
    let names: Vec<String> = values
        .keys()
        .filter(|name| {
            model.field(name).is_some_and(|(_, field)| {
                field
                    .path
                    .as_deref()
                    .is_some_and(|path| path.first() == Some(&link))
            })
        })
        .cloned()
        .collect();
    let own = names
        .into_iter()
        .filter_map(|name| Some((name.clone(), values.shift_remove(&name)?)))
        .collect();
    let id = create_one(env, comodel, own)?;
    values.insert(link.to_owned(), Value::Int(id));
    Ok(())
}
