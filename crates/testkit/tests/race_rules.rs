//! Somebody who moves each record out of the rule between the gateway's guard and its call: with
//! the role's rules in the ERP itself no write comes through that breaks them, without them each
//! one does. The look-alike does one call after the other: how a real Odoo's transactions meet is
//! not tried here.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in what its cases share"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use portcullis_erp::Dialect;
use portcullis_gateway::gcra::Rate;
use portcullis_identity::{RoleName, UpstreamName};
use portcullis_policy::{Family, Heirs, Mode, RecordRules, Role};
use portcullis_sandbox::odoo::{Key, Odoo, Options, Role as ErpRole, User};
use portcullis_sandbox::{Handler, Request, Response};
use portcullis_testkit::yard::{Plan, UPSTREAM, Yard, in_one_core};
use serde_json::{Value as Json, json};

const COMPANIES: &str = r#"
[[rule]]
name = "companies"
models = ["res.partner"]
operations = ["read", "write", "delete"]
fields = ["name", "city", "is_company"]
domain = '[["is_company", "=", true]]'
"#;

/// The ERP user as whom the gateway's calls run, and somebody with a road of their own.
const NARROW: &str = "narrow-key";
const OTHER: &str = "admin-key";

/// An Odoo in which each record is moved out of the rule just before it is written or deleted,
/// and back just after.
struct Racing {
    odoo: Odoo,
    is_on: AtomicBool,
    /// Writes that were done while their record was outside.
    broken: AtomicUsize,
    /// Those that the ERP refused.
    refused: AtomicUsize,
}

impl Racing {
    fn new() -> Self {
        let user = |login: &str, role| User {
            login: login.to_owned(),
            name: login.to_owned(),
            role,
            password: format!("{login}-password"),
            keys: vec![Key::rpc(format!("{login}-key"))],
        };
        let users = vec![
            user("admin", ErpRole::Admin),
            user("narrow", ErpRole::Sales),
        ];
        Self {
            odoo: Odoo::new(Options::new("demo", users)),
            is_on: AtomicBool::new(false),
            broken: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
        }
    }

    fn asked(&self, key: &str, path: &str, arguments: &Json) -> Json {
        let body = Bytes::from(arguments.to_string());
        let mut headers = http::HeaderMap::new();
        let bearer = format!("Bearer {key}");
        headers.insert("authorization", bearer.parse().expect("a header"));
        headers.insert("host", "erp".parse().expect("a name"));
        headers.insert("content-type", "application/json".parse().expect("a type"));
        headers.insert("content-length", body.len().into());
        let response = self.odoo.answer(&Request {
            verb: "POST".to_owned(),
            path: format!("/json/2/{path}"),
            query: String::new(),
            headers,
            body,
        });
        let text = String::from_utf8_lossy(&response.body);
        assert_eq!(response.status, 200, "{path} {arguments}: {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    fn moves(&self, record: &Json, to: bool) {
        let write = json!({"ids": [record], "vals": {"is_company": to}});
        self.asked(OTHER, "res.partner/write", &write);
    }

    fn company(&self) -> i64 {
        let new = json!({"vals_list": [{"name": "A company", "is_company": true}]});
        let made = self.asked(OTHER, "res.partner/create", &new);
        made[0].as_i64().expect("an id")
    }

    /// Lays the role's rules into it, for the user as whom the gateway calls.
    fn install(&self) {
        let role = RoleName::new("companies").expect("a name");
        let role = Role::from_toml(role, COMPANIES).expect("a role");
        let upstream = UpstreamName::new(UPSTREAM).expect("a name");
        let found = RecordRules::of(&[&role], &upstream, &Heirs::new());
        let uid = self.odoo.uid("narrow").expect("a user");
        let model = json!({"domain": [["model", "=", "res.partner"]]});
        let model = self.asked(OTHER, "ir.model/search", &model)[0].clone();
        for rule in found.rules {
            let text = format!("{} if user.id == {uid} else [(1, '=', 1)]", rule.expression);
            let mut values = json!({"name": "companies", "model_id": model, "domain_force": text});
            for mode in Mode::ALL {
                values[mode.column()] = json!(rule.modes.contains(&mode));
            }
            self.asked(OTHER, "ir.rule/create", &json!({"vals_list": [values]}));
        }
    }
}

impl Handler for Racing {
    const ERP: &'static str = "odoo";
    const KEEP_ALIVE: bool = false;

    fn answer(&self, request: &Request) -> Response {
        let changes = ["/json/2/res.partner/write", "/json/2/res.partner/unlink"];
        if !self.is_on.load(Ordering::Acquire) || !changes.contains(&request.path.as_str()) {
            return self.odoo.answer(request);
        }
        let arguments: Json = serde_json::from_slice(&request.body).expect("JSON");
        let record = &arguments["ids"][0];
        self.moves(record, false);
        let response = self.odoo.answer(request);
        if response.status == 200 {
            self.broken.fetch_add(1, Ordering::AcqRel);
        } else {
            self.refused.fetch_add(1, Ordering::AcqRel);
        }
        if !(response.status == 200 && request.path.ends_with("unlink")) {
            self.moves(record, true);
        }
        response
    }
}

async fn yard(erp: &Arc<Racing>) -> Yard {
    let plan = Plan {
        family: Family::Odoo,
        spoken: Dialect::Json2,
        login: "narrow",
        secret: NARROW,
        uid: erp.odoo.uid("narrow"),
        roles: &[("companies", COMPANIES)],
        rate: Rate {
            per_minute: 10_000_000,
            burst: 10_000_000,
        },
        once: Duration::from_secs(60),
    };
    Yard::before(Arc::clone(erp), &plan).await
}

async fn call(yard: &Yard, method: &str, arguments: &Json) -> u16 {
    let request = http::Request::post(format!("/json/2/res.partner/{method}"))
        .header("host", "gateway")
        .header("content-type", "application/json")
        .header("x-api-key", &yard.keys[0]);
    let body = Bytes::from(arguments.to_string());
    yard.exchange(request.body(body).expect("a request"))
        .await
        .0
}

/// So many writes to each of four records at once, each with its record moved out in between;
/// answers how many were done.
async fn race(yard: &Yard, erp: &Racing, tries: usize) -> usize {
    let records = [0; 4].map(|_| erp.company());
    let write = |record: i64, city: &str| json!({"ids": [record], "vals": {"city": city}});
    // Where nobody is beside, the write is done.
    for record in records {
        assert_eq!(call(yard, "write", &write(record, "alone")).await, 200);
    }
    erp.is_on.store(true, Ordering::Release);
    let one = async |record| {
        let mut done = 0;
        for number in 0..tries {
            let city = format!("try {number}");
            done += usize::from(call(yard, "write", &write(record, &city)).await == 200);
        }
        done
    };
    let [a, b, c, d] = records;
    let done = tokio::join!(one(a), one(b), one(c), one(d));
    erp.is_on.store(false, Ordering::Release);
    for record in records {
        assert_eq!(call(yard, "write", &write(record, "again")).await, 200);
    }
    done.0 + done.1 + done.2 + done.3
}

#[test]
fn with_rules_in_the_erp_no_write_breaks_them() {
    const TRIES: usize = 2_500;
    in_one_core(async {
        let erp = Arc::new(Racing::new());
        erp.install();
        let yard = yard(&erp).await;
        let done = race(&yard, &erp, TRIES).await;
        let broken = erp.broken.load(Ordering::Acquire);
        let refused = erp.refused.load(Ordering::Acquire);
        let tries = 4 * TRIES;
        eprintln!(
            "{tries} races: {broken} writes broke the rule, {refused} were refused by the ERP"
        );
        assert_eq!((done, broken, refused), (0, 0, tries));
        let record = erp.company();
        erp.is_on.store(true, Ordering::Release);
        assert_ne!(call(&yard, "unlink", &json!({"ids": [record]})).await, 200);
        erp.is_on.store(false, Ordering::Release);
        assert_eq!(call(&yard, "unlink", &json!({"ids": [record]})).await, 200);
    });
}

#[test]
fn without_them_every_one_does() {
    const TRIES: usize = 10;
    in_one_core(async {
        let erp = Arc::new(Racing::new());
        let yard = yard(&erp).await;
        race(&yard, &erp, TRIES).await;
        assert_eq!(erp.broken.load(Ordering::Acquire), 4 * TRIES);
    });
}
