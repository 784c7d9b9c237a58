//! A REST service in the manner of FastAPI within an Odoo: a bearer or basic credential, typed
//! paths, and 422 with the places of what is wrong.

use base64::Engine as _;
use portcullis_sandbox::{Request, Response};
use serde_json::{Value, json};

use super::{KEY, USER, json, traceback};

pub(super) fn answer(request: &Request, path: &[&str]) -> Response {
    let pair = format!("{}:{}", USER.0, USER.1);
    let basic = base64::engine::general_purpose::STANDARD.encode(pair);
    let credentials = [format!("Bearer {KEY}"), format!("Basic {basic}")];
    let shown = request.header("authorization").unwrap_or_default();
    if !credentials.iter().any(|known| known == shown) {
        return json(401, &json!({"detail": "Not authenticated"}))
            .with("WWW-Authenticate", "Bearer");
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    match (&*request.verb, path) {
        ("GET", ["orders", id]) => json(200, &json!({"id": id, "state": "draft"})),
        ("POST", ["orders"]) if body["customer"].is_null() => {
            let missing = json!([{"type": "missing", "loc": ["body", "customer"],
                "msg": "Field required"}]);
            json(422, &json!({"detail": missing}))
        }
        ("POST", ["orders"]) => json(201, &json!({"id": 41})),
        ("PUT" | "PATCH", ["orders", id]) => json(200, &json!({"id": id, "changed": body})),
        ("DELETE", ["orders", _]) => Response::new(204, "application/json", ""),
        ("POST", ["orders", _, "confirm"]) => json(200, &json!({"error": traceback()})),
        _ => json(404, &json!({"detail": "Not Found"})),
    }
}
