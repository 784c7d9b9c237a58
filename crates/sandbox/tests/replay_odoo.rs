//! Replays recorded exchanges with a real Odoo 19 against the look-alike.
//!
//! Every recorded exchange under `/xmlrpc`, `/jsonrpc` and `/json/2` is sent over a socket,
//! in the order of its number and with the recorded users, passwords and keys, and compared:
//!
//! - the HTTP status, and the content type (type and charset);
//! - the shape of the body: keys of maps, types of values, codes and class names of faults,
//!   the echoed id. Texts, numbers, dates and the length of lists may differ, for the data
//!   are others;
//! - within rows, `false` stands for any empty field, and an empty list for any list; rows are
//!   compared key by key, list members with any member of the recorded list;
//! - `fields_get` of everything may name fewer fields than recorded, but none that was not,
//!   and each described alike (the recorded `help` texts, `digits` and a few rarer facts are
//!   left out by the look-alike);
//! - `debug` and tracebacks are texts like any other; HTML pages are compared by status and
//!   type only;
//! - a recorded answer that its recorder cut off is compared as far as its outermost type;
//! - a request that was never answered must not be answered within a second.
//!
//! The exceptions are listed in `replay_odoo_exceptions.tsv`. The list may only shrink: the
//! test fails when a listed exchange agrees and when one that is not listed does not. There is
//! no switch to write it anew.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper of a test fails as the test does"
)]

#[path = "replay_odoo/recording.rs"]
mod recording;
#[path = "replay_odoo/shape.rs"]
mod shape;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use portcullis_sandbox::odoo::{Key, Odoo, Options, Role, User};
use portcullis_sandbox::{Running, UpstreamLog, serve};

use recording::{Recording, Reply};

const EXCEPTIONS: &str = include_str!("replay_odoo_exceptions.tsv");

/// At least so many of a hundred must agree, whatever the list says.
const LEAST: usize = 70;

fn recordings() -> Option<Vec<Recording>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let facts =
        std::env::var_os("PORTCULLIS_FACTS").map_or_else(|| root.join("../shared"), PathBuf::from);
    let folder = facts.join("odoo/transcripts");
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .ok()?
        .filter_map(Result::ok)
        .filter(|file| {
            file.path()
                .extension()
                .is_some_and(|ending| ending == "http")
        })
        .map(|file| Recording::read(&file.path()))
        .collect();
    found.sort_by_key(|recording| recording.number);
    Some(found)
}

/// The server as it was when an exchange was recorded.
struct Lab {
    odoo: Arc<Odoo>,
    server: Running,
    /// Cookies of open sessions, by login.
    cookies: BTreeMap<&'static str, String>,
}

impl Lab {
    fn start(recordings: &[Recording], change: impl FnOnce(&mut Options)) -> Self {
        let of = |number: u32| {
            recordings
                .iter()
                .find(|recording| recording.number == number)
                .unwrap()
        };
        let password = |number: u32, at: usize| of(number).texts()[at].clone();
        let key = |number: u32| of(number).bearer();
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
            server,
            cookies: BTreeMap::new(),
        };
        for (login, password) in [("admin", password(23, 1)), ("integration", password(2, 2))] {
            let body =
                format!(r#"{{"params":{{"db":"lab","login":"{login}","password":"{password}"}}}}"#);
            let head = format!(
                "POST /web/session/authenticate HTTP/1.1\r\nHost: x\r\nX-Odoo-Database: lab\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            let answer = lab.exchange(head.as_bytes());
            let text = String::from_utf8_lossy(&answer).into_owned();
            let cookie = text
                .split("session_id=")
                .nth(1)
                .unwrap()
                .split(';')
                .next()
                .unwrap()
                .to_owned();
            lab.cookies.insert(login, cookie);
        }
        lab
    }

    fn exchange(&self, request: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(self.server.address()).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(1)))
            .unwrap();
        // The server may answer and close before it has read everything.
        drop(stream.write_all(request));
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer));
        answer
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
        let answer = String::from_utf8(self.exchange((head + &body).as_bytes())).unwrap();
        answer
            .split("\"result\": ")
            .nth(1)
            .unwrap()
            .trim_end_matches('}')
            .parse()
            .unwrap()
    }

    /// Makes this user, after others that take the ids before the recorded one.
    fn sign_up(&self, login: &str, password: &str, uid: i64) {
        let mut spare = 0;
        while self.create_user(&format!("spare{spare}"), password) + 1 < uid {
            spare += 1;
        }
        assert_eq!(self.create_user(login, password), uid);
    }

    fn replay(&self, recording: &Recording) -> Result<(), String> {
        // The recorded sessions were those of the integration user.
        let answer = self.exchange(&recording.request(&self.cookies["integration"]));
        let ours = Reply::read(&answer);
        shape::compare(recording, recording.reply.as_ref(), ours.as_ref())
    }
}

#[test]
fn the_look_alike_answers_as_the_real_one_did() {
    let Some(recordings) = recordings() else {
        println!("skipped: no recorded exchanges at hand");
        return;
    };
    let stock = Lab::start(&recordings, |_| {});
    let several = Lab::start(&recordings, |options| {
        options.other_databases.push("lab2".to_owned())
    });
    let silent = Lab::start(&recordings, |options| options.list_databases = false);
    let guarded = Lab::start(&recordings, |_| {});
    let exceptions: BTreeMap<_, _> = EXCEPTIONS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .collect();
    let (mut agreeing, mut all) = (0_usize, 0_usize);
    let mut complaints = Vec::new();
    for recording in recordings.iter().filter(|recording| recording.is_rpc()) {
        match recording.number {
            // What the recorder did meanwhile by other roads: it moved a key's end into the past,
            // gave a user a second factor, and signed up on the web page.
            781 => stock.odoo.expire_key(&recording.texts()[1]),
            786 => guarded.odoo.require_second_factor("basic"),
            902 => stock.sign_up(&recording.texts()[1], &recording.texts()[2], 12),
            _ => {}
        }
        let lab = if recording.name.contains("-multidb-") {
            &several
        } else if recording.name.contains("-nolist-") {
            &silent
        } else if recording.number == 786 {
            &guarded
        } else {
            &stock
        };
        all += 1;
        match (
            lab.replay(recording),
            exceptions.get(recording.name.as_str()),
        ) {
            (Ok(()), None) => agreeing += 1,
            (Err(_), Some(_)) => {}
            (Ok(()), Some(_)) => {
                complaints.push(format!("{}\tagrees: take it off the list", recording.name))
            }
            (Err(why), None) => complaints.push(format!("{}\t{why}", recording.name)),
        }
    }
    for name in exceptions.keys() {
        if !recordings
            .iter()
            .any(|recording| recording.is_rpc() && recording.name == *name)
        {
            complaints.push(format!("{name}\tis listed and not recorded"));
        }
    }
    println!("{agreeing} of {all} recorded exchanges agree");
    assert!(
        complaints.is_empty(),
        "{} complaints:\n{}",
        complaints.len(),
        complaints.join("\n")
    );
    assert!(
        agreeing * 100 >= all * LEAST,
        "only {agreeing} of {all} agree"
    );
}

/// The comparison itself, on answers that differ in one thing from a recorded one.
#[test]
fn the_comparison_tells_what_differs() {
    let Some(recordings) = recordings() else {
        println!("skipped: no recorded exchanges at hand");
        return;
    };
    let of = |number: u32| {
        recordings
            .iter()
            .find(|recording| recording.number == number)
            .unwrap()
    };
    let check = |number: u32, from: &str, to: &str| {
        let (recording, mut ours) = (of(number), of(number).reply.clone());
        if let Some(reply) = &mut ours {
            let body = String::from_utf8(reply.body.clone()).unwrap();
            assert!(body.contains(from), "{body}");
            reply.body = body.replacen(from, to, 1).into_bytes();
        }
        shape::compare(recording, recording.reply.as_ref(), ours.as_ref())
    };
    // Other data are no other shape.
    assert_eq!(check(400, "Acme", "Umbra"), Ok(()));
    assert_eq!(check(20, "Acme", "Umbra"), Ok(()));
    // A key more, another type, another fault, another exception are.
    assert!(check(400, "\"email\"", "\"mail\"").is_err());
    assert!(check(400, "\"id\": 9", "\"id\": \"9\"").is_err());
    assert!(check(20, "<int>9</int>", "<string>9</string>").is_err());
    assert!(check(43, "<int>4</int>", "<int>3</int>").is_err());
    assert!(check(433, "AccessError", "MissingError").is_err());
    assert!(check(239, "builtins.TypeError", "builtins.ValueError").is_err());
    assert!(check(201, "7", "false").is_err());
    assert!(shape::compare(of(400), of(400).reply.as_ref(), of(433).reply.as_ref()).is_err());
    assert!(shape::compare(of(400), of(400).reply.as_ref(), None).is_err());
}
