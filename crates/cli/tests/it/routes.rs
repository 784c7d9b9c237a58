//! Custom controllers by `[[route]]`, before services as addons put them beside an ERP.

mod answers;
mod asked;
mod check;
mod credentials;
mod doors;

use portcullis_testkit::services::{self, Arrived};
use serde_json::Value as Json;

use crate::demo::{Got, send};
use crate::serve::{Place, Served};

/// What opens the routes to most keys.
const ROLE: &str = r#"
[[rule]]
name = "shop"
routes = ["orders", "plain-orders", "partner", "partners", "new-partner", "service",
          "fast-order", "fast-orders", "fast-change", "fast-basic", "confirm", "form", "version",
          "large", "page", "away", "broken", "secure", "leave"]

[[rule]]
name = "closed"
routes = ["denied"]

[[rule]]
name = "closed after all"
routes = ["denied"]
deny = true
"#;

/// A role that says nothing of routes.
const OTHER: &str = r#"
[[rule]]
name = "contacts"
models = ["res.partner"]
operations = ["read"]
fields = "*"
"#;

const ORDER: &str = r#"{"type": "object", "required": ["lines"], "additionalProperties": false,
  "properties": {"fail": {"type": "string"}, "lines": {"type": "array", "items": {"type": "object",
    "required": ["product"], "properties": {"product": {"type": "string", "maxLength": 20},
      "qty": {"type": "integer", "minimum": 1}}}}}}"#;

const ENVELOPE: &str = r#"{"type": "object", "required": ["params"], "properties": {
  "jsonrpc": {"const": "2.0"}, "params": {"type": "object"}}}"#;

const PARTNER: &str = r#"{"type": "object", "required": ["name"], "properties": {
  "name": {"type": "string"}, "email": {"type": "string", "format": "email"}}}"#;

const FORM: &str = r#"{"type": "object", "required": ["name"], "additionalProperties": false,
  "properties": {"name": {"type": "string", "maxLength": 40}, "note": {"type": "string"}}}"#;

/// The routes of seeds 001 and 003, and of a REST and a FastAPI addon.
pub(crate) const ROUTES: &str = include_str!("routes/routes.toml");

/// A gateway before the services.
struct Shop {
    services: services::Served,
    place: Place,
    gateway: Served,
    key: String,
    /// A key of a role that says nothing of routes.
    other: String,
}

impl Shop {
    fn open() -> Self {
        let services = services::Served::start();
        let place = place(&services, ROUTES);
        let (code, said) = place.run(&["check"]);
        assert_eq!(
            (code, &said["problems"]),
            (0, &serde_json::json!([])),
            "{said}"
        );
        let (key, other) = (key(&place, "shop", "reader"), key(&place, "other", "other"));
        let gateway = place.serve();
        Self {
            services,
            place,
            gateway,
            key,
            other,
        }
    }

    fn ask(&self, verb: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Got {
        let url = format!("{}{path}", self.gateway.url);
        let mut request = http::Request::builder().method(verb).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        send(request.body(body.as_bytes().to_vec()).expect("a request"))
    }

    /// Asks with the key, in JSON if there is a body.
    fn known(&self, verb: &str, path: &str, body: &str) -> Got {
        let mut headers = vec![("x-api-key", self.key.as_str())];
        if !body.is_empty() {
            headers.push(("content-type", "application/json"));
        }
        self.ask(verb, path, &headers, body)
    }

    /// The one request that arrived at the services since this was asked last.
    fn one(&self) -> Arrived {
        let mut arrived = self.services.arrived();
        assert_eq!(arrived.len(), 1, "{arrived:?}");
        arrived.remove(0)
    }

    fn nothing_arrived(&self, what: &str) {
        let arrived = self.services.arrived();
        assert!(arrived.is_empty(), "{what}: {arrived:?}");
    }
}

/// A place whose upstream `odoo` is the services, with these routes.
pub(crate) fn place(services: &services::Served, routes: &str) -> Place {
    place_at(&services.url(), "", routes)
}

/// The same, where the services are reached at this URL, with these settings of the upstream.
fn place_at(url: &str, more: &str, routes: &str) -> Place {
    let text = format!(
        "listen = \"127.0.0.1:0\"\nworkers = 1\nroles = [\"reader.toml\", \"other.toml\"]\n\
         [limits]\nper-minute = 6000\nburst = 1000\naddress-failures-per-minute = 6000\naddress-failures-burst = 1000\n\
         [upstream.odoo]\nkind = \"odoo\"\nurl = \"{url}\"\ndatabase = \"demo\"\ndialect = \"jsonrpc\"\n{more}\
         [upstream.odoo.user.integration]\nsecret-file = \"password\"\nuid = 7\n{routes}",
    );
    let place = Place::of(&text, ROLE);
    for (name, text) in [
        ("other.toml", OTHER),
        ("password", services::USER.1),
        ("erp-key", services::KEY),
        ("order.json", ORDER),
        ("envelope.json", ENVELOPE),
        ("partner.json", PARTNER),
        ("form.json", FORM),
    ] {
        std::fs::write(place.path().join(name), text).expect("a file");
    }
    place
}

fn key(place: &Place, name: &str, role: &str) -> String {
    let (code, made) = place.run(&[
        "key",
        "create",
        name,
        "--user",
        "integration",
        "--role",
        role,
    ]);
    assert_eq!(code, 0, "{made}");
    made["key"].as_str().expect("a key").to_owned()
}

fn json(got: &Got) -> Json {
    serde_json::from_slice(&got.body).unwrap_or_else(|_| panic!("no JSON: {}", got.text()))
}
