//! The keys, signers and certificates in each state, as they are made before a gateway serves.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "what is not named has nothing of its own"
)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::Stdio;
use std::sync::Arc;

use portcullis_identity::ApiKey;
use rustls::ClientConfig;
use serde_json::Value as Json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::way::{State, Way};
use super::world::GONE;
use crate::people::town::Town;
use crate::signing::Signer;
use crate::signing::older::{Older, SCHEMES};
use crate::tls::client::{Authority, Identity};

const NEAR: &[&str] = &["--from", "192.0.2.0/24", "--administrator"];

/// The states in which everything is that a key may be: other ones are of the request.
const LASTING: [State; 6] = [
    State::Good,
    State::Revoked,
    State::Suspended,
    State::Expired,
    State::Archived,
    State::StoodIn,
];

/// The ways of a secret that was made elsewhere.
const STYLES: &[&str] = &["header", "bearer", "apikey", "basic", "password", "query"];

/// Makes keys at a place, and notes what becomes of them.
pub(super) struct Maker<'a> {
    pub(super) town: &'a Town,
    pub(super) erp: &'static str,
    /// The ERP user as whom most calls run.
    pub(super) user: &'static str,
    /// The id of each key, and the state in which it is to be.
    pub(super) ids: Vec<(State, String)>,
}

impl Maker<'_> {
    /// Gives the gateway the credential of the ERP user that is archived later.
    pub(super) fn user(&self) {
        let secret = match self.erp {
            "odoo" => format!("key of {GONE}"),
            _ => format!("goneexamplecomxx:{}", "s".repeat(16)),
        };
        let place = &self.town.place;
        let mut program = place.program(&["user", "add", GONE, "--upstream", self.erp]);
        let mut adding = program
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program runs");
        let mut given = adding.stdin.take().expect("a pipe");
        given.write_all(secret.as_bytes()).expect("it reads");
        drop(given);
        assert!(adding.wait().expect("it ends").success());
    }

    fn run(&self, arguments: &[&str]) -> Json {
        let (code, said) = self.town.place.run(arguments);
        assert_eq!(code, 0, "{arguments:?}: {said}");
        said
    }

    /// The ERP user of a key that is to be in this state.
    fn user_in(&self, state: State) -> &'static str {
        match state {
            State::Archived | State::StoodIn => GONE,
            _ => self.user,
        }
    }

    /// What a key is made with that is to be in this state. What is to end soon must not be over
    /// before it was made, on a slow machine either.
    fn more(&self, state: State) -> Vec<String> {
        let mut more: Vec<String> = NEAR.iter().map(|word| (*word).to_owned()).collect();
        match state {
            State::Expired => more.extend(["--expires".to_owned(), soon(20)]),
            State::StoodIn => more.extend(["--stand-in".to_owned(), self.user.to_owned()]),
            _ => {}
        }
        more
    }

    /// Makes a key that is to be in this state.
    pub(super) fn make(&mut self, name: &str, state: State, own: &[&str]) -> Json {
        let more = self.more(state);
        let more: Vec<&str> = more.iter().map(String::as_str).collect();
        let user = self.user_in(state);
        let first = ["key", "create", name, "--user", user, "--role", "reader"];
        let made = self.run(&[&first[..], &["--upstream", self.erp], &more, own].concat());
        self.ids.push((state, text(&made, "id")));
        made
    }

    /// Keys of the gateway's own.
    pub(super) fn keys(&mut self) -> BTreeMap<State, String> {
        let mut keys = BTreeMap::new();
        let signs: &[&str] = &["--signed", "hmac", "--must-sign", "--style", "header"];
        for (state, own) in [
            (State::Good, &[][..]),
            (State::Revoked, &[]),
            (State::Suspended, &[]),
            (State::Archived, &[]),
            (State::StoodIn, &[]),
            (State::OtherWay, &["--style", "certificate"]),
            (State::Unsigned, signs),
        ] {
            let made = self.make(&format!("{state:?}"), state, own);
            keys.insert(state, text(&made, "key"));
        }
        let entropy: [u8; 42] = std::array::from_fn(|n| u8::try_from(n * 5).unwrap());
        let unknown = ApiKey::from_entropy(&entropy).expose_whole(str::to_owned);
        keys.insert(State::Unknown, unknown);
        with_those_of_the_request(keys)
    }

    /// Secrets that were made elsewhere.
    pub(super) fn foreign(&mut self) -> BTreeMap<State, String> {
        let mut secrets = BTreeMap::new();
        for state in LASTING
            .into_iter()
            .chain([State::OtherWay, State::OtherThanHeader])
        {
            let secret = format!("3f9c1e7a-b2d8-4c60-{state:?}");
            let file = self.town.place.path().join(format!("{state:?}.csv"));
            let user = self.user_in(state);
            let lines = format!("name,key,user_id/login\nforeign-{state:?},{secret},{user}\n");
            std::fs::write(&file, lines).unwrap();
            let file = file.display().to_string();
            let styles: &[&str] = match state {
                State::OtherWay => &["header"],
                State::OtherThanHeader => &["query"],
                _ => STYLES,
            };
            let mut own = vec![
                "key",
                "import",
                &file,
                "--role",
                "reader",
                "--upstream",
                self.erp,
            ];
            own.extend(styles.iter().flat_map(|style| ["--style", style]));
            let more = match state {
                State::StoodIn => self.more(State::Good),
                _ => self.more(state),
            };
            own.extend(more.iter().map(String::as_str));
            let made = self.run(&own);
            let id = text(&made["keys"][0], "id");
            if state == State::StoodIn {
                let user = ["--user", self.user, "--administrator"];
                self.run(&[&["key", "stand-in", &id], &user[..]].concat());
            }
            self.ids.push((state, id));
            secrets.insert(state, secret);
        }
        secrets.insert(State::Unknown, "3f9c1e7a-b2d8-4c60-nobody".to_owned());
        with_those_of_the_request(secrets)
    }

    pub(super) fn signers(&mut self) -> BTreeMap<(Way, State), Signer> {
        let mut signers = BTreeMap::new();
        for state in LASTING {
            let more = self.more(state);
            let more: Vec<&str> = more.iter().map(String::as_str).collect();
            let own = ["--upstream", self.erp, "--user", self.user_in(state)];
            let (place, more) = (&self.town.place, [&own[..], &more].concat());
            let hmac = Signer::hmac(place, &format!("hmac-{state:?}"), &more);
            let pair = Signer::ed25519(place, &format!("ed25519-{state:?}"), &more);
            for (way, signer) in [(Way::Hmac, hmac), (Way::Ed25519, pair)] {
                self.ids.push((state, signer.id.clone()));
                signers.insert((way, state), signer);
            }
        }
        signers
    }

    pub(super) fn older(&mut self) -> BTreeMap<(Way, State), Older> {
        let mut older = BTreeMap::new();
        for state in LASTING {
            let more = self.more(state);
            let mut own = vec!["--user", self.user_in(state)];
            own.extend(more.iter().map(String::as_str));
            for scheme in SCHEMES {
                let name = format!("{scheme}-{state:?}");
                let made = Older::named(&self.town.place, scheme, (&name, self.erp), &own);
                self.ids.push((state, made.id.clone()));
                older.insert((Way::Older(scheme), state), made);
            }
        }
        older
    }

    /// Clients with certificates, and the files of the server's own.
    pub(super) fn clients(&mut self) -> BTreeMap<State, Arc<ClientConfig>> {
        let folder = self.town.place.path().to_owned();
        let authority = Authority::new();
        authority.sign("localhost").put(&folder);
        std::fs::write(folder.join("authority.pem"), authority.pem()).unwrap();
        let mut clients = BTreeMap::new();
        for state in LASTING.into_iter().chain([State::Elsewhere]) {
            let own: Identity = authority.sign("till");
            let file = folder.join(format!("{state:?}.pem"));
            std::fs::write(&file, &own.pem).unwrap();
            let mut more = self.more(state);
            if state != State::Elsewhere {
                more.drain(..2); // Over TLS everybody comes from this machine.
            }
            let more: Vec<&str> = more.iter().map(String::as_str).collect();
            let (name, user) = (format!("certificate-{state:?}"), self.user_in(state));
            let first = ["key", "create", &name, "--user", user, "--role", "reader"];
            let shown = [
                "--upstream",
                self.erp,
                "--certificate",
                file.to_str().unwrap(),
            ];
            let made = self.run(&[&first[..], &shown, &more].concat());
            self.ids.push((state, text(&made, "id")));
            clients.insert(state, authority.client(Some(&own), false));
        }
        let bound_to_none = authority.sign("till");
        let unknown = authority.client(Some(&bound_to_none), false);
        clients.insert(State::Unknown, unknown);
        clients
    }
}

/// With the states in which a good credential is shown wrongly.
fn with_those_of_the_request(mut all: BTreeMap<State, String>) -> BTreeMap<State, String> {
    let good = all[&State::Good].clone();
    let mistyped = good.get(..good.len() - 3).unwrap().to_owned() + "aaa";
    all.insert(State::Mistyped, mistyped);
    all.insert(State::Elsewhere, good.clone());
    all.insert(State::InClear, good);
    all
}

/// A moment so many seconds from now.
fn soon(seconds: i64) -> String {
    let then = OffsetDateTime::now_utc() + time::Duration::seconds(seconds);
    then.format(&Rfc3339).unwrap()
}

pub(super) fn text(made: &Json, member: &str) -> String {
    made[member]
        .as_str()
        .unwrap_or_else(|| panic!("{made}"))
        .to_owned()
}
