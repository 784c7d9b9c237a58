//! Two ERPs full of people, and a gateway before them.

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use portcullis_sandbox::erpnext::{self, Credential, ErpNext};
use portcullis_sandbox::odoo::{self, Odoo, Role, User};
use portcullis_sandbox::{Handler, Request, Response, Running, UpstreamLog, serve};
use serde_json::json;

use crate::serve::{Place, Served};

/// What people may do.
const STAFF: &str = r#"
[[rule]]
name = "contacts"
models = ["res.partner", "Customer"]
operations = ["read", "create"]
fields = "*"
"#;

/// How the logins of people begin who do not sell, at the Odoo.
pub(crate) const PLAIN: &str = "plain";

/// Who is System Manager at the ERPNext, if among the people.
pub(crate) const BOSS: &str = "boss@example.com";

/// As many requests as the tests send.
const LIMITS: &str =
    "[limits]\nper-minute = 60000000\nburst = 1000000\naddress-failures-burst = 100000\n";

/// A request that an ERP heard: its first line, its headers, its body.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) line: String,
    pub(crate) cookie: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// An ERP that remembers what it heard, and can be told to be difficult.
pub(crate) struct Erp<H> {
    inner: H,
    heard: Mutex<Vec<Heard>>,
    /// Whether a password takes a while to be judged.
    pub(crate) slow: AtomicBool,
    /// Whether no password is right any more.
    pub(crate) shut: AtomicBool,
    /// Whether every session is over.
    pub(crate) over: AtomicBool,
    /// Whether the next session that is shown is over.
    pub(crate) ends: AtomicBool,
    /// Whether the next answer exchanges the cookie of the session.
    pub(crate) exchanges: AtomicBool,
}

/// A page of an addon's own, at either ERP.
pub(crate) const PAGE: &str = "/till";

fn page(request: &Request) -> Option<Response> {
    let asked = request.path == PAGE;
    asked.then(|| Response::new(200, "application/json", r#"{"till": 1}"#))
}

/// Both, and a gateway.
pub(crate) struct Town {
    pub(crate) odoo: Arc<Erp<Odoo>>,
    pub(crate) erpnext: Arc<Erp<ErpNext>>,
    pub(crate) place: Place,
    _running: [Running; 2],
}

/// The password of a person.
pub(crate) fn password(login: &str) -> String {
    format!("{login} has a secret: Xyzzy-{}", login.len())
}

impl<H> Erp<H> {
    fn new(inner: H) -> Arc<Self> {
        Arc::new(Self {
            inner,
            heard: Mutex::default(),
            slow: AtomicBool::new(false),
            shut: AtomicBool::new(false),
            over: AtomicBool::new(false),
            ends: AtomicBool::new(false),
            exchanges: AtomicBool::new(false),
        })
    }

    /// What it heard since this was asked last.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }

    /// Whether the session of a request is over, if it shows one.
    fn is_over(&self, request: &Request) -> bool {
        let shows_one = request
            .header("cookie")
            .is_some_and(|text| !text.is_empty());
        shows_one && (self.over.load(Ordering::SeqCst) || self.ends.swap(false, Ordering::SeqCst))
    }

    fn hear(&self, request: &Request) {
        let text = |name| request.header(name).unwrap_or_default().to_owned();
        let head: Vec<String> = request
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
            .collect();
        self.heard.lock().unwrap().push(Heard {
            line: format!("{} {}", request.verb, request.path),
            cookie: text("cookie"),
            head: head.join("\n"),
            body: String::from_utf8_lossy(&request.body).into_owned(),
        });
    }
}

impl Handler for Erp<Odoo> {
    const ERP: &'static str = "odoo";
    const KEEP_ALIVE: bool = false;

    fn answer(&self, request: &Request) -> Response {
        self.hear(request);
        let cookie = request.header("cookie").unwrap_or_default();
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let json = |text: &'static str| Response::new(200, "application/json", text);
        if request.path.ends_with("/authenticate") && self.slow.load(Ordering::SeqCst) {
            crate::pause(400);
        }
        if request.path.ends_with("/authenticate") && body.contains("\"guarded\"") {
            return json(r#"{"jsonrpc":"2.0","id":1,"result":{"uid":null}}"#)
                .with("Set-Cookie", "session_id=half; Path=/");
        }
        if request.path.ends_with("/authenticate") && self.shut.load(Ordering::SeqCst) {
            return json(
                r#"{"jsonrpc":"2.0","id":1,"error":{"code":200,"message":"Odoo Server Error","data":{"name":"odoo.exceptions.AccessDenied","message":"Access Denied"}}}"#,
            );
        }
        if self.is_over(request) {
            return json(r#"{"jsonrpc":"2.0","id":null,"error":{"code":100,"message":"Odoo Session Expired","data":{"name":"odoo.http.SessionExpiredException","message":"Session expired"}}}"#)
                .with("Set-Cookie", "session_id=anonymous; Path=/");
        }
        if let Some(page) = page(request) {
            return page;
        }
        // An exchanged session is the old one by another name.
        let known = cookie.replace("exchanged-", "");
        let asked = Request {
            verb: request.verb.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            headers: {
                let mut headers = request.headers.clone();
                if !known.is_empty() {
                    headers.insert("cookie", known.parse().unwrap());
                }
                headers
            },
            body: request.body.clone(),
        };
        let answer = self.inner.answer(&asked);
        if !known.is_empty() && self.exchanges.swap(false, Ordering::SeqCst) {
            let new = known.replace("session_id=", "session_id=exchanged-");
            return answer.with("Set-Cookie", format!("{new}; Path=/; HttpOnly"));
        }
        answer
    }
}

impl Handler for Erp<ErpNext> {
    const ERP: &'static str = "erpnext";
    const KEEP_ALIVE: bool = true;

    fn answer(&self, request: &Request) -> Response {
        self.hear(request);
        let body = String::from_utf8_lossy(&request.body);
        if request.path.ends_with("/login") && body.contains("usr=guarded") {
            let told = r#"{"verification":{"method":"OTP App","setup":true},"tmp_id":"0123"}"#;
            return Response::new(200, "application/json", told)
                .with("Set-Cookie", "sid=Guest; Path=/")
                .with("Set-Cookie", "user_id=Guest; Path=/");
        }
        if self.is_over(request) {
            return Response::new(403, "application/json", r#"{"session_expired":1}"#);
        }
        if let Some(page) = page(request) {
            return page;
        }
        self.inner.answer(request)
    }
}

impl Town {
    /// People of these logins at both ERPs; `more` stands in `[upstream.NAME.people]`.
    pub(crate) fn of(logins: &[String], more: &str) -> Self {
        Self::with(logins, more, "")
    }

    /// The same, with these settings beside.
    pub(crate) fn with(logins: &[String], more: &str, settings: &str) -> Self {
        let people = |name| format!("[upstream.{name}.people]\n{more}\n");
        Self::over(logins, &people("odoo"), &people("erpnext"), settings)
    }

    /// A town whose gateway lets nobody log in with a password of the ERP.
    pub(crate) fn closed(logins: &[String]) -> Self {
        Self::over(logins, "", "", "")
    }

    fn over(logins: &[String], at_odoo: &str, at_erpnext: &str, settings: &str) -> Self {
        let user = |login: &str, role| User {
            login: login.to_owned(),
            name: login.to_owned(),
            role,
            password: password(login),
            keys: vec![odoo::Key::rpc(format!("key of {login}"))],
        };
        let mut users = vec![user("admin", Role::Admin), user("integration", Role::Admin)];
        users.extend(logins.iter().map(|login| {
            let role = match login.starts_with(PLAIN) {
                true => Role::Internal,
                false => Role::Sales,
            };
            user(login, role)
        }));
        let odoo = Erp::new(Odoo::new(odoo::Options::new("demo", users)));
        let credential = |login: &str| Credential {
            password: password(login),
            api_key: format!("{:x<16}", login.replace(['@', '.'], "")),
            api_secret: "s".repeat(16),
        };
        let mut options = erpnext::Options::new(
            credential("Administrator"),
            credential("integration@example.com"),
            credential("second@example.com"),
            credential("portal@example.com"),
        );
        options.accounts = logins
            .iter()
            .map(|login| erpnext::Account {
                email: login.clone(),
                first_name: login.clone(),
                roles: match login.as_str() {
                    BOSS => vec!["Sales User".to_owned(), "System Manager".to_owned()],
                    _ => vec!["Sales User".to_owned()],
                },
                is_system_user: true,
                credential: credential(login),
            })
            .collect();
        let erpnext = Erp::new(ErpNext::new(options));
        let free = || TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let running = [
            serve(free(), Arc::clone(&odoo), UpstreamLog::nowhere()).unwrap(),
            serve(free(), Arc::clone(&erpnext), UpstreamLog::nowhere()).unwrap(),
        ];
        let [odoo_url, erpnext_url] = [running[0].url(), running[1].url()];
        let limits = if settings.contains("[limits]") {
            ""
        } else {
            LIMITS
        };
        let text = format!(
            "listen = \"127.0.0.1:0\"\nroles = [\"reader.toml\"]\n{limits}{settings}\n\
             [upstream.odoo]\nkind = \"odoo\"\nurl = \"{odoo_url}\"\ndatabase = \"demo\"\n\
             user.integration.secret-file = \"integration\"\n{at_odoo}\n\
             [upstream.erpnext]\nkind = \"frappe\"\nurl = \"{erpnext_url}\"\ndatabase = \"demo\"\n{at_erpnext}\n",
        );
        let place = Place::of(&text, STAFF);
        let secret = place.path().join("integration");
        std::fs::write(secret, "key of integration\n").unwrap();
        Self {
            odoo,
            erpnext,
            place,
            _running: running,
        }
    }

    /// Serves it, and forgets what the gateway asked at its start.
    pub(crate) fn serve(&self) -> Served {
        let served = self.place.serve();
        self.odoo.heard();
        self.erpnext.heard();
        served
    }

    /// Everything that the gateway has written down.
    pub(crate) fn kept(&self) -> Vec<u8> {
        fn gather(folder: &std::path::Path, all: &mut Vec<u8>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    gather(&path, all);
                } else {
                    all.extend(std::fs::read(path).unwrap());
                }
            }
        }
        let mut all = Vec::new();
        gather(&self.place.path().join("data"), &mut all);
        all
    }
}

pub(crate) fn logins(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A request that an ERP is asked past the gateway.
fn request((verb, path): (&str, &str), headers: &[(&'static str, &str)], body: &[u8]) -> Request {
    let headers = headers
        .iter()
        .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()));
    Request {
        verb: verb.to_owned(),
        path: path.to_owned(),
        query: String::new(),
        headers: headers.collect(),
        body: body.to_vec().into(),
    }
}

impl Erp<Odoo> {
    /// Archives a user, as an administrator does.
    pub(crate) fn archive(&self, uid: i64) {
        let args =
            json!(["demo", 2, "key of admin", "res.users", "write", [[uid], {"active": false}]]);
        let params = json!({"service": "object", "method": "execute_kw", "args": args});
        let headers = [("host", "localhost"), ("content-type", "application/json")];
        let body = json!({"jsonrpc": "2.0", "method": "call", "params": params}).to_string();
        let asked = request(("POST", "/jsonrpc"), &headers, body.as_bytes());
        let answer = self.inner.answer(&asked);
        let said = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(said.contains("true"), "{said}");
    }
}

impl Erp<ErpNext> {
    /// Disables a user, as an administrator does.
    pub(crate) fn disable(&self, user: &str) {
        let path = format!("/api/resource/User/{user}");
        let body = br#"{"enabled": 0}"#;
        self.ask_as("Administrator", ("PUT", &path), "application/json", body);
    }

    /// Puts a file there, as this user does.
    pub(crate) fn put_file(&self, user: &str, name: &str, text: &str) {
        let body = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"is_private\"\r\n\r\n0\r\n--edge\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: text/plain\r\n\r\n{text}\r\n--edge--\r\n"
        );
        let kind = "multipart/form-data; boundary=edge";
        let path = "/api/method/upload_file";
        self.ask_as(user, ("POST", path), kind, body.as_bytes());
    }

    fn ask_as(&self, user: &str, (verb, path): (&str, &str), kind: &str, body: &[u8]) {
        let key = user.replace(['@', '.'], "");
        let pair = format!("{key:x<16}:{}", "s".repeat(16));
        let token = format!("token {pair}");
        let headers = [("authorization", token.as_str()), ("content-type", kind)];
        let answer = self.inner.answer(&request((verb, path), &headers, body));
        let said = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, 200, "{said}");
    }
}
