//! A REST service in the manner of OCA's `base_rest`, with `auth='api_key'`: the key stands in
//! the header `API-KEY`; errors are objects with code, name and description, and, where the
//! server runs in its developer's mode, with a traceback.

use portcullis_sandbox::{Request, Response};
use serde_json::{Value, json};

use super::{KEY, json, traceback};

pub(super) fn answer(request: &Request, path: &[&str]) -> Response {
    if request.header("api-key") != Some(KEY) {
        return failed(403, "Forbidden", "the key is not known");
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    match (&*request.verb, path) {
        ("GET", ["partner", "search"]) => json(200, &json!({"count": 1, "query": request.query})),
        ("GET", ["partner", "404"]) => failed(404, "Not Found", "there is no such partner"),
        ("GET", ["partner", id]) => json(200, &json!({"id": id, "name": "Azure Interior"}))
            .with("Set-Cookie", "session_id=abc; Path=/")
            .with("ETag", "\"7\"")
            .with("X-Powered-By", "Odoo"),
        ("POST", ["partner"]) if body["name"] == "boom" => failed(400, "Bad Request", &traceback()),
        ("POST", ["partner"]) => json(201, &json!({"id": 7, "got": body})),
        ("GET", ["large"]) => json(200, &json!({"text": "x".repeat(100_000)})),
        ("GET", ["page"]) => Response::new(200, "text/html", "<script>alert(1)</script>"),
        ("GET", ["away"]) => {
            Response::new(302, "text/html", "").with("Location", "http://192.0.2.1/web/x")
        }
        ("GET", ["broken"]) => Response::new(500, "text/plain", traceback()),
        _ => failed(404, "Not Found", "there is no such service"),
    }
}

fn failed(code: u16, name: &str, description: &str) -> Response {
    let error = json!({"code": code, "name": name, "description": description,
        "traceback": traceback()});
    json(code, &error)
}
