//! What stands beside a list: the values of a field to choose from, and progress bars.

use portcullis_erp::value::{Map, Value};

use super::access::{self, Op};
use super::call::Bound;
use super::record::View;
use super::schema::Field;
use super::search;
use super::trouble::{Kind, Trouble};

pub(crate) fn select_range(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    let field = asked(view, call, &["many2one", "selection"])?;
    Ok(Value::Map(Map::from_iter([
        ("parent_field".to_owned(), Value::Bool(false)),
        ("values".to_owned(), values(view, field)?),
    ])))
}

pub(crate) fn select_multi_range(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    let field = asked(view, call, &["many2one", "many2many", "selection"])?;
    let values = values(view, field)?;
    Ok(Value::Map(Map::from_iter([("values".to_owned(), values)])))
}

fn asked<'a>(view: View<'_>, call: &Bound<'a>, kinds: &[&str]) -> Result<&'a Field, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    let name = call.text(0).unwrap_or_default();
    let found = call.model.field(name);
    let (_, field) =
        found.ok_or_else(|| Trouble::new(Kind::Python("KeyError"), format!("'{name}'")))?;
    access::check_field(view.who, call.model, field)?;
    if kinds.contains(&field.kind) {
        return Ok(field);
    }
    Err(Trouble::new(
        Kind::User,
        format!("The field {name} has a type that the panel does not show."),
    ))
}

/// The values that there are to choose from, in the order of their ids.
fn values(view: View<'_>, field: &Field) -> Result<Value, Trouble> {
    let one = |id: Value, name: String| {
        Value::Map(Map::from_iter([
            ("id".to_owned(), id),
            ("display_name".to_owned(), Value::Text(name)),
        ]))
    };
    if let Some(comodel) = field.relation.and_then(|name| view.schema.model(name)) {
        access::check(view.who, comodel, Op::Read)?;
        let ids = search::matching(view, comodel, &Value::List(Vec::new()))?;
        let linked = ids.into_iter().filter_map(|id| {
            let record = view.record(comodel.name, id)?;
            Some(one(Value::Int(id), record.display_name()))
        });
        return Ok(Value::List(linked.collect()));
    }
    let pairs = field.selection.iter();
    Ok(Value::List(
        pairs
            .map(|(key, label)| one(Value::from(*key), (*label).to_owned()))
            .collect(),
    ))
}

/// How many records of each group have each of the named values.
pub(crate) fn read_progress_bar(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    let by = call.text(1).unwrap_or_default();
    let bar = call.get(2).as_map();
    let counted = bar
        .and_then(|bar| bar.get("field"))
        .and_then(Value::as_str)
        .unwrap_or_default();
    let colours = bar
        .and_then(|bar| bar.get("colors"))
        .and_then(Value::as_map);
    let none: Map = colours
        .into_iter()
        .flat_map(Map::keys)
        .map(|name| (name.clone(), Value::Int(0)))
        .collect();
    for name in [by, counted] {
        if call.model.field(name).is_none() {
            return Err(Trouble::value(format!(
                "Invalid field '{name}' on '{}'",
                call.model.name
            )));
        }
    }
    let mut groups = Map::new();
    for id in search::matching(view, call.model, call.get(0))? {
        let Some(record) = view.record(call.model.name, id) else {
            continue;
        };
        let group = match record.get(by).as_ref() {
            Value::Text(text) => text.clone(),
            Value::Int(number) => number.to_string(),
            Value::Bool(true) => "True".to_owned(),
            _ => "False".to_owned(),
        };
        let colour = record.text(counted);
        let bar = groups
            .entry(group)
            .or_insert_with(|| Value::Map(none.clone()));
        if let Value::Map(bar) = bar
            && let Some(Value::Int(number)) = bar.get_mut(&*colour)
        {
            *number += 1;
        }
    }
    Ok(Value::Map(groups))
}
