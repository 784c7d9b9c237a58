//! The RPC services `common`, `db` and `object`, the same behind XML-RPC and JSON-RPC.

use portcullis_erp::value::{Map, Value};

use super::Odoo;
use super::call::Given;
use super::guard;
use super::trouble::{Kind, Trouble};
use super::xml;
use crate::http::Seen;
use std::sync::PoisonError;

pub(crate) fn dispatch(
    odoo: &Odoo,
    service: &str,
    method: &str,
    params: Vec<Value>,
    seen: &mut Seen,
) -> Result<Value, Trouble> {
    seen.call = Some(method.to_owned());
    match service {
        "common" => common(odoo, method, &params, seen),
        "db" => db(odoo, method, &params),
        "object" => object(odoo, method, params, seen),
        _ => Err(Trouble::new(
            Kind::Python("KeyError"),
            format!("'{service}'"),
        )),
    }
}

fn arguments(words: &str) -> Trouble {
    Trouble::new(Kind::Python("TypeError"), words)
}

fn common(odoo: &Odoo, method: &str, params: &[Value], seen: &mut Seen) -> Result<Value, Trouble> {
    match (method, params) {
        ("version", []) => Ok(version(odoo)),
        ("about", []) => Ok(Value::from(ABOUT)),
        ("about", [extended]) if super::user::truthy(extended) => Ok(Value::List(vec![
            Value::from(ABOUT),
            Value::from(odoo.options.version.text()),
        ])),
        ("about", [_]) => Ok(Value::from(ABOUT)),
        ("login", [db, login, password]) | ("authenticate", [db, login, password, _]) => {
            authenticate(odoo, db, login, password, params.get(3), seen)
        }
        ("set_loglevel", [_]) => Ok(Value::Bool(true)),
        ("version" | "about" | "login" | "authenticate" | "set_loglevel", _) => {
            Err(arguments("the number of arguments does not fit"))
        }
        _ => Err(Trouble::new(
            Kind::Python("NameError"),
            format!("Method not found: {method}"),
        )),
    }
}

const ABOUT: &str = "This is the look-alike of Portcullis' sandbox, not a real Odoo.";

fn version(odoo: &Odoo) -> Value {
    let text = odoo.options.version.text();
    Value::Map(Map::from_iter([
        ("server_version".to_owned(), Value::from(text)),
        (
            "server_version_info".to_owned(),
            odoo.options.version.info(),
        ),
        ("server_serie".to_owned(), Value::from(text)),
        ("protocol_version".to_owned(), Value::Int(1)),
    ]))
}

/// The body of `/web/webclient/version_info`.
pub(crate) fn version_info(odoo: &Odoo) -> Value {
    version(odoo)
}

fn known_database(odoo: &Odoo, name: &Value) -> Result<(), Trouble> {
    match name {
        Value::Text(name) if *name == odoo.options.database => Ok(()),
        Value::Text(name) => Err(Trouble::new(
            Kind::NoDatabase,
            format!(
                "connection to \"/run/lookalike/.s.PGSQL.5432\" failed: there is no database \"{name}\"\n"
            ),
        )),
        _ => Err(arguments("the database is not named by a text")),
    }
}

fn authenticate(
    odoo: &Odoo,
    database: &Value,
    login: &Value,
    password: &Value,
    env: Option<&Value>,
    seen: &mut Seen,
) -> Result<Value, Trouble> {
    known_database(odoo, database)?;
    let (Some(login), Some(password)) = (login.as_str(), password.as_str()) else {
        return Ok(Value::Bool(false));
    };
    let uid = odoo
        .uid(login)
        .filter(|&uid| odoo.is_active(uid) && odoo.guard.opens(uid, password));
    let Some(uid) = uid else {
        return Ok(Value::Bool(false));
    };
    seen.user = Some(login.to_owned());
    let who = odoo.who(uid)?;
    let base = env
        .and_then(Value::as_map)
        .and_then(|env| env.get("base_location"));
    if let (true, Some(Value::Text(base))) = (who.has("base.group_system"), base) {
        // The real server believes an administrator's client about its own address.
        let args = vec![Value::from("web.base.url"), Value::from(base.as_str())];
        odoo.execute(
            &who,
            "ir.config_parameter",
            "set_param",
            Given::Positional {
                args,
                kwargs: Map::new(),
            },
        )?;
    }
    Ok(Value::Int(uid))
}

fn db(odoo: &Odoo, method: &str, params: &[Value]) -> Result<Value, Trouble> {
    match (method, params) {
        ("list", [] | [_]) => list(odoo),
        ("server_version", []) => Ok(Value::from(odoo.options.version.text())),
        ("db_exist", [name]) => {
            let name = name.as_str().unwrap_or_default();
            let known = name == odoo.options.database
                || name == "postgres"
                || odoo
                    .options
                    .other_databases
                    .iter()
                    .any(|other| other == name);
            Ok(Value::Bool(known))
        }
        ("list_lang", []) => Ok(pairs(&[
            ("en_US", "English (US)"),
            ("de_DE", "German"),
            ("fr_FR", "French"),
        ])),
        ("list" | "server_version" | "db_exist" | "list_lang", _) => {
            Err(arguments("the number of arguments does not fit"))
        }
        (
            "create_database"
            | "drop"
            | "dump"
            | "restore"
            | "rename"
            | "duplicate_database"
            | "migrate_databases"
            | "change_admin_password"
            | "list_countries",
            [master, ..],
        ) => {
            let right = odoo
                .options
                .master_password
                .as_deref()
                .is_some_and(|own| master.as_str() == Some(own));
            match (right, method) {
                (true, "list_countries") => Ok(pairs(&[
                    ("at", "Austria"),
                    ("de", "Germany"),
                    ("fr", "France"),
                ])),
                (true, _) if odoo.options.list_databases => Err(Trouble::new(
                    Kind::Python("NotImplementedError"),
                    "the look-alike manages no databases",
                )),
                _ => Err(Trouble::denied()),
            }
        }
        _ => Err(Trouble::new(
            Kind::Python("KeyError"),
            format!("Method not found: {method}"),
        )),
    }
}

/// The names of the databases, where they are told.
pub(crate) fn list(odoo: &Odoo) -> Result<Value, Trouble> {
    if !odoo.options.list_databases {
        return Err(Trouble::denied());
    }
    let names = std::iter::once(&odoo.options.database).chain(&odoo.options.other_databases);
    Ok(Value::List(
        names.map(|name| Value::from(name.as_str())).collect(),
    ))
}

fn pairs(items: &[(&str, &str)]) -> Value {
    let pair =
        |(key, name): &(&str, &str)| Value::List(vec![Value::from(*key), Value::from(*name)]);
    Value::List(items.iter().map(pair).collect())
}

fn object(
    odoo: &Odoo,
    method: &str,
    params: Vec<Value>,
    seen: &mut Seen,
) -> Result<Value, Trouble> {
    let mut params = params.into_iter();
    let mut next = || params.next().ok_or_else(|| arguments("too few arguments"));
    let (database, uid, password) = (next()?, next()?, next()?);
    let uid = coerced(&uid)?;
    if !matches!(method, "execute" | "execute_kw") {
        return Err(Trouble::new(
            Kind::Python("NameError"),
            format!("Method not available {method}"),
        ));
    }
    known_database(odoo, &database)?;
    let password = match password {
        Value::Text(password) => password,
        Value::Null | Value::Bool(false) => String::new(),
        _ => return Err(arguments("the password is not a text")),
    };
    let who = odoo.who(uid)?;
    if password.is_empty() || !odoo.is_active(uid) || !odoo.guard.opens_again(uid, &password) {
        return Err(Trouble::denied());
    }
    seen.user = Some(who.login.clone());
    let (model, name) = (next()?, next()?);
    let (Value::Text(model), Value::Text(name)) = (model, name) else {
        return Err(arguments("model and method are texts"));
    };
    (seen.model, seen.call) = (Some(model.clone()), Some(name.clone()));
    let given = if method == "execute" {
        Given::Positional {
            args: params.collect(),
            kwargs: Map::new(),
        }
    } else {
        let args = match params.next() {
            Some(Value::List(args)) => args,
            None => return Err(arguments("the arguments are missing")),
            Some(_) => return Err(arguments("the arguments are no list")),
        };
        let kwargs = match params.next() {
            Some(Value::Map(kwargs)) => kwargs,
            None | Some(Value::Null | Value::Bool(false)) => Map::new(),
            Some(_) => return Err(arguments("the named arguments are no dictionary")),
        };
        if params.next().is_some() {
            return Err(arguments("too many arguments"));
        }
        Given::Positional { args, kwargs }
    };
    odoo.execute(&who, &model, &name, given)
}

/// The user's id as Python's `int()` makes it.
fn coerced(uid: &Value) -> Result<i64, Trouble> {
    let read = match uid {
        Value::Int(uid) => Some(*uid),
        Value::Bool(truth) => Some(i64::from(*truth)),
        #[expect(clippy::cast_possible_truncation, reason = "as Python cuts it")]
        Value::Float(number) if number.is_finite() => Some(*number as i64),
        Value::Text(text) => xml::int(text).and_then(|value| value.as_int()),
        _ => return Err(arguments("the user's id is no number")),
    };
    read.ok_or_else(|| Trouble::value("invalid literal for int() with base 10"))
}

/// The id of the user with this login and password, for interactive log-ins.
pub(crate) fn log_in(
    odoo: &Odoo,
    database: &str,
    login: &str,
    password: &str,
) -> Result<i64, Trouble> {
    known_database(odoo, &Value::from(database))?;
    let db = odoo.db.read().unwrap_or_else(PoisonError::into_inner);
    guard::uid_of(&odoo.schema, &db, login)
        .filter(|&uid| guard::is_active(&odoo.schema, &db, uid))
        .filter(|&uid| odoo.guard.opens_session(uid, password))
        .ok_or_else(Trouble::denied)
}
