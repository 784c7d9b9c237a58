//! The credential that a request's headers present.
//!
//! One request has one credential. Two would leave it to chance (or to an attacker) which of
//! them counts, so two are refused, even if they are equal. One pair has a meaning: a key in a
//! header of its own, and a person's login and password as Basic beside it; whether that is taken
//! is for `identify` to say.

use base64::Engine as _;
use http::HeaderMap;
use portcullis_erp::{Fault, FaultKind};
use portcullis_identity::{Presented, Secret, Style};

use crate::identify::is_of_person;
use crate::sessions::cookie;
use crate::ways::Ways;

/// Finds the credential of a request. A session is one, where the dialect has a cookie for it.
///
/// # Errors
/// When there is more than one, or one that is not well formed.
pub(super) fn presented(
    headers: &HeaderMap,
    in_query: Option<&Secret<String>>,
    cookie: Option<&str>,
    ways: &Ways,
) -> Result<(Presented, Option<Secret<String>>), Fault> {
    let mut person = None;
    let mut found = in_query.map(|text| Presented::Key {
        text: Secret::new(text.expose(String::clone)),
        style: Style::Query,
    });
    for name in ways.headers() {
        for value in headers.get_all(name) {
            let text = value.to_str().map_err(|_| malformed())?.trim();
            keep(&mut found, text, Style::Header)?;
        }
    }
    for value in headers.get_all(http::header::AUTHORIZATION) {
        let text = value.to_str().map_err(|_| malformed())?;
        let (scheme, rest) = text.trim().split_once(' ').ok_or_else(malformed)?;
        let rest = rest.trim();
        match scheme.to_ascii_lowercase().as_str() {
            "bearer" => keep(&mut found, rest, Style::Bearer)?,
            "apikey" => keep(&mut found, rest, Style::ApiKey)?,
            "token" => keep(&mut found, rest, Style::Token)?,
            "basic" => {
                let decoded = base64::engine::general_purpose::STANDARD
                    .decode(rest)
                    .map_err(|_| malformed())?;
                let text = String::from_utf8(decoded).map_err(|_| malformed())?;
                let is_beside_key = matches!(
                    found,
                    Some(Presented::Key {
                        style: Style::Header,
                        ..
                    })
                );
                if is_beside_key && person.is_none() && is_of_person(&text) {
                    person = Some(Secret::new(text));
                } else {
                    keep(&mut found, &text, Style::Basic)?;
                }
            }
            _ => {
                return Err(Fault::new(
                    FaultKind::AccessDenied,
                    "use the scheme Bearer, ApiKey, token or Basic in the Authorization header",
                ));
            }
        }
    }
    let session = match cookie {
        Some(name) => cookie::read(headers, name)?,
        None => None,
    };
    let presented = match (found, session) {
        (Some(_), Some(_)) => return Err(more_than_one()),
        (Some(found), None) => found,
        (None, Some(text)) => Presented::Session(text.into()),
        (None, None) => Presented::Nothing,
    };
    Ok((presented, person))
}

fn keep(found: &mut Option<Presented>, text: &str, style: Style) -> Result<(), Fault> {
    if found.is_some() {
        return Err(more_than_one());
    }
    if text.is_empty() {
        return Err(malformed());
    }
    *found = Some(Presented::Key {
        text: Secret::new(text.to_owned()),
        style,
    });
    Ok(())
}

pub(crate) fn more_than_one() -> Fault {
    Fault::new(
        FaultKind::Malformed,
        "there is more than one credential; send one",
    )
}

fn malformed() -> Fault {
    Fault::new(FaultKind::AccessDenied, "the credential is not well formed")
}
