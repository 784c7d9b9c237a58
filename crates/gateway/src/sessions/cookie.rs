//! The cookies of a session, under the names that clients of each ERP know.
//!
//! Odoo has one. Frappe has one that scripts cannot read, and four that its pages go by; those
//! are never believed when they come back.

use std::time::Duration;

use http::HeaderMap;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use portcullis_erp::{Dialect, Fault, FaultKind};
use portcullis_policy::Family;

/// Frappe's cookies that scripts may read.
const OPEN: [&str; 4] = ["system_user", "full_name", "user_id", "user_image"];

/// The name of the cookie that carries the token, where a dialect has sessions.
///
/// The RPC dialects have none: there the key is in every request, and a cookie that a client's
/// jar sends along is not looked at.
pub(crate) fn name(dialect: Dialect) -> Option<&'static str> {
    match dialect {
        Dialect::OdooCall => Some("session_id"),
        Dialect::FrappeResource
        | Dialect::FrappeMethod
        | Dialect::FrappeV2
        | Dialect::FrappeFile => Some("sid"),
        Dialect::Rest => Some("portcullis_session"),
        Dialect::XmlRpc1
        | Dialect::XmlRpc2
        | Dialect::JsonRpc
        | Dialect::Json2
        | Dialect::OdooWeb
        | Dialect::Custom => None,
    }
}

/// The name of the cookie in which clients of this kind of ERP show a session.
pub(crate) fn of(family: Family) -> Option<&'static str> {
    match family {
        Family::Odoo => name(Dialect::OdooCall),
        Family::Frappe => name(Dialect::FrappeMethod),
    }
}

/// The text of the cookie with this name; none if there is none, or if it says that nobody is
/// logged in.
///
/// # Errors
/// When there is more than one, or it is no text.
pub fn read<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Fault> {
    let mut found = None;
    for header in headers.get_all(http::header::COOKIE) {
        let malformed = || Fault::new(FaultKind::Malformed, "the Cookie header is not plain text");
        let header = header.to_str().map_err(|_| malformed())?;
        for pair in header.split(';') {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if key.trim() != name {
                continue;
            }
            if found.replace(value.trim()).is_some() {
                return Err(Fault::new(
                    FaultKind::Malformed,
                    format!("there is more than one cookie `{name}`"),
                ));
            }
        }
    }
    Ok(found.filter(|value| !matches!(*value, "" | "Guest")))
}

/// The cookies of a session that was opened.
pub(crate) fn opened(
    dialect: Dialect,
    token: &str,
    login: &str,
    lasts: Duration,
    secure: bool,
) -> Vec<String> {
    let Some(name) = name(dialect) else {
        return Vec::new();
    };
    let tail = tail(secure);
    let seconds = lasts.as_secs();
    let mut cookies = vec![format!("{name}={token}; Max-Age={seconds}; HttpOnly{tail}")];
    if name == "sid" {
        let login = utf8_percent_encode(login, NON_ALPHANUMERIC).to_string();
        let values = ["yes", &login, &login, ""];
        let facts = OPEN.iter().zip(values);
        cookies.extend(facts.map(|(name, value)| format!("{name}={value}{tail}")));
    }
    cookies
}

/// The cookies that take those of a session away.
pub(crate) fn ended(dialect: Dialect, secure: bool) -> Vec<String> {
    let Some(name) = name(dialect) else {
        return Vec::new();
    };
    let tail = tail(secure);
    let open: &[&str] = if name == "sid" { &OPEN } else { &[] };
    let mut cookies = vec![format!("{name}=; Max-Age=0; HttpOnly{tail}")];
    cookies.extend(open.iter().map(|name| format!("{name}=; Max-Age=0{tail}")));
    cookies
}

/// The cookies that take away those of a session that is over, as Frappe does.
pub(crate) fn over(dialect: Dialect) -> Vec<String> {
    if name(dialect) == Some("sid") {
        ended(dialect, false)
    } else {
        Vec::new()
    }
}

fn tail(secure: bool) -> &'static str {
    if secure {
        "; Path=/; SameSite=Lax; Secure"
    } else {
        "; Path=/; SameSite=Lax"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(http::header::COOKIE, line.parse().unwrap());
        }
        headers
    }

    #[test]
    fn one_cookie_is_read_and_two_are_refused() {
        let one = cookies(&["a=1; session_id=abc;b=2", "c=3"]);
        assert_eq!(read(&one, "session_id").unwrap(), Some("abc"));
        assert_eq!(read(&one, "sid").unwrap(), None, "no part of a name counts");
        let two = cookies(&["session_id=abc", "session_id=abc"]);
        assert!(read(&two, "session_id").is_err());
        let two = cookies(&["session_id=abc; session_id="]);
        assert!(read(&two, "session_id").is_err());
        for nobody in ["sid=", "sid=Guest", "sid", "other=1"] {
            assert_eq!(read(&cookies(&[nobody]), "sid").unwrap(), None, "{nobody}");
        }
    }

    #[test]
    fn the_token_is_kept_from_scripts_and_other_sites() {
        let lasts = Duration::from_secs(3600);
        let odoo = opened(Dialect::OdooCall, "pcs_x", "a", lasts, true);
        let whole = "session_id=pcs_x; Max-Age=3600; HttpOnly; Path=/; SameSite=Lax; Secure";
        assert_eq!(odoo, [whole]);
        let frappe = opened(Dialect::FrappeMethod, "pcs_x", "a;b@c", lasts, false);
        assert_eq!(
            frappe,
            [
                "sid=pcs_x; Max-Age=3600; HttpOnly; Path=/; SameSite=Lax",
                "system_user=yes; Path=/; SameSite=Lax",
                "full_name=a%3Bb%40c; Path=/; SameSite=Lax",
                "user_id=a%3Bb%40c; Path=/; SameSite=Lax",
                "user_image=; Path=/; SameSite=Lax",
            ]
        );
        assert_eq!(ended(Dialect::FrappeMethod, false).len(), frappe.len());
        assert!(opened(Dialect::Json2, "pcs_x", "a", lasts, true).is_empty());
    }
}
