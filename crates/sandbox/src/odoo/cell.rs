//! What a value becomes when it is stored, and the commands for lists of links.

use portcullis_erp::value::{Map, Value};

use super::access::{self, Op};
use super::call::Env;
use super::picture;
use super::record::number;
use super::schema::{Field, Model};
use super::search;
use super::trouble::{Kind, Trouble};
use super::user::truthy;
use super::write;

/// Brings a value into the form of its field.
pub(crate) fn read(
    env: &Env<'_>,
    model: &Model,
    field: &Field,
    value: Value,
) -> Result<Value, Trouble> {
    let wrong = || Trouble::value(format!("Wrong value for {}.{}", model.name, field.name));
    Ok(match field.kind {
        "boolean" => Value::Bool(truthy(&value)),
        "integer" => match value {
            Value::Int(_) => value,
            Value::Bool(true) => Value::Int(1),
            Value::Text(text) => super::xml::int(&text).ok_or_else(wrong)?,
            #[expect(clippy::cast_possible_truncation, reason = "as the ERP cuts it")]
            Value::Float(number) => Value::Int(number as i64),
            _ => Value::Int(0),
        },
        "float" | "monetary" => match value {
            Value::Text(text) => Value::Float(text.trim().parse().map_err(|_| wrong())?),
            Value::Bool(true) => Value::Float(1.0),
            other => Value::Float(number(&other)),
        },
        "many2one" => match value {
            Value::Int(id) => {
                let relation = field.relation.unwrap_or_default();
                if env.view().record(relation, id).is_none() {
                    return Err(Trouble::new(
                        Kind::Validation,
                        format!(
                            "It cannot be done: what '{}' ({}) should point to is not there.",
                            field.label, field.name
                        ),
                    ));
                }
                Value::Int(id)
            }
            Value::List(items) => items.into_iter().next().unwrap_or(Value::Bool(false)),
            _ if truthy(&value) => return Err(wrong()),
            _ => Value::Bool(false),
        },
        "selection" => match value {
            Value::Text(key)
                if field.selection.is_empty()
                    || field.selection.iter().any(|(own, _)| *own == key) =>
            {
                Value::Text(key)
            }
            _ if truthy(&value) => return Err(wrong()),
            _ => Value::Bool(false),
        },
        "html" => match value {
            Value::Text(text) if text.is_empty() || text.starts_with('<') => Value::Text(text),
            Value::Text(text) => Value::Text(format!("<p>{text}</p>")),
            _ => Value::Bool(false),
        },
        "date" | "datetime" => match value {
            Value::Text(text) if dated(&text) => Value::Text(text),
            Value::Moment(text) => Value::Text(text.into()),
            _ if truthy(&value) => return Err(wrong()),
            _ => Value::Bool(false),
        },
        "char" | "text" => match value {
            Value::Text(text) if text.is_empty() => Value::Bool(false),
            Value::Text(text) => Value::Text(text),
            Value::Int(number) => Value::Text(number.to_string()),
            Value::Float(number) => Value::Text(super::json::float(number)),
            _ => Value::Bool(false),
        },
        "binary" if field.name.starts_with("image_") && truthy(&value) => {
            if !picture::is_one(&value) {
                return Err(Trouble::new(
                    Kind::User,
                    "This file could not be decoded as an image file.",
                ));
            }
            value
        }
        _ => value,
    })
}

fn dated(text: &str) -> bool {
    let bytes = text.as_bytes();
    text.len() >= 10
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            10 => matches!(byte, b' ' | b'T'),
            13 | 16 => *byte == b':',
            0..19 => byte.is_ascii_digit(),
            _ => true,
        })
}

/// A command on a list of links.
struct Command {
    code: i64,
    id: i64,
    rest: Value,
}

fn commands(field: &Field, value: &Value) -> Result<Vec<Command>, Trouble> {
    let wrong = || Trouble::value(format!("Wrong value for {}", field.name));
    let items = match value {
        Value::List(items) => items.as_slice(),
        _ if truthy(value) => return Err(wrong()),
        _ => &[],
    };
    if !items.is_empty() && items.iter().all(|item| item.as_int().is_some()) {
        // A plain list of ids replaces what is there.
        return Ok(vec![Command {
            code: 6,
            id: 0,
            rest: Value::List(items.to_vec()),
        }]);
    }
    let mut commands = Vec::new();
    for item in items {
        if let Value::Map(values) = item {
            commands.push(Command {
                code: 0,
                id: 0,
                rest: Value::Map(values.clone()),
            });
            continue;
        }
        let parts = item.as_list().ok_or_else(wrong)?;
        commands.push(Command {
            code: parts.first().and_then(Value::as_int).ok_or_else(wrong)?,
            id: parts.get(1).and_then(Value::as_int).unwrap_or_default(),
            rest: parts.get(2).cloned().unwrap_or_default(),
        });
    }
    Ok(commands)
}

fn ids(value: &Value) -> Vec<i64> {
    value
        .as_list()
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_int)
        .collect()
}

fn map(value: Value) -> Map {
    if let Value::Map(map) = value {
        map
    } else {
        Map::new()
    }
}

/// The new list of links after these commands.
pub(crate) fn many2many(
    env: &mut Env<'_>,
    field: &Field,
    before: Value,
    value: &Value,
) -> Result<Value, Trouble> {
    let mut linked = ids(&before);
    let Some(comodel) = env.schema.model(field.relation.unwrap_or_default()) else {
        return Ok(before);
    };
    for command in commands(field, value)? {
        match command.code {
            0 => {
                access::check(env.who, comodel, Op::Create)?;
                linked.push(write::create_one(env, comodel, map(command.rest))?);
            }
            1 => {
                access::check(env.who, comodel, Op::Write)?;
                search::check_ids(env.view(), comodel, Op::Write, &[command.id])?;
                write::write_one(env, comodel, command.id, map(command.rest))?;
            }
            2 => {
                access::check(env.who, comodel, Op::Unlink)?;
                search::check_ids(env.view(), comodel, Op::Unlink, &[command.id])?;
                write::remove(env, comodel, command.id)?;
                linked.retain(|id| *id != command.id);
            }
            3 => linked.retain(|id| *id != command.id),
            4 => linked.push(command.id),
            5 => linked.clear(),
            _ => linked = ids(&command.rest),
        }
    }
    linked.sort_unstable();
    linked.dedup();
    search::check_ids(env.view(), comodel, Op::Read, &linked)?;
    Ok(Value::List(linked.into_iter().map(Value::Int).collect()))
}

/// Carries the commands out on the records that point here.
pub(crate) fn one2many(
    env: &mut Env<'_>,
    field: &Field,
    own: i64,
    value: &Value,
) -> Result<(), Trouble> {
    let Some(comodel) = env.schema.model(field.relation.unwrap_or_default()) else {
        return Ok(());
    };
    let Some(inverse) = field.inverse else {
        return Ok(());
    };
    for command in commands(field, value)? {
        match command.code {
            0 => {
                access::check(env.who, comodel, Op::Create)?;
                let mut values = map(command.rest);
                values.insert(inverse.to_owned(), Value::Int(own));
                write::create_one(env, comodel, values)?;
            }
            1 => {
                access::check(env.who, comodel, Op::Write)?;
                search::check_ids(env.view(), comodel, Op::Write, &[command.id])?;
                write::write_one(env, comodel, command.id, map(command.rest))?;
            }
            2 => {
                access::check(env.who, comodel, Op::Unlink)?;
                search::check_ids(env.view(), comodel, Op::Unlink, &[command.id])?;
                write::remove(env, comodel, command.id)?;
            }
            3 => let_go(env, comodel, inverse, command.id)?,
            4 => point(env, comodel, inverse, command.id, own)?,
            code => {
                let kept = if code == 5 {
                    Vec::new()
                } else {
                    ids(&command.rest)
                };
                for id in pointing(env, comodel, inverse, own) {
                    if !kept.contains(&id) {
                        let_go(env, comodel, inverse, id)?;
                    }
                }
                for id in kept {
                    point(env, comodel, inverse, id, own)?;
                }
            }
        }
    }
    Ok(())
}

fn pointing(env: &Env<'_>, comodel: &Model, inverse: &str, own: i64) -> Vec<i64> {
    let Some((slot, _)) = comodel.field(inverse) else {
        return Vec::new();
    };
    env.db.pointing(comodel.name, slot, own).collect()
}

/// Takes a record out of a list: it is deleted where it cannot stand alone.
fn let_go(env: &mut Env<'_>, comodel: &Model, inverse: &str, id: i64) -> Result<(), Trouble> {
    let alone = comodel
        .field(inverse)
        .is_some_and(|(_, field)| !field.has('r'));
    if alone {
        access::check(env.who, comodel, Op::Write)?;
        search::check_ids(env.view(), comodel, Op::Write, &[id])?;
        write::write_one(
            env,
            comodel,
            id,
            Map::from_iter([(inverse.to_owned(), Value::Bool(false))]),
        )
    } else {
        access::check(env.who, comodel, Op::Unlink)?;
        search::check_ids(env.view(), comodel, Op::Unlink, &[id])?;
        write::remove(env, comodel, id)
    }
}

fn point(
    env: &mut Env<'_>,
    comodel: &Model,
    inverse: &str,
    id: i64,
    own: i64,
) -> Result<(), Trouble> {
    access::check(env.who, comodel, Op::Write)?;
    search::check_ids(env.view(), comodel, Op::Write, &[id])?;
    write::write_one(
        env,
        comodel,
        id,
        Map::from_iter([(inverse.to_owned(), Value::Int(own))]),
    )
}
