//! Methods as releases before 19 had them.

use portcullis_erp::value::Value;

use super::access::{self, Op};
use super::call::{Bound, Env};
use super::group;
use super::read::{self, Names};
use super::record::View;
use super::search;
use super::trouble::Trouble;
use super::user::truthy;
use super::{copies, web};

/// Until 16: `count` makes a number of it, past limit and offset.
pub(crate) fn search(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    if !truthy(call.get(4)) {
        return read::search_ids(view, call);
    }
    access::check(view.who, call.model, Op::Read)?;
    let found = search::matching(view, call.model, call.get(0))?.len();
    Ok(Value::Int(i64::try_from(found).unwrap_or_default()))
}

/// 17 and 18: a search that could be called from outside, and answered ids.
pub(crate) fn search_fetch(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    read::chosen(view, call.model, call.get(1))?;
    let ids = search::search(view, call.model, call.get(0), &read::window(call, 2, 3, 4))?;
    Ok(Value::List(ids.into_iter().map(Value::Int).collect()))
}

/// Until 18: those of the ids that are there.
pub(crate) fn exists(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    let there = call
        .ids
        .iter()
        .filter(|&&id| view.record(call.model.name, id).is_some());
    Ok(Value::List(there.copied().map(Value::Int).collect()))
}

/// Until 17: pairs of id and name.
pub(crate) fn name_get(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    search::check_ids(view, call.model, Op::Read, &call.ids)?;
    let pairs = call.ids.iter().map(|&id| {
        let record = view.record(call.model.name, id);
        let record =
            record.ok_or_else(|| Trouble::missing(call.model.name, &[id], view.who.uid))?;
        Ok(Value::List(vec![
            Value::Int(id),
            Value::Text(record.display_name()),
        ]))
    });
    pairs.collect::<Result<_, _>>().map(Value::List)
}

fn one_record(call: &Bound<'_>) -> Result<(), Trouble> {
    if call.ids.len() == 1 {
        return Ok(());
    }
    Err(Trouble::value(format!(
        "Expected singleton: {}{:?}",
        call.model.name, call.ids
    )))
}

/// Until 17: a copy of one record, answered as one id.
pub(crate) fn copy(env: &mut Env<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    one_record(call)?;
    copies::copy(env, call).map(only)
}

/// Until 17: the values of a copy of one record.
pub(crate) fn copy_data(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    one_record(call)?;
    copies::copy_data(view, call).map(only)
}

fn only(list: Value) -> Value {
    match list {
        Value::List(mut items) if items.len() == 1 => items.remove(0),
        other => other,
    }
}

/// Until 18: the groups of `read_group`, and their number.
pub(crate) fn web_read_group(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    let groups = group::read_group_by(
        view,
        call,
        &group::Places {
            groupby: 2,
            offset: 4,
            limit: 3,
            order: 5,
        },
    )?;
    let length = groups.as_list().map_or(0, <[_]>::len);
    Ok(web::page("groups", groups, length))
}

/// Until 16: rows as `search_read` has them, and their number.
pub(crate) fn web_search_read(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    let fields = read::chosen(view, call.model, call.get(1))?;
    let ids = search::search(view, call.model, call.get(0), &read::window(call, 2, 3, 4))?;
    let length = search::matching(view, call.model, call.get(0))?.len();
    let rows = read::rows(view, call.model, &ids, &fields, Names::With);
    Ok(web::page("records", rows, length))
}
