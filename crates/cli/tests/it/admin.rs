//! The administrative API: who gets in, and what it does.

mod bounds;
mod keys;
mod listener;
mod matrix;
mod others;
mod pages;
mod parts;
mod strangers;

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value as Json;

use crate::demo::{Demo, Got, send};
use crate::serve::{Place, Served};

/// What a configuration says to have the API.
pub(crate) const LISTEN: &str = "[admin]\nlisten = \"127.0.0.1:0\"\n";

/// A gateway with its administration.
pub(crate) struct Administered {
    pub(crate) place: Place,
    pub(crate) served: Served,
    pub(crate) admin: String,
}

impl Administered {
    /// A gateway before the Odoo of a demo, with two ERP users: `integration`, and `admin`, who
    /// is an administrator there.
    pub(crate) fn before(demo: &Demo, more: &str) -> Self {
        let log = PathBuf::from(demo.fact("/upstream_log"));
        let secret = log.with_file_name("secrets").join("odoo-admin");
        let place = Place::before(demo, &format!("{more}{LISTEN}"));
        let file = place.path().join("portcullis.toml");
        let mut text = std::fs::read_to_string(&file).unwrap();
        text.push_str(&format!(
            "[upstream.odoo.user.admin]\nsecret-file = \"{}\"\n",
            secret.display()
        ));
        std::fs::write(file, text).unwrap();
        Self::at(place)
    }

    pub(crate) fn at(place: Place) -> Self {
        let mut child = place
            .program(&["serve"])
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let mut told = |before: &str| {
            lines
                .find_map(|line| {
                    let line = line.expect("text");
                    line.split_once(before)
                        .map(|(_, url)| url.trim().to_owned())
                })
                .expect("the gateway says where it listens")
        };
        let url = told("listens on ");
        let admin = told("is administered at ");
        std::thread::spawn(move || for _ in lines.by_ref() {});
        Self {
            place,
            served: Served { child, url },
            admin,
        }
    }

    /// Makes an administrative key; answers it and its id.
    pub(crate) fn key(&self, name: &str, role: &str, more: &[&str]) -> (String, String) {
        let mut arguments = vec!["administrator", "key", "create", name, "--role", role];
        if role == "key-manager" {
            arguments.extend(["--may-give", "reader", "--may-use", "odoo/integration"]);
        }
        arguments.extend_from_slice(more);
        let (code, made) = self.place.run(&arguments);
        assert_eq!(code, 0, "{made}");
        (text(&made, "key"), text(&made, "id"))
    }

    /// Asks with these headers and this body.
    pub(crate) fn send(
        &self,
        (verb, path): (&str, &str),
        headers: &[(&str, &str)],
        body: &str,
    ) -> Got {
        let mut request = http::Request::builder()
            .method(verb)
            .uri(format!("{}{path}", self.admin));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let got = send(request.body(body.into()).expect("a request"));
        assert_eq!(got.headers["cache-control"], "no-store");
        assert_eq!(got.headers["x-content-type-options"], "nosniff");
        for name in got.headers.keys() {
            assert!(!name.as_str().starts_with("access-control-"), "{name}");
        }
        got
    }

    /// Asks with a key.
    pub(crate) fn ask(&self, key: &str, verb: &str, path: &str, body: &Json) -> Got {
        let bearer = format!("Bearer {key}");
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        self.send((verb, path), &headers, &body)
    }

    /// Asks for what must be done; answers what is told.
    pub(crate) fn done(&self, key: &str, verb: &str, path: &str, body: &Json) -> Json {
        let got = self.ask(key, verb, path, body);
        assert!(
            matches!(got.status, 200 | 201),
            "{verb} {path}: {} {}",
            got.status,
            got.text()
        );
        assert_eq!(got.content_type, "application/json");
        serde_json::from_slice(&got.body).expect("JSON")
    }

    /// The status and the kind of problem that is told.
    pub(crate) fn refused(&self, key: &str, verb: &str, path: &str, body: &Json) -> (u16, String) {
        problem(&self.ask(key, verb, path, body))
    }
}

/// The status and the kind of a problem.
pub(crate) fn problem(got: &Got) -> (u16, String) {
    assert_eq!(
        got.content_type,
        "application/problem+json",
        "{}",
        got.text()
    );
    let told: Json = serde_json::from_slice(&got.body).expect("JSON");
    assert_eq!(told["status"], got.status);
    assert!(told["title"].is_string() && told["detail"].is_string());
    let instance = text(&told, "instance");
    let request = got.headers["x-request-id"].to_str().unwrap();
    assert_eq!(instance, format!("urn:portcullis:request:{request}"));
    let kind = text(&told, "type");
    let kind = kind.strip_prefix("urn:portcullis:problem:").expect("ours");
    (got.status, kind.to_owned())
}

/// A path of a route, for these things.
pub(crate) fn filled(path: &str, id: &str, name: &str) -> String {
    path.replace("{id}", id)
        .replace("{name}", name)
        .replace("{upstream}", "odoo")
        .replace("{login}", name)
}

pub(crate) fn text(json: &Json, member: &str) -> String {
    let text = json[member].as_str();
    text.unwrap_or_else(|| panic!("no {member}: {json}"))
        .to_owned()
}
