//! Two ERPs, a gateway, and credentials in every state.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "what is not named has nothing of its own"
)]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ClientConfig;

use super::made::Maker;
use super::opened::Session;
use super::way::{State, Way};
use crate::demo::{Got, send};
use crate::people::town::{Heard, Town};
use crate::serve::Served;
use crate::signing::older::Older;
use crate::signing::{Request, Signer};
use crate::tls::client;
use crate::{pause, within};

pub(super) const ANNA: &str = "anna@example.com";
pub(super) const CARL: &str = "carl@example.com";
/// Whom the ERP archives.
pub(super) const GONE: &str = "gone@example.com";
pub(super) const SECRET: &str = "a secret that issuer and gateway know";
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

/// What is tried before one ERP.
pub(super) struct World {
    pub(super) erp: &'static str,
    pub(super) town: Town,
    served: Served,
    over_tls: Served,
    clients: BTreeMap<State, Arc<ClientConfig>>,
    /// The keys in each state, and their ids.
    pub(super) keys: BTreeMap<State, String>,
    /// The secrets that were made elsewhere, in each state.
    pub(super) foreign: BTreeMap<State, String>,
    pub(super) signers: BTreeMap<(Way, State), Signer>,
    pub(super) older: BTreeMap<(Way, State), Older>,
    /// The sessions that keys opened while they were good.
    pub(super) sessions: BTreeMap<State, Session>,
    /// Odoo's numbers of the gateway's user, of the one that is archived, and of the person.
    pub(super) uid: i64,
    pub(super) uid_of_gone: i64,
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
         [[issuer]]\nname = \"past\"\nissuer = \"https://past.example\"\naudience = [\"portcullis\"]\n\
         algorithm = \"HS256\"\nsecret-file = \"issuer\"\nupstream = \"{erp}\"\nuser = \"{GONE}\"\n\
         roles = [\"reader\"]\n\
         [[route]]\nname = \"till\"\npath = \"/till\"\nupstream = \"{erp}\"\nverbs = [\"GET\"]\n\
         [upstream.erpnext.user.\"integration@example.com\"]\nsecret-file = \"erpnext\"\n"
    )
}

impl World {
    pub(super) fn make(erp: &'static str) -> Self {
        let user = if erp == "odoo" {
            "integration"
        } else {
            "integration@example.com"
        };
        let logins = [ANNA, CARL, GONE].map(str::to_owned);
        let people = format!("roles = [\"reader\"]\nbasic = \"on\"\ndeny = [\"{CARL}\"]");
        let town = Town::with(&logins, &people, &settings(erp, user));
        let folder = town.place.path();
        town.place.put_role(ROLE);
        std::fs::write(folder.join("issuer"), SECRET).unwrap();
        let pair = format!("integrationexamplecom:{}", "s".repeat(16));
        std::fs::write(folder.join("erpnext"), pair).unwrap();
        for user in ["integration@example.com", ANNA, GONE] {
            town.erpnext.put_file(user, &format!("{user}.txt"), "hello");
        }
        let mut maker = Maker {
            town: &town,
            erp,
            user,
            ids: Vec::new(),
        };
        maker.user();
        let (keys, foreign) = (maker.keys(), maker.foreign());
        let (signers, older) = (maker.signers(), maker.older());
        let clients = maker.clients();
        let ids = maker.ids;

        let (served, over_tls) = serve(&town);
        let mut world = Self {
            erp,
            served,
            over_tls,
            clients,
            keys,
            foreign,
            signers,
            older,
            sessions: BTreeMap::new(),
            uid: 0,
            uid_of_gone: 0,
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
        if erp == "odoo" {
            world.town.odoo.archive(world.uid_of_gone);
        } else {
            world.town.erpnext.disable(GONE);
        }
        let key = world.keys[&State::Expired].clone();
        let read = Request::new("GET", "/till", "").with("x-api-key", &key);
        let is_over = || world.send(&read, Way::LogIn, State::Good).status == 401;
        let over = within(60_000, || is_over().then_some(()));
        assert!(over.is_some(), "it does not end");
        world.await_that_it_is_known();
        world
    }

    /// Waits until both gateways have found out who is archived, and who may stand in.
    fn await_that_it_is_known(&self) {
        // An Odoo is asked once it has refused somebody.
        let read = match self.erp {
            "odoo" => Request::new(
                "POST",
                "/json/2/res.partner/search_count",
                r#"{"domain": []}"#,
            ),
            _ => Request::new("GET", "/api/resource/Customer", ""),
        };
        let status = |way: Way, state: State| {
            let shown = match way {
                Way::Certificate => read.clone(),
                _ => read.clone().with("x-api-key", &self.keys[&state]),
            };
            self.send(&shown, way, state).status
        };
        let both = [Way::Header("X-API-Key"), Way::Certificate];
        let is_known = || {
            both.iter().all(|way| {
                let refused = matches!(status(*way, State::Archived), 401 | 403);
                refused && status(*way, State::StoodIn) == 200
            })
        };
        let known = within(60_000, || is_known().then_some(()));
        let told = both.map(|way| (status(way, State::Archived), status(way, State::StoodIn)));
        assert!(
            known.is_some(),
            "{}: it is not found out: {told:?}",
            self.erp
        );
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
            let own = ["active_test", "has_group", "get_roles"];
            heard.line == "GET /api/resource/User"
                || heard.line.contains("get_logged_user")
                || own
                    .iter()
                    .any(|name| heard.body.contains(name) || heard.line.contains(name))
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
