//! What requests say.

use http::header;
use portcullis_gateway::decode::is_foreign;
use serde::Deserialize;

use super::{LONGEST_BODY, Request};
use crate::refused::Refused;

/// `POST session`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct LogIn {
    pub(super) name: String,
    pub(super) password: String,
    pub(super) code: Option<String>,
    pub(super) recovery_code: Option<String>,
    #[serde(default)]
    pub(super) passkey: bool,
    #[serde(default)]
    pub(super) session: Carried,
}

/// `POST session/passkey`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Assertion<'a> {
    pub(super) slip: String,
    #[serde(borrow)]
    pub(super) credential: &'a serde_json::value::RawValue,
    #[serde(default)]
    pub(super) session: Carried,
}

/// `POST session/enrolment`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EnrolmentCode {
    pub(super) code: String,
    #[serde(default)]
    pub(super) session: Carried,
}

/// In which way a session is carried.
#[derive(Deserialize, Clone, Copy, Default, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Carried {
    /// By a program, in `Authorization`.
    #[default]
    Bearer,
    /// By a browser.
    Cookie,
}

/// `POST password`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Passwords {
    pub(super) old: String,
    pub(super) new: String,
}

/// `POST factors/totp/confirm`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Confirmation {
    pub(super) slip: String,
    pub(super) code: String,
}

/// `POST factors/passkey/confirm`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Registration<'a> {
    pub(super) slip: String,
    #[serde(borrow)]
    pub(super) credential: &'a serde_json::value::RawValue,
    pub(super) label: Option<String>,
}

/// Reads a body. It must say that it is JSON, which forms of other sites' pages cannot.
pub(super) fn read<'a, T: Deserialize<'a>>(request: Request<'a>) -> Result<T, Refused> {
    let media = request.headers.get(header::CONTENT_TYPE);
    let media = media.and_then(|media| media.to_str().ok());
    let media = media.map(|media| media.split(';').next().unwrap_or_default().trim());
    if !media.is_some_and(|media| media.eq_ignore_ascii_case("application/json")) {
        return Err(Refused::Malformed(
            "its Content-Type is not application/json",
        ));
    }
    if request.body.len() > LONGEST_BODY {
        return Err(Refused::Malformed(
            "the body of a log-in has 64 KiB at the most",
        ));
    }
    // What is wrong with it is not told in its own words: it may be a password.
    serde_json::from_slice(request.body)
        .map_err(|_| Refused::Malformed("docs/administrators.md says which members its body has"))
}

/// Reads the body of a log-in, which no page of another site may send.
pub(super) fn read_login<'a, T: Deserialize<'a>>(request: Request<'a>) -> Result<T, Refused> {
    if is_foreign(request.headers) {
        return Err(Refused::Forged);
    }
    read(request)
}

/// Refuses a body where none is known.
pub(super) fn nothing(request: Request<'_>) -> Result<(), Refused> {
    if request.body.is_empty() {
        return Ok(());
    }
    read::<Nothing>(request).map(drop)
}

/// An empty object.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}
