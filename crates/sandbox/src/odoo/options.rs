//! What the creator of an Odoo look-alike decides.

use portcullis_erp::value::{Map, Value};

use super::call::Env;
use super::db::Db;
use super::guard;
use super::schema::Schema;
use super::user::{Context, Role, Who};
use super::write;

/// How an Odoo look-alike is set up.
pub struct Options {
    /// The name of its database.
    pub database: String,
    /// Names of further databases that are listed and cannot be used; with some, JSON-2 needs
    /// the header that names the database.
    pub other_databases: Vec<String>,
    /// The users that can log in. `admin`, `demo` and `portal` are there already and get what
    /// stands here; others are made, the first with the id 7.
    pub users: Vec<User>,
    /// Which dialects are served.
    pub faces: Faces,
    /// Which Odoo it is like.
    pub version: Version,
    /// The password of the database manager; none closes it.
    pub master_password: Option<String>,
    /// Whether the names of the databases are told to everybody, as is Odoo's default.
    pub list_databases: bool,
}

impl Options {
    /// A stock Odoo 19 with these users.
    pub fn new(database: impl Into<String>, users: Vec<User>) -> Self {
        Self {
            database: database.into(),
            other_databases: Vec::new(),
            users,
            faces: Faces::ALL,
            version: Version::V19,
            master_password: None,
            list_databases: true,
        }
    }
}

/// A user that can log in.
#[derive(Clone)]
pub struct User {
    /// The login.
    pub login: String,
    /// The name.
    pub name: String,
    /// What the user may do.
    pub role: Role,
    /// The password.
    pub password: String,
    /// API keys.
    pub keys: Vec<Key>,
}

/// An API key.
#[derive(Clone)]
pub struct Key {
    /// The key.
    pub secret: String,
    /// Its scope: none and `rpc` are taken, others not.
    pub scope: Option<String>,
}

impl Key {
    /// A key for RPC and JSON-2.
    pub fn rpc(secret: impl Into<String>) -> Self {
        Self {
            secret: secret.into(),
            scope: Some("rpc".to_owned()),
        }
    }
}

/// Which dialects are served; the small web pages always are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Faces {
    /// `/xmlrpc` and `/xmlrpc/2`.
    pub xmlrpc: bool,
    /// `/jsonrpc`.
    pub jsonrpc: bool,
    /// `/json/2`.
    pub json2: bool,
}

impl Faces {
    /// Every dialect.
    pub const ALL: Self = Self {
        xmlrpc: true,
        jsonrpc: true,
        json2: true,
    };
    /// Only XML-RPC.
    pub const XMLRPC: Self = Self {
        xmlrpc: true,
        jsonrpc: false,
        json2: false,
    };
    /// Only JSON-RPC.
    pub const JSONRPC: Self = Self {
        xmlrpc: false,
        jsonrpc: true,
        json2: false,
    };
    /// Only JSON-2, as Odoo will be when the others are gone.
    pub const JSON2: Self = Self {
        xmlrpc: false,
        jsonrpc: false,
        json2: true,
    };
}

/// Which Odoo it is like: its faces, its methods and their parameters are that release's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// 14.0: without JSON-2 and the methods that came later.
    V14,
    /// 15.0.
    V15,
    /// 16.0.
    V16,
    /// 17.0: the web client's methods read by specification.
    V17,
    /// 18.0: rights are asked for with `has_access`, and there is no `name_get`.
    V18,
    /// 19.0: JSON-2.
    V19,
    /// 22.0, as it is announced: without XML-RPC, JSON-RPC and what 19 deprecates.
    V22,
}

impl Version {
    /// Every one of them.
    pub const ALL: [Self; 7] = [
        Self::V14,
        Self::V15,
        Self::V16,
        Self::V17,
        Self::V18,
        Self::V19,
        Self::V22,
    ];

    /// As `server_version` says it.
    pub fn text(self) -> &'static str {
        match self {
            Self::V14 => "14.0",
            Self::V15 => "15.0",
            Self::V16 => "16.0",
            Self::V17 => "17.0",
            Self::V18 => "18.0",
            Self::V19 => "19.0",
            Self::V22 => "22.0",
        }
    }

    /// The major number.
    pub fn number(self) -> u16 {
        match self {
            Self::V14 => 14,
            Self::V15 => 15,
            Self::V16 => 16,
            Self::V17 => 17,
            Self::V18 => 18,
            Self::V19 => 19,
            Self::V22 => 22,
        }
    }

    pub(crate) fn info(self) -> Value {
        Value::List(vec![
            Value::Int(i64::from(self.number())),
            Value::Int(0),
            Value::Int(0),
            Value::from("final"),
            Value::Int(0),
            Value::from(""),
        ])
    }

    pub(crate) fn has_json2(self) -> bool {
        self.number() >= 19
    }

    /// XML-RPC and JSON-RPC are announced to go with 22.
    pub(crate) fn has_rpc(self) -> bool {
        self.number() < 22
    }
}

/// Makes the user, unless the demonstration data have it, and returns its id.
pub(crate) fn settle(schema: &Schema, db: &mut Db, user: &User) -> i64 {
    let groups = Value::List(user.role.groups().iter().copied().map(Value::Int).collect());
    if let Some(uid) = guard::uid_of(schema, db, &user.login) {
        return uid;
    }
    let Some(model) = schema.model("res.users") else {
        return 0;
    };
    let (who, context) = (Who::server(), Context::default());
    let mut env = Env {
        schema,
        db,
        who: &who,
        context: &context,
        now: "2026-01-02 08:00:00",
        passwords: Vec::new(),
    };
    let values = Map::from_iter([
        ("login".to_owned(), Value::from(user.login.as_str())),
        ("name".to_owned(), Value::from(user.name.as_str())),
        ("tz".to_owned(), Value::from("Europe/Berlin")),
        ("group_ids".to_owned(), groups),
    ]);
    write::create_one(&mut env, model, values).unwrap_or_default()
}
