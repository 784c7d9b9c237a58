//! `/json/2/{model}/{method}`.

use portcullis_erp::value::{Map, Value};

use super::call::Given;
use super::json::{self, JsonTrouble};
use super::trouble::{Kind, Trouble};
use super::user::Who;
use super::{Odoo, page, route, session};
use crate::http::{Request, Response, Seen};

pub(crate) fn answer(odoo: &Odoo, request: &Request, rest: &[&str], seen: &mut Seen) -> Response {
    if !database_fits(odoo, request) {
        return page::no_database();
    }
    let posted = ["POST", "OPTIONS"]
        .iter()
        .any(|verb| request.verb.eq_ignore_ascii_case(verb));
    let (content_type, charset) = route::content_type(request);
    let (true, [model, method]) = (posted, rest) else {
        return failed(&Trouble::new(
            Kind::Http(404),
            "Did you mean POST /json/2/<model>/<method>?",
        ));
    };
    if content_type != "application/json" {
        return page::content_type("application/json");
    }
    let done = caller(odoo, request).and_then(|who| {
        seen.user = Some(who.login.clone());
        (seen.model, seen.call) = (Some((*model).to_owned()), Some((*method).to_owned()));
        let arguments = body(request, charset.as_deref())?;
        odoo.execute(&who, model, method, Given::Named(arguments))
    });
    match done {
        Ok(value) => page::json(200, &value),
        Err(trouble) => failed(&trouble),
    }
}

fn failed(trouble: &Trouble) -> Response {
    let mut response = page::json(trouble.status(), &trouble.data(true));
    response
        .headers
        .retain(|(name, _)| *name != "X-Content-Type-Options");
    match trouble.status() {
        401 => response.with("WWW-Authenticate", "Bearer "),
        _ => response,
    }
}

/// Whether the request is for this database: named, or the only one there is.
pub(crate) fn database_fits(odoo: &Odoo, request: &Request) -> bool {
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
    match names.as_slice() {
        [] => odoo.options.other_databases.is_empty(),
        [name] => *name == odoo.options.database.as_bytes(),
        _ => false,
    }
}

fn caller(odoo: &Odoo, request: &Request) -> Result<Who, Trouble> {
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
            .ok_or_else(|| unauthorized("Invalid apikey"))?;
        if session.is_some_and(|other| other != uid) {
            return Err(Trouble::new(
                Kind::AccessError,
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

fn body(request: &Request, charset: Option<&str>) -> Result<Map, Trouble> {
    let bad = |words: &str| {
        Trouble::new(
            Kind::Http(400),
            format!("could not parse the body as json: {words}"),
        )
    };
    // Without a length, a chunked body is not read at all.
    if request.body.is_empty() || request.header("content-length").is_none() {
        return Ok(Map::new());
    }
    let text = route::json_text(&request.body, charset).ok_or_else(|| bad("it is not text"))?;
    match json::read(&text) {
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
