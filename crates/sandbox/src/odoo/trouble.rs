//! What goes wrong inside the look-alike, and what each dialect makes of it.
//!
//! The shapes are the real server's: XML-RPC faults with a number (v2) or a text (v1), errors
//! inside 200 answers for JSON-RPC, status codes for JSON-2, and a traceback in each, for a
//! gateway must be shown to strip them. The tracebacks are invented.

use portcullis_erp::value::{Map, Value};

/// What kind of exception the real server would raise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    AccessDenied,
    AccessError,
    Missing,
    User,
    Validation,
    /// There is no such model: a `UserError` to RPC, 404 to JSON-2.
    NoModel,
    /// There is no such method: an `AttributeError` to RPC, 404 to JSON-2.
    NoMethod,
    /// Arguments that do not fit the signature: a `TypeError` to RPC, 422 to JSON-2.
    Arguments,
    /// The exception of Python of this name.
    Python(&'static str),
    /// The database driver's.
    NoDatabase,
    /// An HTTP error of the framework.
    Http(u16),
    /// The session is not there or over.
    SessionExpired,
}

/// An exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) kind: Kind,
    pub(crate) message: String,
}

impl Trouble {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    pub(crate) fn value(message: impl Into<String>) -> Self {
        Self::new(Kind::Python("ValueError"), message)
    }

    pub(crate) fn denied() -> Self {
        Self::new(Kind::AccessDenied, "Access Denied")
    }

    pub(crate) fn missing(model: &str, ids: &[i64], uid: i64) -> Self {
        let ids: Vec<_> = ids.iter().map(i64::to_string).collect();
        let ids = ids.join(", ");
        Self::new(
            Kind::Missing,
            format!(
                "Record does not exist or has been deleted.\n(Record: {model}({ids},), User: {uid})"
            ),
        )
    }

    /// The exception's full name.
    fn name(&self, json2: bool) -> String {
        match self.kind {
            Kind::AccessDenied => "odoo.exceptions.AccessDenied".to_owned(),
            Kind::AccessError => "odoo.exceptions.AccessError".to_owned(),
            Kind::Missing => "odoo.exceptions.MissingError".to_owned(),
            Kind::User => "odoo.exceptions.UserError".to_owned(),
            Kind::Validation => "odoo.exceptions.ValidationError".to_owned(),
            Kind::SessionExpired => "odoo.http.SessionExpiredException".to_owned(),
            Kind::NoModel | Kind::NoMethod if json2 => "werkzeug.exceptions.NotFound".to_owned(),
            Kind::NoModel => "odoo.exceptions.UserError".to_owned(),
            Kind::NoMethod => "builtins.AttributeError".to_owned(),
            Kind::Arguments if json2 => "werkzeug.exceptions.UnprocessableEntity".to_owned(),
            Kind::Arguments => "builtins.TypeError".to_owned(),
            Kind::Python(name) => format!("builtins.{name}"),
            Kind::NoDatabase => "psycopg2.OperationalError".to_owned(),
            Kind::Http(status) => {
                let name = match status {
                    400 => "BadRequest",
                    401 => "Unauthorized",
                    403 => "Forbidden",
                    404 => "NotFound",
                    422 => "UnprocessableEntity",
                    _ => "InternalServerError",
                };
                format!("werkzeug.exceptions.{name}")
            }
        }
    }

    /// The status in JSON-2.
    pub(crate) fn status(&self) -> u16 {
        match self.kind {
            Kind::AccessDenied | Kind::AccessError | Kind::SessionExpired => 403,
            Kind::Missing | Kind::NoModel | Kind::NoMethod => 404,
            Kind::User | Kind::Validation | Kind::Arguments => 422,
            Kind::Python(_) | Kind::NoDatabase => 500,
            Kind::Http(status) => status,
        }
    }

    /// An invented traceback that ends in this exception.
    fn debug(&self, json2: bool) -> String {
        let name = self.name(json2);
        // Python names its own exceptions without their module.
        let name = name.strip_prefix("builtins.").unwrap_or(&name);
        if self.kind == Kind::AccessDenied {
            return format!("{name}: {}\n", self.message);
        }
        format!(
            "Traceback (most recent call last):\n  File \"/opt/lookalike/odoo/gate.py\", line 42, in enter\n    \
             return self.room(call)\n  File \"/opt/lookalike/odoo/room.py\", line 7, in room\n    raise trouble\n\
             {name}: {}\n",
            self.message
        )
    }

    /// The fault's code and text for XML-RPC v2.
    pub(crate) fn fault(&self) -> (Value, String) {
        let code = match self.kind {
            Kind::Missing | Kind::User | Kind::Validation | Kind::NoModel => 2,
            Kind::AccessDenied => 3,
            Kind::AccessError => 4,
            Kind::NoMethod
            | Kind::Arguments
            | Kind::Python(_)
            | Kind::NoDatabase
            | Kind::Http(_)
            | Kind::SessionExpired => 1,
        };
        let text = if code == 1 {
            self.debug(false)
        } else {
            self.message.clone()
        };
        (Value::Int(code), text)
    }

    /// The fault's code and text for XML-RPC v1.
    pub(crate) fn old_fault(&self) -> (Value, String) {
        let warning = |name: &str| {
            (
                Value::Text(format!("warning -- {name}\n\n{}", self.message)),
                String::new(),
            )
        };
        match self.kind {
            Kind::AccessDenied => (Value::from("AccessDenied"), self.message.clone()),
            Kind::AccessError => warning("AccessError"),
            Kind::Missing => warning("MissingError"),
            Kind::User | Kind::Validation | Kind::NoModel => warning("UserError"),
            Kind::NoMethod
            | Kind::Arguments
            | Kind::Python(_)
            | Kind::NoDatabase
            | Kind::Http(_)
            | Kind::SessionExpired => (Value::Text(self.message.clone()), self.debug(false)),
        }
    }

    /// The description that JSON-RPC has in `error.data` and JSON-2 as its body.
    pub(crate) fn data(&self, json2: bool) -> Value {
        let mut arguments = vec![Value::from(self.message.as_str())];
        let name = self.name(json2);
        if name.starts_with("werkzeug.") {
            arguments.push(Value::Int(i64::from(self.status())));
        }
        let mut map = Map::new();
        map.insert("debug".to_owned(), Value::Text(self.debug(json2)));
        map.insert("name".to_owned(), Value::Text(name));
        map.insert("message".to_owned(), Value::from(self.message.as_str()));
        map.insert("arguments".to_owned(), Value::List(arguments));
        map.insert("context".to_owned(), Value::Map(Map::new()));
        map.move_index(0, 4);
        Value::Map(map)
    }

    /// The `error` member of JSON-RPC.
    pub(crate) fn error(&self) -> Value {
        let (code, message) = match self.kind {
            Kind::SessionExpired => (100, "Odoo Session Expired"),
            Kind::Http(404) => (404, "404: Not Found"),
            _ => (0, "Odoo Server Error"),
        };
        let mut map = Map::new();
        map.insert("code".to_owned(), Value::Int(code));
        map.insert("message".to_owned(), Value::from(message));
        map.insert("data".to_owned(), self.data(false));
        Value::Map(map)
    }
}
