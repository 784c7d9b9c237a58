//! How each way shows who one is.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "what is not named has nothing of its own"
)]

use base64::Engine as _;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;

use super::asked::{self, Body, Face, Kind};
use super::way::{Place, State, Way};
use super::world::{ANNA, CARL, GONE, SECRET, World};
use crate::people::town::password;
use crate::signing::{How, Request, seconds};

/// A request that shows itself in this way and this state.
pub(super) fn request(world: &World, way: Way, face: &Face, state: State) -> Request {
    // Whose archived user nobody stands in for goes on calling itself so.
    let (login, uid) = match state {
        State::Archived => (GONE, world.uid_of_gone),
        _ => (world.user(), world.uid),
    };
    let body = |password, uid| Body {
        erp: world.erp,
        login,
        password,
        uid,
    };
    let of_key = || world.keys[&state].as_str();
    let read = || asked::read(face, &body("", uid));
    let of_person = || Body {
        login: ANNA,
        ..body("", world.persons_uid)
    };
    match way {
        Way::Header(name) => read().with(&name.to_ascii_lowercase(), of_key()),
        Way::Scheme(scheme) => read().with("authorization", &format!("{scheme} {}", of_key())),
        Way::Token => read().with("authorization", &format!("token {}", halves(of_key()))),
        Way::Basic => read().with("authorization", &basic(&halves(of_key()))),
        Way::Query => in_query(read(), of_key()),
        Way::Foreign(place) => foreign(world, place, face, state, &body),
        Way::Slot => asked::read(face, &body(of_key(), uid)),
        Way::LogIn => asked::log_in(face, &body(of_key(), uid)),
        Way::Certificate => read(),
        Way::Hmac | Way::Ed25519 => signed(world, way, state, &read()),
        Way::Older(_) => older(world, way, state, &read()),
        Way::Jwt => read().with("authorization", &format!("Bearer {}", token(state))),
        Way::JwtInSlot => asked::read(face, &body(&token(state), uid)),
        Way::KeySession => in_session(world, way, face, state, read()),
        Way::PersonSession => {
            let request = asked::read(face, &of_person());
            in_session(world, way, face, state, request)
        }
        Way::PersonLogIn => {
            let (login, password) = person(state);
            let body = Body {
                login,
                ..body(&password, 0)
            };
            asked::log_in(face, &body)
        }
        Way::PersonBasic => {
            let (login, password) = person(state);
            let request = asked::read(face, &of_person());
            request.with("authorization", &basic(&format!("{login}:{password}")))
        }
        Way::Beside => {
            let (login, password) = person(state);
            let key = match state {
                State::WrongPassword | State::Denied => State::Good,
                other => other,
            };
            asked::read(face, &of_person())
                .with("api-key", &world.keys[&key])
                .with("authorization", &basic(&format!("{login}:{password}")))
        }
    }
}

fn in_query(mut request: Request, secret: &str) -> Request {
    let joint = match request.target.contains('?') {
        true => '&',
        false => '?',
    };
    request.target = format!("{}{joint}api_key={secret}", request.target);
    request
}

/// A secret that was made elsewhere.
fn foreign<'a>(
    world: &'a World,
    place: Place,
    face: &Face,
    state: State,
    body: &dyn Fn(&'a str, i64) -> Body<'a>,
) -> Request {
    let state_of_secret = match (place, state) {
        (Place::Header(_), State::OtherWay) => State::OtherThanHeader,
        (_, state) => state,
    };
    let secret = world.foreign[&state_of_secret].as_str();
    let uid = match state {
        State::Archived => world.uid_of_gone,
        _ => world.uid,
    };
    let read = asked::read(face, &body("", uid));
    match place {
        Place::Header(name) => read.with(&name.to_ascii_lowercase(), secret),
        Place::Scheme(scheme) => read.with("authorization", &format!("{scheme} {secret}")),
        Place::Basic => read.with("authorization", &basic(&format!("{secret}:"))),
        Place::Query => in_query(read, secret),
        Place::Slot => asked::read(face, &body(secret, uid)),
        Place::LogIn => asked::log_in(face, &body(secret, uid)),
    }
}

/// A key as `KEY:SECRET`.
fn halves(key: &str) -> String {
    let (id, secret) = key.rsplit_once('_').unwrap();
    format!("{id}:{secret}")
}

fn basic(pair: &str) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(pair);
    format!("Basic {text}")
}

fn person(state: State) -> (&'static str, String) {
    match state {
        State::WrongPassword => (ANNA, "wrong".to_owned()),
        State::Unknown => ("nobody@example.com", "wrong".to_owned()),
        State::Denied => (CARL, password(CARL)),
        _ => (ANNA, password(ANNA)),
    }
}

fn token(state: State) -> String {
    let off = if state == State::Expired { -3600 } else { 300 };
    let issuer = match state {
        State::Archived => "https://past.example",
        _ => "https://id.example",
    };
    let claims = json!({"iss": issuer, "aud": "portcullis", "sub": "shop",
        "iat": seconds() - 4000, "exp": seconds() + off});
    let secret = match state {
        State::Differs => "another secret that is as long as it is",
        _ => SECRET,
    };
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
}

/// The state of the key that signs.
const fn whose(state: State) -> State {
    match state {
        State::Expired | State::Revoked | State::Suspended | State::Archived | State::StoodIn => {
            state
        }
        _ => State::Good,
    }
}

fn signed(world: &World, way: Way, state: State, request: &Request) -> Request {
    let mut how = How::default();
    match state {
        State::Late => how.off = -400,
        State::Unknown => how.key = Some("pck_aaaqeayeaudaocaj".to_owned()),
        _ => {}
    }
    let signed = world.signers[&(way, whose(state))].sign_so(request, &how);
    spoilt(world, way, state, signed)
}

fn older(world: &World, way: Way, state: State, request: &Request) -> Request {
    let older = &world.older[&(way, whose(state))];
    let endpoint = request.target.clone();
    // Each request of its own second: what was signed twice is one signature.
    let off = if state == State::Late { -400 } else { -next() };
    let mut signed = older.sign(request, &endpoint, off);
    if state == State::Unknown {
        for (name, value) in &mut signed.headers {
            if name == "x-api-key" || name == "authorization" {
                *value = value.replace(&older.key, "pck_aaaqeayeaudaocaj");
            }
        }
    }
    spoilt(world, way, state, signed)
}

/// A small number, another one each time.
fn next() -> i64 {
    use std::sync::atomic::{AtomicI64, Ordering};
    static LAST: AtomicI64 = AtomicI64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) % 200
}

/// What is done to a request after it was signed.
fn spoilt(world: &World, way: Way, state: State, mut request: Request) -> Request {
    match state {
        State::Differs => {
            let is_signature = |name: &str| name == "signature" || name == "x-signature";
            for (name, value) in &mut request.headers {
                if is_signature(name) {
                    let at = value.len() / 2;
                    let other = if value.as_bytes()[at] == b'0' {
                        "1"
                    } else {
                        "0"
                    };
                    value.replace_range(at..=at, other);
                }
            }
        }
        State::Replayed => {
            let first = world.send(&request, way, State::Good);
            assert!(matches!(first.status, 200), "{}", first.text());
        }
        _ => {}
    }
    request
}

fn in_session(world: &World, way: Way, face: &Face, state: State, request: Request) -> Request {
    let session = match (way, state) {
        (_, State::InClear | State::LoggedOut | State::OtherClient) => world.fresh(way),
        (Way::PersonSession, _) => world.fresh(way),
        (_, State::Unknown) => {
            let mut unknown = world.sessions[&State::Good].clone();
            unknown.token = format!("pcs_{}", "a".repeat(59));
            unknown
        }
        (_, state) => world.sessions[&state].clone(),
    };
    if state == State::LoggedOut {
        world.log_out(&session);
    }
    let name = match face.kind {
        Kind::Rest | Kind::Batch => "portcullis_session",
        _ if world.erp == "odoo" => "session_id",
        _ => "sid",
    };
    let request = request
        .with("cookie", &format!("{name}={}", session.token))
        .with("x-csrf-token", &session.csrf);
    if state == State::OtherClient {
        return request.with("user-agent", "another client");
    }
    request
}
