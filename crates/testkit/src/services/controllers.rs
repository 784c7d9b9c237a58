//! Controllers of an Odoo: `type='json'` ones that speak in an envelope and say errors with 200,
//! and `type='http'` ones; open to everybody, by a key, or by a session.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use portcullis_sandbox::{Request, Response};
use serde_json::{Value, json};

use super::{KEY, USER, json, traceback};

/// The token against forged requests of every session here.
const TOKEN: &str = "0123456789abcdef0123o1764";

/// The sessions that were begun and not ended.
#[derive(Default)]
pub(super) struct Sessions {
    known: Mutex<(u32, Vec<String>)>,
    /// Whether everything fails that begins one.
    broken: AtomicBool,
}

impl Sessions {
    pub(super) fn end(&self) {
        self.known.lock().unwrap().1.clear();
    }

    pub(super) fn fail(&self, fails: bool) {
        self.broken.store(fails, Ordering::Relaxed);
    }

    fn begin(&self) -> String {
        let mut sessions = self.known.lock().unwrap();
        sessions.0 += 1;
        let session = format!("s{}", sessions.0);
        sessions.1.push(session.clone());
        session
    }

    fn knows(&self, request: &Request) -> bool {
        let cookie = request.header("cookie").unwrap_or_default();
        let session = cookie.strip_prefix("session_id=").unwrap_or_default();
        let sessions = self.known.lock().unwrap();
        sessions.1.iter().any(|known| known == session)
    }
}

pub(super) fn answer(sessions: &Sessions, request: &Request, path: &[&str]) -> Response {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let params = &body["params"];
    match (&*request.verb, path) {
        (_, ["web", ..]) if sessions.broken.load(Ordering::Relaxed) => {
            Response::new(500, "text/html", traceback())
        }
        ("POST", ["web", "session", "authenticate"]) => {
            if (params["login"].as_str(), params["password"].as_str())
                != (Some(USER.0), Some(USER.1))
            {
                return said(
                    &body,
                    &error(200, "odoo.exceptions.AccessDenied", "Access Denied"),
                );
            }
            let cookie = format!("session_id={}; Path=/; HttpOnly", sessions.begin());
            said(&body, &json!({"result": {"uid": 7, "username": USER.0}}))
                .with("Set-Cookie", cookie)
        }
        ("POST", ["api", "data"]) => said(&body, &json!({"result": {"message": "Hello"}})),
        ("POST", ["api", "secure-data"]) if request.header("x-api-key") == Some(KEY) => {
            said(&body, &json!({"result": {"data": "Secure Data"}}))
        }
        ("POST", ["api", "secure-data"]) => {
            said(&body, &json!({"result": {"error": "Unauthorized"}}))
        }
        ("POST", ["api", "orders" | "v1", ..]) if !sessions.knows(request) => said(
            &body,
            &error(100, "odoo.http.SessionExpiredException", "Session expired"),
        ),
        ("POST", ["api", "v1", "data"]) => said(&body, &json!({"result": {"version": "v1"}})),
        ("POST", ["api", "orders"]) => said(&body, &ordered(params)),
        // It does something, and leads to the log-in; so does Odoo where a session is over.
        ("GET" | "POST", ["api", "leave"]) => {
            Response::new(303, "text/html", "").with("Location", "/web/login")
        }
        ("POST", ["api", "form"]) if !sessions.knows(request) => {
            Response::new(303, "text/html", "").with("Location", "/web/login?redirect=/api/form")
        }
        ("POST", ["api", "form"]) if !request.body.ends_with(TOKEN.as_bytes()) => Response::new(
            400,
            "text/html",
            "<p>Session expired (invalid CSRF token)</p>",
        ),
        ("GET", ["web"]) if sessions.knows(request) => {
            let page = format!("<script>var odoo = {{ csrf_token: \"{TOKEN}\" }};</script>");
            Response::new(200, "text/html", page)
        }
        ("POST", ["api", "form"]) => {
            let page = format!("<p>Thank you. {} bytes</p>", request.body.len());
            Response::new(200, "text/html; charset=utf-8", page)
                .with("Set-Cookie", "session_id=other; Path=/")
        }
        ("POST", ["my_service"]) if request.header("api-key") == Some(KEY) => {
            json(200, &json!({"ok": true, "got": body}))
        }
        _ => Response::new(404, "text/html", "<h1>Not Found</h1>"),
    }
}

fn ordered(params: &Value) -> Value {
    match params["fail"].as_str() {
        None => json!({"result": {"status": "success", "lines": params["lines"]}}),
        Some("validation") => error(
            200,
            "odoo.exceptions.ValidationError",
            "The quantity must be positive.",
        ),
        Some(_) => error(200, "builtins.ZeroDivisionError", "qty is zero"),
    }
}

fn error(code: u16, name: &str, message: &str) -> Value {
    json!({"error": {"code": code, "message": "Odoo Server Error", "data": {
        "name": name, "message": message, "arguments": [message], "context": {},
        "debug": traceback()}}})
}

/// The envelope, with the id of the request.
fn said(asked: &Value, what: &Value) -> Response {
    let mut envelope = json!({"jsonrpc": "2.0", "id": asked["id"]});
    for (name, value) in what.as_object().into_iter().flatten() {
        envelope[name] = value.clone();
    }
    json(200, &envelope)
}
