//! The Odoo look-alike: an embedded default for demonstrations and a test double, not an ERP.
//!
//! It speaks XML-RPC v1 and v2, JSON-RPC, JSON-2 and the few web calls that clients make,
//! over models, fields, access rights and errors that have the real server's shapes, on data
//! that are invented. It is as lenient with requests as the real server, and as talkative in
//! its errors, for a gateway in front of it must be shown to be neither.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever else a client may send is treated alike, as Python does"
)]

mod access;
mod actions;
mod before;
mod call;
mod cell;
mod compute;
mod compute_sale;
mod constraint;
mod copies;
mod db;
mod defaults;
mod demo;
mod describe;
mod doc;
mod group;
mod guard;
mod json;
mod json2;
mod jsonrpc;
mod keys;
mod methods;
mod native;
mod onchange;
mod options;
mod page;
mod panel;
mod picture;
mod python;
mod read;
mod record;
mod route;
mod rules;
mod schema;
mod search;
mod service;
mod session;
mod translations;
mod trouble;
mod user;
mod views;
mod web;
mod write;
mod xml;
mod xmlrpc;

use std::sync::{PoisonError, RwLock};

use portcullis_erp::value::Value;

pub use options::{Faces, Key, Options, User, Version};
pub use user::Role;

use crate::clock;
use crate::http::{Handler, Request, Response, Seen};
use call::{Bound, Env, Given, Run};
use db::Db;
use guard::Guard;
use record::View;
use schema::Schema;
use trouble::{Kind, Trouble};
use user::{Context, Who};

/// An Odoo with one database, in memory.
pub struct Odoo {
    options: Options,
    schema: Schema,
    db: RwLock<Db>,
    guard: Guard,
    sessions: session::Sessions,
}

impl Odoo {
    /// An Odoo with the demonstration data and these users.
    pub fn new(options: Options) -> Self {
        let schema = Schema::load();
        let mut db = demo::database(&schema);
        let guard = Guard::default();
        for user in &options.users {
            let uid = options::settle(&schema, &mut db, user);
            guard.learn(uid, user);
        }
        db.commit();
        Self {
            options,
            schema,
            db: RwLock::new(db),
            guard,
            sessions: session::Sessions::default(),
        }
    }

    /// The users with their passwords and keys, as they were given.
    pub fn credentials(&self) -> &[User] {
        &self.options.users
    }

    /// Whether strangers may list its databases.
    pub fn lists_databases(&self) -> bool {
        self.options.list_databases
    }

    /// The name of the database.
    pub fn database(&self) -> &str {
        &self.options.database
    }

    /// The id of the user with this login.
    pub fn uid(&self, login: &str) -> Option<i64> {
        let db = self.db.read().unwrap_or_else(PoisonError::into_inner);
        guard::uid_of(&self.schema, &db, login)
    }

    /// Whether the user is not archived.
    fn is_active(&self, uid: i64) -> bool {
        let db = self.db.read().unwrap_or_else(PoisonError::into_inner);
        guard::is_active(&self.schema, &db, uid)
    }

    /// Lets the time of a key pass. XML-RPC and JSON-RPC go on taking it where they took it
    /// before, as the real server does; `authenticate` and JSON-2 refuse it.
    pub fn expire_key(&self, secret: &str) {
        self.guard.expire(secret);
    }

    /// From now on this user's password is refused and only keys are taken over RPC, as for
    /// users with a second factor.
    pub fn require_second_factor(&self, login: &str) {
        if let Some(uid) = self.uid(login) {
            self.guard.second_factor(uid);
        }
    }

    fn who(&self, uid: i64) -> Result<Who, Trouble> {
        let db = self.db.read().unwrap_or_else(PoisonError::into_inner);
        guard::who(&self.schema, &db, uid)
    }

    /// Calls a method of a model as a user.
    fn execute(&self, who: &Who, model: &str, name: &str, given: Given) -> Result<Value, Trouble> {
        let Some(model) = self.schema.model(model) else {
            return Err(match given {
                Given::Named(_) => {
                    Trouble::new(Kind::NoModel, format!("the model '{model}' does not exist"))
                }
                Given::Positional { .. } => {
                    Trouble::new(Kind::NoModel, format!("Object {model} doesn't exist"))
                }
            });
        };
        if let Some(answer) = native::answer(self, who, (model.name, name), &given) {
            return answer;
        }
        let version = self.options.version;
        if methods::is_private(name, version) {
            return Err(Trouble::new(
                Kind::AccessError,
                format!(
                    "'{}.{name}' is private: it cannot be called from outside.",
                    model.name
                ),
            ));
        }
        let Some(method) = methods::find(model.name, name, version) else {
            return Err(Trouble::new(
                Kind::NoMethod,
                format!("The method '{}.{name}' does not exist", model.name),
            ));
        };
        let (call, context) = Bound::new(model, method, given)?;
        let context = Context::read(context)?;
        match method.run {
            Run::Read(function) => {
                let db = self.db.read().unwrap_or_else(PoisonError::into_inner);
                function(
                    View {
                        schema: &self.schema,
                        db: &db,
                        who,
                        context: &context,
                    },
                    &call,
                )
            }
            Run::Write(function) => {
                let now = now();
                let mut db = self.db.write().unwrap_or_else(PoisonError::into_inner);
                let mut env = Env {
                    schema: &self.schema,
                    db: &mut db,
                    who,
                    context: &context,
                    now: &now,
                    passwords: Vec::new(),
                };
                let result = function(&mut env, &call);
                let passwords = std::mem::take(&mut env.passwords);
                match &result {
                    Ok(_) => {
                        db.commit();
                        self.guard.change(passwords);
                    }
                    Err(_) => db.rollback(),
                }
                result
            }
        }
    }
}

/// The time as the ERP writes it.
fn now() -> String {
    let (year, month, day, hour, minute, second) = clock::parts(clock::now());
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

impl Handler for Odoo {
    const ERP: &'static str = "odoo";
    const KEEP_ALIVE: bool = false;

    fn answer(&self, request: &Request) -> Response {
        let mut seen = Seen::default();
        let mut response = route::answer(self, request, &mut seen);
        response.seen = seen;
        response
            .headers
            .push(("Server", "Portcullis-Sandbox (Odoo look-alike)".to_owned()));
        if request.verb.eq_ignore_ascii_case("HEAD") {
            response.body = bytes::Bytes::new();
        }
        response
    }
}
