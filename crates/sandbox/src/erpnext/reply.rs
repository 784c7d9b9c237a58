//! From an outcome to bytes: bodies of both versions, framework pages, cookies.

use portcullis_erp::value::{Map, Value, to_json};

use super::Turn;
use super::access::GUEST;
use super::failure::{Failure, encoded};
use super::identity::{Standing, full_name};
use super::pages;
use super::values::{spaced_string, text};
use crate::clock;
use crate::http::Response;

/// What a request comes to.
pub(crate) enum Outcome {
    /// `{"data": …}` or `{"message": …}`, by what was asked.
    Value(Value),
    /// The same with another status.
    Accepted(Value),
    /// A whole object.
    Object(Map),
    /// A whole object with another status.
    Status(u16, Map),
    /// Bytes with their content type, and headers besides.
    Raw(u16, &'static str, Vec<u8>, Vec<(&'static str, String)>),
    /// Go somewhere else.
    Redirect(u16, String),
}

/// How a value is wrapped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrap {
    /// `data`.
    Data,
    /// `message`.
    Message,
}

const JSON: &str = "application/json";
pub(crate) const HTML: &str = "text/html; charset=utf-8";
/// How long a session's cookie lives, in seconds: 170 hours.
const LIFE: i64 = 612_000;

/// Writes the answer.
pub(crate) fn write(turn: &Turn<'_>, outcome: Result<Outcome, Failure>, wrap: Wrap) -> Response {
    let mut response = match outcome {
        Ok(outcome) => written(turn, outcome, wrap),
        Err(failure) => failed(turn, &failure),
    };
    if turn.verb() == "HEAD" {
        response.body = bytes::Bytes::new();
    }
    response.seen = turn.seen.clone();
    response.seen.user = (!turn.caller.is_guest()).then(|| turn.caller.user.clone());
    response
}

fn written(turn: &Turn<'_>, outcome: Outcome, wrap: Wrap) -> Response {
    let (status, body) = match outcome {
        Outcome::Value(value) => (200, wrapped(value, wrap)),
        Outcome::Accepted(value) => (202, wrapped(value, wrap)),
        Outcome::Object(body) => (200, body),
        Outcome::Status(status, body) => (status, body),
        Outcome::Raw(status, content_type, bytes, headers) => {
            let mut response = Response::new(status, content_type, bytes);
            response.headers.extend(headers);
            return with_cookies(turn, response, false);
        }
        Outcome::Redirect(status, to) => {
            let response = Response::new(status, HTML, pages::redirect(&to)).with("Location", to);
            return with_cookies(turn, response, false);
        }
    };
    with_cookies(
        turn,
        Response::new(status, JSON, to_json(&Value::Map(annotated(turn, body)))),
        false,
    )
}

fn wrapped(value: Value, wrap: Wrap) -> Map {
    let mut body = Map::with_capacity(2);
    match (wrap, value) {
        (Wrap::Message, Value::Null) => {}
        (Wrap::Message, value) => drop(body.insert("message".to_owned(), value)),
        (Wrap::Data, value) => drop(body.insert("data".to_owned(), value)),
    }
    body
}

fn annotated(turn: &Turn<'_>, mut body: Map) -> Map {
    if turn.session == Standing::Expired {
        body.shift_insert(0, "session_expired".to_owned(), Value::Int(1));
    }
    if !turn.messages.is_empty() && !turn.version_2 {
        body.insert("_server_messages".to_owned(), text(encoded(&turn.messages)));
    }
    if !turn.debug.is_empty() {
        let lines: Vec<String> = turn.debug.iter().map(|line| spaced_string(line)).collect();
        body.insert(
            "_debug_messages".to_owned(),
            text(format!("[{}]", lines.join(", "))),
        );
    }
    body
}

fn failed(turn: &Turn<'_>, failure: &Failure) -> Response {
    if let Some((title, words)) = &failure.page {
        let mut response = Response::new(
            failure.status,
            HTML,
            pages::plain(failure.status, title, words),
        );
        if let Some(verbs) = failure.allow {
            response = response.with("Allow", verbs);
        }
        return response;
    }
    if wants_page(turn) {
        let page = pages::message(failure);
        let response = Response::new(failure.status, HTML, page).with("X-Page-Name", "message");
        return with_cookies(turn, response, failure.clears_cookies);
    }
    let mut body = if turn.version_2 {
        failure.body_v2(&turn.messages)
    } else {
        failure.body(&turn.messages)
    };
    if turn.session == Standing::Expired {
        body.shift_insert(0, "session_expired".to_owned(), Value::Int(1));
    }
    if !turn.debug.is_empty() && !turn.version_2 {
        let lines: Vec<String> = turn.debug.iter().map(|line| spaced_string(line)).collect();
        body.insert(
            "_debug_messages".to_owned(),
            text(format!("[{}]", lines.join(", "))),
        );
    }
    let bytes = to_json(&Value::Map(body));
    with_cookies(
        turn,
        Response::new(failure.status, JSON, bytes),
        failure.clears_cookies,
    )
}

/// Whether a failure is shown as a page: on API paths to those who ask for text, elsewhere
/// to all who do not ask for JSON.
fn wants_page(turn: &Turn<'_>) -> bool {
    let accept = turn.request.header("accept").unwrap_or_default();
    let ajax = turn.request.header("x-requested-with") == Some("XMLHttpRequest");
    let api = turn.path.starts_with("/api/");
    !(ajax || accept.contains(JSON) || (api && !accept.starts_with("text")))
}

fn with_cookies(turn: &Turn<'_>, mut response: Response, clear: bool) -> Response {
    let secure = match turn.request.header("x-forwarded-proto") {
        Some("https") => " Secure;",
        _ => "",
    };
    let mut set = |text: String| response.headers.push(("Set-Cookie", text));
    let guest = (GUEST.to_owned(), "no", GUEST.to_owned(), GUEST.to_owned());
    let (sid, system_user, name, user) = match &turn.session {
        Standing::Open(sid) => {
            let name = turn
                .world()
                .map(|world| full_name(&world, &turn.caller.user));
            let system_user = if turn.caller.is_system_user {
                "yes"
            } else {
                "no"
            };
            (
                sid.clone(),
                system_user,
                name.unwrap_or_default(),
                turn.caller.user.clone(),
            )
        }
        Standing::None | Standing::Expired | Standing::Ended => guest,
        Standing::Unknown => return response,
    };
    if sid == GUEST || !turn.caller.is_guest() {
        let until = http_date(turn.now.saturating_add(LIFE.saturating_mul(1_000_000)));
        set(format!(
            "sid={sid}; Expires={until}; Max-Age={LIFE};{secure} HttpOnly; Path=/; SameSite=Lax"
        ));
        for (key, value) in [
            ("system_user", system_user),
            ("full_name", &name),
            ("user_id", &user),
            ("user_image", ""),
        ] {
            set(format!(
                "{key}={};{secure} Path=/; SameSite=Lax",
                cookie_text(value)
            ));
        }
    }
    if clear || matches!(turn.session, Standing::Expired | Standing::Ended) {
        let past = http_date(turn.now.saturating_sub(86_400_000_000));
        for key in ["full_name", "system_user", "user_image", "sid", "user_id"] {
            set(format!("{key}=; Expires={past}; Path=/"));
        }
    }
    response
}

fn cookie_text(value: &str) -> String {
    percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC)
        .to_string()
        .replace("%2E", ".")
        .replace("%2D", "-")
        .replace("%5F", "_")
}

fn http_date(micros: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (year, month, day, hour, minute, second) = clock::parts(micros);
    let weekday = usize::try_from(micros.div_euclid(86_400_000_000).rem_euclid(7)).unwrap_or(0);
    let weekday = DAYS.get(weekday).copied().unwrap_or("Thu");
    let month = usize::try_from(month.saturating_sub(1))
        .ok()
        .and_then(|at| MONTHS.get(at))
        .copied();
    let month = month.unwrap_or("Jan");
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}
