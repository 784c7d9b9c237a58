//! Signed requests, as clients sign them: with a secret, with a key pair, and in older ways.

mod dry_run;
mod explained;
mod faces;
pub(crate) mod older;
mod refused;
mod shared;

use std::cell::Cell;
use std::time::SystemTime;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use crate::demo::{Demo, Got, send};
use crate::serve::{Place, Served};

/// Limits that no test of signatures meets.
const GENEROUS: &str = "[limits]\nper-minute = 600000\nburst = 100000\naddress-failures-per-minute = 600000\naddress-failures-burst = 100000\n";

/// The headers that must be signed wherever they are sent.
const MEANING: &[&str] = &[
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "x-dry-run",
    "x-odoo-database",
];

/// A role over both ERPs.
const ROLE: &str = r#"
[[rule]]
name = "contacts"
models = ["res.partner", "Customer"]
operations = ["read", "create", "write"]
fields = "*"
"#;

/// A request, before or after it was signed.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) verb: &'static str,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// Whoever signs, and how.
pub(crate) struct Signer {
    pub(crate) id: String,
    way: Way,
    count: Cell<u32>,
}

enum Way {
    Secret(String),
    Pair(Ed25519KeyPair),
}

/// What differs from a request as it should be signed.
#[derive(Clone, Default)]
pub(crate) struct How {
    /// Seconds from now.
    pub(crate) off: i64,
    nonce: Option<String>,
    pub(crate) key: Option<String>,
    alg: Option<&'static str>,
    covers: Option<&'static [&'static str]>,
}

impl Request {
    pub(crate) fn new(verb: &'static str, target: &str, body: &str) -> Self {
        let mut headers = Vec::new();
        if !body.is_empty() {
            let kind = if body.starts_with('<') {
                "text/xml"
            } else {
                "application/json"
            };
            headers.push(("content-type".to_owned(), kind.to_owned()));
        }
        Self {
            verb,
            target: target.to_owned(),
            headers,
            body: body.to_owned(),
        }
    }

    /// A count of contacts in JSON-2.
    fn count() -> Self {
        Self::new(
            "POST",
            "/json/2/res.partner/search_count",
            "{\"domain\": []}",
        )
    }

    /// A change of a contact, by a verb beside which there is another that does the same.
    fn change() -> Self {
        Self::new("PATCH", "/api/v1/res.partner/1", "{\"city\": \"Ghent\"}")
    }

    /// A new contact in JSON-2.
    pub(crate) fn create() -> Self {
        let body = "{\"vals_list\": [{\"name\": \"Signed\"}]}";
        Self::new("POST", "/json/2/res.partner/create", body)
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn send(&self, served: &Served) -> Got {
        let mut request = http::Request::builder()
            .method(self.verb)
            .uri(format!("{}{}", served.url, self.target));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        send(
            request
                .body(self.body.clone().into_bytes())
                .expect("a request"),
        )
    }
}

impl Signer {
    /// A key that signs with a secret.
    pub(crate) fn hmac(place: &Place, name: &str, more: &[&str]) -> Self {
        let made = create(place, name, &[&["--signed", "hmac"], more].concat());
        let secret = made["signing-secret"]
            .as_str()
            .expect("a secret")
            .to_owned();
        Self::of(&made, Way::Secret(secret))
    }

    /// A key that signs with a key pair.
    pub(crate) fn ed25519(place: &Place, name: &str, more: &[&str]) -> Self {
        let pair = Ed25519KeyPair::generate().expect("a key pair");
        let file = place.path().join(format!("{name}.pem"));
        std::fs::write(&file, pem(&pair)).expect("a file");
        let public = [
            "--signed",
            "ed25519",
            "--public-key",
            file.to_str().expect("a path"),
        ];
        let made = create(place, name, &[&public, more].concat());
        assert!(made["signing-secret"].is_null());
        Self::of(&made, Way::Pair(pair))
    }

    fn of(made: &Json, way: Way) -> Self {
        Self {
            id: made["id"].as_str().expect("an id").to_owned(),
            way,
            count: Cell::new(0),
        }
    }

    pub(crate) fn sign(&self, request: &Request) -> Request {
        self.sign_so(request, &How::default())
    }

    pub(crate) fn sign_so(&self, request: &Request, how: &How) -> Request {
        self.sign_over(request, how).0
    }

    /// Signs a request; answers the text that was signed, too.
    fn sign_over(&self, request: &Request, how: &How) -> (Request, String) {
        let mut signed = request.clone();
        let (path, query) = match request.target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (request.target.as_str(), None),
        };
        let mut lines = vec![
            ("@method", request.verb.to_owned()),
            ("@path", path.to_owned()),
        ];
        lines.extend(query.map(|query| ("@query", format!("?{query}"))));
        if !request.body.is_empty() {
            let sum = digest::digest(&digest::SHA256, request.body.as_bytes());
            let value = format!("sha-256=:{}:", STANDARD.encode(sum.as_ref()));
            signed
                .headers
                .push(("content-digest".to_owned(), value.clone()));
            lines.push(("content-digest", value));
        }
        let means = |name: &str| match how.covers {
            Some(covers) => covers.contains(&name),
            None => MEANING.contains(&name),
        };
        for (name, value) in request.headers.iter().filter(|(name, _)| means(name)) {
            lines.push((name.as_str(), value.clone()));
        }
        if let Some(covers) = how.covers {
            lines.retain(|(name, _)| covers.contains(name));
        }
        self.count.set(self.count.get() + 1);
        let nonce = how
            .nonce
            .clone()
            .unwrap_or_else(|| format!("{}-{}", seconds(), self.count.get()));
        let names: Vec<String> = lines
            .iter()
            .map(|(name, _)| format!("\"{name}\""))
            .collect();
        let key = how.key.as_deref().unwrap_or(&self.id);
        let alg = how
            .alg
            .map_or(String::new(), |alg| format!(";alg=\"{alg}\""));
        let parameters = format!(
            "({});created={};nonce=\"{nonce}\";keyid=\"{key}\"{alg}",
            names.join(" "),
            seconds() + how.off
        );
        let mut base: String = lines
            .iter()
            .map(|(name, value)| format!("\"{name}\": {value}\n"))
            .collect();
        base.push_str(&format!("\"@signature-params\": {parameters}"));
        let bytes = match &self.way {
            Way::Secret(secret) => mac(secret.as_bytes(), &base),
            Way::Pair(pair) => pair.sign(base.as_bytes()).as_ref().to_vec(),
        };
        let signature = format!("sig=:{}:", STANDARD.encode(bytes));
        let signed = signed
            .with("signature-input", &format!("sig={parameters}"))
            .with("signature", &signature);
        (signed, base)
    }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
}

fn pem(pair: &Ed25519KeyPair) -> String {
    let prefix = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];
    let der = [&prefix[..], pair.public_key().as_ref()].concat();
    format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        STANDARD.encode(der)
    )
}

/// Makes a key of the role `reader`; answers what is shown of it.
fn create(place: &Place, name: &str, more: &[&str]) -> Json {
    let user = if more.contains(&"erpnext") {
        "integration@example.com"
    } else {
        "integration"
    };
    let mut arguments = vec!["key", "create", name, "--role", "reader"];
    if !more.contains(&"--user") {
        arguments.extend(["--user", user]);
    }
    arguments.extend_from_slice(more);
    let (code, made) = place.run(&arguments);
    assert_eq!(code, 0, "{made}");
    made
}

/// A place before both ERPs of a demo, with a role over both.
fn place(demo: &Demo) -> Place {
    let place = Place::before_both(demo, GENEROUS);
    place.put_role(ROLE);
    place
}

#[expect(
    clippy::disallowed_methods,
    reason = "the gateway's clock is the real one"
)]
pub(crate) fn seconds() -> i64 {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("a time");
    i64::try_from(now.as_secs()).expect("seconds")
}

/// How many notes of this word the ledger has.
fn noted(place: &Place, word: &str) -> usize {
    // Closed records are written in a moment.
    crate::pause(500);
    let trail = place.lines(&["audit", "tail", "-n", "1000"]);
    trail
        .iter()
        .filter(|line| line.to_string().contains(word))
        .count()
}
