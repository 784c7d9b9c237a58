//! Whose session a request shows, and whether a page of another site may have made it.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, header};
use portcullis_gateway::decode::{agent, is_foreign};
use portcullis_gateway::sessions::cookie_of;
use portcullis_identity::{AdministratorToken, Timestamp};

use crate::desk::{Comer, Desk, Known};
use crate::refused::Refused;

/// The cookie of a session. By its name browsers keep it for encrypted connections to this host.
pub const COOKIE: &str = "__Host-portcullis-admin";

/// The cookie of a device from which somebody has logged in.
pub const DEVICE: &str = "__Host-portcullis-device";

const CSRF: HeaderName = HeaderName::from_static("x-csrf-token");

/// Whether a request shows anything that could be a session of a log-in: a cookie of that name,
/// or a bearer's token that is none of a program.
pub fn is_shown(headers: &HeaderMap) -> bool {
    let cookie = !matches!(cookie_of(headers, COOKIE), Ok(None));
    let ours = |token: &str| token.starts_with(AdministratorToken::PREFIX);
    let bearer = bearer(headers).is_ok_and(|token| token.is_some_and(ours));
    cookie || bearer
}

/// By what a request shows that its device is known; else empty.
pub fn device(headers: &HeaderMap) -> &str {
    cookie_of(headers, DEVICE)
        .ok()
        .flatten()
        .unwrap_or_default()
}

/// Who is logged in, by the cookie or the bearer's token of a request.
///
/// # Errors
/// When nobody is, or when two credentials are shown.
pub async fn known(
    desk: &Desk,
    headers: &HeaderMap,
    from: IpAddr,
    now: Timestamp,
) -> Result<Known, Refused> {
    let bearer = bearer(headers)?;
    let cookie = cookie_of(headers, COOKIE).map_err(|_| Refused::Ambiguous)?;
    let token = match (bearer, cookie) {
        (Some(token), None) | (None, Some(token)) => token,
        (None, None) => return Err(Refused::NotLoggedIn),
        (Some(_), Some(_)) => return Err(Refused::Ambiguous),
    };
    let comer = Comer {
        address: from,
        agent: agent(headers),
        device: String::new(),
    };
    desk.known(token, &comer, now).await
}

/// Refuses what a page of another site may have made: a request by cookie that changes something
/// and does not show the session's token.
///
/// # Errors
/// When it is such a one.
pub fn check_own(
    desk: &Desk,
    known: &Known,
    (verb, headers): (&str, &HeaderMap),
) -> Result<(), Refused> {
    let by_cookie = !headers.contains_key(header::AUTHORIZATION);
    let shown = headers.get_all(&CSRF).iter().collect::<Vec<_>>();
    let right = match shown.as_slice() {
        [] => None,
        [one] => Some(one.to_str().is_ok_and(|text| desk.is_own(known, text))),
        _ => Some(false),
    };
    let reads = matches!(verb, "GET" | "HEAD");
    let fine = match right {
        Some(right) => right,
        None => !by_cookie || (reads && !is_foreign(headers)),
    };
    if fine { Ok(()) } else { Err(Refused::Forged) }
}

/// The bearer's token, if one is shown.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Refused> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let Some(one) = all.next() else {
        return Ok(None);
    };
    if all.next().is_some() {
        return Err(Refused::Ambiguous);
    }
    let text = one.to_str().map_err(|_| Refused::Ambiguous)?;
    let (scheme, token) = text.split_once(' ').ok_or(Refused::Ambiguous)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refused::Ambiguous);
    }
    Ok(Some(token.trim()))
}
