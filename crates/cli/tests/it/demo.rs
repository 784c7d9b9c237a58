//! A running demo, and what tests ask of it.

use std::cell::Cell;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use portcullis_erp::dialect::{Returned, UpstreamLogin};
use portcullis_erp::{Answer, Call, Database, Dialect, Limits};
use portcullis_testkit::leaks;
use serde_json::Value as Json;

/// Every dialect in which Odoo calls are made.
pub(crate) const ODOO: &[Dialect] = &[
    Dialect::XmlRpc1,
    Dialect::XmlRpc2,
    Dialect::JsonRpc,
    Dialect::Json2,
];

/// A demo; it ends with this.
pub(crate) struct Demo {
    child: Child,
    facts: Json,
    seen: Cell<usize>,
}

/// An HTTP answer.
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Got {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

pub(crate) fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_portcullis"))
}

/// Sends one request and reads the whole answer, whatever its status.
pub(crate) fn send(request: http::Request<Vec<u8>>) -> Got {
    try_send(request).expect("an answer")
}

/// Sends one request; fails if the whole answer does not come, or tells of the inside.
pub(crate) fn try_send(request: http::Request<Vec<u8>>) -> Result<Got, ureq::Error> {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .build();
    let sent = format!(
        "{} {}",
        request.uri(),
        String::from_utf8_lossy(request.body())
    );
    let (head, mut body) = ureq::Agent::from(config).run(request)?.into_parts();
    let content_type = head
        .headers
        .get("content-type")
        .and_then(|value| value.to_str().ok());
    let got = Got {
        status: head.status.as_u16(),
        content_type: content_type.unwrap_or_default().to_owned(),
        headers: head.headers.clone(),
        body: body.read_to_vec()?,
    };
    // Whatever a test asks, no answer may tell of the inside: every one is looked at here.
    let lines: Vec<String> = got
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    if let Some(leak) = leaks::found(&lines.join("\n"), &got.body, sent.as_bytes()) {
        panic!("{leak}\nasked: {sent}");
    }
    Ok(got)
}

impl Demo {
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// A demo whose Odoo is spoken to in this dialect only.
    pub(crate) fn spoken(dialect: &str) -> Self {
        Self::with(&["--upstream-dialect", dialect])
    }

    fn with(arguments: &[&str]) -> Self {
        let mut child = program()
            .args(["demo", "--json", "--port", "0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe"))
            .read_line(&mut line)
            .expect("a line");
        let facts = serde_json::from_str(&line).expect("one JSON line");
        let demo = Self {
            child,
            facts,
            seen: Cell::new(0),
        };
        demo.reached();
        demo
    }

    pub(crate) fn fact(&self, pointer: &str) -> &str {
        self.facts
            .pointer(pointer)
            .and_then(Json::as_str)
            .unwrap_or_else(|| panic!("no {pointer}"))
    }

    pub(crate) fn key(&self, name: &str) -> String {
        self.fact(&format!("/keys/{name}")).to_owned()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.fact("/gateway"))
    }

    /// What reached the ERPs since this was asked last, but for what the gateway asks of itself
    /// from time to time: whether the ERP users in use are archived.
    pub(crate) fn reached(&self) -> Vec<Json> {
        let log = PathBuf::from(self.fact("/upstream_log"));
        let text = std::fs::read_to_string(log).expect("the upstream log");
        let lines: Vec<Json> = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("a line of the log"))
            .collect();
        let seen = self.seen.replace(lines.len());
        let own = |line: &&Json| line["model"] == "User" && line["fields"] == "[\"enabled\"]";
        let heard = lines[seen..].iter().filter(|line| !own(line));
        heard.cloned().collect()
    }

    /// The uid that Odoo clients are told.
    pub(crate) fn uid(&self, key: &str) -> i64 {
        let body = serde_json::json!({"params": {"service": "common", "method": "login",
            "args": [self.fact("/database"), self.fact(&format!("/users/{key}")), self.key(key)]}});
        let got = self.post(
            "/jsonrpc",
            &[("content-type", "application/json")],
            body.to_string().as_bytes(),
        );
        let answer: Json = serde_json::from_slice(&got.body).expect("JSON");
        answer["result"].as_i64().expect("a uid")
    }

    pub(crate) fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Got {
        self.request("POST", path, headers, body)
    }

    pub(crate) fn request(
        &self,
        verb: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Got {
        let mut request = http::Request::builder().method(verb).uri(self.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        send(request.body(body.to_vec()).expect("a request"))
    }

    /// Makes an Odoo call with a key of the demo, as a client of this dialect would.
    pub(crate) fn call(&self, dialect: Dialect, key: &str, call: &Call) -> (Got, Answer) {
        self.call_with(dialect, key, call, &[])
    }

    /// The same, with these headers more.
    pub(crate) fn call_with(
        &self,
        dialect: Dialect,
        key: &str,
        call: &Call,
        more: &[(&str, &str)],
    ) -> (Got, Answer) {
        let (secret, uid) = (self.key(key), self.uid(key));
        self.exchange(dialect, (&secret, uid, self.fact("/database")), call, more)
    }

    pub(crate) fn call_as(
        &self,
        dialect: Dialect,
        secret: &str,
        uid: i64,
        database: &str,
        call: &Call,
    ) -> (Got, Answer) {
        self.exchange(dialect, (secret, uid, database), call, &[])
    }

    fn exchange(
        &self,
        dialect: Dialect,
        (secret, uid, database): (&str, i64, &str),
        call: &Call,
        more: &[(&str, &str)],
    ) -> (Got, Answer) {
        let database = Database::new(database).expect("a database");
        let login = UpstreamLogin {
            database: &database,
            uid,
            login: "unused",
            secret,
        };
        let outbound = dialect
            .write(call, &login)
            .expect("this dialect can say it");
        let headers: Vec<(&str, &str)> = outbound
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .chain(more.iter().copied())
            .collect();
        let got = self.request(outbound.verb, &outbound.target, &headers, &outbound.body);
        let returned = Returned {
            status: got.status,
            content_type: &got.content_type,
            body: &got.body,
        };
        let answer = dialect.read_answer(returned, &Limits::default());
        (got, answer)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // SIGTERM, so that the demo removes its folder.
        let ended = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        if ended.is_err() || self.child.wait().is_err() {
            eprintln!("the demo could not be stopped");
        }
    }
}
