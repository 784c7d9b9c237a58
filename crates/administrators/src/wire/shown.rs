//! Whose session a request shows, and whether a page of another site may have made it.

use http::{HeaderMap, HeaderName, Method, header};
use portcullis_gateway::decode::is_foreign;
use portcullis_gateway::sessions::cookie_of;
use portcullis_identity::{AdministratorToken, Timestamp};

use super::Request;
use crate::desk::{Desk, Known};
use crate::refused::Refused;

/// The cookie of a session. By its name browsers keep it for encrypted connections to this host.
pub const COOKIE: &str = "__Host-portcullis-admin";

const CSRF: HeaderName = HeaderName::from_static("x-csrf-token");

/// Whether a request shows anything that could be a session of a log-in: a cookie of that name,
/// or a bearer's token that is none of a program.
pub fn is_shown(headers: &HeaderMap) -> bool {
    let cookie = !matches!(cookie_of(headers, COOKIE), Ok(None));
    let ours = |token: &str| token.starts_with(AdministratorToken::PREFIX);
    let bearer = bearer(headers).is_ok_and(|token| token.is_some_and(ours));
    cookie || bearer
}

/// Who is logged in, by the cookie or the bearer's token of a request.
///
/// # Errors
/// When nobody is, when two credentials are shown, or when a request by cookie does not show the
/// session's token although it changes something.
pub async fn known(desk: &Desk, request: Request<'_>, now: Timestamp) -> Result<Known, Refused> {
    let bearer = bearer(request.headers)?;
    let cookie = cookie_of(request.headers, COOKIE).map_err(|_| Refused::Ambiguous)?;
    let (token, by_cookie) = match (bearer, cookie) {
        (Some(token), None) => (token, false),
        (None, Some(token)) => (token, true),
        (None, None) => return Err(Refused::NotLoggedIn),
        (Some(_), Some(_)) => return Err(Refused::Ambiguous),
    };
    let known = desk.known(token, &request.comer(), now).await?;
    let shown = request.headers.get_all(&CSRF).iter().collect::<Vec<_>>();
    let right = match shown.as_slice() {
        [] => None,
        [one] => Some(one.to_str().is_ok_and(|text| desk.is_own(&known, text))),
        _ => Some(false),
    };
    let reads = matches!(*request.method, Method::GET | Method::HEAD);
    let fine = match right {
        Some(right) => right,
        None => !by_cookie || (reads && !is_foreign(request.headers)),
    };
    if fine {
        Ok(known)
    } else {
        Err(Refused::Forged)
    }
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
