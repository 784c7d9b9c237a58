//! Methods that the desk's pages call.

use portcullis_erp::value::{Map, Value};

use super::say;
use crate::erpnext::failure::Failure;
use crate::erpnext::reply::Outcome;
use crate::erpnext::values::{field, text};
use crate::erpnext::{Turn, document, list};

pub(crate) fn report_view(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let doctype = turn.params.need("get", "doctype")?;
    let mut query = list::Query::read(turn, &doctype)?;
    query.start = turn
        .params
        .get("start")
        .map_or(0, |start| crate::erpnext::values::whole(Some(start)));
    query.length = turn
        .params
        .get("page_length")
        .map_or(20, |length| crate::erpnext::values::whole(Some(length)));
    query.order_by = query.order_by.or_else(|| Some("modified desc".to_owned()));
    query.as_rows = false;
    let rows = list::run(turn, &query)?;
    let rows = rows.as_list().unwrap_or_default();
    let Some(first) = rows.first().and_then(Value::as_map) else {
        return say(Value::List(Vec::new()));
    };
    let keys = list::names(first.keys().map(String::as_str));
    let values = rows
        .iter()
        .filter_map(Value::as_map)
        .map(|row| Value::List(row.values().cloned().collect()));
    let mut message = Map::new();
    message.insert("keys".to_owned(), keys);
    message.insert("values".to_owned(), Value::List(values.collect()));
    message.insert("user_info".to_owned(), Value::Map(Map::new()));
    say(message)
}

pub(crate) fn search_link(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let doctype = turn.params.need("search_link", "doctype")?;
    let wanted = turn.params.text("txt").unwrap_or_default().to_lowercase();
    let kind = turn.doctype(&doctype)?;
    if !turn.caller.may(kind, 'r') && !turn.caller.may(kind, 'l') {
        return Err(Failure::forbidden());
    }
    let world = turn.world()?;
    let mut found = Vec::new();
    for doc in world.all(&doctype) {
        let shown: Vec<String> = std::iter::once(kind.title_field.as_str())
            .chain(kind.search_fields.iter().map(|name| name.trim()))
            .map(|name| field(doc, name).to_owned())
            .filter(|value| !value.is_empty())
            .collect();
        let name = field(doc, "name");
        let hit = name.to_lowercase().contains(&wanted)
            || shown
                .iter()
                .any(|value| value.to_lowercase().contains(&wanted));
        if hit {
            let entry = [
                ("value", name.to_owned()),
                ("description", shown.join(", ")),
            ];
            let entry: Map = entry
                .into_iter()
                .map(|(key, value)| (key.to_owned(), text(value)))
                .collect();
            found.push(Value::Map(entry));
        }
        if found.len() >= 10 {
            break;
        }
    }
    drop(world);
    say(found)
}

pub(crate) fn get_doc(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let doctype = turn.params.need("getdoc", "doctype")?;
    let name = turn.params.need("getdoc", "name")?;
    let doc = document::readable(turn, &doctype, &name)?;
    let kind = turn.doctype(&doctype)?;
    let mut shown = document::shown(
        turn,
        kind,
        &doc,
        document::Nulls::Dropped,
        document::Levels::Reached,
    );
    if let Value::Map(shown) = &mut shown {
        let empty = ["addr_list", "contact_list", "dashboard_info"];
        let onload: Map = empty
            .map(|key| (key.to_owned(), Value::List(Vec::new())))
            .into_iter()
            .collect();
        shown.insert("__onload".to_owned(), Value::Map(onload));
    }
    let mut answer = Map::new();
    answer.insert("docs".to_owned(), Value::List(vec![shown]));
    answer.insert("docinfo".to_owned(), Value::Map(Map::new()));
    Ok(Outcome::Object(answer))
}

pub(crate) fn query_report(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let report = turn.params.need("run", "report_name")?;
    let words = format!("You don't have access to Report: {report}");
    Err(Failure::thrown(403, "PermissionError", words))
}
