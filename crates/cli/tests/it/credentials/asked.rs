//! What is asked in each dialect, and how it is answered and refused there.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "what is not named has nothing of its own"
)]

use serde_json::{Value as Json, json};

use crate::demo::Got;
use crate::people::town::PAGE;
use crate::signing::Request;

/// A column of the table.
pub(super) struct Face {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
}

/// What is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Xml1,
    Xml2,
    JsonRpc,
    Json2,
    Doc,
    Call,
    Resource,
    Method,
    V2,
    File,
    Rest,
    Batch,
    Custom,
}

const fn face(name: &'static str, kind: Kind) -> Face {
    Face { name, kind }
}

pub(super) const ODOO: &[Face] = &[
    face("xmlrpc", Kind::Xml1),
    face("xmlrpc/2", Kind::Xml2),
    face("jsonrpc", Kind::JsonRpc),
    face("json/2", Kind::Json2),
    face("doc-bearer", Kind::Doc),
    face("web", Kind::Call),
    face("façade", Kind::Rest),
    face("batch", Kind::Batch),
    face("route", Kind::Custom),
];

pub(super) const ERPNEXT: &[Face] = &[
    face("resource", Kind::Resource),
    face("method", Kind::Method),
    face("v2", Kind::V2),
    face("files", Kind::File),
    face("façade", Kind::Rest),
    face("batch", Kind::Batch),
    face("route", Kind::Custom),
];

/// What stands in the body of who calls.
pub(super) struct Body<'a> {
    pub(super) erp: &'static str,
    pub(super) login: &'a str,
    pub(super) password: &'a str,
    pub(super) uid: i64,
}

/// A request that reads something.
pub(super) fn read(face: &Face, body: &Body<'_>) -> Request {
    let is_odoo = body.erp == "odoo";
    match face.kind {
        Kind::Xml1 | Kind::Xml2 => {
            let (uid, password) = (body.uid, body.password);
            let text = format!(
                "<methodCall><methodName>execute_kw</methodName><params>\
                 <param><value>demo</value></param><param><value><int>{uid}</int></value></param>\
                 <param><value>{password}</value></param><param><value>res.partner</value></param>\
                 <param><value>search_count</value></param>\
                 <param><value><array><data><value><array><data/></array></value></data></array></value></param>\
                 </params></methodCall>"
            );
            Request::new("POST", rpc(face, "object"), &text)
        }
        Kind::JsonRpc => {
            let args = json!([
                "demo",
                body.uid,
                body.password,
                "res.partner",
                "search_count",
                [[]]
            ]);
            let params = json!({"args": args, "method": "execute_kw", "service": "object"});
            posted("/jsonrpc", &enveloped(&params))
        }
        Kind::Json2 => posted("/json/2/res.partner/search_count", &json!({"domain": []})),
        Kind::Doc => Request::new("GET", "/doc-bearer/res.partner.json", ""),
        Kind::Call => {
            let params = json!({"args": [[]], "kwargs": {}, "method": "search_count",
                "model": "res.partner"});
            posted("/web/dataset/call_kw", &enveloped(&params))
        }
        Kind::Resource => Request::new("GET", "/api/resource/Customer", ""),
        Kind::Method => {
            let path = "/api/method/frappe.client.get_count?doctype=Customer";
            Request::new("GET", path, "")
        }
        Kind::V2 => Request::new("GET", "/api/v2/document/Customer", ""),
        Kind::File => Request::new("GET", &format!("/files/{}.txt", body.login), ""),
        Kind::Rest if is_odoo => {
            Request::new("GET", "/u/odoo/api/v1/res.partner?fields=name&limit=1", "")
        }
        Kind::Rest => Request::new("GET", "/u/erpnext/api/v1/Customer?limit=1", ""),
        Kind::Batch => {
            let list = if is_odoo {
                "res.partner?fields=name"
            } else {
                "Customer?fields=name"
            };
            let item = json!({"method": "GET", "path": format!("/api/v1/{list}&limit=1")});
            posted(
                &format!("/u/{}/api/v1/-/batch", body.erp),
                &json!([item, item]),
            )
        }
        Kind::Custom => Request::new("GET", PAGE, ""),
    }
}

/// A request that logs in.
pub(super) fn log_in(face: &Face, body: &Body<'_>) -> Request {
    let (login, password) = (body.login, body.password);
    match face.kind {
        Kind::Xml1 | Kind::Xml2 => {
            let text = format!(
                "<methodCall><methodName>login</methodName><params>\
                 <param><value>demo</value></param><param><value>{login}</value></param>\
                 <param><value>{password}</value></param></params></methodCall>"
            );
            Request::new("POST", rpc(face, "common"), &text)
        }
        Kind::JsonRpc => {
            let args = json!(["demo", login, password]);
            let params = json!({"args": args, "method": "login", "service": "common"});
            posted("/jsonrpc", &enveloped(&params))
        }
        Kind::Call => {
            let params = json!({"db": "demo", "login": login, "password": password});
            posted("/web/session/authenticate", &enveloped(&params))
        }
        Kind::Method | Kind::V2 => {
            let path = match face.kind {
                Kind::V2 => "/api/v2/method/login",
                _ => "/api/method/login",
            };
            posted(path, &json!({"pwd": password, "usr": login}))
        }
        _ => posted(
            &format!("/u/{}/api/v1/-/login", body.erp),
            &json!({"login": login, "password": password}),
        ),
    }
}

fn rpc(face: &Face, service: &str) -> &'static str {
    match (face.kind, service) {
        (Kind::Xml1, "object") => "/xmlrpc/object",
        (Kind::Xml1, _) => "/xmlrpc/common",
        (_, "object") => "/xmlrpc/2/object",
        (_, _) => "/xmlrpc/2/common",
    }
}

fn enveloped(params: &Json) -> Json {
    json!({"id": 1, "jsonrpc": "2.0", "method": "call", "params": params})
}

fn posted(path: &str, body: &Json) -> Request {
    Request::new("POST", path, &python(body))
}

/// JSON as Python's `json.dumps(…, sort_keys=True)` writes it.
fn python(value: &Json) -> String {
    match value {
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(python).collect();
            format!("[{}]", items.join(", "))
        }
        Json::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{}: {}", json!(name), python(value)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => value.to_string(),
    }
}

fn parsed(got: &Got) -> Json {
    serde_json::from_slice(&got.body).unwrap_or(Json::Null)
}

/// Whether what was asked for was answered.
pub(super) fn is_served(face: &Face, logs_in: bool, got: &Got) -> bool {
    let (ok, body) = (got.status == 200, parsed(got));
    ok && match face.kind {
        Kind::Xml1 | Kind::Xml2 => got.text().contains("<int>") && !got.text().contains("<fault>"),
        Kind::JsonRpc => body["result"].is_u64(),
        Kind::Call if logs_in => body["result"]["uid"].is_u64(),
        Kind::Call => body["result"].is_u64(),
        Kind::Json2 => body.is_u64(),
        Kind::Doc => body["methods"].is_object(),
        Kind::Rest if logs_in => body["data"]["csrf_token"].is_string(),
        Kind::Method | Kind::V2 if logs_in => got.headers.contains_key("set-cookie"),
        Kind::Rest | Kind::Resource | Kind::V2 => body["data"].is_array(),
        Kind::Method => body["message"].is_u64(),
        Kind::File => got.text() == "hello",
        Kind::Batch => {
            let answers = body["data"].as_array();
            let done = |answers: &Vec<Json>| answers.iter().all(|each| each["status"] == 200);
            answers.is_some_and(|answers| answers.len() == 2 && done(answers))
        }
        Kind::Custom => body["till"] == 1,
    }
}

/// Whether it is refused as this dialect refuses whoever is not let in.
pub(super) fn is_refused(face: &Face, got: &Got) -> bool {
    let body = parsed(got);
    if got.headers.contains_key("set-cookie") {
        let ends = |value: &http::HeaderValue| {
            let text = value.to_str().unwrap_or_default();
            text.contains("=;") || text.contains("Guest")
        };
        assert!(got.headers.get_all("set-cookie").iter().all(ends));
    }
    match face.kind {
        Kind::Xml1 | Kind::Xml2 => {
            let text = got.text();
            got.status == 200 && (text.contains("<fault>") || text.contains("<boolean>0</boolean>"))
        }
        Kind::JsonRpc => {
            got.status == 200 && (body["error"].is_object() || body["result"] == false)
        }
        Kind::Call => {
            got.status == 200 && body["error"].is_object() && body.get("result").is_none()
        }
        Kind::Rest | Kind::Batch => {
            got.status == 401 && got.content_type.starts_with("application/problem+json")
        }
        Kind::Json2 | Kind::Doc | Kind::Custom => got.status == 401,
        // 403 is for whoever shows nothing, as a certificate is that no key is bound to.
        Kind::Resource | Kind::Method | Kind::V2 | Kind::File => {
            matches!(got.status, 401 | 403)
        }
    }
}

/// The ids of the requests in a batch.
pub(super) fn ids_of_batch(got: &Got) -> Vec<String> {
    let body = parsed(got);
    let each = body["data"].as_array().into_iter().flatten();
    let ids = each.filter_map(|answer| answer["headers"]["x-request-id"].as_str());
    ids.map(str::to_owned).collect()
}
