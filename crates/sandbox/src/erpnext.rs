//! The ERPNext look-alike: a state machine from request to answer.
//!
//! It is the embedded default behind `portcullis demo` and a test double for tests and
//! benchmarks, not a replacement of ERPNext: everything is kept in memory, all of it is
//! invented, and only what `doctypes.tsv` lists is there. What it does serve, it serves as
//! a stock Frappe 15 does, weaknesses included (`cmd` overrides the path, a `PUT` answers
//! fields above the caller's permlevel, tracebacks for guests), for a gateway must hold in
//! front of them. `tests/replay_frappe.rs` measures how alike it is.

mod access;
mod chance;
mod client;
mod demo;
mod document;
mod failure;
mod filter;
mod identity;
mod list;
mod meta;
mod method;
mod naming;
mod oauth;
mod pages;
mod params;
mod reply;
mod route;
mod save;
mod schema;
mod selling;
mod values;
mod world;

use std::sync::{Mutex, RwLock};

use portcullis_erp::value::Map;

use crate::clock;
use crate::http::{Handler, Request, Response, Seen};

use access::Caller;
use failure::{Failure, Message};
use identity::Sessions;
use params::Params;
use schema::Schema;
use world::World;

/// What one of the four demo users is known by.
pub struct Credential {
    /// The password of the log-in form.
    pub password: String,
    /// The API key.
    pub api_key: String,
    /// The API secret.
    pub api_secret: String,
}

/// A user besides the four.
pub struct Account {
    /// The e-mail address, which is the name.
    pub email: String,
    /// The first name, which is the full name too.
    pub first_name: String,
    /// The roles.
    pub roles: Vec<String>,
    /// Whether the user works at the desk; else it is a customer's.
    pub is_system_user: bool,
    /// What the user is known by.
    pub credential: Credential,
}

/// A field that a site added to a DocType.
pub struct CustomField {
    /// The DocType.
    pub doctype: String,
    /// The field's name.
    pub fieldname: String,
    /// The field's type (`Data`, `Password`, …).
    pub fieldtype: String,
    /// The level that a role must reach to see it.
    pub permlevel: u8,
}

/// A document that is there from the start. Missing columns are filled.
pub struct Seed {
    /// The DocType.
    pub doctype: String,
    /// The fields; `name` must be one of them.
    pub fields: Map,
}

/// How a look-alike is made. Secrets come from the creator: none are built in.
pub struct Options {
    /// The site's name.
    pub site: String,
    /// The hosts that are answered; all of them when this is empty.
    pub hosts: Vec<String>,
    /// Administrator: may do everything.
    pub administrator: Credential,
    /// `integration@example.com`: Sales User.
    pub integration: Credential,
    /// `second@example.com`: Sales User and Stock User.
    pub second: Credential,
    /// `portal@example.com`: a customer, who has no desk.
    pub portal: Credential,
    /// Users besides.
    pub accounts: Vec<Account>,
    /// Fields besides.
    pub custom_fields: Vec<CustomField>,
    /// Whether there are demo customers, items and orders.
    pub demo_records: bool,
    /// Documents besides.
    pub seeds: Vec<Seed>,
}

impl Options {
    /// A site `demo` with demo records and the four users.
    pub fn new(
        administrator: Credential,
        integration: Credential,
        second: Credential,
        portal: Credential,
    ) -> Self {
        Self {
            site: "demo".to_owned(),
            hosts: Vec::new(),
            administrator,
            integration,
            second,
            portal,
            accounts: Vec::new(),
            custom_fields: Vec::new(),
            demo_records: true,
            seeds: Vec::new(),
        }
    }
}

/// The fields that a DocType of a stock ERPNext has: name, type and options of each.
pub fn stock_fields(doctype: &str) -> Vec<(String, String, String)> {
    let schema = schema::Schema::read(&[]);
    let fields = schema.get(doctype).map(|known| known.fields.iter());
    let each = fields.into_iter().flatten();
    each.map(|field| {
        (
            field.name.clone(),
            field.kind.clone(),
            field.options.clone(),
        )
    })
    .collect()
}

/// The look-alike.
pub struct ErpNext {
    site: String,
    hosts: Vec<String>,
    schema: Schema,
    world: RwLock<World>,
    sessions: Mutex<Sessions>,
    grants: Mutex<oauth::Grants>,
}

impl ErpNext {
    /// A fresh site.
    pub fn new(options: Options) -> Self {
        let schema = Schema::read(&options.custom_fields);
        let mut world = World::default();
        let mut sessions = Sessions::default();
        let site = options.site.clone();
        let hosts = options.hosts.clone();
        demo::furnish(&schema, &mut world, &mut sessions, options, clock::now());
        Self {
            site,
            hosts,
            schema,
            world: RwLock::new(world),
            sessions: Mutex::new(sessions),
            grants: Mutex::default(),
        }
    }
}

impl Handler for ErpNext {
    const ERP: &'static str = "erpnext";
    const KEEP_ALIVE: bool = true;

    fn answer(&self, request: &Request) -> Response {
        route::answer(self, request)
    }
}

/// One request on its way: what is known of it so far.
pub(crate) struct Turn<'a> {
    pub(crate) erp: &'a ErpNext,
    pub(crate) request: &'a Request,
    /// The path, decoded.
    pub(crate) path: String,
    pub(crate) params: Params,
    pub(crate) caller: Caller,
    pub(crate) session: identity::Standing,
    /// Whether the path is one of version 2, with its own shapes.
    pub(crate) version_2: bool,
    /// Said on the way, beside answer or failure.
    pub(crate) messages: Vec<Message>,
    /// Said on the way to those who asked for it.
    pub(crate) debug: Vec<String>,
    pub(crate) now: i64,
    pub(crate) seen: Seen,
}

impl<'a> Turn<'a> {
    pub(crate) fn verb(&self) -> &str {
        &self.request.verb
    }

    /// Notes for the upstream log what is called.
    pub(crate) fn sees(&mut self, model: Option<&str>, call: &str) {
        if let Some(model) = model {
            self.seen.model = Some(model.to_owned());
        }
        self.seen.call = Some(call.to_owned());
    }

    /// The DocType of this name.
    ///
    /// # Errors
    /// 404, or 500 where only the case differs (the real database finds it, the rest does not).
    pub(crate) fn doctype(&self, name: &str) -> Result<&'a schema::DocType, Failure> {
        if let Some(doctype) = self.erp.schema.get(name) {
            return Ok(doctype);
        }
        if self
            .erp
            .schema
            .all()
            .any(|doctype| doctype.name.eq_ignore_ascii_case(name))
        {
            let words = format!("('DocType', '{name}')");
            return Err(Failure::internal("pymysql.err.", "ProgrammingError", words));
        }
        Err(Failure::absent("DocType", name))
    }

    pub(crate) fn world(&self) -> Result<std::sync::RwLockReadGuard<'a, World>, Failure> {
        self.erp.world.read().map_err(|_| broken())
    }
}

/// The lock is poisoned: a request before this one panicked.
pub(crate) fn broken() -> Failure {
    Failure::internal("", "RuntimeError", "the look-alike is broken")
}
