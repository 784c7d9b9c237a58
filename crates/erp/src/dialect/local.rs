//! The values of answers that are given here, without asking the ERP.

use super::signature::{self, Kind};
use super::{Dialect, Form, Reply};
use crate::name::Model;
use crate::value::{Map, Value};

/// The answer to [`Local::Version`](crate::Local::Version), in the shape that this reply has it.
/// `version` is Odoo's own word, such as `19.0`, `saas~18.2` or `17.0+e`.
pub fn version(reply: &Reply, version: &str) -> Value {
    let (number, edition) = version.split_once('+').unwrap_or((version, ""));
    let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| text.parse().map_or_else(|_| Value::from(text), Value::Int);
    let info = Value::List(vec![
        digits(major),
        digits(minor),
        Value::Int(0),
        Value::from("final"),
        Value::Int(0),
        Value::from(edition),
    ]);
    let entries = if reply.form == Form::Bare {
        vec![("version_info", info), ("version", Value::from(version))]
    } else {
        vec![
            ("server_version", Value::from(version)),
            ("server_version_info", info),
            ("server_serie", Value::from(number)),
            ("protocol_version", Value::Int(1)),
        ]
    };
    Value::Map(
        entries
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect::<Map>(),
    )
}

/// The answer to [`Local::About`](crate::Local::About).
pub fn about() -> Value {
    Value::from("See http://openerp.com")
}

/// The answer to [`Local::Ping`](crate::Local::Ping).
pub fn pong() -> Value {
    Value::from("pong")
}

/// Who is logged in, as session info tells it.
#[derive(Debug)]
pub struct Session<'a> {
    /// Odoo's number of the user.
    pub uid: i64,
    /// The login of the user.
    pub login: &'a str,
    /// The database.
    pub database: &'a str,
    /// The server's version.
    pub version: &'a str,
    /// The user's own language and time zone, as far as they are known.
    pub context: &'a Map,
    /// The token against forged requests, where there is a session.
    pub csrf: Option<String>,
}

/// The answer to Odoo's `authenticate` and `get_session_info`: what clients go by, and nothing
/// that a role may hide.
pub fn session_info(reply: &Reply, session: &Session<'_>) -> Value {
    let mut context: Map = ["lang", "tz"]
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), session.context.get(*name)?.clone())))
        .collect();
    context.insert("uid".to_owned(), Value::Int(session.uid));
    let mut info = Map::from_iter([
        ("uid".to_owned(), Value::Int(session.uid)),
        ("username".to_owned(), Value::from(session.login)),
        ("name".to_owned(), Value::from(session.login)),
        ("db".to_owned(), Value::from(session.database)),
        ("is_system".to_owned(), Value::Bool(false)),
        ("is_admin".to_owned(), Value::Bool(false)),
        ("user_context".to_owned(), Value::Map(context)),
    ]);
    if let Value::Map(told) = version(reply, session.version) {
        let told = told.into_iter();
        info.extend(told.filter(|(name, _)| name.starts_with("server_version")));
    }
    if let Some(csrf) = &session.csrf {
        info.insert("csrf_token".to_owned(), Value::from(csrf.as_str()));
    }
    Value::Map(info)
}

/// The answer to the façade's own log-in, and of what it says of the token: in an object.
pub fn told_token(login: &str, csrf: &str) -> Value {
    Value::Map(Map::from_iter([
        ("login".to_owned(), Value::from(login)),
        ("csrf_token".to_owned(), Value::from(csrf)),
    ]))
}

/// The answer to Frappe's `login`. Version 2 of its API has an empty one.
pub fn logged_in(dialect: Dialect, login: &str) -> Value {
    if dialect == Dialect::FrappeV2 {
        return Value::Map(Map::new());
    }
    Value::Map(Map::from_iter([
        ("message".to_owned(), Value::from("Logged In")),
        ("home_page".to_owned(), Value::from("/app/home")),
        ("full_name".to_owned(), Value::from(login)),
    ]))
}

/// The answer to Frappe's `logout`.
pub fn logged_out(dialect: Dialect) -> Value {
    if dialect == Dialect::FrappeV2 {
        return Value::Map(Map::new());
    }
    Value::Map(Map::from_iter([
        ("message".to_owned(), Value::from("No App")),
        ("home_page".to_owned(), Value::from("/login")),
        ("full_name".to_owned(), Value::from("Guest")),
    ]))
}

/// The answer to Odoo's `/doc-bearer/{model}.json`: the arguments of these methods, as far as
/// the table of signatures has them. Fields are told by `fields_get`.
pub fn documentation(model: &Model, methods: &[&str]) -> Value {
    let mut told = Map::new();
    for method in methods {
        let Some(known) = signature::arguments_of(model.as_str(), method) else {
            continue;
        };
        let parameter = |name: &&str| {
            let facts = Map::from_iter([
                ("name".to_owned(), Value::from(*name)),
                ("kind".to_owned(), Value::from("POSITIONAL_OR_KEYWORD")),
            ]);
            ((*name).to_owned(), Value::Map(facts))
        };
        let api = match known.kind {
            Kind::OnModel => vec![Value::from("model")],
            Kind::OnRecords => Vec::new(),
        };
        let signature = format!("({})", known.parameters.join(", "));
        let facts = Map::from_iter([
            ("signature".to_owned(), Value::from(signature)),
            (
                "parameters".to_owned(),
                Value::Map(known.parameters.iter().map(parameter).collect()),
            ),
            ("doc".to_owned(), Value::Null),
            ("raise".to_owned(), Value::Map(Map::new())),
            ("return".to_owned(), Value::Map(Map::new())),
            ("api".to_owned(), Value::List(api)),
            ("model".to_owned(), Value::from(model.as_str())),
            ("module".to_owned(), Value::Null),
        ]);
        told.insert((*method).to_owned(), Value::Map(facts));
    }
    Value::Map(Map::from_iter([
        ("model".to_owned(), Value::from(model.as_str())),
        ("name".to_owned(), Value::from(model.as_str())),
        ("doc".to_owned(), Value::Null),
        ("fields".to_owned(), Value::Map(Map::new())),
        ("methods".to_owned(), Value::Map(told)),
    ]))
}
