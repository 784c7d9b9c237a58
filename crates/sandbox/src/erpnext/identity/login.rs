//! Log-in and log-out.

use super::{LONGEST_PASSWORD, Session, Standing, caller_of, full_name};
use crate::erpnext::access::{Caller, GUEST};
use crate::erpnext::failure::Failure;
use crate::erpnext::values::{Doc, plain, text, whole};
use crate::erpnext::world::moment;
use crate::erpnext::{ErpNext, Turn, broken, chance};
use portcullis_erp::value::Value;

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
