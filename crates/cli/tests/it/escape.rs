//! Nobody makes himself a credential of the ERP: a key that could would outlive its own end.
//!
//! The gateway speaks to both ERPs as their administrators, so that it alone is in the way.
//! Two keys try: a narrow one, and one whose role has `models = ["*"]` and every operation, and
//! so whatever need not be named. Each refusal is of a call whose mirror, made in the same way
//! with a harmless name, is done by the wide key.

mod doors;
mod frappe;
mod odoo;

use std::path::PathBuf;

use serde_json::Value as Json;

use crate::demo::{Demo, Got, send};
use crate::serve::{Place, Served};

/// Name and city of companies; customers by name.
const NARROW: &str = r#"
[[rule]]
name = "companies"
models = ["res.partner"]
operations = ["read"]
fields = ["name", "city"]

[[rule]]
name = "customers"
models = ["Customer"]
operations = ["read"]
fields = ["name", "customer_name"]
"#;

/// Whatever need not be named one by one, and some harmless methods.
const WIDE: &str = r#"
[[rule]]
name = "everything"
models = ["*"]
operations = ["read", "create", "write", "delete", "submit", "cancel", "name"]
fields = "*"

[[rule]]
name = "methods"
models = ["res.partner", "sale.order"]
operations = ["call"]
methods = ["name_create", "load", "action_draft"]
arguments = "any"

[[rule]]
name = "methods of Frappe"
models = ["Customer"]
operations = ["call"]
methods = ["frappe.desk.search.search_link", "frappe.desk.form.load.getdoc"]
arguments = "any"

[[rule]]
name = "a controller"
routes = ["shop"]
"#;

const ROUTE: &str = r#"
[[route]]
name = "shop"
path = "/api/shop/{what}"
to = "/shop/{what}"
upstream = "odoo"
verbs = ["GET", "POST"]
any-body = true
"#;

/// A gateway before both ERPs of a demo, as their administrators.
struct Cell {
    demo: Demo,
    served: Served,
    narrow: String,
    wide: String,
    _place: Place,
}

/// With which key.
#[derive(Clone, Copy, Debug)]
enum Who {
    Narrow,
    Wide,
}

impl Cell {
    fn shut() -> Self {
        let demo = Demo::start();
        let secret = |name: &str| secret_file(&demo, name).display().to_string();
        let text = format!(
            "listen = \"127.0.0.1:0\"\nroles = [\"reader.toml\", \"wide.toml\"]\n\
             [limits]\nper-minute = 60000\nburst = 10000\naddress-failures-burst = 10000\n{ROUTE}\
             [upstream.odoo]\nkind = \"odoo\"\nurl = \"{}\"\ndatabase = \"demo\"\n\
             [upstream.odoo.user.admin]\nsecret-file = \"{}\"\n\
             [upstream.erpnext]\nkind = \"frappe\"\nurl = \"{}\"\ndatabase = \"demo\"\n\
             [upstream.erpnext.user.Administrator]\nsecret-file = \"{}\"\n",
            demo.fact("/odoo"),
            secret("odoo-admin"),
            demo.fact("/erpnext"),
            secret("erpnext-administrator"),
        );
        let place = Place::of(&text, NARROW);
        std::fs::write(place.path().join("wide.toml"), WIDE).expect("a file");
        let key = |upstream: &str, user: &str, role: &str| {
            let name = format!("{upstream} {role}");
            let (code, made) = place.run(&[
                "key",
                "create",
                &name,
                "--upstream",
                upstream,
                "--user",
                user,
                "--administrator",
                "--role",
                role,
            ]);
            assert_eq!(code, 0, "{made}");
            made["key"].as_str().expect("a key").to_owned()
        };
        // One text for both ERPs: a key opens one of them.
        let keys = |role: &str| {
            [
                key("odoo", "admin", role),
                key("erpnext", "Administrator", role),
            ]
            .join(" ")
        };
        let (narrow, wide) = (keys("reader"), keys("wide"));
        let served = place.serve();
        demo.reached();
        Self {
            demo,
            served,
            narrow,
            wide,
            _place: place,
        }
    }

    /// The key to an ERP.
    fn key(&self, who: Who, upstream: &str) -> &str {
        let pair = match who {
            Who::Narrow => &self.narrow,
            Who::Wide => &self.wide,
        };
        let (odoo, erpnext) = pair.split_once(' ').expect("two keys");
        if upstream == "odoo" { odoo } else { erpnext }
    }

    fn send(&self, verb: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Got {
        let mut request = http::Request::builder().method(verb).uri(format!(
            "{}{}",
            self.served.url,
            escaped(path)
        ));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        send(request.body(body.to_vec()).expect("a request"))
    }

    fn json(&self, who: Who, upstream: &str, verb: &str, path: &str, body: &Json) -> Got {
        let bearer = format!("Bearer {}", self.key(who, upstream));
        let mut headers = vec![("authorization", bearer.as_str())];
        let body = if body.is_null() {
            Vec::new()
        } else {
            headers.push(("content-type", "application/json"));
            body.to_string().into_bytes()
        };
        self.send(verb, path, &headers, &body)
    }

    /// What was asked of the ERPs since, without what the gateway asks for itself of a model
    /// before it judges a call.
    fn reached(&self) -> Vec<Json> {
        let mut lines = self.demo.reached();
        lines.retain(|line| line["call"] != "fields_get" && !is_meta(line));
        lines
    }

    #[track_caller]
    fn nothing_reached(&self, what: &str) {
        let reached = self.reached();
        assert!(reached.is_empty(), "{what}: {reached:?}");
    }
}

fn is_meta(line: &Json) -> bool {
    let path = line["path"].as_str().unwrap_or_default();
    path.starts_with("/api/v2/doctype/") && path.ends_with("/meta")
}

fn secret_file(demo: &Demo, name: &str) -> PathBuf {
    PathBuf::from(demo.fact("/upstream_log"))
        .with_file_name("secrets")
        .join(name)
}

/// A path as a client sends it: what may not stand in a line is escaped.
fn escaped(path: &str) -> String {
    let one = |c: char| match c {
        '"' | '[' | ']' | '{' | '}' | '<' | '>' | ' ' => format!("%{:02X}", u32::from(c)),
        c => c.to_string(),
    };
    path.chars().map(one).collect()
}
