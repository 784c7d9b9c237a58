//! The web client's calls: log-in, session, `call_kw`, and the small pages that clients ask.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::{PoisonError, RwLock};

use portcullis_erp::value::{Map, Value};

use super::call::Given;
use super::json2::{Place, place};
use super::jsonrpc::enveloped;
use super::trouble::{Kind, Trouble};
use super::{Odoo, doc, page, service};
use crate::clock;
use crate::http::{Request, Response, Seen};

/// Who is logged in, by cookie.
#[derive(Default)]
pub(crate) struct Sessions {
    open: RwLock<HashMap<String, i64>>,
}

impl Sessions {
    fn begin(&self, uid: i64) -> String {
        // Chance enough for a test double: seeds that the process drew when it began.
        let state = RandomState::new();
        let token: String = (0..5)
            .map(|n| format!("{:016x}", state.hash_one((n, clock::now()))))
            .collect();
        self.open
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(token.clone(), uid);
        token
    }
}

fn token(request: &Request) -> Option<&str> {
    let cookies = request.header("cookie")?;
    cookies
        .split(';')
        .find_map(|cookie| cookie.trim().strip_prefix("session_id="))
}

/// The user of the request's session.
pub(crate) fn of(odoo: &Odoo, request: &Request) -> Option<i64> {
    let token = token(request)?;
    odoo.sessions
        .open
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(token)
        .copied()
        // The token of a session is made of whether its user is archived, too.
        .filter(|&uid| odoo.is_active(uid))
}

/// Answers what no RPC dialect answers.
pub(crate) fn page(odoo: &Odoo, request: &Request, segments: &[&str], seen: &mut Seen) -> Response {
    let version = || {
        Value::Map(Map::from_iter([
            (
                "version".to_owned(),
                Value::from(odoo.options.version.text()),
            ),
            ("version_info".to_owned(), odoo.options.version.info()),
        ]))
    };
    match segments {
        ["web", "webclient", "version_info"] => {
            enveloped(request, |_| Ok(service::version_info(odoo)))
        }
        ["web" | "json", "version"] if odoo.options.version.has_json2() => {
            page::json(200, &version())
        }
        ["web", "health"] => Response::new(200, "application/json", r#"{"status": "pass"}"#),
        ["web", "database", "list"] => enveloped(request, |_| service::list(odoo)),
        ["robots.txt"] => Response::new(200, "text/plain", "User-agent: *\nDisallow: /"),
        [""] => page::moved(303, "/odoo"),
        ["web" | "odoo"] => page::moved(303, "/web/login?redirect=%2Fodoo%3F"),
        ["web", "session", "authenticate"] => authenticate(odoo, request, seen),
        [
            "web",
            "session",
            call @ ("get_session_info" | "check" | "modules" | "destroy"),
        ] => {
            seen.call = Some((*call).to_owned());
            known(odoo, request, |odoo, uid, _| {
                session_call(odoo, request, uid, call)
            })
        }
        ["web", "dataset", "call_kw", ..] => known(odoo, request, |odoo, uid, params| {
            call_kw(odoo, uid, params, seen)
        }),
        ["web", "dataset", "call_button", ..] => known(odoo, request, |odoo, uid, params| {
            call_kw(odoo, uid, params, seen).and_then(action)
        }),
        ["doc-bearer", file] if odoo.options.version.has_json2() => {
            doc::answer(odoo, request, file, seen)
        }
        ["doc", ..] => page::moved(303, "/web/login?redirect=%2Fdoc%3F"),
        _ => page::not_found(),
    }
}

fn authenticate(odoo: &Odoo, request: &Request, seen: &mut Seen) -> Response {
    seen.call = Some("authenticate".to_owned());
    let mut opened = None;
    let response = enveloped(request, |params| {
        let text = |name: &str| params.get(name).and_then(Value::as_str).unwrap_or_default();
        let uid = service::log_in(odoo, text("db"), text("login"), text("password"))?;
        seen.user = Some(text("login").to_owned());
        opened = Some(uid);
        info(odoo, uid)
    });
    match opened {
        Some(uid) => {
            let token = odoo.sessions.begin(uid);
            response.with(
                "Set-Cookie",
                format!("session_id={token}; Max-Age=604800; HttpOnly; Path=/"),
            )
        }
        None => response,
    }
}

/// Has the call done for somebody who is logged in.
fn known(
    odoo: &Odoo,
    request: &Request,
    call: impl FnOnce(&Odoo, i64, &Map) -> Result<Value, Trouble>,
) -> Response {
    let session = of(odoo, request);
    if session.is_none() && place(odoo, request) == Place::Nowhere {
        return page::no_database();
    }
    enveloped(request, |params| match session {
        Some(uid) => call(odoo, uid, params),
        None => Err(Trouble::new(Kind::SessionExpired, "Session expired")),
    })
}

fn session_call(odoo: &Odoo, request: &Request, uid: i64, call: &str) -> Result<Value, Trouble> {
    match call {
        "get_session_info" => info(odoo, uid),
        "modules" => Ok(Value::List(
            ["base", "web", "sale"].map(Value::from).to_vec(),
        )),
        "destroy" => {
            if let Some(token) = token(request) {
                odoo.sessions
                    .open
                    .write()
                    .unwrap_or_else(PoisonError::into_inner)
                    .remove(token);
            }
            Ok(Value::Null)
        }
        _ => Ok(Value::Null),
    }
}

fn info(odoo: &Odoo, uid: i64) -> Result<Value, Trouble> {
    let who = odoo.who(uid)?;
    let given = Given::Positional {
        args: Vec::new(),
        kwargs: Map::new(),
    };
    let context = odoo.execute(&who, "res.users", "context_get", given)?;
    let args = vec![
        Value::List(vec![Value::Int(uid)]),
        Value::List(vec![Value::from("name"), Value::from("partner_id")]),
    ];
    let user = odoo.execute(
        &who,
        "res.users",
        "read",
        Given::Positional {
            args,
            kwargs: Map::new(),
        },
    )?;
    let user = user
        .as_list()
        .and_then(<[Value]>::first)
        .and_then(Value::as_map)
        .cloned()
        .unwrap_or_default();
    let partner = user
        .get("partner_id")
        .and_then(Value::as_list)
        .and_then(<[Value]>::first)
        .cloned();
    let system = Value::Bool(who.has("base.group_system"));
    Ok(Value::Map(Map::from_iter([
        ("uid".to_owned(), Value::Int(uid)),
        ("is_system".to_owned(), system.clone()),
        ("is_admin".to_owned(), system),
        ("is_public".to_owned(), Value::Bool(false)),
        (
            "is_internal_user".to_owned(),
            Value::Bool(who.has("base.group_user")),
        ),
        ("user_context".to_owned(), context),
        ("db".to_owned(), Value::from(odoo.options.database.as_str())),
        (
            "server_version".to_owned(),
            Value::from(odoo.options.version.text()),
        ),
        (
            "server_version_info".to_owned(),
            odoo.options.version.info(),
        ),
        (
            "name".to_owned(),
            user.get("name").cloned().unwrap_or_default(),
        ),
        ("username".to_owned(), Value::from(who.login.as_str())),
        ("partner_id".to_owned(), partner.unwrap_or_default()),
    ])))
}

fn call_kw(odoo: &Odoo, uid: i64, params: &Map, seen: &mut Seen) -> Result<Value, Trouble> {
    let who = odoo.who(uid)?;
    seen.user = Some(who.login.clone());
    let text = |name: &str| {
        params
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let (model, method) = (text("model"), text("method"));
    (seen.model, seen.call) = (Some(model.clone()), Some(method.clone()));
    if odoo.schema.model(&model).is_none() {
        // Since the route asks the model whether the method only reads, it is a path that is missing.
        return Err(if odoo.options.version.number() < 18 {
            Trouble::new(Kind::Python("KeyError"), format!("'{model}'"))
        } else {
            Trouble::new(Kind::Http(404), "404 Not Found")
        });
    }
    let args = params
        .get("args")
        .and_then(Value::as_list)
        .unwrap_or_default()
        .to_vec();
    let kwargs = params
        .get("kwargs")
        .and_then(Value::as_map)
        .cloned()
        .unwrap_or_default();
    odoo.execute(&who, &model, &method, Given::Positional { args, kwargs })
}

/// What a button answers: the action that the web client goes on with, or nothing. What calls
/// itself of no kind of action that there can be, as the fields of a contact do, fails.
fn action(answer: Value) -> Result<Value, Trouble> {
    let Value::Map(mut action) = answer else {
        return Ok(Value::Bool(false));
    };
    let kind = action
        .entry("type".to_owned())
        .or_insert_with(|| Value::from("ir.actions.act_window_close"));
    if *kind == Value::from("") {
        return Ok(Value::Bool(false));
    }
    if kind.as_map().is_some() {
        let words = "unhashable type: 'dict'";
        return Err(Trouble::new(Kind::Python("TypeError"), words));
    }
    Ok(Value::Map(action))
}
