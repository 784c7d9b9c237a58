//! Sessions, which are opened while what opens them is good.

use serde_json::{Value as Json, json};

use super::made::{Maker, text};
use super::way::{State, Way};
use super::world::{ANNA, GONE, World};
use crate::people::town::password;
use crate::signing::Request;
use crate::within;

/// A session: its token, and the one against forged requests.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) token: String,
    pub(super) csrf: String,
}

impl World {
    /// Opens sessions with keys that are good still.
    pub(super) fn open_sessions(&mut self, user: &'static str) {
        for state in [
            State::Good,
            State::Revoked,
            State::Suspended,
            State::Archived,
            State::StoodIn,
        ] {
            let session = self.opened(user, state).expect("a session");
            self.sessions.insert(state, session);
        }
        let elsewhere = self.sessions[&State::Good].clone();
        self.sessions.insert(State::Elsewhere, elsewhere);
        let mut maker = Maker {
            town: &self.town,
            erp: self.erp,
            user,
            ids: Vec::new(),
        };
        let made = maker.make("Expired", State::Expired, &[]);
        self.keys.insert(State::Expired, text(&made, "key"));
        let session = within(18_000, || self.opened(user, State::Expired));
        self.sessions
            .insert(State::Expired, session.expect("a session"));
        if self.erp == "odoo" {
            self.uid = self.uid_of(user, &self.keys[&State::Good]);
            self.uid_of_gone = self.uid_of(GONE, &self.keys[&State::Archived]);
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
        let is_gone = matches!(state, State::Archived | State::StoodIn);
        let user = if is_gone { GONE } else { user };
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
}
