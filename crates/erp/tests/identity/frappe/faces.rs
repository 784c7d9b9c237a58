//! How clients say a call: by paths of version 1 and 2, by methods, by `cmd`; in JSON and forms.

use portcullis_erp::value::to_json;
use portcullis_erp::{Call, Dialect, Map, RecordId, Value};

use super::{map, text_of};
use crate::Sent;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

type Face = (&'static str, Dialect, Sent);

fn sent(verb: &'static str, path: &[&str], query: &Map, body: Option<(&str, &Map)>) -> Sent {
    let (content_type, body) = match body {
        None => ("", Vec::new()),
        Some((FORM, body)) => (FORM, form(body).into_bytes()),
        Some((kind, body)) => (kind, to_json(&Value::Map(body.clone()))),
    };
    Sent {
        verb,
        segments: path.iter().map(|part| (*part).to_owned()).collect(),
        query: form(query),
        content_type: content_type.to_owned(),
        body,
    }
}

/// Texts stand as they are; what has parts, and what is no text, is JSON in a text.
fn form(arguments: &Map) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in arguments {
        match value {
            Value::Text(text) => form.append_pair(name, text),
            value => form.append_pair(name, &text_of(value)),
        };
    }
    form.finish()
}

/// A method of `frappe.client`, by each of its ways.
fn by_client(short: &str, arguments: &Map) -> Vec<Face> {
    let dotted = format!("frappe.client.{short}");
    let none = Map::new();
    let mut command = arguments.clone();
    command.insert("cmd".to_owned(), Value::from(dotted.as_str()));
    vec![
        (
            "method",
            Dialect::FrappeMethod,
            sent("POST", &[&dotted], &none, Some((JSON, arguments))),
        ),
        (
            "method, form",
            Dialect::FrappeMethod,
            sent("POST", &[&dotted], &none, Some((FORM, arguments))),
        ),
        (
            "method of version 2",
            Dialect::FrappeV2,
            sent("POST", &["method", &dotted], &none, Some((JSON, arguments))),
        ),
        (
            "cmd",
            Dialect::FrappeMethod,
            sent("POST", &[], &none, Some((JSON, &command))),
        ),
        (
            "cmd, form",
            Dialect::FrappeMethod,
            sent("POST", &[], &none, Some((FORM, &command))),
        ),
        (
            "cmd, query",
            Dialect::FrappeMethod,
            sent("PUT", &[], &command, None),
        ),
    ]
    .into_iter()
    // Lists, counts and documents are asked by GET too; `/` takes that and POST.
    .map(|(name, dialect, mut sent)| {
        if sent.verb == "PUT" {
            sent.verb = if short.starts_with("get") {
                "GET"
            } else {
                "POST"
            };
        }
        (name, dialect, sent)
    })
    .collect()
}

fn v1(verb: &'static str, path: &[&str], query: &Map, body: Option<(&str, &Map)>) -> Face {
    let sent = sent(verb, path, query, body);
    ("version 1", Dialect::FrappeResource, sent)
}

fn v2(verb: &'static str, path: &[&str], query: &Map, body: Option<(&str, &Map)>) -> Face {
    let sent = sent(verb, path, query, body);
    ("version 2", Dialect::FrappeV2, sent)
}

/// Every way in which a client says this call.
pub(super) fn faces(call: &Call) -> Vec<Face> {
    let doctype = call.model.as_str();
    let none = Map::new();
    let name = match call.ids.as_deref() {
        Some([RecordId::Name(name)]) => Some(&**name),
        _ => None,
    };
    let doc = call.named.get("doc").and_then(Value::as_map);
    let about = |more: &Map| {
        let mut all = map([("doctype", Value::from(doctype))]);
        all.extend(name.map(|name| ("name".to_owned(), Value::from(name))));
        all.extend(more.clone());
        all
    };
    match (call.method.as_str(), name, doc) {
        ("get_list", None, _) => {
            let mut of_v2 = call.named.clone();
            if let Some(length) = of_v2.shift_remove("limit_page_length") {
                of_v2.insert("limit".to_owned(), length);
            }
            let mut all = vec![
                v1("GET", &[doctype], &call.named, None),
                v2("GET", &["document", doctype], &of_v2, None),
            ];
            all.extend(by_client("get_list", &about(&call.named)));
            all
        }
        ("get_count", None, _) => {
            let mut all = by_client("get_count", &about(&call.named));
            all.push(v2("GET", &["doctype", doctype, "count"], &call.named, None));
            all
        }
        ("get", None, _) => by_client("get", &about(&call.named)),
        ("get_meta", None, _) => vec![v2("GET", &["doctype", doctype, "meta"], &none, None)],
        ("get", Some(name), _) => {
            let mut all = by_client("get", &about(&none));
            all.push(v1("GET", &[doctype, name], &none, None));
            all.push(v2("GET", &["document", doctype, name], &none, None));
            all
        }
        ("insert", None, Some(doc)) => {
            let mut named = map([("doctype", Value::from(doctype))]);
            named.extend(doc.clone());
            let mut all = by_client("insert", &map([("doc", Value::Map(named))]));
            let data = map([("data", Value::Map(doc.clone()))]);
            all.push(v1("POST", &[doctype], &none, Some((FORM, &data))));
            all.push(v1("POST", &[doctype], &none, Some((JSON, &data))));
            all.push(v2("POST", &["document", doctype], &none, Some((JSON, doc))));
            all
        }
        ("save", Some(name), Some(doc)) => {
            let mut all = by_client(
                "set_value",
                &about(&map([("fieldname", Value::Map(doc.clone()))])),
            );
            // A document that is sent whole says when it was changed, and its state.
            if ["modified", "docstatus"]
                .iter()
                .all(|name| doc.contains_key(*name))
            {
                let whole = map([("doc", Value::Map(about(doc)))]);
                all.extend(by_client("save", &whole));
            }
            let data = map([("data", Value::Map(about(doc)))]);
            all.push(v1("PUT", &[doctype, name], &none, Some((FORM, &data))));
            for verb in ["PUT", "PATCH"] {
                let path = ["document", doctype, name];
                all.push(v2(verb, &path, &none, Some((JSON, &about(doc)))));
            }
            all
        }
        ("delete", Some(name), _) => {
            let mut all = by_client("delete", &about(&none));
            all.push(v1("DELETE", &[doctype, name], &none, None));
            all.push(v2("DELETE", &["document", doctype, name], &none, None));
            all
        }
        (done @ ("submit" | "cancel"), Some(name), None) => {
            let run = map([("run_method", Value::from(done))]);
            let mut all = vec![
                v1("POST", &[doctype, name], &none, Some((FORM, &run))),
                v1("POST", &[doctype, name], &run, None),
                v2(
                    "POST",
                    &["document", doctype, name, "method", done],
                    &none,
                    None,
                ),
            ];
            if done == "cancel" {
                all.extend(by_client("cancel", &about(&none)));
            }
            all
        }
        ("rename", Some(old), _) => {
            let mut named = map([("doctype", doctype.into()), ("old_name", old.into())]);
            named.extend(call.named.clone());
            by_client("rename_doc", &named)
        }
        (many @ ("insert_many" | "bulk_update"), None, _) => by_client(many, &call.named),
        _ => Vec::new(),
    }
}
