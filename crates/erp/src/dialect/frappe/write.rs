//! Writes calls as requests to `/api/resource` and `/api/method`, which every version has.
//!
//! Of version 2 only what has no other way is used, never a path with a document's name.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "values are matched by shape; the rest is JSON"
)]

use super::multipart::{self, Part};
use super::{bad, document};
use crate::call::{Call, RecordId};
use crate::dialect::json2::segment;
use crate::dialect::piece::{Piece, json};
use crate::dialect::{Outbound, UpstreamLogin};
use crate::fault::Fault;
use crate::name::Model;
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
        ("get_meta", None) => (
            "GET",
            format!("/api/v2/doctype/{}/meta", segment(doctype)),
            Vec::new(),
        ),
        ("upload_file", None) => return upload(call, login),
        ("download_file", None) => {
            let url = call.named.get("file_url").and_then(Value::as_str);
            let url = url.ok_or_else(|| bad("`file_url` is missing"))?;
            let query = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("file_url", url)
                .finish();
            (
                "GET",
                format!("{}?{query}", method("download_file")),
                Vec::new(),
            )
        }
        (many @ ("insert_many" | "bulk_update"), None) => {
            // One of the two takes the documents as a text only.
            let docs = call.named.get("docs").map(to_json).unwrap_or_default();
            let docs = String::from_utf8_lossy(&docs);
            let body = json(&Piece::Map(vec![("docs", Piece::Text(&docs))]));
            ("POST", method(&format!("frappe.client.{many}")), body)
        }
        ("rename", Some(old)) => {
            let mut entries = vec![
                ("doctype", Piece::Text(doctype)),
                ("old_name", Piece::Text(old)),
            ];
            for name in ["new_name", "merge"] {
                let value = call.named.get(name);
                entries.push((name, Piece::Value(value.unwrap_or(&Value::Null))));
            }
            (
                "POST",
                method("frappe.client.rename_doc"),
                json(&Piece::Map(entries)),
            )
        }
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
        ("insert", None) if call.whole => {
            let Some(doc) = doc()?.as_map() else {
                return Err(bad("`doc` is missing"));
            };
            let mut entries = vec![("doctype", Piece::Text(doctype))];
            let others = doc.iter().filter(|(name, _)| *name != "doctype");
            entries.extend(others.map(|(name, value)| (name.as_str(), Piece::Value(value))));
            let body = Piece::Map(vec![("doc", Piece::Map(entries))]);
            ("POST", method("frappe.client.insert"), json(&body))
        }
        (verb @ ("get" | "cancel"), Some(name)) if call.whole => {
            let entries = vec![
                ("doctype", Piece::Text(doctype)),
                ("name", Piece::Text(name)),
            ];
            let target = method(&format!("frappe.client.{verb}"));
            ("POST", target, json(&Piece::Map(entries)))
        }
        ("insert", None) => ("POST", path, data(doc()?)),
        ("get", Some(name)) => ("GET", one(name), Vec::new()),
        ("save", Some(name)) => ("PUT", one(name), data(doc()?)),
        ("delete", Some(name)) => ("DELETE", one(name), Vec::new()),
        // `frappe.client.submit` takes the document as it is sent, and refuses one in which
        // `creation` or `owner` are missing; saved by its path, it keeps what is not named.
        (verb @ ("submit" | "cancel"), Some(name)) if call.named.contains_key("doc") => {
            let Some(doc) = doc()?.as_map() else {
                return Err(bad("`doc` is missing"));
            };
            let changes = doc
                .iter()
                .filter(|(name, _)| !matches!(name.as_str(), "doctype" | "name" | "docstatus"));
            let mut entries: Vec<_> = changes
                .map(|(name, value)| (name.as_str(), Piece::Value(value)))
                .collect();
            let status = if verb == "submit" { 1 } else { 2 };
            entries.push(("docstatus", Piece::Int(status)));
            let body = Piece::Map(vec![("data", Piece::Map(entries))]);
            ("PUT", one(name), json(&body))
        }
        (verb @ ("submit" | "cancel"), Some(name)) => (
            "POST",
            one(name),
            json(&Piece::Map(vec![("run_method", Piece::Text(verb))])),
        ),
        (dotted, None)
            if dotted.contains('.') && dotted.split('.').all(|part| !part.is_empty()) =>
        {
            let target = match dotted.strip_prefix("doctype.") {
                Some(name) if name.contains('.') => return Err(bad("Frappe has no such call")),
                Some(name) => format!("/api/v2/method/{}/{}", segment(doctype), segment(name)),
                None => method(dotted),
            };
            return run(call, target, None, login);
        }
        (name, Some(document)) if !name.contains('.') => {
            return run(call, one(document), Some(name), login);
        }
        _ => return Err(bad("Frappe has no such call")),
    };
    Ok(request(verb, target, body, login))
}

/// A method that only a rule knows: of a document (`run_method`), or by its own path.
fn run(
    call: &Call,
    target: String,
    run_method: Option<&str>,
    login: &UpstreamLogin<'_>,
) -> Result<Outbound, Fault> {
    let taken = ["cmd", "sid", "run_method", "csrf_token"];
    if taken.iter().any(|name| call.named.contains_key(*name)) {
        return Err(bad(
            "an argument has a name that means something else to Frappe",
        ));
    }
    let mut entries: Vec<_> = run_method
        .map(|name| ("run_method", Piece::Text(name)))
        .into_iter()
        .collect();
    let texts = call.named.values().all(|value| value.as_str().is_some());
    if call.safe && texts {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(run_method.map(|name| ("run_method", name)));
        let named = call.named.iter();
        query.extend_pairs(named.filter_map(|(name, value)| Some((name, value.as_str()?))));
        let query = query.finish();
        if target.len().saturating_add(query.len()) < MAX_TARGET {
            let mark = if query.is_empty() { "" } else { "?" };
            let target = format!("{target}{mark}{query}");
            return Ok(request("GET", target, Vec::new(), login));
        }
    }
    let named = call.named.iter();
    entries.extend(named.map(|(name, value)| (name.as_str(), Piece::Value(value))));
    let verb = if call.safe { "GET" } else { "POST" };
    Ok(request(verb, target, json(&Piece::Map(entries)), login))
}

/// The parts of an upload that were judged, and no others.
fn upload(call: &Call, login: &UpstreamLogin<'_>) -> Result<Outbound, Fault> {
    let mut fields = Vec::with_capacity(6);
    for (name, value) in &call.named {
        let text = match value {
            Value::Bool(truth) => i64::from(*truth).to_string(),
            Value::Text(text) => text.clone(),
            _ => continue,
        };
        if name != "file_name" {
            fields.push((name.as_str(), text));
        }
    }
    let mut parts: Vec<Part<'_>> = fields
        .iter()
        .map(|(name, text)| Part {
            name: (*name).to_owned(),
            file: None,
            content: text.as_bytes(),
        })
        .collect();
    match (call.named.get("file_name"), call.named.get("content")) {
        (Some(Value::Text(name)), Some(Value::Bytes(content))) => parts.push(Part {
            name: "file".to_owned(),
            file: Some(name.clone()),
            content,
        }),
        _ => return Err(bad("`file` is missing")),
    }
    let (content_type, body) = multipart::write(&parts);
    let mut outbound = request("POST", method("upload_file"), Vec::new(), login);
    outbound.headers.push(("content-type", content_type));
    outbound.body = body;
    Ok(outbound)
}

/// Asks what a DocType is made of: any user may.
pub(in crate::dialect) fn write_meta(
    doctype: &Model,
    login: &UpstreamLogin<'_>,
) -> Result<Outbound, Fault> {
    document(doctype.as_str())?;
    let target = format!("/api/v2/doctype/{}/meta", segment(doctype.as_str()));
    Ok(request("GET", target, Vec::new(), login))
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
