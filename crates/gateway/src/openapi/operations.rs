//! Paths: what may be done with a resource and its records.

use portcullis_erp::dialect::segment;
use portcullis_policy::{Family, Operation};
use serde_json::{Map, Value as Json, json};

use super::problems::Kind;
use super::{Item, Subject, parameters, problems, reference};

/// One operation on its way into the document.
struct Writing<'a> {
    item: &'a Item,
    /// `list`, `get`, …
    what: &'a str,
    summary: String,
    status: &'a str,
    answer: Json,
    parameters: Vec<Json>,
    body: Option<Json>,
    /// How it can fail.
    kind: Kind,
    about: &'a str,
}

/// What is said of a method's arguments: only the ERP knows them.
const ARGUMENTS: &str =
    "The method's arguments are the members of a JSON object; without any, no body is needed.";

/// Adds the paths of a resource.
pub(super) fn add(subject: &Subject<'_>, item: &Item, paths: &mut Map<String, Json>) {
    let may = |operation| item.rights.operations.contains(&operation);
    let path = format!("/{}", segment(&item.name));
    let name = item.component();
    let mut list = Map::new();
    let mut record = Map::new();
    let empty = || Writing {
        item,
        what: "",
        summary: String::new(),
        status: "200",
        answer: json!({}),
        parameters: Vec::new(),
        body: None,
        kind: Kind {
            records: true,
            body: false,
            conditional: false,
            guarded: false,
        },
        about: "",
    };
    let changing = |body| Kind {
        body,
        conditional: true,
        guarded: item.resource.is_guarded(),
        records: true,
    };
    if may(Operation::Read) {
        list.insert(
            "get".to_owned(),
            Writing {
                what: "list",
                summary: format!("List `{}`", item.name),
                answer: page(subject, &reference("schemas", &name)),
                parameters: parameters::of_list(subject, item),
                kind: Kind {
                    records: false,
                    ..empty().kind
                },
                ..empty()
            }
            .written(links(subject, item, "/data/0/id")),
        );
        record.insert(
            "get".to_owned(),
            Writing {
                what: "get",
                summary: format!("Read one `{}`", item.name),
                answer: tagged(data(&reference("schemas", &name))),
                parameters: [
                    parameters::columns(subject, item),
                    vec![reference("parameters", "IfNoneMatch")],
                ]
                .concat(),
                ..empty()
            }
            .written(Json::Null),
        );
    }
    if may(Operation::Create) {
        let answer = match subject.family {
            Family::Odoo => {
                json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}})
            }
            Family::Frappe => {
                json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}})
            }
        };
        list.insert(
            "post".to_owned(),
            Writing {
                what: "create",
                summary: format!("Make a `{}`", item.name),
                status: "201",
                answer: located(data(&answer)),
                parameters: vec![reference("parameters", "IdempotencyKey")],
                body: Some(reference("schemas", &format!("{name}.new"))),
                kind: Kind {
                    body: true,
                    ..empty().kind
                },
                ..empty()
            }
            .written(links(subject, item, "/data/id")),
        );
    }
    if may(Operation::Write) {
        for (verb, what) in [("patch", "change"), ("put", "put")] {
            record.insert(
                verb.to_owned(),
                Writing {
                    what,
                    summary: format!(
                        "Change a `{}`; fields that are not named stay as they are",
                        item.name
                    ),
                    answer: data(&json!({"type": ["object", "null"]})),
                    parameters: vec![
                        reference("parameters", "IfMatch"),
                        reference("parameters", "IdempotencyKey"),
                    ],
                    body: Some(reference("schemas", &format!("{name}.change"))),
                    kind: changing(true),
                    ..empty()
                }
                .written(Json::Null),
            );
        }
    }
    if may(Operation::Delete) {
        record.insert(
            "delete".to_owned(),
            Writing {
                what: "delete",
                summary: format!("Delete a `{}`", item.name),
                status: "204",
                answer: json!({"description": "It is gone."}),
                parameters: vec![
                    reference("parameters", "IfMatch"),
                    reference("parameters", "IdempotencyKey"),
                ],
                kind: changing(false),
                ..empty()
            }
            .written(Json::Null),
        );
    }
    if !list.is_empty() {
        paths.insert(path.clone(), Json::Object(list));
    }
    if !record.is_empty() {
        record.insert("parameters".to_owned(), json!([parameters::id(subject)]));
        paths.insert(format!("{path}/{{id}}"), Json::Object(record));
    }
    let called = |what: &str| {
        let post = Writing {
            what,
            summary: format!("Call `{what}`"),
            answer: data(&json!({})),
            parameters: vec![reference("parameters", "IdempotencyKey")],
            kind: Kind {
                body: true,
                ..empty().kind
            },
            about: ARGUMENTS,
            ..empty()
        };
        post.written(Json::Null)
    };
    for listed in &item.rights.methods {
        let method = listed.method.as_str();
        let part = segment(method);
        if listed.alone {
            paths.insert(format!("{path}/{part}"), json!({"post": called(method)}));
        }
        if listed.on_record {
            paths.insert(
                format!("{path}/{{id}}/{part}"),
                json!({"parameters": [parameters::id(subject)], "post": called(&format!("{method} on a record"))}),
            );
        }
    }
    for operation in [Operation::Submit, Operation::Cancel] {
        if may(operation) {
            paths.insert(
                format!("{path}/{{id}}/{}", operation.as_str()),
                json!({"parameters": [parameters::id(subject)], "post": called(operation.as_str())}),
            );
        }
    }
}

impl Writing<'_> {
    fn written(self, links: Json) -> Json {
        let mut answer = self.answer;
        if let (Some(answer), Json::Object(_)) = (answer.as_object_mut(), &links) {
            answer.insert("links".to_owned(), links);
        }
        let mut responses = Map::new();
        responses.insert(self.status.to_owned(), answer);
        if self.what == "get" {
            let told = json!({"description": "It is as the caller has it."});
            responses.insert("304".to_owned(), told);
        }
        problems::of(self.kind, &mut responses);
        let mut told = Map::new();
        told.insert(
            "operationId".to_owned(),
            json!(operation_id(self.item, self.what)),
        );
        told.insert("tags".to_owned(), json!([self.item.name]));
        told.insert("summary".to_owned(), json!(self.summary));
        if !self.about.is_empty() {
            told.insert("description".to_owned(), json!(self.about));
        }
        if self.item.resource.is_deprecated() {
            told.insert("deprecated".to_owned(), json!(true));
        }
        if !self.parameters.is_empty() {
            told.insert("parameters".to_owned(), Json::Array(self.parameters));
        }
        if let Some(body) = self.body {
            told.insert(
                "requestBody".to_owned(),
                json!({"required": true, "content": {"application/json": {"schema": body}}}),
            );
        }
        told.insert("responses".to_owned(), Json::Object(responses));
        Json::Object(told)
    }
}

fn operation_id(item: &Item, what: &str) -> String {
    format!("{what}_{}", item.component()).replace(' ', "_")
}

/// Where an id of this answer leads.
fn links(subject: &Subject<'_>, item: &Item, at: &str) -> Json {
    let may = |operation| item.rights.operations.contains(&operation);
    let mut links = Map::new();
    let mut link = |what: &str| {
        links.insert(
            what.split(' ').collect::<Vec<_>>().join("_"),
            json!({
                "operationId": operation_id(item, what),
                "parameters": {"id": format!("$response.body#{at}")},
            }),
        );
    };
    if may(Operation::Read) {
        link("get");
    }
    if may(Operation::Write) {
        link("change");
        link("put");
    }
    for listed in item.rights.methods.iter().filter(|listed| listed.on_record) {
        link(&format!("{} on a record", listed.method));
    }
    if subject.family == Family::Frappe {
        for operation in [Operation::Submit, Operation::Cancel] {
            if may(operation) {
                link(operation.as_str());
            }
        }
    }
    if may(Operation::Delete) {
        link("delete");
    }
    Json::Object(links)
}

fn data(schema: &Json) -> Json {
    json!({
        "description": "Done.",
        "content": {"application/json": {"schema": {
            "type": "object", "required": ["data"], "properties": {"data": schema},
        }}},
    })
}

fn with_header(mut answer: Json, name: &str, text: &str) -> Json {
    if let Some(answer) = answer.as_object_mut() {
        answer.insert(
            "headers".to_owned(),
            json!({name: {"description": text, "schema": {"type": "string"}}}),
        );
    }
    answer
}

fn tagged(answer: Json) -> Json {
    with_header(
        answer,
        "ETag",
        "The edition of the record, where the key may read it.",
    )
}

fn located(answer: Json) -> Json {
    with_header(answer, "Location", "The path of the new record.")
}

fn page(subject: &Subject<'_>, record: &Json) -> Json {
    let (usual, most) = subject.facade.pages();
    let schema = json!({
        "type": "object",
        "required": ["data", "page"],
        "properties": {
            "data": {"type": "array", "items": record},
            "page": {
                "type": "object",
                "required": ["limit", "next"],
                "properties": {
                    "limit": {"type": "integer"},
                    "next": {"type": ["string", "null"], "description": "The `cursor` of the next page."},
                },
            },
        },
    });
    with_header(
        json!({
            "description": format!("A page: {usual} rows if no `limit` is given, {most} at the most."),
            "content": {"application/json": {"schema": schema}},
        }),
        "Link",
        "`rel=\"next\"`: where the next page is.",
    )
}
