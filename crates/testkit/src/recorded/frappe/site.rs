//! The look-alike as the recording's site was, and the names that differ between them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base64::Engine as _;
use bytes::Bytes;
use portcullis_erp::value::{Map, Value};
use portcullis_sandbox::erpnext::{Account, Credential, CustomField, ErpNext, Options, Seed};
use portcullis_sandbox::{Handler as _, Request};

use super::transcript::{Exchange, Message};

fn credential(password: &str, api_key: &str, api_secret: &str) -> Credential {
    Credential {
        password: password.to_owned(),
        api_key: api_key.to_owned(),
        api_secret: api_secret.to_owned(),
    }
}

/// The recorded site's users, fields and records, as far as the recording relies on them.
fn options() -> Options {
    let mut options = Options::new(
        credential("admin-Lab1", "a1d2m3i4n5k6e7y", "5ecre7admin0001"),
        credential("integ-Lab1-pw", "1n7e9ra710nk3y1", "5ecre71n7e9r001"),
        credential("second-Lab1-pw", "5ec0ndu5erk3y02", "5ecre75ec0nd002"),
        credential("portal-Lab1-pw", "p0r7a1u5erk3y03", "5ecre7p0r7al003"),
    );
    options.site = "lab.localhost".to_owned();
    options.hosts = vec!["127.0.0.1".to_owned()];
    options.demo_records = false;
    options.accounts.push(Account {
        email: "lockme@example.com".to_owned(),
        first_name: "Lockme".to_owned(),
        roles: vec!["Sales User".to_owned()],
        is_system_user: true,
        credential: credential("lockme-Lab1-pw", "10ckm3u5erk3y04", "5ecre710ckm3004"),
    });
    for (name, kind, permlevel) in [("lab_secret_note", "Data", 2), ("lab_pin", "Password", 0)] {
        options.custom_fields.push(CustomField {
            doctype: "Customer".to_owned(),
            fieldname: name.to_owned(),
            fieldtype: kind.to_owned(),
            permlevel,
        });
    }
    let company = [
        ("name", "Lab Co"),
        ("company_name", "Lab Co"),
        ("abbr", "LC"),
        ("default_currency", "USD"),
    ];
    options.seeds.push(seed("Company", &company, Vec::new()));
    for at in 1..=120 {
        let (name, tax, note) = (
            format!("Lab Customer {at:03}"),
            format!("TAX{at:05}"),
            format!("permlevel1-secret-{at}"),
        );
        let fields = [
            ("name", name.as_str()),
            ("customer_name", &name),
            (
                "customer_type",
                if at % 2 == 1 { "Company" } else { "Individual" },
            ),
            (
                "customer_group",
                if at % 3 == 0 {
                    "Individual"
                } else {
                    "Commercial"
                },
            ),
            (
                "territory",
                if at % 4 == 0 {
                    "Rest Of The World"
                } else {
                    "United States"
                },
            ),
            ("tax_id", &tax),
            ("lab_secret_note", &note),
        ];
        options.seeds.push(seed("Customer", &fields, Vec::new()));
    }
    for at in 1..=10 {
        let (code, name) = (format!("LAB-ITEM-{at:02}"), format!("Lab item {at}"));
        let fields = [
            ("name", code.as_str()),
            ("item_code", &code),
            ("item_name", &name),
            ("description", &name),
            ("item_group", "Products"),
            ("stock_uom", "Nos"),
        ];
        options.seeds.push(seed("Item", &fields, Vec::new()));
    }
    for (number, row) in [
        ("00001", "8hsu5khb4i"),
        ("00003", "cq3mfa7oim"),
        ("00005", "07jdc0531o"),
    ] {
        let name = format!("SAL-ORD-2026-{number}");
        let fields = [
            ("name", name.as_str()),
            ("owner", "integration@example.com"),
            ("modified_by", "integration@example.com"),
            ("customer", "Lab Customer 001"),
            ("company", "Lab Co"),
            ("transaction_date", "2026-11-22"),
            ("delivery_date", "2026-12-20"),
            ("creation", "2026-11-22 09:01:53.724595"),
            ("modified", "2026-11-22 09:01:53.724595"),
        ];
        let rows = ["LAB-ITEM-01", "LAB-ITEM-02"]
            .iter()
            .enumerate()
            .map(|(at, item)| {
                let mut values = map(&[("item_code", item), ("delivery_date", "2026-12-20")]);
                if at == 0 {
                    values.insert("name".to_owned(), Value::from(row));
                }
                values.insert("qty".to_owned(), Value::Int(2));
                values.insert("rate".to_owned(), Value::Int(10));
                Value::Map(values)
            });
        options
            .seeds
            .push(seed("Sales Order", &fields, rows.collect()));
    }
    let client = [
        ("name", "l6hqur832m"),
        ("app_name", "Lab"),
        ("client_id", "l6hqur832m"),
        ("client_secret", "c92cc643bf"),
        ("scopes", "all openid"),
        ("redirect_uris", "http://127.0.0.1:9999/callback"),
        ("default_redirect_uri", "http://127.0.0.1:9999/callback"),
    ];
    options
        .seeds
        .push(seed("OAuth Client", &client, Vec::new()));
    options
}

fn map(fields: &[(&str, &str)]) -> Map {
    fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
        .collect()
}

fn seed(doctype: &str, fields: &[(&str, &str)], rows: Vec<Value>) -> Seed {
    let mut fields = map(fields);
    if !rows.is_empty() {
        fields.insert("items".to_owned(), Value::List(rows));
    }
    Seed {
        doctype: doctype.to_owned(),
        fields,
    }
}

/// The users of the recorded site: login, password, API key and secret.
pub const USERS: &[(&str, &str, &str)] = &[
    (
        "Administrator",
        "admin-Lab1",
        "a1d2m3i4n5k6e7y:5ecre7admin0001",
    ),
    (
        "integration@example.com",
        "integ-Lab1-pw",
        "1n7e9ra710nk3y1:5ecre71n7e9r001",
    ),
    (
        "second@example.com",
        "second-Lab1-pw",
        "5ec0ndu5erk3y02:5ecre75ec0nd002",
    ),
    (
        "portal@example.com",
        "portal-Lab1-pw",
        "p0r7a1u5erk3y03:5ecre7p0r7al003",
    ),
    (
        "lockme@example.com",
        "lockme-Lab1-pw",
        "10ckm3u5erk3y04:5ecre710ckm3004",
    ),
];

/// The recorded site's look-alike.
pub fn look_alike() -> Arc<ErpNext> {
    Arc::new(ErpNext::new(options()))
}

/// How a request is brought to the site: to the look-alike itself, or through a gateway.
pub type Road = Box<dyn Fn(Request) -> Message>;

/// The recorded site, played by a look-alike at the end of a road.
pub struct Site {
    road: Road,
    /// Recorded names, session ids and moments, and what they are here.
    names: BTreeMap<String, String>,
    last_session: String,
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
            headers: vec![("Cookie".to_owned(), format!("sid={}", self.last_session))],
            body: Vec::new(),
        };
        let page = String::from_utf8_lossy(&self.ask(&desk).body).into_owned();
        let own = page
            .split("frappe.csrf_token = \"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        self.names.insert(token, own.unwrap_or_default().to_owned());
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
