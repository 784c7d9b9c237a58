//! Writes calls as requests to `/api/resource` and `/api/method`.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "values are matched by shape; the rest is JSON"
)]

use super::{bad, document};
use crate::call::{Call, RecordId};
use crate::dialect::json2::segment;
use crate::dialect::piece::{Piece, json};
use crate::dialect::{Outbound, UpstreamLogin};
use crate::fault::Fault;
use crate::value::{Value, to_json};

/// Frappe's server takes request lines of about 4,000 bytes.
const MAX_TARGET: usize = 3500;

pub(in crate::dialect) fn write(call: &Call, login: &UpstreamLogin<'_>) -> Result<Outbound, Fault> {
    if !call.positional.is_empty() {
        return Err(bad("Frappe takes named arguments only"));
    }
    let doctype = call.model.as_str();
    document(doctype)?;
    let path = format!("/api/resource/{}", segment(doctype));
    let name = match call.ids.as_deref() {
        None => None,
        Some([RecordId::Name(name)]) => {
            document(name)?;
            Some(&**name)
        }
        Some(_) => return Err(bad("Frappe's calls take one document, by its name")),
    };
    let one = |name| format!("{path}/{}", segment(name));
    let doc = || match call.named.get("doc") {
        Some(doc @ Value::Map(_)) if call.named.len() == 1 => Ok(doc),
        _ => Err(bad("`doc` is missing, or is not alone")),
    };
    let data = |doc| json(&Piece::Map(vec![("data", Piece::Value(doc))]));
    let (verb, target, body) = match (call.method.as_str(), name) {
        ("get_list", None) => return Ok(list(call, &path, login)),
        ("get_count", None) => (
            "POST",
            method("frappe.client.get_count"),
            arguments(call, "doctype", doctype),
        ),
        ("get", None) => (
            "POST",
            method("frappe.client.get"),
            arguments(call, "doctype", doctype),
        ),
        ("insert", None) => ("POST", path, data(doc()?)),
        ("get", Some(name)) => ("GET", one(name), Vec::new()),
        ("save", Some(name)) => ("PUT", one(name), data(doc()?)),
        ("delete", Some(name)) => ("DELETE", one(name), Vec::new()),
        ("submit", Some(name)) if call.named.contains_key("doc") => {
            let Some(doc) = doc()?.as_map() else {
                return Err(bad("`doc` is missing"));
            };
            let mut entries = vec![
                ("doctype", Piece::Text(doctype)),
                ("name", Piece::Text(name)),
            ];
            let rest = doc
                .iter()
                .filter(|(name, _)| !matches!(name.as_str(), "doctype" | "name"));
            entries.extend(rest.map(|(name, value)| (name.as_str(), Piece::Value(value))));
            let body = Piece::Map(vec![("doc", Piece::Map(entries))]);
            ("POST", method("frappe.client.submit"), json(&body))
        }
        (verb @ ("submit" | "cancel"), Some(name)) => (
            "POST",
            one(name),
            json(&Piece::Map(vec![("run_method", Piece::Text(verb))])),
        ),
        (dotted, None)
            if dotted.contains('.') && dotted.split('.').all(|part| !part.is_empty()) =>
        {
            if ["cmd", "sid"]
                .iter()
                .any(|name| call.named.contains_key(*name))
            {
                return Err(bad("an argument cannot be named `cmd` or `sid`"));
            }
            ("POST", method(dotted), json(&Piece::Entries(&call.named)))
        }
        _ => return Err(bad("Frappe has no such call")),
    };
    Ok(request(verb, target, body, login))
}

fn method(dotted: &str) -> String {
    format!("/api/method/{}", segment(dotted))
}

/// The arguments, and one more.
fn arguments(call: &Call, name: &str, value: &str) -> Vec<u8> {
    let mut entries = vec![(name, Piece::Text(value))];
    entries.extend(
        call.named
            .iter()
            .map(|(name, value)| (name.as_str(), Piece::Value(value))),
    );
    json(&Piece::Map(entries))
}

/// A list is asked by GET, as everybody does, unless the line becomes too long for the server.
fn list(call: &Call, path: &str, login: &UpstreamLogin<'_>) -> Outbound {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in &call.named {
        // What is text stands as it is; the rest is JSON in text.
        match value {
            Value::Text(text) if matches!(name.as_str(), "order_by" | "group_by" | "parent") => {
                query.append_pair(name, text)
            }
            value => query.append_pair(name, &String::from_utf8_lossy(&to_json(value))),
        };
    }
    let query = query.finish();
    let target = if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    };
    if target.len() > MAX_TARGET {
        let body = arguments(call, "doctype", call.model.as_str());
        return request("POST", method("frappe.client.get_list"), body, login);
    }
    request("GET", target, Vec::new(), login)
}

fn request(
    verb: &'static str,
    target: String,
    body: Vec<u8>,
    login: &UpstreamLogin<'_>,
) -> Outbound {
    let mut headers = vec![
        ("accept", "application/json".to_owned()),
        ("authorization", format!("token {}", login.secret)),
        ("x-frappe-site-name", login.database.to_string()),
    ];
    if !body.is_empty() {
        headers.push(("content-type", "application/json".to_owned()));
    }
    Outbound {
        verb,
        target,
        headers,
        body,
    }
}
