use std::sync::Arc;

use portcullis_erp::Model;
use portcullis_erp::dialect::rest::{Facade, Resource, Seal};
use portcullis_erp::value::from_json;
use portcullis_identity::UpstreamName;
use portcullis_policy::{Columns, Family, Operation, Rights, Schema};
use serde_json::Value as Json;

use super::{Item, Subject, document, written};

struct NoSeal;

impl Seal for NoSeal {
    fn tag(&self, _: &[&[u8]]) -> [u8; 16] {
        [0; 16]
    }
}

fn item() -> Item {
    let model = Model::new("res.partner").expect("a name");
    let told = r#"{"id":{"type":"integer","store":true},"name":{"type":"char","size":40,"required":true,"store":true},
        "email":{"type":"char","store":true},"type":{"type":"selection","store":true,"selection":[["a","A"]]}}"#;
    let told = from_json(told.as_bytes(), &portcullis_erp::Limits::default()).expect("JSON");
    let mut schema = Schema::new();
    schema.learn(model.clone(), &told);
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Item {
        name: "people".to_owned(),
        resource: Resource::plain(model)
            .calling("title", "name")
            .expect("names"),
        rights: Rights {
            operations: [Operation::Read, Operation::Create].into_iter().collect(),
            readable: names(&["id", "name", "type"]),
            creatable: names(&["name"]),
            ..Rights::default()
        },
        schema: Arc::new(schema),
    }
}

fn told(items: &[Item]) -> (Json, String) {
    told_of(Family::Odoo, items)
}

fn told_of(family: Family, items: &[Item]) -> (Json, String) {
    let facade = Facade::new("erp", Arc::new(NoSeal));
    let upstream = UpstreamName::new("erp").expect("a name");
    let subject = Subject {
        upstream: &upstream,
        facade: &facade,
        family,
        base: "/u/erp",
        items,
        cut: false,
        batch: 20,
    };
    (document(&subject), written(&subject).tag.to_string())
}

/// The names of an object's members, in order.
fn names(object: &Json) -> Vec<&String> {
    let mut names: Vec<&String> = object.as_object().expect("an object").keys().collect();
    names.sort_unstable();
    names
}

#[test]
fn what_is_open_is_told_by_its_names_here_and_nothing_else() {
    let (told, tag) = told(&[item()]);
    let text = told.to_string();
    assert!(!text.contains("email"), "a closed field is not there");
    assert!(
        !text.contains("\"name\":{\"title\""),
        "the ERP's name of a renamed field is not there"
    );
    assert_eq!(
        names(&told["paths"]),
        ["/-/batch", "/people", "/people/{id}"]
    );
    assert_eq!(
        names(&told["paths"]["/people/{id}"]),
        ["get", "parameters"],
        "it may not be changed or deleted"
    );
    let new = &told["components"]["schemas"]["people.new"];
    assert_eq!(new["required"], serde_json::json!(["title"]));
    assert_eq!(new["properties"]["title"]["maxLength"], 40);
    assert_eq!(
        told["components"]["schemas"]["people"]["properties"]["type"]["enum"],
        serde_json::json!(["a", null])
    );
    assert_eq!(told["servers"][0]["url"], "/u/erp/api/v1");
    assert_eq!(tag.len(), 32);
    assert!(!tag.contains('T'));
}

/// An order of Frappe's, with as many columns of its rows as a role opens.
fn order(open: &[&str]) -> Item {
    let model = |name| Model::new(name).expect("a name");
    let json =
        |text: &str| from_json(text.as_bytes(), &portcullis_erp::Limits::default()).expect("JSON");
    let mut schema = Schema::new();
    schema.learn_doctype(
        model("Order"),
        &json(r#"{"fields":[{"fieldname":"rows","fieldtype":"Table","options":"Row"}]}"#),
    );
    schema.learn_doctype(
        model("Row"),
        &json(
            r#"{"fields":[{"fieldname":"code","fieldtype":"Data"},{"fieldname":"rate","fieldtype":"Currency"}]}"#,
        ),
    );
    let columns: std::collections::BTreeSet<String> =
        open.iter().map(|name| (*name).to_owned()).collect();
    let columns = Columns {
        creatable: columns.clone(),
        writable: columns,
    };
    Item {
        name: "Order".to_owned(),
        resource: Resource::plain(model("Order")),
        rights: Rights {
            operations: [Operation::Create, Operation::Write].into_iter().collect(),
            creatable: ["rows".to_owned()].into_iter().collect(),
            writable: ["rows".to_owned()].into_iter().collect(),
            columns: [("rows".to_owned(), columns)].into_iter().collect(),
            ..Rights::default()
        },
        schema: Arc::new(schema),
    }
}

#[test]
fn columns_of_child_tables_are_told_to_those_only_who_may_set_them() {
    let told = |open: &[&str]| {
        let (told, _) = told_of(Family::Frappe, &[order(open)]);
        for form in ["Order.new", "Order.change"] {
            let rows = &told["components"]["schemas"][form]["properties"]["rows"]["items"];
            let columns = rows["properties"].as_object().expect("columns");
            let columns: Vec<&str> = columns.keys().map(String::as_str).collect();
            assert_eq!(columns, open, "{form}");
        }
        told.to_string()
    };
    assert!(told(&["code", "rate"]).contains("\"rate\""));
    assert!(!told(&["code"]).contains("\"rate\""));
}

#[test]
fn the_batch_is_told_as_it_is() {
    let (told, _) = told(&[item()]);
    let batch = &told["paths"]["/-/batch"]["post"];
    let body = &batch["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(body["maxItems"], 20);
    assert_eq!(body["minItems"], 1);
    let path = body["items"]["properties"]["path"]["pattern"]
        .as_str()
        .expect("a pattern");
    assert!(path.starts_with("^/api/v1/"), "{path}");
    assert_eq!(body["example"][0]["path"], "/api/v1/people");
    let statuses: Vec<&str> = batch["responses"]
        .as_object()
        .expect("responses")
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        statuses,
        [
            "200", "400", "401", "413", "415", "422", "429", "500", "503"
        ]
    );
}

#[test]
fn an_operation_tells_the_errors_that_it_can_have() {
    let (told, _) = told(&[item()]);
    let of = |path: &str, verb: &str| -> Vec<String> {
        let responses = &told["paths"][path][verb]["responses"];
        let responses = responses.as_object().expect("responses");
        responses.keys().cloned().collect()
    };
    let list = of("/people", "get");
    assert!(list.contains(&"422".to_owned()));
    for never in ["404", "405", "412", "413", "415", "428"] {
        assert!(!list.contains(&never.to_owned()), "{never}");
    }
    let create = of("/people", "post");
    for needed in ["201", "404", "409", "413", "415"] {
        assert!(create.contains(&needed.to_owned()), "{needed}");
    }
    assert!(of("/people/{id}", "get").contains(&"304".to_owned()));
}

#[test]
fn the_tag_is_that_of_the_text() {
    let (_, one) = told(&[item()]);
    let (_, same) = told(&[item()]);
    let (_, other) = told(&[]);
    assert_eq!(one, same);
    assert_ne!(one, other);
}

#[test]
fn every_reference_leads_somewhere() {
    let (told, _) = told(&[item()]);
    let mut stack = vec![&told];
    while let Some(next) = stack.pop() {
        match next {
            Json::Object(map) => {
                if let Some(Json::String(path)) = map.get("$ref") {
                    let pointer = path.strip_prefix('#').expect("within the document");
                    assert!(told.pointer(pointer).is_some(), "{path}");
                }
                stack.extend(map.values());
            }
            Json::Array(items) => stack.extend(items),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
        }
    }
}
