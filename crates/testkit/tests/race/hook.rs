//! An Odoo that knows of each write whether its record was inside the rule, and lets a test do
//! something between any two requests.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use portcullis_sandbox::odoo::{Key, Odoo, Options, Role, User};
use portcullis_sandbox::{Handler, Request, Response};
use serde_json::{Value as Json, json};

/// The key of the user as whom the gateway's calls run.
pub(crate) const SECRET: &str = "a key of the ERP user";
/// The key of somebody who has a road of their own to the ERP.
pub(crate) const OTHER: &str = "a key of the administrator";

/// The ERP user as whom the gateway's calls run.
pub(crate) const LOGIN: &str = "integration";

/// Whether a record is inside the rule: it is a company.
pub(crate) const OUT: bool = false;
pub(crate) const BACK: bool = true;

/// What reaches the ERP of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Guard,
    Call,
    After,
}

/// What somebody else does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Deed {
    /// Moves the record out of the rule, or back.
    Moves(bool),
    /// Moves it as the same ERP user.
    MovesAlike(bool),
    /// Writes something that the rule does not speak of.
    Touches,
    Deletes,
}

/// When somebody else does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Before(Stage),
    Behind(Stage),
}

/// What the ERP does with its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Given,
    /// It fails at this stage, once it has done what was asked.
    Lost(Stage),
    /// It takes so many milliseconds longer at this stage.
    Late(Stage, u64),
}

/// What happens during one call, if that is laid down.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    pub(crate) record: i64,
    /// The number of the call.
    pub(crate) number: u64,
    pub(crate) deeds: Vec<(When, Deed)>,
    pub(crate) fate: Fate,
}

/// What the ERP itself knows of a write that it did: whether its record was inside.
pub(crate) type Truth = BTreeMap<u64, bool>;

/// The Odoo.
pub(crate) struct Hooked {
    odoo: Odoo,
    /// One thing at a time: whoever looks whether a record is inside writes before anybody moves it.
    world: Mutex<Truth>,
    script: Mutex<Option<(Script, Stage)>>,
    /// How many writes are held back, and what lets them go.
    held: (Mutex<bool>, Condvar),
    arrived: AtomicU64,
}

impl Hooked {
    pub(crate) fn new() -> Self {
        let user = |login: &str, key: &str| User {
            login: login.to_owned(),
            name: login.to_owned(),
            role: Role::Admin,
            password: format!("the password of {login}"),
            keys: vec![Key::rpc(key)],
        };
        let users = vec![user("admin", OTHER), user(LOGIN, SECRET)];
        Self {
            odoo: Odoo::new(Options::new("demo", users)),
            world: Mutex::default(),
            script: Mutex::default(),
            held: (Mutex::new(false), Condvar::new()),
            arrived: AtomicU64::new(0),
        }
    }

    pub(crate) fn uid(&self) -> Option<i64> {
        self.odoo.uid(LOGIN)
    }

    /// Lays down what happens during the next call.
    pub(crate) fn plays(&self, script: Option<Script>) {
        *self.script.lock().expect("a script") = script.map(|script| (script, Stage::Guard));
    }

    /// A company of its own.
    pub(crate) fn company(&self, name: &str) -> i64 {
        let values = json!({"vals_list": [{"name": name, "is_company": true}]});
        self.asked(OTHER, "create", &values)[0]
            .as_i64()
            .expect("an id")
    }

    /// Moves a record out of the rule, or back, by another road.
    pub(crate) fn moves(&self, record: i64, to: bool) {
        let _world = self.world.lock().expect("a world");
        self.does(record, Deed::Moves(to));
    }

    /// Writes something else of a record by another road.
    pub(crate) fn touches(&self, record: i64) {
        let _world = self.world.lock().expect("a world");
        self.does(record, Deed::Touches);
    }

    /// Whether the record was inside when the write of this number was done; none: it was not
    /// done.
    pub(crate) fn was_inside(&self, number: u64) -> Option<bool> {
        self.world.lock().expect("a world").get(&number).copied()
    }

    /// Holds back whatever calls arrive, or lets them go.
    pub(crate) fn holds(&self, holds: bool) {
        *self.held.0.lock().expect("a hold") = holds;
        self.held.1.notify_all();
    }

    /// How many calls have arrived.
    pub(crate) fn arrived(&self) -> u64 {
        self.arrived.load(Ordering::Acquire)
    }

    fn does(&self, record: i64, deed: Deed) {
        let write = |key, values: Json| {
            self.asked(key, "write", &json!({"ids": [record], "vals": values}));
        };
        match deed {
            Deed::Moves(to) => write(OTHER, json!({"is_company": to})),
            Deed::MovesAlike(to) => write(SECRET, json!({"is_company": to})),
            Deed::Touches => write(OTHER, json!({"function": "touched"})),
            Deed::Deletes => {
                self.asked(OTHER, "unlink", &json!({"ids": [record]}));
            }
        }
    }

    fn is_inside(&self, record: i64) -> bool {
        let domain = json!([["id", "=", record], ["is_company", "=", true]]);
        let found = json!({"domain": domain, "context": {"active_test": false}});
        self.asked(OTHER, "search_count", &found) == 1
    }

    fn asked(&self, key: &str, method: &str, arguments: &Json) -> Json {
        let mut headers = http::HeaderMap::new();
        let bearer = format!("Bearer {key}");
        headers.insert("authorization", bearer.parse().expect("a header"));
        headers.insert("host", "erp".parse().expect("a name"));
        headers.insert("content-type", "application/json".parse().expect("a type"));
        let body = Bytes::from(arguments.to_string());
        headers.insert("content-length", body.len().into());
        let response = self.odoo.answer(&Request {
            verb: "POST".to_owned(),
            path: format!("/json/2/res.partner/{method}"),
            query: String::new(),
            headers,
            body,
        });
        let text = String::from_utf8_lossy(&response.body);
        assert_eq!(response.status, 200, "{method} {arguments}: {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Does what the script says of this moment.
    fn plays_at(&self, when: When) {
        let script = self.script.lock().expect("a script").clone();
        let Some((script, _)) = script else { return };
        for (at, deed) in &script.deeds {
            if *at == when {
                self.does(script.record, *deed);
            }
        }
    }

    /// At which stage the call is that a request belongs to; none: it is nobody's.
    fn stage(&self, request: &Request) -> Option<Stage> {
        let method = request.path.strip_prefix("/json/2/res.partner/")?;
        let played = self.script.lock().expect("a script");
        match method {
            "search_read" => Some(played.as_ref().map_or(Stage::Guard, |(_, stage)| *stage)),
            "write" | "unlink" | "action_archive" => Some(Stage::Call),
            _ => None,
        }
    }
}

/// The number of a write: it stands in what is written.
fn number(arguments: &Json) -> Option<u64> {
    let text = arguments["vals"]["city"].as_str()?;
    text.strip_prefix("try ")?.parse().ok()
}

impl Handler for Hooked {
    const ERP: &'static str = "odoo";
    const KEEP_ALIVE: bool = false;

    fn answer(&self, request: &Request) -> Response {
        let Some(stage) = self.stage(request) else {
            return self.odoo.answer(request);
        };
        if stage == Stage::Call {
            self.arrived.fetch_add(1, Ordering::AcqRel);
            let held = self.held.0.lock().expect("a hold");
            drop(self.held.1.wait_while(held, |held| *held).expect("a hold"));
        }
        let mut world = self.world.lock().expect("a world");
        self.plays_at(When::Before(stage));
        let mut response = if stage == Stage::Call {
            let arguments: Json = serde_json::from_slice(&request.body).expect("JSON");
            let script = self.script.lock().expect("a script");
            let played = script.as_ref().map(|(script, _)| script.number);
            drop(script);
            let number = played.or_else(|| number(&arguments));
            let record = arguments["ids"][0].as_i64().expect("an id");
            let is_inside = self.is_inside(record);
            let response = self.odoo.answer(request);
            if let (Some(number), 200) = (number, response.status) {
                world.insert(number, is_inside);
            }
            response
        } else {
            self.odoo.answer(request)
        };
        self.plays_at(When::Behind(stage));
        if let Some((script, now)) = &mut *self.script.lock().expect("a script") {
            *now = match stage {
                Stage::Guard => Stage::Guard,
                Stage::Call | Stage::After => Stage::After,
            };
            match script.fate {
                Fate::Lost(at) if at == stage => {
                    response = Response::new(502, "text/html", "<h1>Bad Gateway</h1>");
                }
                Fate::Late(at, millis) if at == stage => {
                    thread::park_timeout(Duration::from_millis(millis));
                }
                Fate::Given | Fate::Lost(_) | Fate::Late(..) => {}
            }
        }
        response
    }
}
