//! A visit: a request to a custom controller of an ERP.
//!
//! A controller is no dialect: what it takes is a matter of its author, so a visit is judged by
//! the route that leads there and not by a model. What is sent is written anew from the visit,
//! as a call is: its path from segments, its query and form from pairs, its JSON from values.
//! A visit to a path that a dialect owns cannot be made ([`Visit::new`]).

mod login;
pub mod owned;
mod page;
mod read;
mod session;

use url::form_urlencoded::Serializer;

pub use login::{LogIn, Opened};
use owned::owned;
pub use page::{Page, PageTerms};
pub use read::{payload, query};
pub use session::{Over, Sessions};

use crate::dialect::Outbound;
use crate::fault::{Fault, FaultKind};
use crate::shape::Shape;
use crate::value::{Value, to_json};

/// Names that ERPs take for something else than an argument, wherever they stand: Frappe runs
/// `cmd` instead of the path and takes a session from `sid`, older Odoo one from `session_id`.
const OVERRIDES: &[&str] = &["cmd", "sid", "session_id"];

/// A request to a custom controller, unjudged.
pub struct Visit {
    verb: Verb,
    segments: Vec<String>,
    /// Whether the path ends in `/` behind its last segment.
    trailing: bool,
    said: Said,
}

/// The verbs that a controller may be asked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
}

/// What a visit says besides its path.
#[derive(Default)]
pub struct Said {
    /// The arguments of the query.
    pub query: Vec<(String, String)>,
    /// Headers that the route hands on, by their lower-case names.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub payload: Payload,
}

/// The body of a visit.
#[derive(Default, PartialEq)]
pub enum Payload {
    /// There is none.
    #[default]
    Nothing,
    /// `application/json`.
    Json(Value),
    /// `application/json` with Odoo's envelope, which is put around the value.
    Enveloped(Value),
    /// `application/x-www-form-urlencoded`.
    Form(Vec<(String, String)>),
}

impl Payload {
    /// The same body without this argument.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        match &mut self {
            Self::Json(Value::Map(map)) | Self::Enveloped(Value::Map(map)) => {
                map.shift_remove(name);
            }
            Self::Form(pairs) => pairs.retain(|(known, _)| known != name),
            Self::Json(_) | Self::Enveloped(_) | Self::Nothing => {}
        }
        self
    }
}

impl Verb {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// As it stands in a request.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Reads a verb; they are upper case.
    pub fn read(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|verb| verb.as_str() == text)
    }

    /// Whether a request by this verb has a body.
    pub const fn takes_body(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Patch)
    }
}

impl Visit {
    /// A visit to the path of these decoded segments.
    ///
    /// # Errors
    /// When a dialect owns the path, a segment could be read as more than one, or an argument
    /// would be taken for something else than an argument.
    pub fn new(
        verb: Verb,
        segments: Vec<String>,
        trailing: bool,
        said: Said,
    ) -> Result<Self, Fault> {
        if owned(&segments) || !segments.iter().all(|segment| is_plain(segment)) {
            return Err(Fault::new(
                FaultKind::NotFound,
                "nothing is served at this path",
            ));
        }
        let visit = Self {
            verb,
            segments,
            trailing,
            said,
        };
        let overriding = visit.arguments().find(|name| {
            OVERRIDES
                .iter()
                .any(|taken| taken.eq_ignore_ascii_case(name.trim()))
        });
        match overriding {
            None => Ok(visit),
            Some(name) => Err(Fault::new(
                FaultKind::BadArguments,
                format!("`{name}` is not taken as an argument"),
            )),
        }
    }

    /// By which verb.
    pub fn verb(&self) -> Verb {
        self.verb
    }

    /// The names of the query's arguments.
    pub fn query_names(&self) -> impl Iterator<Item = &str> {
        self.said.query.iter().map(|(name, _)| name.as_str())
    }

    /// The body.
    pub fn payload(&self) -> &Payload {
        &self.said.payload
    }

    /// What it names, without values.
    pub fn shape(&self) -> Shape {
        Shape {
            fields: self.arguments().map(str::to_owned).collect(),
            ..Shape::default()
        }
    }

    /// Writes it as a request for the ERP.
    pub fn write(&self) -> Outbound {
        let mut target = String::new();
        for segment in &self.segments {
            target.push('/');
            target.extend(crate::dialect::segment(segment));
        }
        if self.trailing {
            target.push('/');
        }
        if !self.said.query.is_empty() {
            target.push('?');
            target = Serializer::for_suffix(target.clone(), target.len())
                .extend_pairs(&self.said.query)
                .finish();
        }
        let json = || vec![("content-type", "application/json".to_owned())];
        let (headers, body) = match &self.said.payload {
            Payload::Nothing => (Vec::new(), Vec::new()),
            Payload::Json(value) => (json(), to_json(value)),
            Payload::Enveloped(params) => (json(), crate::dialect::enveloped(params)),
            Payload::Form(pairs) => {
                let form = Serializer::new(String::new()).extend_pairs(pairs).finish();
                let kind = "application/x-www-form-urlencoded".to_owned();
                (vec![("content-type", kind)], form.into_bytes())
            }
        };
        Outbound {
            verb: self.verb.as_str(),
            target,
            headers,
            body,
        }
    }

    /// The headers that the route hands on.
    pub fn headers(&self) -> &[(String, String)] {
        &self.said.headers
    }

    /// The names of all arguments: of the query, the form, and the top of a JSON body.
    fn arguments(&self) -> impl Iterator<Item = &str> {
        let (form, json) = match &self.said.payload {
            Payload::Nothing => (None, None),
            Payload::Json(value) | Payload::Enveloped(value) => (None, value.as_map()),
            Payload::Form(pairs) => (Some(pairs), None),
        };
        let pairs = self.said.query.iter().chain(form.into_iter().flatten());
        pairs.map(|(name, _)| name.as_str()).chain(
            json.into_iter()
                .flat_map(|map| map.keys().map(String::as_str)),
        )
    }
}

/// Whether a decoded segment is one segment to everybody who reads it, however often decoded.
fn is_plain(segment: &str) -> bool {
    !segment.is_empty()
        && segment.len() <= LONGEST
        && !matches!(segment, "." | "..")
        && !segment.contains(|c: char| c.is_control() || "/\\%;?#".contains(c))
}

/// The longest segment, in bytes.
const LONGEST: usize = 256;
