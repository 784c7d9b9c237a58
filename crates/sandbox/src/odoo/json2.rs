//! `/json/2/{model}/{method}`.

use portcullis_erp::value::{Map, Value};

use super::call::Given;
use super::json::{self, JsonTrouble};
use super::trouble::{Kind, Trouble};
use super::user::Who;
use super::{Odoo, page, route, session};
use crate::http::{Request, Response, Seen};

pub(crate) fn answer(odoo: &Odoo, request: &Request, rest: &[&str], seen: &mut Seen) -> Response {
    match place(odoo, request) {
        Place::Here => {}
        // Nobody has a key there.
        Place::Elsewhere => return failed(&Trouble::new(Kind::Http(401), "Invalid apikey")),
        Place::Nowhere => return page::no_database(),
    }
    let posted = ["POST", "OPTIONS"]
        .iter()
        .any(|verb| request.verb.eq_ignore_ascii_case(verb));
    let (true, [model, method]) = (posted, rest) else {
        return failed(&Trouble::new(
            Kind::Http(404),
            "Did you mean POST /json/2/<model>/<method>?",
        ));
    };
    // A request without a length has no body, and so no content type that could be wrong.
    if has_body(request) && route::content_type(request) != "application/json" {
        return page::content_type("application/json");
    }
    let done = caller(odoo, request).and_then(|who| {
        seen.user = Some(who.login.clone());
        (seen.model, seen.call) = (Some((*model).to_owned()), Some((*method).to_owned()));
        let arguments = body(request)?;
        odoo.execute(&who, model, method, Given::Named(arguments))
    });
    match done {
        Ok(value) => page::json(200, &value),
        Err(trouble) => failed(&trouble),
    }
}

pub(crate) fn failed(trouble: &Trouble) -> Response {
    let mut response = page::json(trouble.status(), &trouble.data(true));
    response
        .headers
        .retain(|(name, _)| *name != "X-Content-Type-Options");
    match trouble.status() {
        401 => response.with("WWW-Authenticate", "Bearer "),
        _ => response,
    }
}

/// Which database a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// This one: named, the only one, or that of the session.
    Here,
    /// Another one that is listed.
    Elsewhere,
    /// None, or one that is not there.
    Nowhere,
}

pub(crate) fn place(odoo: &Odoo, request: &Request) -> Place {
    // The server folds underscores in the names of headers.
    let named = ["x-odoo-database", "x_odoo_database"];
    let mut names: Vec<&[u8]> = Vec::new();
    for name in named {
        names.extend(
            request
                .headers
                .get_all(name)
                .iter()
                .map(http::HeaderValue::as_bytes),
        );
    }
    let others = &odoo.options.other_databases;
    match names.as_slice() {
        [] if others.is_empty() || session::of(odoo, request).is_some() => Place::Here,
        [name] if *name == odoo.options.database.as_bytes() => Place::Here,
        [name] if others.iter().any(|other| *name == other.as_bytes()) => Place::Elsewhere,
        _ => Place::Nowhere,
    }
}

pub(crate) fn caller(odoo: &Odoo, request: &Request) -> Result<Who, Trouble> {
    let unauthorized = |words: &str| Trouble::new(Kind::Http(401), words);
    let headers: Vec<_> = request
        .headers
        .get_all("authorization")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    let joined = headers.join(",");
    let key = joined
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, key)| key.trim())
        .filter(|key| !key.is_empty());
    let session = session::of(odoo, request);
    if let Some(key) = key {
        let uid = odoo
            .guard
            .bearer(key)
            .filter(|&uid| odoo.is_active(uid))
            .ok_or_else(|| unauthorized("Invalid apikey"))?;
        if session.is_some_and(|other| other != uid) {
            return Err(Trouble::new(
                Kind::AccessDenied,
                "The session belongs to somebody else than the key.",
            ));
        }
        return odoo.who(uid);
    }
    match session {
        Some(uid) if request.header("sec-fetch-mode").is_some() => odoo.who(uid),
        Some(_) => Err(unauthorized(
            "Missing \"Authorization\", or headers of an interactive use",
        )),
        None => Err(unauthorized(
            "Nobody is logged in: send an API key as a bearer token.",
        )),
    }
}

fn has_body(request: &Request) -> bool {
    !request.body.is_empty() && request.header("content-length").is_some()
}

fn body(request: &Request) -> Result<Map, Trouble> {
    let bad = |words: &str| {
        Trouble::new(
            Kind::Http(400),
            format!("could not parse the body as json: {words}"),
        )
    };
    // Without a length, a chunked body is not read at all.
    if !has_body(request) {
        return Ok(Map::new());
    }
    match json::read(&String::from_utf8_lossy(&request.body)) {
        Ok(Value::Map(map)) => Ok(map),
        // Anything else than an object is passed over.
        Ok(_) => Ok(Map::new()),
        Err(JsonTrouble::Malformed(at)) => Err(bad(&format!("char {at}"))),
        Err(JsonTrouble::Deep) => Err(Trouble::new(
            Kind::Python("RecursionError"),
            "maximum recursion depth exceeded",
        )),
    }
}
