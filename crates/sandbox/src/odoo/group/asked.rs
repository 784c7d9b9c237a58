//! What is asked of a grouping: the fields to group by, and the sums.

use portcullis_erp::value::Value;

use crate::odoo::access;
use crate::odoo::record::View;
use crate::odoo::schema::{Field, Model};
use crate::odoo::trouble::Trouble;

/// A field to group by, and the part of a date.
pub(crate) struct By<'a> {
    pub(super) text: String,
    pub(crate) name: String,
    pub(crate) field: &'a Field,
    pub(super) slot: usize,
    pub(crate) part: Option<String>,
}

/// A sum over a group: field and function.
pub(super) struct Sum {
    pub(super) text: String,
    pub(super) field: String,
    pub(super) function: String,
}

pub(super) fn bys<'a>(
    view: View<'_>,
    model: &'a Model,
    asked: &Value,
) -> Result<Vec<By<'a>>, Trouble> {
    texts(asked)
        .iter()
        .map(|text| by(view, model, text))
        .collect()
}

pub(super) fn sums(view: View<'_>, model: &Model, asked: &Value) -> Result<Vec<Sum>, Trouble> {
    texts(asked)
        .iter()
        .map(|text| sum(view, model, text))
        .collect()
}

pub(super) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Text(text) => vec![text.clone()],
        Value::List(items) => items
            .iter()
            .filter_map(|item| item.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}

pub(super) fn by<'a>(view: View<'_>, model: &'a Model, text: &str) -> Result<By<'a>, Trouble> {
    let (name, part) = match text.split_once(':') {
        Some((name, part)) => (name, Some(part.to_owned())),
        None => (text, None),
    };
    let (slot, field) = found(view, model, name)?;
    if !field.has('g') && name != "id" {
        return Err(Trouble::value(format!(
            "Cannot group by {}.{name}",
            model.name
        )));
    }
    let part = match (field.kind, part) {
        ("date" | "datetime", None) => Some("month".to_owned()),
        (_, part) => part,
    };
    Ok(By {
        text: text.to_owned(),
        name: name.to_owned(),
        field,
        slot,
        part,
    })
}

fn sum(view: View<'_>, model: &Model, text: &str) -> Result<Sum, Trouble> {
    if text == "__count" {
        return Ok(Sum {
            text: text.to_owned(),
            field: String::new(),
            function: "count".to_owned(),
        });
    }
    let (name, function) = text.split_once(':').unwrap_or((text, "sum"));
    found(view, model, name)?;
    let known = [
        "sum",
        "avg",
        "min",
        "max",
        "count",
        "count_distinct",
        "array_agg",
        "bool_and",
        "bool_or",
    ];
    if !known.contains(&function) {
        return Err(Trouble::value(format!("Invalid aggregate {text:?}")));
    }
    Ok(Sum {
        text: text.to_owned(),
        field: name.to_owned(),
        function: function.to_owned(),
    })
}

/// A field that is there and that the user may see.
pub(super) fn found<'a>(
    view: View<'_>,
    model: &'a Model,
    name: &str,
) -> Result<(usize, &'a Field), Trouble> {
    let Some((slot, field)) = model.field(name) else {
        return Err(Trouble::value(format!(
            "Invalid field '{name}' on '{}'",
            model.name
        )));
    };
    access::check_field(view.who, model, field)?;
    Ok((slot, field))
}
