//! Who is asking: sessions by cookie, log-in, API keys, OAuth-like bearer tokens.

use std::collections::HashMap;

use base64::Engine as _;
use portcullis_erp::value::Value;

use super::access::{ADMINISTRATOR, Caller, GUEST};
use super::chance;
use super::failure::Failure;
use super::values::{Doc, field, plain, text, whole};
use super::world::{World, moment};
use super::{ErpNext, Turn, broken};

/// Wrong tries that are let pass.
const TRIES: u32 = 11;
/// How long a user or address is locked after them.
const LOCKED_MICROS: i64 = 60_000_000;
/// The longest password that is looked at.
const LONGEST_PASSWORD: usize = 512;

/// Secrets, sessions and tries.
#[derive(Default)]
pub(crate) struct Sessions {
    open: HashMap<String, Session>,
    secrets: HashMap<String, Secrets>,
    by_key: HashMap<String, String>,
    failed: HashMap<String, (u32, i64)>,
    resets: HashMap<String, (u32, i64)>,
}

struct Secrets {
    password: String,
    api_secret: String,
}

struct Session {
    user: String,
    csrf: Option<String>,
}

/// What the request's session is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nobody has looked yet: such an answer sets no cookie.
    #[default]
    Unknown,
    /// None was shown, or `Guest`.
    None,
    /// A live one.
    Open(String),
    /// One was shown that is not alive.
    Expired,
    /// It was ended by this request.
    Ended,
}

impl Sessions {
    pub(crate) fn add_user(&mut self, user: &str, credential: &super::Credential) {
        self.by_key
            .insert(credential.api_key.clone(), user.to_owned());
        let (password, api_secret) = (credential.password.clone(), credential.api_secret.clone());
        self.secrets.insert(
            user.to_owned(),
            Secrets {
                password,
                api_secret,
            },
        );
    }

    /// The API secret of a user, which the real server gives to administrators in clear.
    pub(crate) fn api_secret(&self, user: &str) -> Option<&str> {
        self.secrets
            .get(user)
            .map(|secrets| secrets.api_secret.as_str())
    }

    /// Ends all sessions of a user.
    pub(crate) fn drop_user(&mut self, user: &str) {
        self.open.retain(|_, session| session.user != user);
    }

    /// The session's token against forged requests, made when the desk is opened.
    pub(crate) fn desk_token(&mut self, sid: &str) -> Option<String> {
        let session = self.open.get_mut(sid)?;
        Some(session.csrf.get_or_insert_with(|| chance::hex(28)).clone())
    }

    fn is_locked(&self, key: &str, now: i64) -> bool {
        self.failed.get(key).is_some_and(|(count, since)| {
            *count >= TRIES && now.saturating_sub(*since) < LOCKED_MICROS
        })
    }

    fn count_failure(&mut self, key: &str, now: i64) {
        let entry = self.failed.entry(key.to_owned()).or_insert((0, now));
        if now.saturating_sub(entry.1) >= LOCKED_MICROS {
            *entry = (0, now);
        }
        *entry = (entry.0.saturating_add(1), now);
    }
}

/// The caller that a user document stands for.
pub(crate) fn caller_of(world: &World, user: &str) -> Caller {
    let Some(doc) = world.get("User", user) else {
        return Caller::guest();
    };
    let is_system_user = field(doc, "user_type") == "System User";
    let rows = doc
        .get("roles")
        .and_then(Value::as_list)
        .unwrap_or_default();
    let mut roles: Vec<String> = rows
        .iter()
        .filter_map(Value::as_map)
        .map(|row| field(row, "role").to_owned())
        .collect();
    if user == ADMINISTRATOR {
        roles = world
            .all("Role")
            .map(|role| field(role, "name").to_owned())
            .collect();
    }
    roles.extend(["All", GUEST].map(str::to_owned));
    if is_system_user {
        roles.push("Desk User".to_owned());
    }
    Caller {
        user: user.to_owned(),
        roles,
        is_system_user,
    }
}

/// Finds the session that the request shows: in its arguments before its cookie.
///
/// # Errors
/// 400 where the session wants its token and the request has none.
pub(crate) fn resume(turn: &mut Turn<'_>) -> Result<(), Failure> {
    let shown = turn.params.text("sid").or_else(|| cookie(turn, "sid"));
    turn.session = Standing::None;
    let Some(sid) = shown.filter(|sid| sid != GUEST) else {
        return Ok(());
    };
    let erp = turn.erp;
    let sessions = erp.sessions.lock().map_err(|_| broken())?;
    let Some(session) = sessions.open.get(&sid) else {
        turn.session = Standing::Expired;
        return Ok(());
    };
    let caller = caller_of(&*turn.world()?, &session.user);
    turn.caller = caller;
    turn.session = Standing::Open(sid.clone());
    let Some(csrf) = &session.csrf else {
        return Ok(());
    };
    if matches!(turn.verb(), "GET" | "HEAD" | "OPTIONS") {
        return Ok(());
    }
    let given = turn
        .request
        .header("x-frappe-csrf-token")
        .map(str::to_owned);
    let given = given.or_else(|| turn.params.text("csrf_token"));
    if given.as_deref() == Some(csrf) {
        Ok(())
    } else {
        Err(Failure::csrf())
    }
}

/// A cookie's value; of several `Cookie` headers the last counts.
pub(crate) fn cookie(turn: &Turn<'_>, name: &str) -> Option<String> {
    let headers = turn.request.headers.get_all("cookie").iter();
    headers
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .rev()
        .find_map(|pair| {
            let (key, value) = pair.trim().split_once('=')?;
            let value = super::params::decoded_path(value.trim_matches('"'));
            (key == name && !value.is_empty()).then_some(value)
        })
}

/// Looks at the `Authorization` header. A session's user stays who it is; a bad header is
/// refused all the same.
///
/// # Errors
/// 401 for a credential that is not known.
pub(crate) fn authorize(turn: &mut Turn<'_>) -> Result<(), Failure> {
    let headers: Vec<&str> = turn
        .request
        .headers
        .get_all("authorization")
        .iter()
        .filter_map(|header| header.to_str().ok())
        .collect();
    let joined = headers.join(",");
    let mut words = joined.split(' ');
    let (Some(scheme), Some(value), None) = (words.next(), words.next(), words.next()) else {
        return Ok(());
    };
    match turn.request.header("frappe-authorization-source") {
        None | Some("User") => {}
        Some(source) if turn.erp.schema.get(source).is_some() => {
            let words = "(1054, \"Unknown column 'api_key' in 'WHERE'\")";
            return Err(Failure::internal("pymysql.err.", "OperationalError", words));
        }
        Some(_) => return Err(Failure::unauthenticated()),
    }
    let pair = match scheme.to_ascii_lowercase().as_str() {
        "token" => value.to_owned(),
        "basic" => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(value);
            let bytes = bytes.map_err(|_| Failure::unauthenticated())?;
            String::from_utf8(bytes).map_err(|_| Failure::unauthenticated())?
        }
        _ => return Err(Failure::unauthenticated()),
    };
    let (key, secret) = pair.split_once(':').ok_or_else(Failure::unauthenticated)?;
    let user = {
        let sessions = turn.erp.sessions.lock().map_err(|_| broken())?;
        let user = sessions
            .by_key
            .get(key)
            .ok_or_else(Failure::unauthenticated)?;
        let known = sessions
            .secrets
            .get(user)
            .is_some_and(|known| known.api_secret == secret);
        if !known {
            return Err(Failure::unauthenticated());
        }
        user.clone()
    };
    if turn.caller.is_guest() {
        let caller = caller_of(&*turn.world()?, &user);
        turn.caller = caller;
    }
    Ok(())
}

/// Logs in with `usr` and `pwd`.
///
/// # Errors
/// 401, or 500 for a locked user and for arguments that are no texts.
pub(crate) fn log_in(turn: &mut Turn<'_>) -> Result<Doc, Failure> {
    let (user, password) = (
        turn.params.get("usr").cloned(),
        turn.params.get("pwd").cloned(),
    );
    let typed = |value: &Option<Value>| matches!(value, Some(Value::List(_) | Value::Map(_)));
    if typed(&user) || typed(&password) {
        let words = "A tuple item must be str, int, float or bytes.";
        return Err(Failure::internal("redis.exceptions.", "DataError", words));
    }
    let (user, password) = (plain(user.as_ref()), plain(password.as_ref()));
    if user.is_empty() || password.is_empty() {
        return Err(Failure::login("Incomplete login details"));
    }
    if password.len() > LONGEST_PASSWORD {
        return Err(Failure::login(
            "Password size exceeded the maximum allowed size",
        ));
    }
    let address = address(turn);
    let sid = {
        let mut sessions = turn.erp.sessions.lock().map_err(|_| broken())?;
        if sessions.is_locked(&user, turn.now) || sessions.is_locked(&address, turn.now) {
            let words = "Your account has been locked and will resume after 60 seconds";
            return Err(Failure::thrown(500, "SecurityException", words));
        }
        let right = sessions
            .secrets
            .get(&user)
            .is_some_and(|known| known.password == password);
        let enabled = turn
            .world()?
            .get("User", &user)
            .is_some_and(|doc| whole(doc.get("enabled")) != 0);
        if right && !enabled {
            return Err(Failure::login("User disabled or missing"));
        }
        if !right {
            sessions.count_failure(&user, turn.now);
            sessions.count_failure(&address, turn.now);
            return Err(Failure::login("Invalid login credentials"));
        }
        sessions.failed.remove(&user);
        sessions.failed.remove(&address);
        let sid = chance::hex(28);
        sessions.open.insert(
            sid.clone(),
            Session {
                user: user.clone(),
                csrf: None,
            },
        );
        sid
    };
    note_login(turn.erp, &user, &address, turn.now)?;
    let caller = caller_of(&*turn.world()?, &user);
    let mut answer = Doc::new();
    let (message, home) = if caller.is_system_user {
        ("Logged In", "/app/home")
    } else {
        ("No App", "/me")
    };
    answer.insert("message".to_owned(), text(message));
    answer.insert("home_page".to_owned(), text(home));
    answer.insert(
        "full_name".to_owned(),
        text(full_name(&*turn.world()?, &user)),
    );
    turn.caller = caller;
    turn.session = Standing::Open(sid);
    Ok(answer)
}

fn note_login(erp: &ErpNext, user: &str, address: &str, now: i64) -> Result<(), Failure> {
    let mut world = erp.world.write().map_err(|_| broken())?;
    if let Some(doc) = world.get("User", user) {
        let mut doc = Doc::clone(doc);
        doc.insert("last_ip".to_owned(), text(address));
        for name in ["last_login", "last_active"] {
            doc.insert(name.to_owned(), text(moment(now)));
        }
        world.put("User", doc);
    }
    Ok(())
}

/// Notes that the user has opened the desk.
pub(crate) fn note_desk(turn: &Turn<'_>) -> Result<(), Failure> {
    let mut world = turn.erp.world.write().map_err(|_| broken())?;
    if let Some(doc) = world.get("User", &turn.caller.user) {
        let mut doc = Doc::clone(doc);
        doc.insert("last_known_versions".to_owned(), text("{}"));
        world.put("User", doc);
    }
    Ok(())
}

/// The address that the request says it comes from: the leftmost forwarded one.
fn address(turn: &Turn<'_>) -> String {
    let forwarded = turn.request.header("x-forwarded-for").unwrap_or_default();
    let first = forwarded.split(',').next().unwrap_or_default().trim();
    if first.is_empty() {
        "127.0.0.1".to_owned()
    } else {
        first.to_owned()
    }
}

/// Counts a wish for a new password: three an hour for each address.
///
/// # Errors
/// 429 beyond.
pub(crate) fn count_reset(turn: &Turn<'_>) -> Result<(), Failure> {
    let mut sessions = turn.erp.sessions.lock().map_err(|_| broken())?;
    let entry = sessions
        .resets
        .entry(address(turn))
        .or_insert((0, turn.now));
    if turn.now.saturating_sub(entry.1) >= 3_600_000_000 {
        *entry = (0, turn.now);
    }
    entry.0 = entry.0.saturating_add(1);
    if entry.0 <= 3 {
        return Ok(());
    }
    let words = "You hit the rate limit because of too many requests. Please try after sometime.";
    Err(Failure::thrown(429, "RateLimitExceededError", words))
}

/// The name that pages show.
pub(crate) fn full_name(world: &World, user: &str) -> String {
    let name = world
        .get("User", user)
        .map(|doc| field(doc, "full_name").to_owned());
    name.filter(|name| !name.is_empty())
        .unwrap_or_else(|| user.to_owned())
}

/// Ends the session that the request showed.
pub(crate) fn log_out(turn: &mut Turn<'_>) -> Result<Doc, Failure> {
    if let Standing::Open(sid) = &turn.session {
        turn.erp
            .sessions
            .lock()
            .map_err(|_| broken())?
            .open
            .remove(sid);
    }
    turn.session = Standing::Ended;
    turn.caller = Caller::guest();
    let mut answer = Doc::new();
    for (key, value) in [
        ("message", "No App"),
        ("home_page", "/login"),
        ("full_name", GUEST),
    ] {
        answer.insert(key.to_owned(), text(value));
    }
    Ok(answer)
}
