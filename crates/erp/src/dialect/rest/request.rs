//! A request of the façade, before it is known which ERP it is for.

use super::listing::{Columns, Listing};
use super::manner::Manner;
use super::query::shown;
use super::tags::{self, Tags, Weak};
use super::{bad, malformed, query};
use crate::call::Call;
use crate::dialect::Inbound;
use crate::dialect::jsonrpc::read_body;
use crate::dialect::media::Media;
use crate::edition::Edition;
use crate::fault::{Fault, FaultKind};
use crate::limits::Limits;
use crate::value::{Map, Value};

/// What is asked of the façade.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What stands before `/api/v1` in the caller's own path.
    pub(super) base: String,
    pub(super) verb: Box<str>,
    /// The first segment: a resource of the configuration, or a model.
    pub(super) resource: String,
    /// The segments behind it.
    pub(super) behind: Vec<String>,
    pub(super) act: Act,
    pub(super) if_match: Option<Tags>,
    pub(super) if_none_match: Option<Tags>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Act {
    List(Box<Listing>),
    One {
        id: String,
        columns: Columns,
    },
    Create(Map),
    Change {
        id: String,
        values: Map,
    },
    Delete(String),
    /// What the façade is: `openapi.json`.
    Describe,
    /// It cannot be read. That is said once it is known that its verb is one of the path's.
    Unread(Fault),
    Method {
        id: Option<String>,
        method: String,
        arguments: Map,
    },
}

/// A request in the words of one ERP.
#[derive(Debug)]
pub struct Said {
    /// The call.
    pub call: Call,
    /// What is asked of the record's edition.
    pub edition: Edition,
    /// How the answer is written.
    pub manner: Manner,
}

impl Request {
    pub(super) fn read(request: Inbound<'_>, limits: &Limits) -> Result<Self, Fault> {
        let (resource, behind) = match request.segments {
            [] => return Self::describing(request),
            [resource, behind @ ..] if behind.len() <= 2 => (resource, behind),
            _ => return Err(nothing_here()),
        };
        if !resource.starts_with(char::is_alphanumeric) {
            return Err(nothing_here());
        }
        Ok(Self {
            base: String::new(),
            verb: request.verb.into(),
            resource: resource.clone(),
            behind: behind.to_vec(),
            act: Act::read(request, behind, limits).unwrap_or_else(Act::Unread),
            if_match: None,
            if_none_match: None,
        })
    }

    /// A request for the description of the façade.
    fn describing(request: Inbound<'_>) -> Result<Self, Fault> {
        if let Some((name, _)) = query::read(request.query)?.first() {
            return Err(unknown(name));
        }
        if !request.body.is_empty() {
            return Err(malformed("GET takes no body"));
        }
        Ok(Self {
            base: String::new(),
            verb: request.verb.into(),
            resource: "openapi.json".to_owned(),
            behind: Vec::new(),
            act: Act::Describe,
            if_match: None,
            if_none_match: None,
        })
    }

    /// Whether it asks what the façade is.
    pub fn describes(&self) -> bool {
        self.act == Act::Describe
    }

    /// What stands before `/api/v1` in the caller's own path.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The resource that is named, and what is done with it: for records.
    pub fn names(&self) -> (&str, &str) {
        let what = match &self.act {
            Act::List(_) => "list",
            Act::One { .. } => "get",
            Act::Create(_) => "create",
            Act::Change { .. } => "change",
            Act::Delete(_) => "delete",
            Act::Describe => "describe",
            Act::Unread(_) => "unread",
            Act::Method { method, .. } => method,
        };
        (&self.resource, what)
    }

    /// The same request, sent to a path with this before `/api/v1`.
    #[must_use]
    pub fn below(mut self, base: &str) -> Self {
        base.clone_into(&mut self.base);
        self
    }

    /// The same request, on the conditions that the headers `If-Match` and `If-None-Match`
    /// name; both empty where there are none. Conditions that cannot be read, or stand where
    /// they have no meaning, are what is wrong with it: overlooking them would do what the
    /// caller did not want.
    #[must_use]
    pub fn on_condition(mut self, if_match: &str, if_none_match: &str) -> Self {
        match self.conditions(if_match, if_none_match) {
            Ok(()) => self,
            Err(fault) => self.but(fault),
        }
    }

    /// The same request, with this wrong with it if nothing else is.
    #[must_use]
    pub fn but(mut self, fault: Fault) -> Self {
        if !matches!(self.act, Act::Unread(_)) {
            self.act = Act::Unread(fault);
        }
        self
    }

    fn conditions(&mut self, if_match: &str, if_none_match: &str) -> Result<(), Fault> {
        self.if_match = tags::read(if_match, Weak::Never)?;
        self.if_none_match = tags::read(if_none_match, Weak::Too)?;
        let changes = matches!(self.act, Act::Change { .. } | Act::Delete(_));
        if self.if_match.is_some() && !changes {
            return Err(malformed("If-Match is for PATCH, PUT and DELETE"));
        }
        if self.if_none_match.is_some() && !matches!(self.act, Act::One { .. } | Act::Describe) {
            return Err(malformed("If-None-Match is for GET of one record"));
        }
        Ok(())
    }

    /// What is asked of the record's edition.
    pub(super) fn edition(&self) -> Edition {
        match (&self.act, &self.if_match) {
            (Act::One { .. }, _) => Edition::Told,
            (_, Some(Tags::Of(seen))) => Edition::Seen(seen.clone()),
            _ => Edition::Any,
        }
    }
}

impl Act {
    fn read(request: Inbound<'_>, behind: &[String], limits: &Limits) -> Result<Self, Fault> {
        let parameters = query::read(request.query)?;
        if request.verb != "GET"
            && let Some((name, _)) = parameters.first()
        {
            return Err(unknown(name));
        }
        let act = match (request.verb, behind) {
            ("GET", []) => Self::List(Box::new(Listing::read(parameters, limits)?)),
            ("GET", [id]) => Self::One {
                id: id.clone(),
                columns: Columns::read(parameters)?,
            },
            ("POST", []) => Self::Create(object(request, limits)?),
            ("PATCH" | "PUT", [id]) => Self::Change {
                id: id.clone(),
                values: object(request, limits)?,
            },
            ("DELETE", [id]) if request.body.is_empty() => Self::Delete(id.clone()),
            ("DELETE", [_]) => return Err(malformed("DELETE takes no body")),
            ("POST", [method]) => Self::Method {
                id: None,
                method: method.clone(),
                arguments: arguments(request, limits)?,
            },
            ("POST", [id, method]) => Self::Method {
                id: Some(id.clone()),
                method: method.clone(),
                arguments: arguments(request, limits)?,
            },
            _ => {
                return Err(Fault::new(
                    FaultKind::Verb,
                    "a list takes GET and POST, a record GET, PATCH, PUT and DELETE, a method POST",
                ));
            }
        };
        if request.verb == "GET" && !request.body.is_empty() {
            return Err(malformed("GET takes no body"));
        }
        Ok(act)
    }
}

/// The body, which is a JSON object.
pub(super) fn object(request: Inbound<'_>, limits: &Limits) -> Result<Map, Fault> {
    if !Media::of(request.content_type).is(&["application/json"]) {
        return Err(Fault::new(
            FaultKind::ContentType,
            "bodies are application/json, in UTF-8",
        ));
    }
    match read_body(request.body, limits)? {
        Value::Map(map) => Ok(map),
        _ => Err(malformed("the body is a JSON object")),
    }
}

/// The arguments of a method: an object, or nothing.
fn arguments(request: Inbound<'_>, limits: &Limits) -> Result<Map, Fault> {
    if request.body.is_empty() {
        return Ok(Map::new());
    }
    object(request, limits)
}

pub(super) fn unknown(name: &str) -> Fault {
    malformed(format!("there is no parameter `{}` here", shown(name)))
}

pub(super) fn nothing_here() -> Fault {
    Fault::new(FaultKind::NotFound, "there is nothing at this path")
}

/// Takes the identity out of a record: it must be the path's.
pub(super) fn agree(values: &mut Map, name: &str, id: Option<&Value>) -> Result<(), Fault> {
    match (values.shift_remove(name), id) {
        (None | Some(Value::Null), _) => Ok(()),
        (Some(told), Some(id)) if told == *id => Ok(()),
        (Some(_), Some(_)) => Err(bad("the record has another id than the path").about("id")),
        (Some(_), None) => Err(bad("the ERP gives the id").about("id")),
    }
}
