//! `/doc-bearer/{model}.json`: the methods of a model, with what they take.

use portcullis_erp::value::{Map, Value};

use super::call::{BY_NAME, Method};
use super::trouble::{Kind, Trouble};
use super::{Odoo, json2, methods, page};
use crate::http::{Request, Response, Seen};

/// Who may look: the real server has a group of its own for that.
const READERS: &[&str] = &[
    "base.group_system",
    "sales_team.group_sale_salesman_all_leads",
];

pub(crate) fn answer(odoo: &Odoo, request: &Request, file: &str, seen: &mut Seen) -> Response {
    let told = json2::caller(odoo, request).and_then(|who| {
        seen.user = Some(who.login.clone());
        seen.call = Some("doc".to_owned());
        if !READERS.iter().any(|group| who.has(group)) {
            return Err(Trouble::new(Kind::AccessError, "You may not read this."));
        }
        let model = file
            .strip_suffix(".json")
            .and_then(|name| odoo.schema.model(name))
            .ok_or_else(|| Trouble::new(Kind::Http(404), "There is no such model."))?;
        seen.model = Some(model.name.to_owned());
        let methods = methods::of(model.name, odoo.options.version);
        Ok(Value::Map(Map::from_iter([
            ("model".to_owned(), Value::from(model.name)),
            ("name".to_owned(), Value::from(model.label)),
            ("doc".to_owned(), Value::Null),
            ("fields".to_owned(), Value::Map(Map::new())),
            (
                "methods".to_owned(),
                Value::Map(
                    methods
                        .map(|method| (method.name.to_owned(), described(method)))
                        .collect(),
                ),
            ),
        ])))
    });
    match told {
        Ok(value) => page::json(200, &value),
        Err(trouble) => json2::failed(&trouble),
    }
}

fn described(method: &Method) -> Value {
    let mut parameters = Map::new();
    let mut names = Vec::new();
    let mut in_order = true;
    for parameter in method.parameters {
        if *parameter == BY_NAME {
            in_order = false;
            continue;
        }
        let (name, facts, text) = match (*parameter, parameter.strip_suffix('=')) {
            ("**", _) => (
                "kwargs",
                ("kind", Value::from("VAR_KEYWORD")),
                "kwargs".to_owned(),
            ),
            (_, Some(name)) => (name, ("default", Value::Null), format!("{name}=None")),
            (name, None) => (name, ("annotation", Value::from("object")), name.to_owned()),
        };
        let mut facts = Map::from_iter([(facts.0.to_owned(), facts.1)]);
        if !in_order {
            facts.insert("kind".to_owned(), Value::from("KEYWORD_ONLY"));
        }
        parameters.insert(name.to_owned(), Value::Map(facts));
        names.push(text);
    }
    let api = if method.on_records {
        Value::Null
    } else {
        Value::List(vec![Value::from("model")])
    };
    Value::Map(Map::from_iter([
        ("api".to_owned(), api),
        ("module".to_owned(), Value::from("lookalike")),
        ("parameters".to_owned(), Value::Map(parameters)),
        (
            "signature".to_owned(),
            Value::Text(format!("({})", names.join(", "))),
        ),
    ]))
}
