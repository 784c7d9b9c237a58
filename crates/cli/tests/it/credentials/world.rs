//! Two ERPs, a gateway, and credentials in every state.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "what is not named has nothing of its own"
)]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use portcullis_identity::ApiKey;
use rustls::ClientConfig;
use serde_json::{Value as Json, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::way::{State, Way};
use crate::demo::{Got, send};
use crate::people::town::{Heard, Town, password};
use crate::serve::Served;
use crate::signing::older::{Older, SCHEMES};
use crate::signing::{Request, Signer};
use crate::tls::client::{self, Authority, Identity};
use crate::{pause, within};

pub(super) const ANNA: &str = "anna@example.com";
pub(super) const CARL: &str = "carl@example.com";
pub(super) const SECRET: &str = "a secret that issuer and gateway know";
const NEAR: &[&str] = &["--from", "192.0.2.0/24", "--administrator"];
const PROXY: &str = "[addresses]\ntrusted-proxies = [\"127.0.0.1\"]\n";
const TLS: &str = "[tls]\ncertificate-file = \"certificate.pem\"\nkey-file = \"key.pem\"\n\
client-authorities-file = \"authority.pem\"\n";

const ROLE: &str = r#"
[[rule]]
name = "reads"
models = ["res.partner", "Customer"]
operations = ["read"]
fields = "*"

[[rule]]
name = "files"
models = ["File"]
operations = ["read"]
fields = ["content", "file_name"]

[[rule]]
name = "till"
routes = ["till"]
"#;

/// A session: its token, and the one against forged requests.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) token: String,
    pub(super) csrf: String,
}

/// What is tried before one ERP.
pub(super) struct World {
    pub(super) erp: &'static str,
    pub(super) town: Town,
    served: Served,
    over_tls: Served,
    clients: BTreeMap<State, Arc<ClientConfig>>,
    /// The keys in each state, and their ids.
    pub(super) keys: BTreeMap<State, String>,
    pub(super) signers: BTreeMap<(Way, State), Signer>,
    pub(super) older: BTreeMap<(Way, State), Older>,
    /// The sessions that keys opened while they were good.
    pub(super) sessions: BTreeMap<State, Session>,
    /// Odoo's numbers of the gateway's user and of the person.
    pub(super) uid: i64,
    pub(super) persons_uid: i64,
}

fn settings(erp: &str, user: &str) -> String {
    format!(
        "[limits]\nper-minute = 6000000\nburst = 1000000\naddress-failures-per-minute = 6000000\n\
         address-failures-burst = 1000000\naccount-failures-per-minute = 6000000\n\
         account-failures-burst = 1000000\n{PROXY}\
         [credentials]\nheaders = [\"X-Shop-Key\"]\nin-query = true\n\
         [credentials.from]\nbasic = [\"192.0.2.0/24\"]\npassword = [\"192.0.2.0/24\"]\n\
         [keys]\nlongest-days = 0\n\
         [[issuer]]\nname = \"id\"\nissuer = \"https://id.example\"\naudience = [\"portcullis\"]\n\
         algorithm = \"HS256\"\nsecret-file = \"issuer\"\nupstream = \"{erp}\"\nuser = \"{user}\"\n\
         roles = [\"reader\"]\n\
         [[route]]\nname = \"till\"\npath = \"/till\"\nupstream = \"{erp}\"\nverbs = [\"GET\"]\n\
         [upstream.erpnext.user.\"integration@example.com\"]\nsecret-file = \"erpnext\"\n"
    )
}

/// Makes keys at a place.
struct Maker<'a> {
    town: &'a Town,
    erp: &'static str,
    user: &'static str,
}

impl Maker<'_> {
    fn run(&self, arguments: &[&str]) -> Json {
        let (code, said) = self.town.place.run(arguments);
        assert_eq!(code, 0, "{arguments:?}: {said}");
        said
    }

    fn make(&self, name: &str, more: &[&str]) -> Json {
        let own = [
            "key", "create", name, "--user", self.user, "--role", "reader",
        ];
        self.run(&[&own[..], &["--upstream", self.erp], more].concat())
    }
}

/// A moment so many seconds from now.
fn soon(seconds: i64) -> String {
    let then = OffsetDateTime::now_utc() + time::Duration::seconds(seconds);
    then.format(&Rfc3339).unwrap()
}

fn text(made: &Json, member: &str) -> String {
    made[member]
        .as_str()
        .unwrap_or_else(|| panic!("{made}"))
        .to_owned()
}

impl World {
    pub(super) fn make(erp: &'static str) -> Self {
        let user = if erp == "odoo" {
            "integration"
        } else {
            "integration@example.com"
        };
        let logins = [ANNA.to_owned(), CARL.to_owned()];
        let people = format!("roles = [\"reader\"]\nbasic = \"on\"\ndeny = [\"{CARL}\"]");
        let town = Town::with(&logins, &people, &settings(erp, user));
        let folder = town.place.path();
        town.place.put_role(ROLE);
        std::fs::write(folder.join("issuer"), SECRET).unwrap();
        let pair = format!("integrationexamplecom:{}", "s".repeat(16));
        std::fs::write(folder.join("erpnext"), pair).unwrap();
        for user in ["integration@example.com", ANNA] {
            town.erpnext.put_file(user, &format!("{user}.txt"), "hello");
        }
        let maker = Maker {
            town: &town,
            erp,
            user,
        };

        let mut keys = BTreeMap::new();
        let mut ids = Vec::new();
        let near = |name: &str, more: &[&str]| maker.make(name, &[NEAR, more].concat());
        for (state, more) in [
            (State::Good, &[][..]),
            (State::Revoked, &[]),
            (State::Suspended, &[]),
            (State::OtherWay, &["--style", "certificate"]),
            (
                State::Unsigned,
                &["--signed", "hmac", "--must-sign", "--style", "header"],
            ),
        ] {
            let made = near(&format!("{state:?}"), more);
            keys.insert(state, text(&made, "key"));
            ids.push((state, text(&made, "id")));
        }
        keys.insert(State::Elsewhere, keys[&State::Good].clone());
        keys.insert(State::InClear, keys[&State::Good].clone());
        let good = &keys[&State::Good];
        let mistyped = good.get(..good.len() - 3).unwrap().to_owned() + "aaa";
        keys.insert(State::Mistyped, mistyped);
        let entropy: [u8; 42] = std::array::from_fn(|n| u8::try_from(n * 5).unwrap());
        let unknown = ApiKey::from_entropy(&entropy).expose_whole(str::to_owned);
        keys.insert(State::Unknown, unknown);

        let lasting = [
            State::Good,
            State::Revoked,
            State::Suspended,
            State::Expired,
        ];
        // What is to end soon must not be over before it was made, on a slow machine either.
        let ends = |state| match state {
            State::Expired => vec!["--expires".to_owned(), soon(20)],
            _ => Vec::new(),
        };
        let (mut signers, mut older) = (BTreeMap::new(), BTreeMap::new());
        let place = &town.place;
        for state in lasting {
            let ends = ends(state);
            let ends: Vec<&str> = ends.iter().map(String::as_str).collect();
            let own = [NEAR, &ends].concat();
            let more = [&own[..], &["--upstream", erp]].concat();
            let signer = Signer::hmac(place, &format!("hmac-{state:?}"), &more);
            ids.push((state, signer.id.clone()));
            signers.insert((Way::Hmac, state), signer);
            let signer = Signer::ed25519(place, &format!("ed25519-{state:?}"), &more);
            ids.push((state, signer.id.clone()));
            signers.insert((Way::Ed25519, state), signer);
            for scheme in SCHEMES {
                let name = format!("{scheme}-{state:?}");
                let made = Older::named(place, scheme, (&name, erp), &own);
                ids.push((state, made.id.clone()));
                older.insert((Way::Older(scheme), state), made);
            }
        }

        let authority = Authority::new();
        authority.sign("localhost").put(folder);
        std::fs::write(folder.join("authority.pem"), authority.pem()).unwrap();
        let mut clients = BTreeMap::new();
        let far = ["--from", "192.0.2.0/24"];
        for state in lasting.into_iter().chain([State::Elsewhere]) {
            let ends = ends(state);
            let ends: Vec<&str> = ends.iter().map(String::as_str).collect();
            let more = if state == State::Elsewhere {
                &far[..]
            } else {
                &ends
            };
            let own: Identity = authority.sign("till");
            let file = folder.join(format!("{state:?}.pem"));
            std::fs::write(&file, &own.pem).unwrap();
            let shown = ["--certificate", file.to_str().unwrap(), "--administrator"];
            let made = maker.make(
                &format!("certificate-{state:?}"),
                &[&shown[..], more].concat(),
            );
            ids.push((state, text(&made, "id")));
            clients.insert(state, authority.client(Some(&own), false));
        }
        let bound_to_none = authority.sign("till");
        clients.insert(
            State::Unknown,
            authority.client(Some(&bound_to_none), false),
        );

        let (served, over_tls) = serve(&town);
        let mut world = Self {
            erp,
            served,
            over_tls,
            clients,
            keys,
            signers,
            older,
            sessions: BTreeMap::new(),
            uid: 0,
            persons_uid: 0,
            town,
        };
        world.open_sessions(user);
        for (state, id) in &ids {
            let verb = match state {
                State::Revoked => "revoke",
                State::Suspended => "suspend",
                _ => continue,
            };
            let (code, said) = world.town.place.run(&["key", verb, id]);
            assert_eq!(code, 0, "{said}");
        }
        // What was changed is known within a second.
        pause(1500);
        let key = world.keys[&State::Expired].clone();
        let read = Request::new("GET", "/till", "").with("x-api-key", &key);
        let is_over = || world.send(&read, Way::LogIn, State::Good).status == 401;
        let over = within(60_000, || is_over().then_some(()));
        assert!(over.is_some(), "it does not end");
        world
    }

    /// Opens sessions with keys that are good still.
    fn open_sessions(&mut self, user: &'static str) {
        for state in [State::Good, State::Revoked, State::Suspended] {
            let session = self.opened(user, state).expect("a session");
            self.sessions.insert(state, session);
        }
        let elsewhere = self.sessions[&State::Good].clone();
        self.sessions.insert(State::Elsewhere, elsewhere);
        let maker = Maker {
            town: &self.town,
            erp: self.erp,
            user,
        };
        let end = soon(20);
        let made = maker.make("Expired", &[NEAR, &["--expires", &end]].concat());
        self.keys.insert(State::Expired, text(&made, "key"));
        let session = within(18_000, || self.opened(user, State::Expired));
        self.sessions
            .insert(State::Expired, session.expect("a session"));
        if self.erp == "odoo" {
            self.uid = self.uid_of(user, &self.keys[&State::Good]);
            self.persons_uid = self.uid_of(ANNA, &password(ANNA));
        }
    }

    fn uid_of(&self, login: &str, password: &str) -> i64 {
        let body = json!({"params": {"db": "demo", "login": login, "password": password}});
        let request = Request::new("POST", "/web/session/authenticate", &body.to_string());
        let got = self.send(&request, Way::LogIn, State::Good);
        let answer: Json = serde_json::from_slice(&got.body).unwrap();
        answer["result"]["uid"]
            .as_i64()
            .unwrap_or_else(|| panic!("{answer}"))
    }

    /// A session that the key of this state opens now.
    fn opened(&self, user: &str, state: State) -> Option<Session> {
        self.log_in(user, &self.keys[&state])
    }

    /// A new session of a key, or of a person.
    pub(super) fn fresh(&self, way: Way) -> Session {
        let session = if way == Way::PersonSession {
            self.log_in(ANNA, &password(ANNA))
        } else {
            self.log_in(self.user(), &self.keys[&State::Good])
        };
        session.expect("a session")
    }

    fn log_in(&self, login: &str, password: &str) -> Option<Session> {
        let path = format!("/u/{}/api/v1/-/login", self.erp);
        let body = json!({"login": login, "password": password}).to_string();
        let request = Request::new("POST", &path, &body);
        let got = self.send(&request, Way::LogIn, State::Good);
        let told: Json = serde_json::from_slice(&got.body).unwrap();
        let cookie = crate::sessions::cookie(&got, "portcullis_session")?;
        Some(Session {
            token: cookie.strip_prefix("portcullis_session=")?.to_owned(),
            csrf: told["data"]["csrf_token"].as_str()?.to_owned(),
        })
    }

    /// Ends a session.
    pub(super) fn log_out(&self, session: &Session) {
        let path = format!("/u/{}/api/v1/-/logout", self.erp);
        let request = Request::new("POST", &path, "{}")
            .with("cookie", &format!("portcullis_session={}", session.token))
            .with("x-csrf-token", &session.csrf);
        let got = self.send(&request, Way::LogIn, State::Good);
        assert_eq!(got.status, 200, "{}", got.text());
    }

    pub(super) fn user(&self) -> &'static str {
        if self.erp == "odoo" {
            "integration"
        } else {
            "integration@example.com"
        }
    }

    pub(super) fn title(&self) -> &'static str {
        if self.erp == "odoo" {
            "Odoo"
        } else {
            "ERPNext"
        }
    }

    /// The first lines of what the ERPs heard since this was asked last. Whether its users are
    /// archived the gateway asks for itself, now and then, and no request here.
    pub(super) fn heard(&self) -> Vec<String> {
        let all = self.town.odoo.heard().into_iter();
        let all = all.chain(self.town.erpnext.heard());
        let is_own = |heard: &Heard| {
            heard.line == "GET /api/resource/User" || heard.body.contains("active_test")
        };
        let asked = all.filter(|heard| !is_own(heard));
        asked.map(|heard| heard.line).collect()
    }

    /// Whether a line is that of the question whether login and password are right.
    pub(super) fn is_log_in(&self, line: &str) -> bool {
        line == "POST /web/session/authenticate" || line == "POST /api/method/login"
    }

    /// Sends a request from where this state comes from.
    pub(super) fn send(&self, request: &Request, way: Way, state: State) -> Got {
        if way == Way::Certificate {
            return self.send_over_tls(request, state);
        }
        let address = if state == State::Elsewhere {
            "198.51.100.1"
        } else {
            "192.0.2.7"
        };
        let proto = if state == State::InClear {
            "http"
        } else {
            "https"
        };
        let mut sent = http::Request::builder()
            .method(request.verb)
            .uri(format!("{}{}", self.served.url, request.target))
            .header("x-forwarded-for", address)
            .header("x-forwarded-proto", proto);
        for (name, value) in &request.headers {
            sent = sent.header(name, value);
        }
        send(sent.body(request.body.clone().into_bytes()).unwrap())
    }

    fn send_over_tls(&self, request: &Request, state: State) -> Got {
        let lines: String = request
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let length = request.body.len();
        let text = format!(
            "{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\
             {lines}\r\n{}",
            request.verb, request.target, request.body
        );
        let door: SocketAddr = self
            .over_tls
            .url
            .trim_start_matches("https://")
            .parse()
            .unwrap();
        let got = client::ask(&self.clients[&state], door, &text).unwrap();
        let mut headers = http::HeaderMap::new();
        for line in got.head.lines().skip(1) {
            let (name, value) = line.split_once(": ").unwrap();
            let name: http::HeaderName = name.parse().unwrap();
            headers.append(name, value.parse().unwrap());
        }
        let content_type = headers.get("content-type");
        let content_type = content_type.map(|value| value.to_str().unwrap().to_owned());
        Got {
            status: got.status,
            content_type: content_type.unwrap_or_default(),
            headers,
            body: got.body.into_bytes(),
        }
    }
}

/// Serves a town behind a trusted proxy, and by another process over the same store with TLS.
fn serve(town: &Town) -> (Served, Served) {
    let file = town.place.path().join("portcullis.toml");
    let plain = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, plain.replace(PROXY, TLS)).unwrap();
    let over_tls = town.serve();
    std::fs::write(&file, plain).unwrap();
    (town.serve(), over_tls)
}
