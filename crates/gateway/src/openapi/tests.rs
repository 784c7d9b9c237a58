use std::sync::Arc;

use portcullis_erp::Model;
use portcullis_erp::dialect::rest::{Facade, Resource, Seal};
use portcullis_erp::value::from_json;
use portcullis_identity::UpstreamName;
use portcullis_policy::{Family, Operation, Rights, Schema};
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
    let facade = Facade::new("erp", Arc::new(NoSeal));
    let upstream = UpstreamName::new("erp").expect("a name");
    let subject = Subject {
        upstream: &upstream,
        facade: &facade,
        family: Family::Odoo,
        base: "/u/erp",
        items,
        cut: false,
    };
    (document(&subject), written(&subject).tag.to_string())
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
    let paths: Vec<&String> = told["paths"].as_object().expect("paths").keys().collect();
    assert_eq!(paths, ["/people", "/people/{id}"]);
    let verbs: Vec<&String> = told["paths"]["/people/{id}"]
        .as_object()
        .expect("verbs")
        .keys()
        .collect();
    assert_eq!(
        verbs,
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
