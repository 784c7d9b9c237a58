//! Methods that do more than store: copies, archives, orders that are confirmed.

use portcullis_erp::value::{Map, Value};

use super::access::{self, Op};
use super::call::{Bound, Env};
use super::record::View;
use super::search;
use super::trouble::{Kind, Trouble};
use super::user::truthy;
use super::write;

fn update(env: &mut Env<'_>, call: &Bound<'_>, name: &str, value: Value) -> Result<(), Trouble> {
    access::check(env.who, call.model, Op::Write)?;
    search::check_ids(env.view(), call.model, Op::Write, &call.ids)?;
    for &id in &call.ids {
        write::write_one(
            env,
            call.model,
            id,
            Map::from_iter([(name.to_owned(), value.clone())]),
        )?;
    }
    Ok(())
}

pub(crate) fn archive(env: &mut Env<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    update(env, call, "active", Value::Bool(false))?;
    Ok(Value::Null)
}

pub(crate) fn unarchive(env: &mut Env<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    update(env, call, "active", Value::Bool(true))?;
    Ok(Value::Null)
}

pub(crate) fn toggle_active(env: &mut Env<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    let first = call
        .ids
        .first()
        .and_then(|id| env.view().record(call.model.name, *id));
    let active = first.is_some_and(|record| record.truth("active"));
    update(env, call, "active", Value::Bool(!active))?;
    Ok(Value::Null)
}

pub(crate) fn confirm(env: &mut Env<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(env.who, call.model, Op::Write)?;
    search::check_ids(env.view(), call.model, Op::Write, &call.ids)?;
    for &id in &call.ids {
        let state = env
            .view()
            .record(call.model.name, id)
            .map(|order| order.text("state"));
        if !matches!(state.as_deref(), Some("draft" | "sent")) {
            return Err(Trouble::new(
                Kind::User,
                "Only a draft or a sent quotation can be confirmed.",
            ));
        }
    }
    update(env, call, "state", Value::from("sale"))?;
    Ok(Value::Bool(true))
}

pub(crate) fn cancel(env: &mut Env<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    update(env, call, "state", Value::from("cancel"))?;
    Ok(Value::Bool(true))
}

pub(crate) fn draft(env: &mut Env<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    update(env, call, "state", Value::from("draft"))?;
    Ok(Value::Bool(true))
}

pub(crate) fn sent(env: &mut Env<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(env.who, call.model, Op::Write)?;
    search::check_ids(env.view(), call.model, Op::Write, &call.ids)?;
    let view = env.view();
    let is_draft = |id: &i64| {
        let order = view.record(call.model.name, *id);
        order.is_some_and(|order| order.text("state") == "draft")
    };
    if !call.ids.iter().all(is_draft) {
        return Err(Trouble::new(
            Kind::User,
            "Only draft orders can be marked as sent directly.",
        ));
    }
    update(env, call, "state", Value::from("sent"))?;
    Ok(Value::Null)
}

pub(crate) fn lock(env: &mut Env<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    update(env, call, "locked", Value::Bool(true))?;
    Ok(Value::Null)
}

pub(crate) fn name_create(env: &mut Env<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(env.who, call.model, Op::Create)?;
    let field = if call.model.fields.contains_key("name") {
        "name"
    } else {
        call.model.rec_name
    };
    let values = Map::from_iter([(field.to_owned(), call.get(0).clone())]);
    let id = write::create_one(env, call.model, values)?;
    let name = env
        .view()
        .record(call.model.name, id)
        .map(|record| record.display_name());
    Ok(Value::List(vec![
        Value::Int(id),
        Value::Text(name.unwrap_or_default()),
    ]))
}

pub(crate) fn get_param(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    let key = call.text(0).unwrap_or_default();
    let mut parameters = view
        .db
        .ids(call.model.name)
        .iter()
        .filter_map(|&id| view.record(call.model.name, id));
    let found = parameters.find(|parameter| parameter.text("key") == key);
    Ok(match (found, call.get(1)) {
        (Some(parameter), _) => parameter.get("value").into_owned(),
        (None, Value::Null) => Value::Bool(false),
        (None, given) => given.clone(),
    })
}

pub(crate) fn set_param(env: &mut Env<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(env.who, call.model, Op::Write)?;
    let before = get_param(env.view(), call)?;
    let key = call.get(0).clone();
    let view = env.view();
    let mut ids = view.db.ids(call.model.name).iter().copied();
    let id = ids.find(|&id| {
        view.record(call.model.name, id)
            .is_some_and(|found| *found.get("key") == key)
    });
    let value = Map::from_iter([("value".to_owned(), call.get(1).clone())]);
    match id {
        Some(id) => write::write_one(env, call.model, id, value)?,
        None => {
            let mut values = value;
            values.insert("key".to_owned(), key);
            write::create_one(env, call.model, values)?;
        }
    }
    Ok(if truthy(&before) {
        before
    } else {
        Value::Bool(false)
    })
}

/// A note on a record; only who may change the record may write one.
pub(crate) fn message_post(env: &mut Env<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(env.who, call.model, Op::Write)?;
    search::check_ids(env.view(), call.model, Op::Write, &call.ids)?;
    let Some(messages) = env.schema.model("mail.message") else {
        return Ok(Value::Null);
    };
    let text = |at: usize| call.text(at).map_or(Value::Bool(false), Value::from);
    let values = Map::from_iter([
        ("body".to_owned(), text(1)),
        ("subject".to_owned(), text(2)),
        ("message_type".to_owned(), Value::from("comment")),
        ("model".to_owned(), Value::from(call.model.name)),
        ("date".to_owned(), Value::from(env.now)),
    ]);
    write::create_one(env, messages, values).map(|id| Value::List(vec![Value::Int(id)]))
}

/// Server actions run code in the real server. This one has none to run.
pub(crate) fn run_server_action(env: &mut Env<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(env.who, call.model, Op::Write)?;
    search::check_ids(env.view(), call.model, Op::Write, &call.ids)?;
    Err(Trouble::new(Kind::User, "The look-alike runs no code."))
}

pub(crate) fn export_data(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    if !view.who.has("base.group_allow_export") {
        return Err(Trouble::new(Kind::User, "You may not export data."));
    }
    search::check_ids(view, call.model, Op::Read, &call.ids)?;
    let fields = super::read::chosen(view, call.model, call.get(0))?;
    let rows = call.ids.iter().filter_map(|&id| {
        let record = view.record(call.model.name, id)?;
        let cells = fields
            .iter()
            .map(|(_, field)| match record.get(field.name).into_owned() {
                Value::Int(_) if field.kind == "many2one" => record
                    .link(field.name)
                    .map_or(Value::from(""), |linked| Value::Text(linked.display_name())),
                Value::Bool(false) if field.kind != "boolean" => Value::from(""),
                value => value,
            });
        Some(Value::List(cells.collect()))
    });
    Ok(Value::Map(Map::from_iter([(
        "datas".to_owned(),
        Value::List(rows.collect()),
    )])))
}

/// Loading a file's rows; what fails is told in the answer.
pub(crate) fn load(env: &mut Env<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    let names = call.get(0).as_list().unwrap_or_default().to_vec();
    let rows = call.get(1).as_list().unwrap_or_default().to_vec();
    let mut ids = Vec::new();
    let mut messages = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let cells = row.as_list().unwrap_or_default();
        let values = names
            .iter()
            .zip(cells)
            .filter_map(|(name, cell)| Some((name.as_str()?.to_owned(), cell.clone())));
        let made = access::check(env.who, call.model, Op::Create)
            .and_then(|()| write::create_one(env, call.model, values.collect()));
        match made {
            Ok(id) => ids.push(Value::Int(id)),
            Err(trouble) => {
                let at = Value::Int(i64::try_from(at).unwrap_or_default());
                let rows = Map::from_iter([
                    ("from".to_owned(), at.clone()),
                    ("to".to_owned(), at.clone()),
                ]);
                messages.push(Value::Map(Map::from_iter([
                    ("rows".to_owned(), Value::Map(rows)),
                    ("record".to_owned(), at),
                    ("type".to_owned(), Value::from("error")),
                    ("message".to_owned(), Value::Text(trouble.message)),
                ])));
            }
        }
    }
    let ids = if messages.is_empty() {
        Value::List(ids)
    } else {
        Value::Bool(false)
    };
    Ok(Value::Map(Map::from_iter([
        ("ids".to_owned(), ids),
        ("messages".to_owned(), Value::List(messages)),
        ("nextrow".to_owned(), Value::Int(0)),
    ])))
}

/// A customer's own method on records: a text about each of them.
pub(crate) fn note(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    search::check_ids(view, call.model, Op::Read, &call.ids)?;
    let (text, mark) = (
        call.text(0).unwrap_or_default(),
        call.text(1).unwrap_or("."),
    );
    let names = call
        .ids
        .iter()
        .filter_map(|&id| Some(view.record(call.model.name, id)?.display_name()));
    let names: Vec<String> = names.collect();
    Ok(Value::Text(format!("{}: {text}{mark}", names.join(", "))))
}

/// A customer's own method on the model: how many orders a partner has.
pub(crate) fn orders_of(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    let leaf = |name: &str, value: &Value| {
        Value::List(vec![Value::from(name), Value::from("="), value.clone()])
    };
    let mut domain = vec![leaf("partner_id", call.get(0))];
    if let Value::Text(_) = call.get(1) {
        domain.push(leaf("state", call.get(1)));
    }
    let found = search::matching(view, call.model, &Value::List(domain))?.len();
    Ok(Value::Int(i64::try_from(found).unwrap_or_default()))
}
