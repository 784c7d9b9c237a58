//! The desk over HTTP: JSON in, JSON out.
//!
//! A listener gives a request and which of these operations it asks for, and gets an answer.
//! Credentials are a bearer's token, or a cookie; whatever changes something by cookie shows the
//! session's token in `X-CSRF-Token`.

mod asked;
mod enrol;
mod session;
mod shown;

use std::net::IpAddr;

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue, StatusCode};
use portcullis_gateway::decode::agent;
use portcullis_identity::Timestamp;
use serde_json::Value as Json;

use crate::desk::{Comer, Desk, Known, Witness};
use crate::refused::Refused;

pub use shown::{COOKIE, DEVICE, check_own, device, is_shown, known};

/// The longest body that is read, in bytes.
pub const LONGEST_BODY: usize = 64 * 1024;

/// A request.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its body.
    pub body: &'a [u8],
    /// Whose address counts.
    pub from: IpAddr,
}

impl Request<'_> {
    /// Who asks.
    fn comer(&self) -> Comer {
        Comer {
            address: self.from,
            agent: agent(self.headers),
            device: shown::device(self.headers).to_owned(),
        }
    }
}

/// What is answered.
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// Headers beside those of the body.
    pub headers: HeaderMap,
    /// The body.
    pub body: Json,
}

/// By which way somebody comes in, who is nobody yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entrance {
    /// A log-in, or its first step.
    LogIn,
    /// The second step of a log-in by passkey.
    FinishPasskey,
    /// A session that is good for an enrolment, for a code.
    EnrolWith,
}

/// What somebody asks for who has a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation<'a> {
    /// Who is logged in.
    Tell,
    /// The end of the session.
    LogOut,
    /// The end of all sessions of its holder.
    LogOutEverywhere,
    /// Another password.
    ChangePassword,
    /// New recovery codes.
    RecoveryCodes,
    /// An app: what it must know.
    BeginTotp,
    /// An app: its first code.
    FinishTotp,
    /// A passkey: what the authenticator is asked.
    BeginRegistration,
    /// A passkey: what the authenticator answers.
    FinishRegistration,
    /// The end of a second factor.
    RemoveFactor(&'a str),
}

/// Lets somebody in.
///
/// # Errors
/// When it is refused.
pub async fn enter(
    desk: &Desk,
    entrance: Entrance,
    request: Request<'_>,
    witness: &dyn Witness,
    now: Timestamp,
) -> Result<Answer, Refused> {
    match entrance {
        Entrance::LogIn => session::log_in(desk, request, witness, now).await,
        Entrance::FinishPasskey => session::finish_passkey(desk, request, witness, now).await,
        Entrance::EnrolWith => session::enrol_with(desk, request, witness, now).await,
    }
}

/// Does what somebody asks for.
///
/// # Errors
/// When it is refused.
pub async fn answer(
    desk: &Desk,
    known: &Known,
    operation: Operation<'_>,
    request: Request<'_>,
    now: Timestamp,
) -> Result<Answer, Refused> {
    match operation {
        Operation::Tell => session::tell(desk, known, request).await,
        Operation::LogOut => session::log_out(desk, known, request).await,
        Operation::LogOutEverywhere => session::log_out_everywhere(desk, known, request).await,
        Operation::ChangePassword => enrol::change_password(desk, known, request, now).await,
        Operation::RecoveryCodes => enrol::recovery_codes(desk, known, request, now).await,
        Operation::BeginTotp => enrol::begin_totp(desk, known, request, now).await,
        Operation::FinishTotp => enrol::finish_totp(desk, known, request, now).await,
        Operation::BeginRegistration => enrol::begin_passkey(desk, known, request, now).await,
        Operation::FinishRegistration => enrol::finish_passkey(desk, known, request, now).await,
        Operation::RemoveFactor(id) => enrol::remove(desk, known, request, id, now).await,
    }
}

impl Answer {
    fn json(status: StatusCode, body: Json) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body,
        }
    }

    fn with(mut self, name: HeaderName, value: &str) -> Result<Self, Refused> {
        let mut value = HeaderValue::from_str(value).map_err(|_| Refused::Unavailable)?;
        // It may be a cookie.
        value.set_sensitive(true);
        self.headers.append(name, value);
        Ok(self)
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answer({}, …)", self.status)
    }
}

impl std::fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Request(…)")
    }
}
