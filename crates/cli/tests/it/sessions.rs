//! Sessions: opened by a key, they do what the key may and nothing more; they end for good;
//! other sites' pages cannot use them.

mod frappe;
mod kept;
mod odoo;
mod sites;

use serde_json::{Value as Json, json};

use crate::demo::{Demo, Got, send};

/// Somebody who talks to a gateway and keeps one cookie.
pub(crate) struct Visitor {
    url: String,
    pub(crate) cookie: Option<String>,
}

impl Visitor {
    pub(crate) fn of(url: &str) -> Self {
        Self {
            url: url.trim_end_matches('/').to_owned(),
            cookie: None,
        }
    }

    fn send(&self, verb: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Got {
        let mut request = http::Request::builder()
            .method(verb)
            .uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        send(request.body(body.as_bytes().to_vec()).expect("a request"))
    }

    /// A call of one of Odoo's JSON routes.
    pub(crate) fn ask(&self, path: &str, more: &[(&str, &str)], params: &Json) -> (Got, Json) {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend_from_slice(more);
        let body = json!({"jsonrpc": "2.0", "method": "call", "params": params, "id": 7});
        let got = self.send("POST", path, &headers, &body.to_string());
        let answer = serde_json::from_slice(&got.body).unwrap_or(Json::Null);
        (got, answer)
    }

    pub(crate) fn count(&self) -> Json {
        self.ask("/web/dataset/call_kw", &[], &count()).1
    }

    /// Logs in to Odoo, and keeps the cookie.
    pub(crate) fn log_in(&mut self, login: &str, key: &str) -> (Got, Json) {
        let params = json!({"db": "demo", "login": login, "password": key});
        let (got, answer) = self.ask("/web/session/authenticate", &[], &params);
        if let Some(cookie) = cookie(&got, "session_id") {
            self.cookie = Some(cookie);
        }
        (got, answer)
    }
}

fn count() -> Json {
    json!({"model": "res.partner", "method": "search_count", "args": [[]], "kwargs": {}})
}

/// The cookie of this name that an answer sets, as a client sends it back.
pub(crate) fn cookie(got: &Got, name: &str) -> Option<String> {
    set_cookies(got)
        .into_iter()
        .find(|line| line.starts_with(&format!("{name}=")))
        .and_then(|line| line.split(';').next().map(str::to_owned))
}

pub(crate) fn set_cookies(got: &Got) -> Vec<String> {
    let lines = got.headers.get_all("set-cookie").iter();
    lines
        .map(|line| line.to_str().expect("text").to_owned())
        .collect()
}

fn visitor(demo: &Demo) -> Visitor {
    Visitor::of(demo.fact("/gateway"))
}

fn logged_in(demo: &Demo, name: &str) -> Visitor {
    let mut visitor = visitor(demo);
    let (got, _) = visitor.log_in(demo.fact(&format!("/users/{name}")), &demo.key(name));
    assert!(visitor.cookie.is_some(), "{}", got.text());
    visitor
}
