//! Services as addons put them beside an ERP's own API: a REST service in the manner of OCA's
//! `base_rest`, one in the manner of FastAPI, and controllers of an Odoo, some of them opened by
//! a key (`auth_api_key`), some by a session.
//!
//! They are small and in our own words; what they have of the real ones is what a gateway meets:
//! where they look for a credential, how they answer, and how badly they fail. Whatever reaches
//! them is kept, so that a test can say that nothing did.

mod controllers;
mod fast;
mod rest;

use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use portcullis_sandbox::{Handler, Request, Response, Running, UpstreamLog, serve};

/// The key that the services know, in whatever header they look for it.
pub const KEY: &str = "erp-side-key";

/// The ERP user that the services know, and its password.
pub const USER: (&str, &str) = ("integration", "erp-side-password");

/// All services, on one socket.
pub struct Services {
    seen: Mutex<Vec<Arrived>>,
    sessions: controllers::Sessions,
}

/// A request that arrived.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// `VERB /path?query`
    pub line: String,
    /// The headers, by lower-case names.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// Services that are being served; they end with this.
pub struct Served {
    /// The services.
    pub services: Arc<Services>,
    running: Running,
}

impl Served {
    /// Starts the services on a free port.
    pub fn start() -> Self {
        let services = Arc::new(Services {
            seen: Mutex::default(),
            sessions: controllers::Sessions::default(),
        });
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let handler = Arc::clone(&services);
        let running = serve(listener, handler, UpstreamLog::nowhere()).unwrap();
        Self { services, running }
    }

    /// Their base URL.
    pub fn url(&self) -> String {
        self.running.url()
    }

    /// What arrived since this was asked last, without the gateway's own questions.
    pub fn arrived(&self) -> Vec<Arrived> {
        let mut seen = self.services.seen.lock().unwrap();
        let mut arrived = std::mem::take(&mut *seen);
        // No route leads to a path of a dialect: what comes there is of the gateway's own.
        let own = [
            " /jsonrpc",
            " /xmlrpc/",
            " /json/2/",
            " /web/version",
            " /api/method/frappe.auth.",
        ];
        arrived.retain(|one| !own.iter().any(|path| one.line.contains(path)));
        arrived
    }

    /// Ends every session, as a restart of an ERP may do.
    pub fn end_sessions(&self) {
        self.services.sessions.end();
    }

    /// Lets whatever begins a session fail, as where an ERP's own files are missing.
    pub fn fail_sessions(&self, fails: bool) {
        self.services.sessions.fail(fails);
    }
}

impl Arrived {
    /// A header; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }
}

impl Handler for Services {
    const ERP: &'static str = "services";
    const KEEP_ALIVE: bool = false;

    fn answer(&self, request: &Request) -> Response {
        self.note(request);
        let path: Vec<&str> = request.path.split('/').skip(1).collect();
        match path.as_slice() {
            ["rest", rest @ ..] => rest::answer(request, rest),
            ["fast", rest @ ..] => fast::answer(request, rest),
            rest => controllers::answer(&self.sessions, request, rest),
        }
    }
}

impl Services {
    fn note(&self, request: &Request) {
        let query = if request.query.is_empty() { "" } else { "?" };
        let headers = request.headers.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        });
        self.seen.lock().unwrap().push(Arrived {
            line: format!("{} {}{query}{}", request.verb, request.path, request.query),
            headers: headers.collect(),
            body: String::from_utf8_lossy(&request.body).into_owned(),
        });
    }
}

/// JSON, as each of them answers it.
fn json(status: u16, value: &serde_json::Value) -> Response {
    Response::new(status, "application/json", value.to_string())
}

/// What Python says where nobody caught it.
fn traceback() -> String {
    [
        "Traceback (most recent call last):",
        "  File \"/opt/erp/addons/shop/controllers.py\", line 7, in orders",
        "psycopg2.errors.UndefinedColumn: column \"qty\" does not exist",
        "LINE 1: SELECT qty FROM sale_order",
    ]
    .join("\n")
}
