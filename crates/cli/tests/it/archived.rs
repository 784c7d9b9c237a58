//! Users that are archived in the ERP: their keys are refused, or go on as whoever stands in.

mod frappe;
mod odoo;
mod set;

use std::path::PathBuf;

use serde_json::{Value as Json, json};

use crate::demo::{Demo, Got, send};
use crate::serve::{Place, Served};
use crate::{pause, within};

/// Whoever may be archived, and whoever may stand in, in both ERPs.
const ROLE: &str = r#"
[[rule]]
name = "partners"
models = ["res.partner", "Customer"]
operations = ["read", "create"]
fields = "*"
"#;

/// How long it may take until a gateway knows, in milliseconds.
const KNOWN: u64 = 25_000;

fn secret_file(demo: &Demo, name: &str) -> PathBuf {
    let log = PathBuf::from(demo.fact("/upstream_log"));
    log.with_file_name("secrets").join(name)
}

fn secret(demo: &Demo, name: &str) -> String {
    std::fs::read_to_string(secret_file(demo, name)).expect("a secret of the demo")
}

/// A place before both ERPs with these users of them, and with these lines more.
fn place(demo: &Demo, users: &[(&str, &str, &str)], more: &str) -> Place {
    let mut text = format!(
        "listen = \"127.0.0.1:0\"\nroles = [\"reader.toml\"]\n{more}\n\
         [limits]\nper-minute = 60000\nburst = 10000\naddress-failures-burst = 10000\n\
         [upstream.odoo]\nkind = \"odoo\"\nurl = \"{}\"\ndatabase = \"demo\"\n\
         [upstream.erpnext]\nkind = \"frappe\"\nurl = \"{}\"\ndatabase = \"demo\"\n",
        demo.fact("/odoo"),
        demo.fact("/erpnext"),
    );
    for (upstream, login, file) in users {
        text.push_str(&format!(
            "[upstream.{upstream}.user.\"{login}\"]\nsecret-file = \"{}\"\n",
            secret_file(demo, file).display()
        ));
    }
    Place::of(&text, ROLE)
}

const ODOO: &[(&str, &str, &str)] = &[
    ("odoo", "integration", "odoo-integration"),
    ("odoo", "second", "odoo-second"),
    ("odoo", "admin", "odoo-admin"),
];

const FRAPPE: &[(&str, &str, &str)] = &[
    ("erpnext", "integration@example.com", "erpnext-integration"),
    ("erpnext", "second@example.com", "erpnext-second"),
];

/// A key of an upstream, with these arguments more; answers it and its id.
fn key(place: &Place, upstream: &str, user: &str, more: &[&str]) -> (String, String) {
    let mut all = vec!["--upstream", upstream];
    all.extend_from_slice(more);
    place.key_of("shop", user, &all)
}

fn post(served: &Served, path: &str, headers: &[(&str, &str)], body: &Json) -> Got {
    let mut request = http::Request::post(format!("{}{path}", served.url))
        .header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(
        request
            .body(body.to_string().into_bytes())
            .expect("a request"),
    )
}

/// Waits until this is so: a gateway finds out by itself.
fn becomes(what: &str, is: impl Fn() -> bool) {
    let known = within(KNOWN, || is().then_some(()));
    assert!(known.is_some(), "{what}: not within {KNOWN} ms");
}

/// What reached the ERPs since this was asked last, but for the gateways' own questions.
fn done(demo: &Demo) -> Vec<String> {
    let lines = demo.reached().into_iter().map(|line| line.to_string());
    let is_own = |line: &String| {
        [
            "res.users",
            "/User/",
            "get_logged_user",
            "get_roles",
            "authenticate",
        ]
        .iter()
        .any(|own| line.contains(own))
    };
    lines.filter(|line| !is_own(line)).collect()
}

/// The records of the ledger, once those of the last calls are closed.
fn records(place: &Place) -> Vec<Json> {
    pause(700);
    place.lines(&["audit", "tail", "-n", "1000"])
}

/// A user, as it is listed.
fn listed(place: &Place, login: &str) -> Json {
    let (code, all) = place.run(&["user", "list"]);
    assert_eq!(code, 0);
    let all = all.as_array().expect("users");
    let found = all.iter().find(|user| user["login"] == login);
    found.expect("the user").clone()
}

/// A key, as it is listed.
fn listed_key(place: &Place, id: &str) -> Json {
    let (code, all) = place.run(&["key", "list"]);
    assert_eq!(code, 0);
    let all = all.as_array().expect("keys");
    let found = all.iter().find(|key| key["id"] == id);
    found.expect("the key").clone()
}

/// Answers how a key that nobody has is refused.
fn unknown(served: &Served, path: &str, body: &Json) -> (u16, Json) {
    told(&post(served, path, &[("x-api-key", "pck_nothing")], body))
}

/// What is told, but for the id of the request.
fn told(got: &Got) -> (u16, Json) {
    let id = got.headers.get("x-request-id");
    let id = id.and_then(|id| id.to_str().ok()).unwrap_or("-");
    let text = got.text().replace(id, "ID");
    (got.status, json!(text))
}

/// Asks an ERP itself: status, content type and body.
fn at_the_erp(request: http::Request<Vec<u8>>) -> (u16, String, Vec<u8>) {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build();
    let answer = ureq::Agent::from(config).run(request);
    let (head, mut body) = answer.expect("an answer").into_parts();
    let content_type = head.headers.get("content-type");
    let content_type = content_type.and_then(|value| value.to_str().ok());
    (
        head.status.as_u16(),
        content_type.unwrap_or_default().to_owned(),
        body.read_to_vec().expect("a body"),
    )
}
