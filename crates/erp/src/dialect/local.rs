//! The values of answers that are given here, without asking the ERP.

use super::{Form, Reply};
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
