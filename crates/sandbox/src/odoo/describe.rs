//! `fields_get` and other answers about models instead of records.

use portcullis_erp::value::{Map, Value};

use super::access::{self, Op};
use super::call::Bound;
use super::guard;
use super::record::View;
use super::schema::{Field, Model};
use super::trouble::{Kind, Trouble};
use super::user::truthy;

pub(crate) fn fields_get(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    let wanted = call.get(0).as_list().unwrap_or_default();
    let attributes = call.get(1).as_list().unwrap_or_default();
    let may_write = [Op::Write, Op::Create]
        .iter()
        .any(|op| access::may(view.who, call.model, *op));
    let mut answer = Map::new();
    for field in call.model.fields.values() {
        let named =
            wanted.is_empty() || wanted.iter().any(|name| name.as_str() == Some(field.name));
        if named && access::sees(view.who, field) {
            let mut described = describe(call.model, field, may_write);
            if !attributes.is_empty() {
                described.retain(|name, _| {
                    attributes
                        .iter()
                        .any(|wanted| wanted.as_str() == Some(name))
                });
            }
            answer.insert(field.name.to_owned(), Value::Map(described));
        }
    }
    Ok(Value::Map(answer))
}

/// Every field that the caller sees, with all its attributes.
pub(crate) fn all(view: View<'_>, model: &Model) -> Map {
    let may_write = [Op::Write, Op::Create]
        .iter()
        .any(|op| access::may(view.who, model, *op));
    let seen = model
        .fields
        .values()
        .filter(|field| access::sees(view.who, field));
    seen.map(|field| {
        let described = describe(model, field, may_write);
        (field.name.to_owned(), Value::Map(described))
    })
    .collect()
}

fn describe(model: &Model, field: &Field, may_write: bool) -> Map {
    let mut map = Map::new();
    let mut put = |name: &str, value: Value| drop(map.insert(name.to_owned(), value));
    let texts = |items: &[String]| {
        Value::List(
            items
                .iter()
                .map(|item| Value::from(item.as_str()))
                .collect(),
        )
    };
    put("type", Value::from(field.kind));
    put("string", Value::from(field.label));
    put("name", Value::from(field.name));
    put("required", Value::Bool(field.has('r')));
    put("readonly", Value::Bool(field.has('o') || !may_write));
    put("store", Value::Bool(field.has('s')));
    put("searchable", Value::Bool(field.has('f')));
    put("sortable", Value::Bool(field.has('t')));
    put("groupable", Value::Bool(field.has('g')));
    put("exportable", Value::Bool(true));
    put("manual", Value::Bool(false));
    put("change_default", Value::Bool(false));
    put("company_dependent", Value::Bool(field.has('d')));
    put(
        "default_export_compatible",
        Value::Bool(field.name == model.rec_name),
    );
    put("depends", texts(&field.depends));
    if let Some(path) = &field.related {
        put("related", Value::Text(path.join(".")));
    }
    if !field.groups.is_empty() {
        put("groups", Value::Text(field.groups.join(",")));
    }
    if let Some(relation) = field.relation {
        put("relation", Value::from(relation));
        put("domain", Value::List(Vec::new()));
        put("context", Value::Map(Map::new()));
        put(
            "allow_hierachy_operators",
            Value::Bool(model.parent.is_some()),
        );
    }
    if let Some(inverse) = field.inverse {
        put("relation_field", Value::from(inverse));
    }
    match field.kind {
        "char" => {
            put("trim", Value::Bool(true));
            put("translate", Value::Bool(field.has('x')));
        }
        "text" => put("translate", Value::Bool(field.has('x'))),
        "html" => {
            put("translate", Value::Bool(field.has('x')));
            for name in ["sanitize", "sanitize_tags", "sanitize_attributes"] {
                put(name, Value::Bool(true));
            }
            for name in ["sanitize_style", "strip_style", "strip_classes"] {
                put(name, Value::Bool(false));
            }
        }
        "selection" => {
            let pairs = field.selection.iter();
            let pairs =
                pairs.map(|(key, label)| Value::List(vec![Value::from(*key), Value::from(*label)]));
            put("selection", Value::List(pairs.collect()));
        }
        "monetary" => put("currency_field", Value::from("currency_id")),
        "binary" => put("attachment", Value::Bool(true)),
        _ => {}
    }
    if field.has('a') {
        put("aggregator", Value::from("sum"));
    }
    map
}

pub(crate) fn check_access_rights(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    let raise = matches!(call.get(1), Value::Null) || truthy(call.get(1));
    let op = op(call.text(0))?;
    if raise {
        access::check(view.who, call.model, op)?;
        return Ok(Value::Null);
    }
    Ok(Value::Bool(access::may(view.who, call.model, op)))
}

pub(crate) fn has_access(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    let op = op(call.text(0))?;
    let allowed = access::may(view.who, call.model, op)
        && super::search::check_ids(view, call.model, op, &call.ids).is_ok();
    Ok(Value::Bool(allowed))
}

pub(crate) fn check_access(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    let op = op(call.text(0))?;
    access::check(view.who, call.model, op)?;
    super::search::check_ids(view, call.model, op, &call.ids)?;
    Ok(Value::Null)
}

/// The fields that may be read or written, of those named; all where none are.
pub(crate) fn check_field_access_rights(
    view: View<'_>,
    call: &Bound<'_>,
) -> Result<Value, Trouble> {
    op(call.text(0))?;
    if let Value::List(names) = call.get(1)
        && !names.is_empty()
    {
        super::read::chosen(view, call.model, call.get(1))?;
        return Ok(Value::List(names.clone()));
    }
    let seen = call
        .model
        .fields
        .values()
        .filter(|field| access::sees(view.who, field));
    Ok(Value::List(
        seen.map(|field| Value::from(field.name)).collect(),
    ))
}

pub(crate) fn get_base_url(_: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    if call.ids.len() > 1 {
        return Err(Trouble::value(format!(
            "Expected singleton or no record: {}{:?}",
            call.model.name, call.ids
        )));
    }
    Ok(Value::from("http://localhost:8069"))
}

/// The names that modules gave to records: these were made by hand, and have none.
pub(crate) fn get_external_id(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    let named = call.ids.iter().map(|id| (id.to_string(), Value::from("")));
    Ok(Value::Map(named.collect()))
}

/// What templates of everybody may show.
#[expect(clippy::unnecessary_wraps, reason = "methods have one signature")]
pub(crate) fn mail_allowed_qweb_expressions(_: View<'_>, _: &Bound<'_>) -> Result<Value, Trouble> {
    let texts = ["object.name", "object.partner_id.name", "user.name"];
    Ok(Value::List(texts.map(Value::from).to_vec()))
}

/// The fields that lead to those who are written to.
#[expect(clippy::unnecessary_wraps, reason = "methods have one signature")]
pub(crate) fn mail_get_partner_fields(_: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    let partner = call.model.fields.contains_key("partner_id");
    let names = partner.then(|| Value::from("partner_id"));
    Ok(Value::List(names.into_iter().collect()))
}

fn op(name: Option<&str>) -> Result<Op, Trouble> {
    name.and_then(Op::read).ok_or_else(|| {
        Trouble::new(
            Kind::Python("ValueError"),
            "this is no operation: read, write, create or unlink",
        )
    })
}

pub(crate) fn get_metadata(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    access::check(view.who, call.model, Op::Read)?;
    let names = ["create_uid", "create_date", "write_uid", "write_date"].map(Value::from);
    let fields = super::read::chosen(view, call.model, &Value::List(names.to_vec()))?;
    let mut rows = super::read::rows(
        view,
        call.model,
        &call.ids,
        &fields,
        super::read::Names::With,
    );
    if let Value::List(rows) = &mut rows {
        for row in rows {
            if let Value::Map(row) = row {
                row.insert("xmlid".to_owned(), Value::Bool(false));
                row.insert("xmlids".to_owned(), Value::List(Vec::new()));
                row.insert("noupdate".to_owned(), Value::Bool(false));
            }
        }
    }
    Ok(rows)
}

pub(crate) fn context_get(view: View<'_>, _call: &Bound<'_>) -> Result<Value, Trouble> {
    let user = view.record("res.users", view.who.uid);
    let tz = user
        .map(|user| user.get("tz").into_owned())
        .unwrap_or(Value::Bool(false));
    let mut map = Map::new();
    map.insert("lang".to_owned(), Value::from("en_US"));
    map.insert("tz".to_owned(), tz);
    map.insert("uid".to_owned(), Value::Int(view.who.uid));
    Ok(Value::Map(map))
}

pub(crate) fn has_group(view: View<'_>, call: &Bound<'_>) -> Result<Value, Trouble> {
    let group = call.text(0).unwrap_or_default();
    // Asked of a user; of the caller when none is named.
    let who = call
        .ids
        .first()
        .and_then(|&uid| guard::who(view.schema, view.db, uid).ok());
    Ok(Value::Bool(who.as_ref().unwrap_or(view.who).has(group)))
}

pub(crate) fn get_available_models(view: View<'_>, _call: &Bound<'_>) -> Result<Value, Trouble> {
    let models = view
        .schema
        .models
        .values()
        .filter(|model| access::may(view.who, model, Op::Read));
    let models = models.map(|model| {
        let mut map = Map::new();
        map.insert("display_name".to_owned(), Value::from(model.label));
        map.insert("model".to_owned(), Value::from(model.name));
        Value::Map(map)
    });
    Ok(Value::List(models.collect()))
}
