//! Persons who log in with the password of the ERP: the ERP checks it once, and calls run within
//! its own session.

mod anew;
mod basic;
mod batch;
mod beside;
mod ended;
mod facade;
mod frappe;
mod guessing;
mod odoo;
mod swap;
pub(crate) mod town;

use serde_json::{Value as Json, json};

use crate::demo::{Got, send};
use crate::sessions::{cookie, set_cookies};

/// Somebody at a gateway, with one cookie.
pub(crate) struct Person {
    url: String,
    pub(crate) cookie: Option<String>,
    /// Headers of each request.
    headers: Vec<(&'static str, String)>,
}

impl Person {
    fn at(url: &str) -> Self {
        Self {
            url: url.trim_end_matches('/').to_owned(),
            cookie: None,
            headers: Vec::new(),
        }
    }

    /// The same, who comes from this address: the gateway must trust who says so.
    fn from(url: &str, address: &str) -> Self {
        let mut someone = Self::at(url);
        someone.headers = vec![
            ("x-forwarded-for", address.to_owned()),
            ("x-forwarded-proto", "https".to_owned()),
        ];
        someone
    }

    fn send(&self, verb: &str, path: &str, more: &[(&str, &str)], body: &str) -> Got {
        let mut request = http::Request::builder()
            .method(verb)
            .uri(format!("{}{path}", self.url));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        send(request.body(body.as_bytes().to_vec()).unwrap())
    }

    fn json(&self, verb: &str, path: &str, more: &[(&str, &str)], body: &Json) -> (Got, Json) {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend_from_slice(more);
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let got = self.send(verb, path, &headers, &body);
        let answer = serde_json::from_slice(&got.body).unwrap_or(Json::Null);
        (got, answer)
    }

    /// A call of one of Odoo's JSON routes.
    fn ask(&self, path: &str, more: &[(&str, &str)], params: &Json) -> (Got, Json) {
        let body = json!({"jsonrpc": "2.0", "method": "call", "params": params, "id": 7});
        self.json("POST", path, more, &body)
    }

    fn call(&self, model: &str, method: &str, args: Json) -> Json {
        let params = json!({"model": model, "method": method, "args": args, "kwargs": {}});
        self.ask("/web/dataset/call_kw", &[], &params).1
    }

    fn count(&self) -> Json {
        self.call("res.partner", "search_count", json!([[]]))
    }

    /// Logs in to Odoo, and keeps the cookie.
    fn log_in(&mut self, login: &str, password: &str) -> (Got, Json) {
        let params = json!({"db": "demo", "login": login, "password": password});
        let (got, answer) = self.ask("/web/session/authenticate", &[], &params);
        self.cookie = cookie(&got, "session_id").or(self.cookie.take());
        (got, answer)
    }

    /// Logs in to Frappe, and keeps the cookie.
    fn log_in_to_frappe(&mut self, login: &str, password: &str) -> Got {
        let form = ("content-type", "application/x-www-form-urlencoded");
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("usr", login)
            .append_pair("pwd", password)
            .finish();
        let got = self.send("POST", "/api/method/login", &[form], &body);
        self.cookie = cookie(&got, "sid").or(self.cookie.take());
        got
    }
}

/// What a refused log-in to Odoo is told.
fn refusal(got: &Got, answer: &Json) -> (u16, Json, Json) {
    assert!(set_cookies(got).is_empty(), "{}", got.text());
    let error = &answer["error"];
    (
        got.status,
        error["data"]["name"].clone(),
        error["data"]["message"].clone(),
    )
}
