//! The table of what can be asked of the API, and what each route does.

mod administrators;
mod approvals;
mod keys;
mod own;
mod read;
mod roles;
mod session;
mod sessions;
mod state;
mod users;

use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;

use http::{HeaderMap, StatusCode};
use portcullis_administrators::Known;
use portcullis_identity::{Administrator, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::api::{Api, Watch};
use crate::installation::Installation;
use crate::may::{Act, Leave, Reach};
use crate::refusal::Refusal;
use read::Nothing;

/// Everything that can be asked, whoever serves it.
pub const TABLE: &[&[Route]] = &[
    own::ROUTES,
    session::ROUTES,
    state::ROUTES,
    keys::ROUTES,
    roles::ROUTES,
    users::ROUTES,
    sessions::ROUTES,
    approvals::ROUTES,
    administrators::ROUTES,
];

/// One thing that can be asked.
pub struct Route {
    /// The method.
    pub verb: &'static str,
    /// The path, as axum writes patterns.
    pub path: &'static str,
    /// Who may ask.
    pub needs: Needs,
    /// What is to be done, without doing it.
    pub plan: fn(Asked) -> Result<Planned, Refusal>,
}

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Anybody, as far as the address has not asked too often: a log-in. Each is charged to the
    /// address, and recorded once somebody is known.
    Open(Act),
    /// Whoever has a session of a log-in, also one that is good for an enrolment only.
    Session(Act),
    /// Whom the table of `may` lets do this.
    Leave(Act),
}

/// What is asked, by somebody who may.
pub struct Asked {
    /// What it is asked of.
    pub api: Arc<Api>,
    /// Who asks.
    pub by: By,
    /// How far that goes.
    pub reach: Reach,
    /// From where, and when.
    pub address: std::net::IpAddr,
    /// When.
    pub now: Timestamp,
    /// The headers.
    pub headers: HeaderMap,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) query: String,
    pub(crate) body: Zeroizing<Vec<u8>>,
}

/// Who asks.
pub enum By {
    /// Nobody yet: the record of the log-in.
    Nobody(Arc<Watch>),
    /// Whoever has this session.
    Session(Box<Known>),
    /// Whom the table of `may` lets do it.
    Administrator(Administrator),
}

/// What will be done once it is written down.
pub struct Planned {
    /// With which thing, for the record; empty if with none in particular.
    pub on: String,
    /// Does it.
    pub run: Pin<Box<dyn Future<Output = Result<Done, Refusal>> + Send>>,
}

/// What was done.
pub struct Done {
    /// The status.
    pub status: StatusCode,
    /// What the caller is told.
    pub body: Value,
    /// What the answer says beside it, such as a cookie.
    pub headers: HeaderMap,
}

impl Act {
    /// An act of the table.
    pub const fn new(thing: &'static str, verb: &'static str) -> Self {
        Self { thing, verb }
    }
}

impl Needs {
    /// What is done.
    pub const fn act(self) -> Act {
        match self {
            Self::Open(act) | Self::Session(act) | Self::Leave(act) => act,
        }
    }
}

impl Planned {
    /// A plan.
    pub fn new(
        on: impl Into<String>,
        run: impl Future<Output = Result<Done, Refusal>> + Send + 'static,
    ) -> Self {
        Self {
            on: on.into(),
            run: Box::pin(run),
        }
    }
}

impl Done {
    /// It was done, and this is told.
    pub fn with(body: Value) -> Self {
        Self {
            status: StatusCode::OK,
            body,
            headers: HeaderMap::new(),
        }
    }

    /// Something was made, and this is told.
    pub fn made(body: Value) -> Self {
        Self {
            status: StatusCode::CREATED,
            ..Self::with(body)
        }
    }
}

impl Asked {
    /// A part of the path.
    ///
    /// # Errors
    /// When it is none that there could be.
    pub fn parameter<T: FromStr>(&self, name: &str, what: &str) -> Result<T, Refusal> {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found
            .and_then(|(_, text)| text.parse().ok())
            .ok_or_else(|| Refusal::Absent(format!("such {what}")))
    }

    /// The query.
    ///
    /// # Errors
    /// When it is not what the route takes.
    pub fn query<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        let uri: http::Uri = format!("/?{}", self.query).parse().unwrap_or_default();
        let read = axum::extract::Query::<T>::try_from_uri(&uri);
        let wrong = |_| {
            Refusal::Malformed(
                "the query has a member that is not known here, or one that does not fit"
                    .to_owned(),
            )
        };
        read.map(|axum::extract::Query(read)| read).map_err(wrong)
    }

    /// What an operation is given: what it works on, how far the caller may go, and the time.
    ///
    /// # Errors
    /// When nobody that is known asks.
    pub fn within(&self) -> Result<(Arc<Installation>, Leave, Timestamp), Refusal> {
        let who = self.who()?;
        let at = Arc::clone(self.api.installation());
        Ok((at, Leave::of(who, self.reach), self.now))
    }

    /// Who asks.
    ///
    /// # Errors
    /// When nobody that is known does.
    pub fn who(&self) -> Result<&Administrator, Refusal> {
        match &self.by {
            By::Administrator(who) => Ok(who),
            By::Nobody(_) | By::Session(_) => Err(Refusal::Unidentified),
        }
    }

    /// Neither a query nor a body.
    ///
    /// # Errors
    /// When something is said there.
    pub fn nothing(&self) -> Result<(), Refusal> {
        self.query::<Nothing>()?;
        self.body_or_default::<Nothing>()?;
        Ok(())
    }

    /// The body, which may be left out.
    ///
    /// # Errors
    /// When it is not what the route takes.
    pub fn body_or_default<T: DeserializeOwned + Default>(&self) -> Result<T, Refusal> {
        if self.body.is_empty() {
            return Ok(T::default());
        }
        self.body()
    }

    /// The body.
    ///
    /// # Errors
    /// When it is not what the route takes.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_slice(&self.body).map_err(|error| Refusal::Malformed(said(&error)))
    }
}

/// What is wrong with a body, without the values that stand in it.
fn said(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let place = format!(" at line {line} column {column}");
    let text = text.strip_suffix(&place).unwrap_or(&text);
    let text = match text.find("expected ") {
        Some(at) if text.starts_with("invalid") => text.get(at..).unwrap_or_default(),
        _ => text,
    };
    format!("the body, line {line}, column {column}: {text}")
}
