//! From path and verb to what is asked, in the order in which the real server looks:
//! site, arguments, log-in or session, `Authorization`, `cmd`, path.

use portcullis_erp::value::{Map, Value};

use super::access::Caller;
use super::failure::Failure;
use super::identity::{self, Standing};
use super::method;
use super::params::{Params, decoded_path};
use super::reply::{self, HTML, Outcome, Wrap};
use super::{ErpNext, Turn, broken, document, list, meta, pages};
use crate::clock;
use crate::http::{Request, Response, Seen};

/// The longest body that is taken: 25 MiB.
const LARGEST_BODY: usize = 25 * 1024 * 1024;

/// The longest request line.
const LONGEST_LINE: usize = 4094;
/// The longest header, name and value.
const LONGEST_HEADER: usize = 8190;

/// Answers one request.
pub(crate) fn answer(erp: &ErpNext, request: &Request) -> Response {
    let path = decoded_path(&request.path);
    let mut turn = Turn {
        erp,
        request,
        version_2: path.starts_with("/api/v2/"),
        path,
        params: Params::default(),
        caller: Caller::guest(),
        session: Standing::Unknown,
        messages: Vec::new(),
        debug: Vec::new(),
        now: clock::now(),
        seen: Seen::default(),
    };
    let mut wrap = if turn.version_2 {
        Wrap::Data
    } else {
        Wrap::Message
    };
    let outcome = run(&mut turn, &mut wrap);
    reply::write(&turn, outcome, wrap)
}

fn run(turn: &mut Turn<'_>, wrap: &mut Wrap) -> Result<Outcome, Failure> {
    framing(turn)?;
    find_site(turn)?;
    if turn.request.body.len() > LARGEST_BODY {
        let words = "The data value transmitted exceeds the capacity limit.";
        return Err(Failure::page(413, "Request Entity Too Large", words));
    }
    turn.params = Params::read(turn.request)?;
    let command = turn
        .params
        .text("cmd")
        .or_else(|| match turn.path.trim_end_matches('/') {
            "/api/method/login" | "/api/v1/method/login" => Some("login".to_owned()),
            _ => None,
        });
    if command.as_deref() == Some("login") && turn.verb() != "OPTIONS" {
        turn.sees(None, "login");
        let answer = identity::log_in(turn)?;
        return Ok(Outcome::Object(if turn.version_2 {
            Default::default()
        } else {
            answer
        }));
    }
    if turn.verb() == "OPTIONS" {
        return Ok(Outcome::Raw(
            200,
            "text/plain; charset=utf-8",
            Vec::new(),
            Vec::new(),
        ));
    }
    identity::resume(turn)?;
    identity::authorize(turn)?;
    if let Some(command) = command {
        return method::call(turn, &command);
    }
    let path = turn.path.clone();
    match path.strip_prefix("/api") {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => api(turn, rest, wrap),
        _ => site(turn, &path),
    }
}

/// The web server in front of the framework takes only so long a line and header.
fn framing(turn: &Turn<'_>) -> Result<(), Failure> {
    let request = turn.request;
    let query = if request.query.is_empty() {
        0
    } else {
        request.query.len().saturating_add(1)
    };
    let parts = [
        request.verb.len(),
        1,
        request.path.len(),
        query,
        " HTTP/1.1".len(),
    ];
    let line: usize = parts.iter().sum();
    if line > LONGEST_LINE {
        let words = format!("Request Line is too large ({line} > {LONGEST_LINE})");
        return Err(Failure::page(400, "Bad Request", words));
    }
    let long = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        name.as_str().len().saturating_add(value.len()) > LONGEST_HEADER
    };
    if request.headers.iter().any(long) {
        let words = "Error parsing headers: 'limit request headers fields size'";
        return Err(Failure::page(431, "Request Header Fields Too Large", words));
    }
    Ok(())
}

/// The real server picks the tenant by a header before the host.
fn find_site(turn: &Turn<'_>) -> Result<(), Failure> {
    let absent = |name: &str| {
        Err(Failure::page(
            404,
            "Not Found",
            format!("{name} does not exist"),
        ))
    };
    if let Some(name) = turn.request.header("x-frappe-site-name") {
        let last = name.rsplit('/').next().unwrap_or_default();
        return if last == turn.erp.site {
            Ok(())
        } else {
            absent(name)
        };
    }
    let host = turn.request.header("host").unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    if turn.erp.hosts.is_empty()
        || host.is_empty()
        || turn.erp.hosts.iter().any(|known| known == host)
    {
        return Ok(());
    }
    absent(host)
}

fn api(turn: &mut Turn<'_>, rest: &str, wrap: &mut Wrap) -> Result<Outcome, Failure> {
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let segments: Vec<&str> = rest.split('/').collect();
    if segments
        .iter()
        .any(|segment| segment.is_empty() || *segment == "." || *segment == "..")
    {
        return Err(Failure::nowhere());
    }
    match segments.as_slice() {
        ["v2", rest @ ..] => version_2(turn, rest),
        ["v1", rest @ ..] | rest => version_1(turn, rest, wrap),
    }
}

fn version_1(turn: &mut Turn<'_>, segments: &[&str], wrap: &mut Wrap) -> Result<Outcome, Failure> {
    match segments {
        ["method", name, ..] => method::call(turn, name),
        ["resource", doctype] => {
            *wrap = Wrap::Data;
            match turn.verb() {
                "GET" | "HEAD" => list::resource(turn, doctype).map(Outcome::Value),
                "POST" => document::create(turn, doctype).map(Outcome::Value),
                _ => Err(wrong_verb("GET, HEAD, POST")),
            }
        }
        ["resource", doctype, name @ ..] => {
            *wrap = Wrap::Data;
            let name = name.join("/");
            match turn.verb() {
                "GET" | "HEAD" if turn.params.get("run_method").is_some() => {
                    document::run_method(turn, doctype, &name).map(Outcome::Value)
                }
                "GET" | "HEAD" => document::read(turn, doctype, &name).map(Outcome::Value),
                "PUT" => document::update(turn, doctype, &name).map(Outcome::Value),
                "DELETE" => document::delete(turn, doctype, &name).map(Outcome::Accepted),
                "POST" if turn.params.get("run_method").is_some() => {
                    document::run_method(turn, doctype, &name).map(Outcome::Value)
                }
                "POST" => Err(Failure::internal("", "KeyError", "'run_method'")),
                _ => Err(Failure::nowhere()),
            }
        }
        _ => Err(Failure::nowhere()),
    }
}

fn version_2(turn: &mut Turn<'_>, segments: &[&str]) -> Result<Outcome, Failure> {
    match segments {
        // Version 2 opens no session here.
        ["method", "login"] => Ok(Outcome::Object(Map::new())),
        ["method", name] => method::call(turn, name),
        ["method", doctype, name] => {
            turn.doctype(doctype)?;
            Err(Failure::missing_argument(name, "source_name"))
        }
        ["document", doctype] => match turn.verb() {
            "GET" | "HEAD" => list::document(turn, doctype).map(Outcome::Value),
            "POST" => document::create(turn, doctype).map(Outcome::Value),
            _ => Err(wrong_verb("GET, HEAD, POST")),
        },
        ["document", doctype, name @ .., "method", method] if !name.is_empty() => {
            turn.params
                .map
                .insert("run_method".to_owned(), Value::from(*method));
            document::run_method(turn, doctype, &name.join("/")).map(Outcome::Value)
        }
        ["document", doctype, name @ ..] => {
            let name = name.join("/");
            match turn.verb() {
                "GET" | "HEAD" => document::read(turn, doctype, &name).map(Outcome::Value),
                "PUT" | "PATCH" => document::update(turn, doctype, &name).map(Outcome::Value),
                "DELETE" => document::delete(turn, doctype, &name).map(Outcome::Accepted),
                _ => Err(wrong_verb("DELETE, GET, HEAD, PATCH, PUT")),
            }
        }
        ["doctype", doctype, "meta"] => meta::read(turn, doctype).map(Outcome::Value),
        ["doctype", doctype, "count"] => list::count(turn, doctype).map(Outcome::Value),
        _ => Err(Failure::nowhere()),
    }
}

fn wrong_verb(allow: &'static str) -> Failure {
    let words = "The method is not allowed for the requested URL.";
    let mut failure = Failure::page(405, "Method Not Allowed", words);
    failure.allow = Some(allow);
    failure
}

/// What lies beside the API: files, the desk, a few pages.
fn site(turn: &mut Turn<'_>, path: &str) -> Result<Outcome, Failure> {
    let page = |status, page: String| Ok(Outcome::Raw(status, HTML, page.into_bytes(), Vec::new()));
    if path.starts_with("/backups") {
        if turn.caller.has_role("System Manager") {
            return Err(Failure::page(
                404,
                "Not Found",
                "The requested URL was not found on the server.",
            ));
        }
        let words =
            "You need to be logged in and have System Manager Role to be able to access backups.";
        return Err(Failure::page(403, "Forbidden", words));
    }
    if path.starts_with("/private/files/") {
        return document::private_file(turn, path);
    }
    match path {
        "/" | "/login" => page(200, pages::login()),
        "/app" | "/app/" | "/app/home" => match &turn.session {
            Standing::Open(sid) => {
                let mut sessions = turn.erp.sessions.lock().map_err(|_| broken())?;
                let token = sessions.desk_token(sid).unwrap_or_default();
                drop(sessions);
                identity::note_desk(turn)?;
                page(200, pages::desk(&token))
            }
            Standing::Unknown | Standing::None | Standing::Expired | Standing::Ended => Ok(
                Outcome::Redirect(301, "/login?redirect-to=%2Fapp".to_owned()),
            ),
        },
        _ => page(404, pages::absent()),
    }
}
