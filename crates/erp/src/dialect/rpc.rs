//! Odoo's RPC services, common to XML-RPC and JSON-RPC: `common`, `object`, `db`.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "arguments are matched by shape; others are refused"
)]

use super::Form;
use super::odoo;
use super::signature;
use crate::asked::{Asked, Claim, Local, SlotCredential};
use crate::call::Call;
use crate::fault::{Fault, FaultKind};
use crate::name::Database;
use crate::value::{Map, Value};

/// What a call of a service asks.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) asked: Asked,
    pub(super) slot: Option<SlotCredential>,
    pub(super) form: Form,
}

impl Service {
    fn local(local: Local) -> Self {
        Self {
            asked: Asked::Local(local),
            slot: None,
            form: Form::Value,
        }
    }
}

/// Whether there is such a service.
pub(super) fn is_service(name: &str) -> bool {
    matches!(name, "common" | "object" | "db")
}

/// Reads a call of a service.
pub(super) fn read(service: &str, method: &str, args: Vec<Value>) -> Result<Service, Fault> {
    match (service, method) {
        ("object", "execute" | "execute_kw") => object(method, args),
        ("common", "version") => Ok(Service::local(Local::Version)),
        ("common", "about") => Ok(Service::local(match args.first() {
            None | Some(Value::Null | Value::Bool(false) | Value::Int(0)) => Local::About,
            Some(_) => Local::AboutVersion,
        })),
        ("common", "login" | "authenticate") => log_in(args),
        ("db", "list") => Ok(Service::local(Local::Databases)),
        ("db", "server_version") => Ok(Service::local(Local::ServerVersion)),
        ("db", "db_exist") => {
            let name = args
                .first()
                .and_then(Value::as_str)
                .and_then(|name| Database::new(name).ok());
            Ok(Service::local(Local::DatabaseExists(name)))
        }
        ("db", _) => Ok(Service::local(Local::Shut(Value::Text(format!(
            "db.{method}"
        ))))),
        ("common" | "object", _) => Err(Fault::new(
            FaultKind::UnknownMethod,
            "the service has no such method",
        )),
        _ => Err(Fault::new(
            FaultKind::UnknownMethod,
            "there is no such service",
        )),
    }
}

/// `common.login(db, login, password)`, `common.authenticate(db, login, password, agent)`.
/// The fourth argument is left out: Odoo takes the address of links in e-mails from it.
fn log_in(args: Vec<Value>) -> Result<Service, Fault> {
    let mut args = args.into_iter();
    let (Some(database), Some(Value::Text(login)), Some(Value::Text(password))) =
        (args.next(), args.next(), args.next())
    else {
        return Err(bad("database, login and password are awaited, as texts"));
    };
    if args.len() > 1 {
        return Err(bad("there are too many arguments"));
    }
    Ok(Service {
        slot: Some(SlotCredential {
            database: Some(read_database(&database)?),
            claim: Claim::Login(login),
            password,
        }),
        ..Service::local(Local::Authenticate)
    })
}

/// `object.execute(db, uid, password, model, method, *args)` and
/// `object.execute_kw(db, uid, password, model, method, args, kwargs)`.
fn object(how: &str, args: Vec<Value>) -> Result<Service, Fault> {
    let mut args = args.into_iter();
    let (Some(database), Some(uid), Some(password), Some(model), Some(method)) = (
        args.next(),
        args.next(),
        args.next(),
        args.next(),
        args.next(),
    ) else {
        return Err(bad("database, uid, password, model and method are awaited"));
    };
    let (Value::Text(password), Value::Text(model), Value::Text(method)) =
        (password, model, method)
    else {
        return Err(bad("password, model and method are texts"));
    };
    let slot = SlotCredential {
        database: Some(read_database(&database)?),
        claim: Claim::Uid(read_uid(&uid)?),
        password,
    };
    let (positional, keyword) = if how == "execute" {
        (args.collect(), Map::new())
    } else {
        let Some(Value::List(positional)) = args.next() else {
            return Err(bad(
                "`execute_kw` takes a list of arguments after the method",
            ));
        };
        let keyword = keywords(args.next())?;
        if args.next().is_some() {
            return Err(bad("there are too many arguments"));
        }
        (positional, keyword)
    };
    let (call, form) = call_of(&model, &method, positional, keyword)?;
    Ok(Service {
        asked: Asked::Call(call),
        slot: Some(slot),
        form,
    })
}

/// A call with arguments by position and by keyword, and how its answer is told.
pub(super) fn call_of(
    model: &str,
    method: &str,
    positional: Vec<Value>,
    keyword: Map,
) -> Result<(Call, Form), Fault> {
    let mut call = odoo::call(model, method)?;
    let bound = signature::bind(model, method, positional, keyword)?;
    let form = if bound.single {
        Form::Single
    } else {
        Form::Value
    };
    (call.ids, call.named, call.positional, call.context) =
        (bound.ids, bound.named, bound.positional, bound.context);
    Ok((call, form))
}

/// Reads keyword arguments.
pub(super) fn keywords(value: Option<Value>) -> Result<Map, Fault> {
    match value {
        Some(Value::Map(map)) => Ok(map),
        None => Ok(Map::new()),
        // PHP knows no empty map.
        Some(Value::List(items)) if items.is_empty() => Ok(Map::new()),
        Some(other) if other.is_nothing() => Ok(Map::new()),
        Some(_) => Err(bad("the keyword arguments are not a map")),
    }
}

pub(super) fn read_database(value: &Value) -> Result<Database, Fault> {
    let name = value.as_str().and_then(|name| Database::new(name).ok());
    name.ok_or_else(|| bad("this is not a valid database name"))
}

/// Odoo applies Python's `int()`, which takes `" 2 "`, `"1_0"`, `2.9` and `true` too. Only
/// forms that nobody can read in two ways are taken here.
fn read_uid(value: &Value) -> Result<i64, Fault> {
    let uid = match value {
        Value::Int(number) => Some(*number),
        Value::Text(digits) if digits.len() <= 18 && digits.bytes().all(|b| b.is_ascii_digit()) => {
            digits.parse().ok()
        }
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
        Value::Float(number) if number.fract() == 0.0 && (0.0..1e15).contains(number) => {
            Some(*number as i64)
        }
        _ => None,
    };
    uid.ok_or_else(|| bad("the uid is not a whole number"))
}

fn bad(message: &str) -> Fault {
    Fault::new(FaultKind::BadArguments, message)
}
