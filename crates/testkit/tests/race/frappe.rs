//! Ten thousand saves to a Frappe: the version that the guard saw binds them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use portcullis_erp::Dialect;
use portcullis_gateway::gcra::Rate;
use portcullis_policy::Family;
use portcullis_sandbox::erpnext::{Credential, ErpNext, Options};
use portcullis_sandbox::{Handler, Request, Response};
use portcullis_testkit::chance::Chance;
use portcullis_testkit::yard::{Plan, Yard, in_one_core};
use serde_json::{Value as Json, json};

use crate::site::of_rule;
use crate::turns::without;

const ADMIN: &str = "token administrator:administrators-secret";

/// As whom the gateway's calls run, and with what.
type User = (&'static str, &'static str);

const INTEGRATION: User = (
    "integration@example.com",
    "token integration:integrations-secret",
);
/// Others may delete nothing here.
const ADMINISTRATOR: User = ("Administrator", ADMIN);

const ROLE: &str = r#"
[[rule]]
name = "companies"
models = ["Customer"]
operations = ["read", "write", "delete"]
fields = ["customer_name", "website"]
domain = '[["customer_type", "=", "Company"]]'

[[rule]]
name = "sales"
models = ["Sales Order"]
operations = ["read", "submit", "cancel"]
fields = ["customer", "order_type"]
domain = '[["order_type", "=", "Sales"]]'
"#;

/// Out of the rule, and into it, of each DocType: what an administrator saves.
fn moved(doctype: &str, to: bool) -> Json {
    match (doctype, to) {
        ("Customer", false) => json!({"customer_type": "Individual"}),
        ("Customer", true) => json!({"customer_type": "Company"}),
        (_, false) => json!({"order_type": "Maintenance"}),
        (_, true) => json!({"order_type": "Sales"}),
    }
}

fn is_inside(document: &Json) -> bool {
    document["customer_type"] == "Company" || document["order_type"] == "Sales"
}

/// What somebody else does during one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beside {
    Nothing,
    Leaves,
    LeavesAndComesBack,
    LeavesAndComesBackAfter,
}

const BESIDE: &[Beside] = &[
    Beside::Nothing,
    Beside::Leaves,
    Beside::LeavesAndComesBack,
    Beside::LeavesAndComesBackAfter,
];

/// How many calls were done, of those inside the rule and of those outside.
type Done = BTreeMap<bool, u64>;

/// A Frappe in which somebody saves a document just before the gateway's call arrives.
struct Raced {
    erp: ErpNext,
    user: User,
    beside: Mutex<Beside>,
    done: Mutex<Done>,
}

impl Raced {
    fn asked(&self, verb: &str, path: &str, body: &Json) -> Json {
        let mut headers = http::HeaderMap::new();
        headers.insert("host", "site".parse().expect("a name"));
        headers.insert("authorization", ADMIN.parse().expect("a header"));
        headers.insert("content-type", "application/json".parse().expect("a type"));
        let body = if verb == "GET" {
            Bytes::new()
        } else {
            Bytes::from(body.to_string())
        };
        headers.insert("content-length", body.len().into());
        let response = self.erp.answer(&Request {
            verb: verb.to_owned(),
            path: path.to_owned(),
            query: String::new(),
            headers,
            body,
        });
        let text = String::from_utf8_lossy(&response.body);
        assert!(response.status < 300, "{verb} {path}: {text}");
        let answer: Json = serde_json::from_str(&text).unwrap_or_default();
        answer["data"].clone()
    }

    fn moves(&self, path: &str, to: bool) {
        let doctype = if path.contains("Customer") {
            "Customer"
        } else {
            "Sales Order"
        };
        self.asked("PUT", path, &moved(doctype, to));
    }
}

impl Handler for Raced {
    const ERP: &'static str = "erpnext";
    const KEEP_ALIVE: bool = true;

    fn answer(&self, request: &Request) -> Response {
        let is_call = request.header("authorization") == Some(self.user.1)
            && request.verb != "GET"
            && request.path.matches('/').count() == 4;
        if !is_call {
            return self.erp.answer(request);
        }
        let beside = *self.beside.lock().expect("a deed");
        if beside != Beside::Nothing {
            self.moves(&request.path, false);
        }
        if beside == Beside::LeavesAndComesBack {
            self.moves(&request.path, true);
        }
        let inside = is_inside(&self.asked("GET", &request.path, &Json::Null));
        let response = self.erp.answer(request);
        if response.status < 300 {
            *self.done.lock().expect("a list").entry(inside).or_default() += 1;
        }
        if beside == Beside::LeavesAndComesBackAfter {
            self.moves(&request.path, true);
        }
        response
    }
}

struct Site {
    erp: Arc<Raced>,
    yard: Yard,
}

impl Site {
    async fn make(user: User) -> Self {
        let known = |name: &str| Credential {
            password: format!("the password of {name}"),
            api_key: name.to_owned(),
            api_secret: format!("{name}s-secret"),
        };
        let erp = Arc::new(Raced {
            erp: ErpNext::new(Options::new(
                known("administrator"),
                known("integration"),
                known("second"),
                known("portal"),
            )),
            user,
            beside: Mutex::new(Beside::Nothing),
            done: Mutex::default(),
        });
        let plan = Plan {
            family: Family::Frappe,
            spoken: Dialect::FrappeResource,
            login: user.0,
            secret: user.1.trim_start_matches("token "),
            uid: None,
            roles: &[("narrow", ROLE)],
            rate: Rate {
                per_minute: 10_000_000,
                burst: 10_000_000,
            },
            once: Duration::from_secs(60),
        };
        let yard = Yard::before(Arc::clone(&erp), &plan).await;
        Self { erp, yard }
    }

    /// A customer that is inside the rule.
    fn customer(&self, name: &str) -> String {
        let group = json!({"customer_name": name, "customer_type": "Company", "customer_group": "Commercial", "territory": "Germany"});
        let made = self.erp.asked("POST", "/api/resource/Customer", &group);
        let name = made["name"].as_str().expect("a name");
        format!(
            "/api/resource/Customer/{}",
            portcullis_erp::dialect::segment(name)
        )
    }

    /// A draft order that is inside the rule.
    fn order(&self, customer: &str, item: &str) -> String {
        let order = json!({
            "customer": customer, "order_type": "Sales", "delivery_date": "2027-01-01",
            "items": [{"item_code": item, "qty": 1, "delivery_date": "2027-01-01"}],
        });
        let made = self
            .erp
            .asked("POST", "/api/resource/Sales%20Order", &order);
        let name = made["name"].as_str().expect("a name");
        format!(
            "/api/resource/Sales%20Order/{}",
            portcullis_erp::dialect::segment(name)
        )
    }

    /// Makes a call through the gateway while this happens beside it; answers its status, and
    /// what its record says of the rule.
    async fn call(
        &self,
        verb: &str,
        path: &str,
        body: &Json,
        beside: Beside,
    ) -> (u16, Vec<String>) {
        *self.erp.beside.lock().expect("a deed") = beside;
        let request = http::Request::builder()
            .method(verb)
            .uri(path)
            .header("host", "gateway")
            .header("content-type", "application/json")
            .header("x-api-key", &self.yard.keys[0]);
        let body = Bytes::from(body.to_string());
        let response = self.yard.send(request.body(body).expect("a request")).await;
        *self.erp.beside.lock().expect("a deed") = Beside::Nothing;
        let id = response.headers()["x-request-id"].to_str().expect("text");
        let mut noted = std::mem::take(&mut *self.yard.notes.lock().expect("notes"));
        noted.retain(|noted| noted.request == id);
        assert_eq!(noted.len(), 1, "a request has one record");
        let says = of_rule(&noted[0]).into_iter().map(str::to_owned).collect();
        (response.status().as_u16(), says)
    }

    fn done(&self) -> Done {
        std::mem::take(&mut *self.erp.done.lock().expect("a list"))
    }
}

#[test]
fn no_save_that_breaks_the_rule_lands() {
    const TRIES: usize = 10_000;
    // Nothing that is switched off elsewhere is of any use here.
    in_one_core(async {
        let site = Site::make(INTEGRATION).await;
        let customer = site.customer("Raced");
        let mut chance = Chance::of(1);
        let mut tried = BTreeMap::new();
        for number in 0..TRIES {
            let beside = *chance.one(BESIDE);
            let values = json!({"website": format!("https://{number}.example")});
            let (status, says) = site.call("PUT", &customer, &values, beside).await;
            assert!(says.is_empty(), "there is nothing to be doubted: {says:?}");
            let lands = beside == Beside::Nothing;
            assert_eq!(status == 200, lands, "{beside:?}: {status}");
            *tried.entry(format!("{beside:?}")).or_insert(0) += 1;
            if beside == Beside::Leaves {
                site.erp.moves(&customer, true);
            }
        }
        let done = site.done();
        eprintln!("frappe: {tried:?}; done {done:?}");
        assert_eq!(done.get(&false), None, "none outside the rule");
        assert!(done[&true] > 2_000);
    });
}

#[test]
fn submitting_and_cancelling_are_bound_as_well_and_deleting_is_doubted() {
    without(None, async {
        let site = Site::make(INTEGRATION).await;
        let named = |path: &str| {
            let all = site.erp.asked("GET", path, &Json::Null);
            all[0]["name"].as_str().expect("a name").to_owned()
        };
        let (customer, item) = (named("/api/resource/Customer"), named("/api/resource/Item"));
        for beside in [
            Beside::Leaves,
            Beside::LeavesAndComesBackAfter,
            Beside::Nothing,
        ] {
            for method in ["submit", "cancel"] {
                let order = site.order(&customer, &item);
                if method == "cancel" {
                    site.erp.asked("PUT", &order, &json!({"docstatus": 1}));
                }
                // What is submitted is not saved by anybody: the administrator cancels it instead.
                let beside = match (method, beside) {
                    ("cancel", Beside::Nothing) | ("submit", _) => beside,
                    _ => continue,
                };
                let run = json!({"run_method": method});
                let (status, says) = site.call("POST", &order, &run, beside).await;
                assert_eq!(
                    status == 200,
                    beside == Beside::Nothing,
                    "{method} {beside:?}"
                );
                assert!(says.is_empty(), "{method} {beside:?}: {says:?}");
                if status == 200 {
                    let order = site.erp.asked("GET", &order, &Json::Null);
                    let expected = if method == "submit" { 1 } else { 2 };
                    assert_eq!(order["docstatus"], expected);
                }
            }
        }
        assert_eq!(site.done().get(&false), None, "none outside the rule");

        let site = Site::make(ADMINISTRATOR).await;
        for (beside, inside) in [(Beside::Nothing, true), (Beside::Leaves, false)] {
            let customer = site.customer(&format!("Passing {inside}"));
            let (status, says) = site.call("DELETE", &customer, &json!({}), beside).await;
            assert!(status < 300, "{status}");
            assert_eq!(says, ["rule-unproven"]);
            assert_eq!(site.done(), BTreeMap::from([(inside, 1)]));
        }
    });
}
