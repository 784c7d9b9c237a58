//! The Odoo with a gateway before it, and what the gateway wrote down.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use portcullis_erp::Dialect;
use portcullis_gateway::gcra::Rate;
use portcullis_policy::Family;
use portcullis_testkit::yard::{Noted, Plan, Yard};
use serde_json::{Value as Json, json};

use crate::hook::{Hooked, LOGIN, SECRET};

const ROLE: &str = r#"
[[rule]]
name = "companies"
models = ["res.partner"]
operations = ["read", "write", "delete"]
fields = ["name", "city", "is_company", "active"]
domain = '[["is_company", "=", true]]'
"#;

/// The same for whoever has a second for each call.
const HURRIED: &str = r#"
[caps]
seconds = 1

[[rule]]
name = "companies"
models = ["res.partner"]
operations = ["write"]
fields = ["name", "city"]
domain = '[["is_company", "=", true]]'
"#;

/// Who calls.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Caller<'a> {
    Patient,
    /// Somebody who has a second for each call.
    Hurried,
    /// Somebody who wants it done once, by this key.
    Once(&'a str),
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writes {
    /// Something that the rule does not rest on.
    Other,
    /// What it rests on, too.
    Condition,
    /// That it is archived.
    Archived,
    /// That it is gone.
    Gone,
}

pub(crate) struct Site {
    pub(crate) erp: Arc<Hooked>,
    pub(crate) yard: Yard,
}

impl Site {
    pub(crate) async fn make() -> Self {
        let erp = Arc::new(Hooked::new());
        let plan = Plan {
            family: Family::Odoo,
            spoken: Dialect::Json2,
            login: LOGIN,
            secret: SECRET,
            uid: erp.uid(),
            roles: &[("companies", ROLE), ("hurried", HURRIED)],
            rate: Rate {
                per_minute: 10_000_000,
                burst: 10_000_000,
            },
            once: Duration::from_secs(60),
        };
        let yard = Yard::before(Arc::clone(&erp), &plan).await;
        Self { erp, yard }
    }

    /// Writes through the gateway, by the number of the try; answers the status, and the request
    /// as its record names it.
    pub(crate) async fn write(&self, record: i64, number: u64, writes: Writes) -> (u16, String) {
        let mut values = json!({"city": format!("try {number}")});
        if writes == Writes::Condition {
            values["is_company"] = json!(true);
        }
        let (method, arguments) = match writes {
            Writes::Other | Writes::Condition => {
                ("write", json!({"ids": [record], "vals": values}))
            }
            Writes::Archived => ("action_archive", json!({"ids": [record]})),
            Writes::Gone => ("unlink", json!({"ids": [record]})),
        };
        self.call(method, &arguments, Caller::Patient).await
    }

    /// Makes a call through the gateway.
    pub(crate) async fn call(
        &self,
        method: &str,
        arguments: &Json,
        caller: Caller<'_>,
    ) -> (u16, String) {
        let mut request = http::Request::post(format!("/json/2/res.partner/{method}"))
            .header("host", "gateway")
            .header("content-type", "application/json")
            .header(
                "x-api-key",
                match caller {
                    Caller::Patient | Caller::Once(_) => &self.yard.keys[0],
                    Caller::Hurried => &self.yard.keys[1],
                },
            );
        if let Caller::Once(key) = caller {
            request = request.header("idempotency-key", key);
        }
        let body = Bytes::from(arguments.to_string());
        let response = self.yard.send(request.body(body).expect("a request")).await;
        let request = response.headers()["x-request-id"].to_str().expect("text");
        (response.status().as_u16(), request.to_owned())
    }

    /// What was written down since this was asked last, the gateway's own questions included.
    pub(crate) fn noted(&self) -> Vec<Noted> {
        std::mem::take(&mut *self.yard.notes.lock().expect("notes"))
    }

    /// What was written down of the last request.
    pub(crate) fn noted_of(&self, request: &str) -> Noted {
        let mut noted = self.noted();
        noted.retain(|noted| noted.request == request);
        assert_eq!(noted.len(), 1, "a request has one record");
        noted.remove(0)
    }
}

/// What a record says of the rule.
pub(crate) fn of_rule(noted: &Noted) -> Vec<&str> {
    let words = noted.notes.iter().map(|(what, _)| what.as_str());
    words.filter(|what| what.starts_with("rule-")).collect()
}

/// Microseconds between the guard's answer and the call's, where the record tells them.
pub(crate) fn window(noted: &Noted) -> Option<u64> {
    let found = noted.notes.iter().find(|(what, _)| what == "window-us");
    found.map(|(_, micros)| *micros)
}
