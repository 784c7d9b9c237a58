//! Who is asking: sessions by cookie, log-in, API keys, OAuth-like bearer tokens.

use std::collections::HashMap;

use base64::Engine as _;
use portcullis_erp::value::Value;

use super::access::{ADMINISTRATOR, Caller, GUEST};
use super::chance;
use super::failure::Failure;
use super::values::field;
use super::world::World;
use super::{Turn, broken};

mod login;

pub(crate) use login::{count_reset, log_in, log_out, note_desk};

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

    /// Whether this is the user's password.
    pub(crate) fn is_password(&self, user: &str, password: &str) -> bool {
        self.secrets
            .get(user)
            .is_some_and(|known| known.password == password)
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

/// Puts a new API secret in the place of a user's, at once; answers whether there is the user.
pub(crate) fn replace_secret(turn: &Turn<'_>, user: &str, secret: &str) -> Result<bool, Failure> {
    let mut sessions = turn.erp.sessions.lock().map_err(|_| broken())?;
    let known = sessions.secrets.get_mut(user);
    Ok(known
        .map(|known| secret.clone_into(&mut known.api_secret))
        .is_some())
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
        "bearer" => {
            let grants = turn.erp.grants.lock().map_err(|_| broken())?;
            let user = grants.user(value, turn.now).map(str::to_owned);
            drop(grants);
            return take(turn, &user.ok_or_else(Failure::unauthenticated)?);
        }
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
    take(turn, &user)
}

/// Makes the caller this user, unless a session has said who it is.
fn take(turn: &mut Turn<'_>, user: &str) -> Result<(), Failure> {
    if turn.caller.is_guest() {
        let caller = caller_of(&*turn.world()?, user);
        turn.caller = caller;
    }
    Ok(())
}

/// The name that pages show.
pub(crate) fn full_name(world: &World, user: &str) -> String {
    let name = world
        .get("User", user)
        .map(|doc| field(doc, "full_name").to_owned());
    name.filter(|name| !name.is_empty())
        .unwrap_or_else(|| user.to_owned())
}
