//! Views and what belongs to them: a form of all fields is made up for each model.

use std::fmt::Write as _;

use portcullis_erp::value::{Map, Value};

use super::access::{self, Op};
use super::call::Bound;
use super::describe;
use super::record::View;
use super::schema::Model;
use super::trouble::{Kind, Trouble};

const KINDS: &[&str] = &[
    "form", "list", "kanban", "search", "graph", "pivot", "calendar",
];

fn entry(name: &str, value: impl Into<Value>) -> (String, Value) {
    (name.to_owned(), value.into())
}

/// What a view is made of: the first fields of the model.
fn arch(view: View<'_>, model: &Model, kind: &str) -> String {
    let mut arch = format!("<{kind}>");
    let shown = model
        .fields
        .values()
        .filter(|field| access::sees(view.who, field));
    for field in shown.take(8) {
        // Writing to a text does not fail.
        write!(arch, "<field name=\"{}\"/>", field.name).unwrap_or_default();
    }
    write!(arch, "</{kind}>").unwrap_or_default();
    arch
}

fn one(view: View<'_>, model: &Model, kind: &str) -> Result<Map, Trouble> {
    if !KINDS.contains(&kind) {
        return Err(Trouble::new(
            Kind::User,
            format!("No default view of type '{kind}' could be found!"),
        ));
    }
    Ok(Map::from_iter([
        entry("arch", arch(view, model, kind)),
        entry("id", false),
        entry("model", model.name),
    ]))
}

fn fields_of(model: &Model) -> Value {
    let names = model.fields.keys().take(8).map(|name| Value::from(*name));
    Value::List(names.collect())
}

pub(crate) fn get_view(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    let mut answer = one(view, call.model, call.text(1).unwrap_or("form"))?;
    let models = Map::from_iter([entry(call.model.name, fields_of(call.model))]);
    answer.insert("models".to_owned(), Value::Map(models));
    Ok(Value::Map(answer))
}

pub(crate) fn get_views(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    let mut views = Map::new();
    for asked in call.get(0).as_list().unwrap_or_default() {
        let kind = asked
            .as_list()
            .and_then(|pair| pair.get(1))
            .and_then(Value::as_str);
        let kind = kind.ok_or_else(|| Trouble::value("a view is asked for as [id, type]"))?;
        views.insert(kind.to_owned(), Value::Map(one(view, call.model, kind)?));
    }
    let fields = describe::all(view, call.model);
    let described = Map::from_iter([entry("fields", fields)]);
    let models = Map::from_iter([entry(call.model.name, described)]);
    Ok(Value::Map(Map::from_iter([
        entry("views", views),
        entry("models", models),
    ])))
}

/// No view of its own.
pub(crate) fn get_formview_id(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    nothing(view, call)
}

/// What opens a record in a form.
pub(crate) fn get_formview_action(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    let form = Value::List(vec![Value::Bool(false), Value::from("form")]);
    Ok(Value::Map(Map::from_iter([
        entry("type", "ir.actions.act_window"),
        entry("res_model", call.model.name),
        entry("views", vec![form]),
        entry("target", "current"),
        entry("res_id", call.ids.first().copied().unwrap_or_default()),
        entry("context", Map::new()),
    ])))
}

#[expect(clippy::unnecessary_wraps, reason = "methods have one signature")]
pub(crate) fn nothing(_: View<'_>, _: &Bound<'_>) -> Result<Value, Trouble> {
    Ok(Value::Bool(false))
}

/// A method of the class, which is called on records all the same.
pub(crate) fn is_transient(_: View<'_>, _: &Bound<'_>) -> Result<Value, Trouble> {
    Err(Trouble::new(
        Kind::Arguments,
        "BaseModel.is_transient() takes 1 positional argument but 2 were given",
    ))
}

#[expect(clippy::unnecessary_wraps, reason = "methods have one signature")]
pub(crate) fn get_import_templates(_: View<'_>, _: &Bound<'_>) -> Result<Value, Trouble> {
    Ok(Value::List(Vec::new()))
}

/// The text that was given: no module says it better.
#[expect(clippy::unnecessary_wraps, reason = "methods have one signature")]
pub(crate) fn get_empty_list_help(_: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    Ok(call.get(0).clone())
}

/// No model here has properties.
#[expect(clippy::unnecessary_wraps, reason = "methods have one signature")]
pub(crate) fn get_property_definition(_: View<'_>, _: &Bound<'_>) -> Result<Value, Trouble> {
    Ok(Value::Map(Map::new()))
}
