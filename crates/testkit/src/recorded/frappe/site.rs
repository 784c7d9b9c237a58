//! The recorded site, played by a look-alike, and the names that differ between them.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use bytes::Bytes;
use portcullis_sandbox::{Handler as _, Request};

use super::transcript::{Exchange, Message};
use super::world::look_alike;

/// The host of requests that the recording lacks.
const HOST: &str = "127.0.0.1:8000";

/// How a request is brought to the site: to the look-alike itself, or through a gateway.
pub type Road = Box<dyn Fn(Request) -> Message>;

/// The recorded site, played by a look-alike at the end of a road.
pub struct Site {
    road: Road,
    /// Recorded names, session ids and moments, and what they are here.
    names: BTreeMap<String, String>,
    last_session: String,
    /// The token against forged requests that a gateway told at log-in.
    told_token: String,
    /// Sessions and codes that were met before.
    known_sessions: BTreeSet<String>,
}

impl Site {
    /// The bare look-alike.
    pub fn bare() -> Self {
        let erp = look_alike();
        Self::at_the_end_of(Box::new(move |request| {
            let response = erp.answer(&request);
            Message {
                line: format!("HTTP/1.1 {}", response.status),
                headers: response
                    .headers
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect(),
                body: response.body.to_vec(),
            }
        }))
    }

    /// A look-alike that is reached in some other way.
    pub fn at_the_end_of(road: Road) -> Self {
        Self {
            road,
            names: BTreeMap::new(),
            last_session: String::new(),
            told_token: String::new(),
            known_sessions: BTreeSet::new(),
        }
    }

    /// What the recording calls so is called otherwise here.
    pub fn call(&mut self, recorded: &str, own: &str) {
        self.names.insert(recorded.to_owned(), own.to_owned());
    }

    /// Asks as the recorded client asked.
    pub fn ask(&mut self, request: &Message) -> Message {
        self.open_session(request);
        let (verb, target) = request.target();
        let target = self.ours(&target);
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let body = self.body(request);
        let mut headers = http::HeaderMap::new();
        for (name, value) in &request.headers {
            let name = http::HeaderName::from_bytes(name.as_bytes());
            let value = http::HeaderValue::from_str(&self.header(value));
            if let (Ok(name), Ok(value)) = (name, value) {
                headers.append(name, value);
            }
        }
        (self.road)(Request {
            verb,
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body: Bytes::from(body),
        })
    }

    /// A header with our names in it, those in base64 too.
    fn header(&self, value: &str) -> String {
        let engine = base64::engine::general_purpose::STANDARD;
        let pair = value
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
        let decoded = pair.and_then(|(scheme, pair)| {
            let pair = String::from_utf8(engine.decode(pair).ok()?).ok()?;
            Some((scheme, pair))
        });
        match decoded {
            Some((scheme, pair)) if self.names.contains_key(&pair) => {
                format!("{scheme} {}", engine.encode(self.ours(&pair)))
            }
            _ => self.ours(value),
        }
    }

    /// The recorded body with our names in it.
    fn body(&mut self, request: &Message) -> Vec<u8> {
        // The real server takes no body that has no length.
        if request
            .header("content-length")
            .or(request.header("transfer-encoding"))
            .is_none()
        {
            return Vec::new();
        }
        let Ok(text) = std::str::from_utf8(&request.body) else {
            return request.body.clone();
        };
        if text.starts_with("[[[[") {
            return "[".repeat(20_000).into_bytes();
        }
        if text.ends_with("more characters cut]") {
            return self.completed(request, text);
        }
        self.approve(text);
        let text = self.ours(text);
        let kind = request.header("content-type").unwrap_or_default();
        // The recording keeps line ends of one letter; multipart bodies have two.
        let text = if kind.starts_with("multipart/") {
            text.replace('\n', "\r\n")
        } else {
            text
        };
        text.into_bytes()
    }

    /// OAuth codes that the recording uses without having asked for them are asked for now.
    fn approve(&mut self, form: &str) {
        let field = |name: &str| form.split('&').find_map(|pair| pair.strip_prefix(name));
        let Some(recorded) = field("code=").filter(|code| code.len() == 30) else {
            return;
        };
        if !self.known_sessions.insert(recorded.to_owned()) || self.names.contains_key(recorded) {
            return;
        }
        let challenge = field("code_verifier=").map_or_else(String::new, |verifier| {
            format!(
                "&code_challenge={}&code_challenge_method=plain",
                "v".repeat(verifier.len())
            )
        });
        let target = "/api/method/frappe.integrations.oauth2.approve?client_id=l6hqur832m\
                      &response_type=code&scope=all+openid\
                      &redirect_uri=http%3A%2F%2F127.0.0.1%3A9999%2Fcallback";
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let answer = self.ask(&Message {
            line: format!("GET {target}{challenge} HTTP/1.1"),
            headers: vec![
                header("Host", HOST),
                header("Authorization", "token 1n7e9ra710nk3y1:5ecre71n7e9r001"),
                header("Cookie", "user_id=integration%40example.com"),
            ],
            body: Vec::new(),
        });
        if let Some(own) = code(&answer) {
            self.names.insert(recorded.to_owned(), own);
        }
    }

    /// A document that was sent back as an insert had answered it, and is cut off in the recording.
    fn completed(&mut self, request: &Message, text: &str) -> Vec<u8> {
        let name = text.split('"').nth(5).unwrap_or_default().to_owned();
        let mut read = request.clone();
        read.line = format!("GET /api/resource/Sales%20Order/{name} HTTP/1.1");
        read.body = Vec::new();
        let body = self.ask(&read).body;
        let read: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        let mut doc = read["data"].clone();
        for row in doc["items"].as_array_mut().into_iter().flatten() {
            row["__unsaved"] = 1.into();
        }
        serde_json::json!({ "doc": doc }).to_string().into_bytes()
    }

    /// What was done between two files without being recorded.
    pub fn enter(&mut self, file: &str) {
        if file != "09-resource-crud" {
            return;
        }
        let body = br#"{"website": "https://y.example"}"#.to_vec();
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        self.ask(&Message {
            line: "PUT /api/resource/Customer/Lab%20Customer%20001 HTTP/1.1".to_owned(),
            headers: vec![
                header("Host", HOST),
                header("Authorization", "token 1n7e9ra710nk3y1:5ecre71n7e9r001"),
                header("Content-Type", "application/json"),
                header("Content-Length", &body.len().to_string()),
            ],
            body,
        });
    }

    /// Sessions that the recording uses without having opened them are opened now.
    fn open_session(&mut self, request: &Message) {
        let cookies = request.header("cookie").unwrap_or_default();
        let Some(sid) = cookies
            .split("; ")
            .find_map(|cookie| cookie.strip_prefix("sid="))
        else {
            return;
        };
        if sid.len() != 56
            || sid.starts_with("00000")
            || !self.known_sessions.insert(sid.to_owned())
        {
            return;
        }
        let login = Message {
            line: "POST /api/method/login HTTP/1.1".to_owned(),
            headers: vec![
                ("Host".to_owned(), HOST.to_owned()),
                (
                    "Content-Type".to_owned(),
                    "application/x-www-form-urlencoded".to_owned(),
                ),
                ("Content-Length".to_owned(), "47".to_owned()),
            ],
            body: b"usr=integration%40example.com&pwd=integ-Lab1-pw".to_vec(),
        };
        let answer = self.ask(&login);
        if let Some(own) = session(&answer) {
            self.names.insert(sid.to_owned(), own);
        }
    }

    /// A note between the exchanges: the desk was opened, which made a token.
    pub fn note(&mut self, exchange: &Exchange) {
        let Some((_, token)) = exchange.title.split_once("frappe.csrf_token = \"") else {
            return;
        };
        let token = token.split('"').next().unwrap_or_default().to_owned();
        let desk = Message {
            line: "GET /app HTTP/1.1".to_owned(),
            headers: vec![
                ("Host".to_owned(), HOST.to_owned()),
                ("Cookie".to_owned(), format!("sid={}", self.last_session)),
            ],
            body: Vec::new(),
        };
        let page = String::from_utf8_lossy(&self.ask(&desk).body).into_owned();
        let own = page
            .split("frappe.csrf_token = \"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        // A gateway serves no desk; it tells the token at log-in.
        let own = own.unwrap_or(&self.told_token).to_owned();
        self.names.insert(token, own);
    }

    fn ours(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (recorded, own) in &self.names {
            if text.contains(recorded) {
                text = text.replace(recorded, own);
            }
        }
        text
    }

    /// Learns what the recorded answer's names are here.
    pub fn learn(&mut self, recorded: &Message, ours: &Message) {
        if let (Some(theirs), Some(own)) = (session(recorded), session(ours)) {
            self.known_sessions.insert(theirs.clone());
            self.last_session.clone_from(&theirs);
            self.names.insert(theirs, own);
        }
        if let Some(token) = ours.header("x-frappe-csrf-token") {
            token.clone_into(&mut self.told_token);
        }
        let parse =
            |message: &Message| serde_json::from_slice::<serde_json::Value>(&message.body).ok();
        if let (Some(theirs), Some(own)) = (parse(recorded), parse(ours)) {
            self.learn_names(&theirs, &own);
        }
        for (theirs, own) in [(recorded, ours)].map(|(a, b)| (code(a), code(b))) {
            if let (Some(theirs), Some(own)) = (theirs, own) {
                self.names.insert(theirs, own);
            }
        }
    }

    fn learn_names(&mut self, theirs: &serde_json::Value, own: &serde_json::Value) {
        match (theirs, own) {
            (serde_json::Value::Object(theirs), serde_json::Value::Object(own)) => {
                let is_document = theirs.contains_key("doctype") && theirs.contains_key("owner");
                let learnt: &[&str] = if is_document {
                    &["name", "modified", "creation"]
                } else {
                    &["access_token", "refresh_token"]
                };
                for key in learnt {
                    let texts = (
                        theirs.get(*key).and_then(|v| v.as_str()),
                        own.get(*key).and_then(|v| v.as_str()),
                    );
                    if let (Some(theirs), Some(own)) = texts {
                        self.names.remove(theirs);
                        if theirs != own {
                            self.names.insert(theirs.to_owned(), own.to_owned());
                        }
                    }
                }
                for (key, theirs) in theirs {
                    if let Some(own) = own.get(key) {
                        self.learn_names(theirs, own);
                    }
                }
            }
            (serde_json::Value::Array(theirs), serde_json::Value::Array(own)) => {
                for (theirs, own) in theirs.iter().zip(own) {
                    self.learn_names(theirs, own);
                }
            }
            _ => {}
        }
    }
}

/// The session that an answer opens or keeps.
fn session(message: &Message) -> Option<String> {
    let cookies = message
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    cookies
        .filter_map(|(_, value)| value.split(';').next()?.strip_prefix("sid="))
        .find(|sid| sid.len() >= 32)
        .map(str::to_owned)
}

/// The code that a redirect carries.
fn code(message: &Message) -> Option<String> {
    let location = message.header("location")?;
    let code = location.split("code=").nth(1)?.split('&').next()?;
    Some(code.to_owned())
}
