//! Calls as the REST façade takes them.

use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use portcullis_erp::value::to_json;
use portcullis_erp::{Call, RecordId, Value};
use serde_json::{Value as Json, json};

/// A call as a request of the façade; none where that has no form for it.
pub(super) fn request(call: &Call, key: &str) -> Option<http::Request<Bytes>> {
    let named = json(&Value::Map(call.named.clone()));
    let ids: Vec<String> = call.ids.iter().flatten().map(text).collect();
    let record = match ids.as_slice() {
        [] => None,
        [one] => Some(one.as_str()),
        _ => return None,
    };
    let (verb, path, body) = match (call.method.as_str(), record) {
        ("search_read", None) => ("GET", format!("?{}", query(&named)?), None),
        ("read", Some(id)) => ("GET", format!("/{id}?{}", query(&named)?), None),
        ("create", None) => (
            "POST",
            String::new(),
            named.pointer("/vals_list/0").cloned(),
        ),
        ("write", Some(id)) => ("PATCH", format!("/{id}"), named.get("vals").cloned()),
        ("unlink", Some(id)) => ("DELETE", format!("/{id}"), None),
        (method, Some(id)) => ("POST", format!("/{id}/{method}"), Some(named)),
        (method, None) => ("POST", format!("/{method}"), Some(named)),
    };
    let model = encoded(call.model.as_str());
    let request = http::Request::builder()
        .method(verb)
        .uri(format!("/api/v1/{model}{path}"))
        .header("host", "gateway")
        .header("content-type", "application/json")
        .header("x-api-key", key);
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    request.body(Bytes::from(body)).ok()
}

/// What chooses and shows records. A façade's list says no more than this.
fn query(named: &Json) -> Option<String> {
    let mut parts = Vec::new();
    for (name, value) in named.as_object()? {
        match (name.as_str(), value) {
            ("domain", domain) => parts.push(("filter", domain.to_string())),
            ("fields", Json::Array(fields)) => {
                let names: Vec<&str> = fields.iter().filter_map(Json::as_str).collect();
                parts.push(("fields", names.join(",")));
            }
            ("order", Json::String(order)) => parts.push(("order", signed(order))),
            ("limit" | "offset", Json::Number(number)) => {
                let name = if name == "limit" { "limit" } else { "offset" };
                parts.push((name, number.to_string()));
            }
            ("limit", Json::Bool(false)) => {}
            _ => return None,
        }
    }
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", encoded(&value)))
        .collect();
    Some(parts.join("&"))
}

/// `name desc, id` as `-name,id`.
fn signed(order: &str) -> String {
    let signed = |part: &str| match part.trim().split_once(' ') {
        Some((field, "desc")) => format!("-{field}"),
        Some((field, _)) => field.to_owned(),
        None => part.trim().to_owned(),
    };
    let parts: Vec<String> = order.split(',').map(signed).collect();
    parts.join(",")
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn text(id: &RecordId) -> String {
    match id {
        RecordId::Number(id) => id.to_string(),
        RecordId::Name(name) => encoded(name),
    }
}

fn json(value: &Value) -> Json {
    serde_json::from_slice(&to_json(value)).unwrap_or_else(|_| json!({}))
}
