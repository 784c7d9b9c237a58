//! The server as it was when the exchanges were recorded, bare or behind a gateway.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use portcullis_sandbox::odoo::{Key, Odoo, Options, Role, User};
use portcullis_sandbox::{Running, UpstreamLog, serve};

use super::recording::{Recording, Reply};
use super::shape;
use crate::recorded::wire;

/// The recorded server's look-alike.
pub struct Lab {
    /// The look-alike.
    pub odoo: Arc<Odoo>,
    server: Running,
    /// Where requests are sent to: the look-alike, or a gateway before it.
    door: SocketAddr,
    /// Recorded passwords and keys, and what the gateway knows their owners by.
    keys: Vec<(String, String)>,
    /// Cookies of open sessions, by login.
    cookies: BTreeMap<&'static str, String>,
}

/// Some recorded user, and the credentials by which the recording knows it.
pub struct Recorded {
    /// The login.
    pub login: &'static str,
    /// The password and keys that the real server took.
    pub secrets: Vec<String>,
}

fn of(recordings: &[Recording], number: u32) -> &Recording {
    recordings
        .iter()
        .find(|recording| recording.number == number)
        .unwrap()
}

fn password(recordings: &[Recording], number: u32, at: usize) -> String {
    of(recordings, number).texts()[at].clone()
}

impl Lab {
    /// A look-alike with the recorded users, passwords and keys.
    pub fn start(recordings: &[Recording], change: impl FnOnce(&mut Options)) -> Self {
        let password = |number, at| password(recordings, number, at);
        let key = |number: u32| of(recordings, number).bearer();
        let scoped = |secret: String, scope: Option<&str>| Key {
            secret,
            scope: scope.map(str::to_owned),
        };
        let user = |login: &str, role, password: String, keys| User {
            login: login.to_owned(),
            name: format!("The {login} user"),
            role,
            password,
            keys,
        };
        let integration = vec![
            scoped(key(400), Some("rpc")),
            scoped(key(414), None),
            scoped(key(423), Some("other")),
        ];
        let users = vec![
            user(
                "admin",
                Role::Admin,
                password(23, 1),
                vec![scoped(key(403), Some("rpc"))],
            ),
            user("integration", Role::SalesOwn, password(2, 2), integration),
            user("basic", Role::Internal, password(790, 1), Vec::new()),
            user(
                "portaluser",
                Role::Portal,
                password(788, 1),
                vec![scoped(key(426), Some("rpc"))],
            ),
        ];
        let mut options = Options::new("lab", users);
        options.master_password = Some(password(131, 0));
        change(&mut options);
        let odoo = Arc::new(Odoo::new(options));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = serve(listener, Arc::clone(&odoo), UpstreamLog::nowhere()).unwrap();
        let mut lab = Self {
            odoo,
            door: server.address(),
            server,
            keys: Vec::new(),
            cookies: BTreeMap::new(),
        };
        lab.log_in();
        lab
    }

    /// The recorded users with the credentials that the real server took from them.
    pub fn recorded_users(recordings: &[Recording]) -> Vec<Recorded> {
        let password = |number, at| password(recordings, number, at);
        let key = |number: u32| of(recordings, number).bearer();
        let user = |login, secrets| Recorded { login, secrets };
        vec![
            user("admin", vec![password(23, 1), key(403)]),
            user("integration", vec![password(2, 2), key(400), key(414)]),
            user("basic", vec![password(790, 1)]),
            user("portaluser", vec![password(788, 1), key(426)]),
        ]
    }

    /// Where the look-alike itself listens.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// From now on everything goes through this door, and with these keys in place of the
    /// recorded passwords and keys.
    pub fn behind(&mut self, door: SocketAddr, keys: Vec<(String, String)>) {
        self.door = door;
        self.keys = keys;
        self.cookies.clear();
        self.log_in();
    }

    /// Recorded passwords and keys, each with the gateway's key in its place.
    pub fn keys(&self) -> &[(String, String)] {
        &self.keys
    }

    /// Opens the sessions that the recording uses.
    fn log_in(&mut self) {
        for login in ["admin", "integration"] {
            let users = self.odoo.credentials();
            let user = users.iter().find(|user| user.login == login).unwrap();
            let known = self
                .keys
                .iter()
                .find(|(theirs, _)| *theirs == user.password);
            let password = known.map_or(&user.password, |(_, own)| own);
            let body =
                format!(r#"{{"params":{{"db":"lab","login":"{login}","password":"{password}"}}}}"#);
            let head = format!(
                "POST /web/session/authenticate HTTP/1.1\r\nHost: x\r\nUser-Agent: lab-recorder/1\r\nX-Odoo-Database: lab\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            let answer = self.exchange(head.as_bytes());
            let text = String::from_utf8_lossy(&answer).into_owned();
            let cookie = text
                .split("session_id=")
                .nth(1)
                .and_then(|rest| rest.split(';').next());
            self.cookies
                .insert(login, cookie.unwrap_or("none").to_owned());
        }
    }

    /// Sends bytes and reads what comes back.
    pub fn exchange(&self, request: &[u8]) -> Vec<u8> {
        wire::exchange(self.door, request)
    }

    fn create_user(&self, login: &str, password: &str) -> i64 {
        let users = self.odoo.credentials();
        let admin = &users
            .iter()
            .find(|user| user.login == "admin")
            .unwrap()
            .password;
        let values = format!(
            r#"{{"login":"{login}","name":"{login}","password":"{password}","group_ids":[[6,0,[10]]]}}"#
        );
        let args = format!(r#"["lab",2,"{admin}","res.users","create",{values}]"#);
        let body =
            format!(r#"{{"params":{{"service":"object","method":"execute","args":{args}}}}}"#);
        let length = body.len();
        let head = format!(
            "POST /jsonrpc HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        );
        let answer = wire::exchange(self.server.address(), (head + &body).as_bytes());
        let answer = String::from_utf8(answer).unwrap();
        answer
            .split("\"result\": ")
            .nth(1)
            .unwrap()
            .trim_end_matches('}')
            .parse()
            .unwrap()
    }

    /// Makes this user, after others that take the ids before the recorded one.
    pub fn sign_up(&self, login: &str, password: &str, uid: i64) {
        let mut spare = 0;
        while self.create_user(&format!("spare{spare}"), password) + 1 < uid {
            spare += 1;
        }
        assert_eq!(self.create_user(login, password), uid);
    }

    /// What must be sent for a recorded request.
    pub fn request(&self, recording: &Recording) -> Vec<u8> {
        // The recorded sessions were those of the integration user.
        recording.request(&self.cookies["integration"], &self.keys)
    }

    /// Sends a recorded request and compares the answer; the raw answer comes with it.
    pub fn replay(&self, recording: &Recording) -> (Result<(), String>, Vec<u8>) {
        let answer = self.exchange(&self.request(recording));
        let ours = Reply::read(&answer);
        let compared = shape::compare(recording, recording.reply.as_ref(), ours.as_ref());
        (compared, answer)
    }
}
