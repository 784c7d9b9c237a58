//! Translations of fields. The look-alike speaks English only: there is nothing to translate,
//! and what is written is the text itself.

use portcullis_erp::value::{Map, Value};

use super::access::{self, Op};
use super::call::{Bound, Env};
use super::record::View;
use super::search;
use super::trouble::{Kind, Trouble};
use super::write;

/// The texts of a field, by language, and how they are shown.
pub(crate) fn get_field_translations(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    search::check_ids(view, call.model, Op::Read, &call.ids)?;
    let name = translated(call)?;
    let text = call
        .ids
        .first()
        .and_then(|&id| view.record(call.model.name, id))
        .map(|record| record.get(name).into_owned())
        .unwrap_or(Value::Bool(false));
    let entry = |name: &str, value: Value| (name.to_owned(), value);
    let line = Map::from_iter([
        entry("lang", Value::from("en_US")),
        entry("source", text.clone()),
        entry("value", text),
    ]);
    let shown = Map::from_iter([
        entry("translation_type", Value::from("text")),
        entry("translation_show_source", Value::Bool(false)),
    ]);
    Ok(Value::List(vec![
        Value::List(vec![Value::Map(line)]),
        Value::Map(shown),
    ]))
}

/// The name of a field that can be translated.
fn translated<'a>(call: &'a Bound<'_>) -> Result<&'a str, Trouble> {
    let name = call.text(0).unwrap_or_default();
    match call.model.field(name) {
        Some((_, field)) if field.has('x') => Ok(name),
        Some(_) => Err(Trouble::new(
            Kind::Python("AssertionError"),
            format!("the field {name} is not translated"),
        )),
        None => Err(Trouble::new(Kind::Python("KeyError"), format!("'{name}'"))),
    }
}

pub(crate) fn update_field_translations(
    env: &mut Env<'_>,
    call: &Bound<'_>,
) -> Result<Value, Trouble> {
    access::check(env.who, call.model, Op::Write)?;
    search::check_ids(env.view(), call.model, Op::Write, &call.ids)?;
    let name = translated(call)?.to_owned();
    let text = call.get(1).as_map().and_then(|texts| texts.get("en_US"));
    if let Some(text @ Value::Text(_)) = text {
        for &id in &call.ids {
            let values = Map::from_iter([(name.clone(), text.clone())]);
            write::write_one(env, call.model, id, values)?;
        }
    }
    Ok(Value::Bool(true))
}

/// The same text in every language; answers nothing.
pub(crate) fn web_override_translations(
    env: &mut Env<'_>,
    call: &Bound<'_>,
) -> Result<Value, Trouble> {
    access::check(env.who, call.model, Op::Write)?;
    search::check_ids(env.view(), call.model, Op::Write, &call.ids)?;
    let values = call.get(0).as_map().cloned().unwrap_or_default();
    for &id in &call.ids {
        write::write_one(env, call.model, id, values.clone())?;
    }
    Ok(Value::Null)
}

/// Takes records, which nobody can give from outside.
pub(crate) fn copy_translations(_: &mut Env<'_>, _: &Bound<'_>) -> Result<Value, Trouble> {
    Err(Trouble::new(
        Kind::Python("AttributeError"),
        "'int' object has no attribute 'with_context'",
    ))
}
