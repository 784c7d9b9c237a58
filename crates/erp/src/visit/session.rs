//! A session of an ERP user at an ERP, for controllers that know no other credential.

use url::form_urlencoded::Serializer;

use super::{Payload, Verb, Visit};
use crate::dialect::{Outbound, Returned, UpstreamLogin, session_login};
use crate::limits::Limits;
use crate::value::{Value, from_json};

/// The largest answer that may say that a session is over, in bytes.
const SMALL: usize = 64 << 10;

/// Whose sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sessions {
    /// Odoo's, in the cookie `session_id`.
    Odoo,
    /// Frappe's, in the cookie `sid`.
    Frappe,
}

/// Whether a session is over, as an answer tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// It is not.
    No,
    /// It is, and nothing was done: the ERP says so in place of a controller's answer.
    Undone,
    /// It seems so: the way leads to the log-in. A controller may lead there, too, when it has
    /// done something.
    Perhaps,
}

impl Sessions {
    /// The request that logs an ERP user in with a password.
    pub fn write_login(self, login: &UpstreamLogin<'_>) -> Outbound {
        match self {
            Self::Odoo => session_login(login),
            Self::Frappe => Outbound {
                verb: "POST",
                target: "/api/method/login".to_owned(),
                headers: vec![(
                    "content-type",
                    "application/x-www-form-urlencoded".to_owned(),
                )],
                body: Serializer::new(String::new())
                    .append_pair("usr", login.login)
                    .append_pair("pwd", login.secret)
                    .finish()
                    .into_bytes(),
            },
        }
    }

    /// The page that tells a session its token against forged requests.
    pub fn write_token_page(self) -> Outbound {
        let page = match self {
            Self::Odoo => "/web",
            Self::Frappe => "/app",
        };
        Outbound {
            verb: "GET",
            target: page.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// The token that such a page tells.
    pub fn token_of(self, page: &[u8]) -> Option<String> {
        let page = String::from_utf8_lossy(page);
        page.match_indices("csrf_token").find_map(|(at, found)| {
            let rest = page.get(at.saturating_add(found.len())..)?;
            let rest = rest.trim_start_matches(['"', '\'', ':', '=', ' ']);
            let end = rest.find(['"', '\''])?;
            let token = rest.get(..end)?;
            let good = (16..=256).contains(&token.len())
                && token.bytes().all(|byte| byte.is_ascii_alphanumeric());
            good.then(|| token.to_owned())
        })
    }

    /// Whether a visit within a session must show the token, and does so in its form.
    pub fn wants_token_in_form(self, visit: &Visit) -> bool {
        self == Self::Odoo && matches!(visit.payload(), Payload::Form(_))
    }

    /// Whether a visit within a session must show the token, and does so in a header.
    pub fn wants_token_in_header(self, visit: &Visit) -> bool {
        self == Self::Frappe && visit.verb() != Verb::Get
    }

    /// Whether an answer says that the session is over.
    pub fn is_over(self, answer: Returned<'_>, location: &str) -> bool {
        self.over(answer, location) != Over::No
    }

    /// The same, and whether something may have been done all the same.
    pub fn over(self, answer: Returned<'_>, location: &str) -> Over {
        let (over, how) = match (self, answer.status) {
            (Self::Odoo, 200) => {
                let code = member(answer, &["error", "code"]);
                let code = code.and_then(|code| code.as_int());
                (code == Some(100), Over::Undone)
            }
            (Self::Odoo, 302 | 303) => (path_of(location).ends_with("/web/login"), Over::Perhaps),
            (Self::Frappe, 302 | 303) => (path_of(location) == "/login", Over::Perhaps),
            (Self::Frappe, 401 | 403) => {
                let expired = member(answer, &["session_expired"]);
                let expired = expired.and_then(|expired| expired.as_int());
                (expired == Some(1), Over::Undone)
            }
            _ => (false, Over::No),
        };
        if over { how } else { Over::No }
    }

    /// The session that a `Set-Cookie` header begins: `name=value`, to be sent back.
    pub fn cookie_of(self, set_cookie: &str) -> Option<String> {
        let pair = set_cookie.split(';').next().unwrap_or_default().trim();
        let (name, value) = pair.split_once('=')?;
        let ours = match self {
            Self::Odoo => "session_id",
            Self::Frappe => "sid",
        };
        let good = name == ours
            && !matches!(value, "" | "Guest")
            && value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.%".contains(&byte));
        good.then(|| pair.to_owned())
    }
}

/// What lies at this place of a small JSON answer.
fn member(answer: Returned<'_>, place: &[&str]) -> Option<Value> {
    if answer.body.len() > SMALL {
        return None;
    }
    let body = from_json(answer.body, &Limits::default()).ok()?;
    let found = place
        .iter()
        .try_fold(&body, |value, name| value.as_map()?.get(*name));
    found.cloned()
}

/// The path of an address, or of a path with a query.
fn path_of(location: &str) -> &str {
    let path = location.split(['?', '#']).next().unwrap_or_default();
    match path.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"),
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_over_where_the_erp_says_so_and_nowhere_else() {
        let over = |sessions: Sessions, status, body: &str, location| {
            let answer = Returned {
                status,
                content_type: "application/json",
                body: body.as_bytes(),
            };
            sessions.is_over(answer, location)
        };
        let odoo = |status, body, location| over(Sessions::Odoo, status, body, location);
        let expired = r#"{"jsonrpc":"2.0","error":{"code":100,"message":"Odoo Session Expired"}}"#;
        assert!(odoo(200, expired, ""));
        assert!(odoo(303, "", "/web/login?redirect=%2Fapi"));
        assert!(odoo(303, "", "https://erp.example/de/web/login"));
        assert!(!odoo(200, r#"{"error":{"code":200}}"#, ""));
        assert!(!odoo(303, "", "/shop/login"));
        assert!(!odoo(401, "", ""));
        let frappe = |status, body, location| over(Sessions::Frappe, status, body, location);
        assert!(frappe(403, r#"{"session_expired":1}"#, ""));
        assert!(frappe(302, "", "/login?redirect-to=%2Fx"));
        assert!(!frappe(403, r#"{"exc_type":"PermissionError"}"#, ""));
        assert!(!frappe(302, "", "https://login.example/"));
    }

    #[test]
    fn a_token_is_found_in_the_pages_of_both() {
        let odoo =
            b"<script>var odoo = {\n csrf_token: \"0123456789abcdef0o1764\",\n debug: \"\"};";
        let token = Sessions::Odoo.token_of(odoo);
        assert_eq!(token.as_deref(), Some("0123456789abcdef0o1764"));
        let frappe = b"frappe.csrf_token = \"fedcba98765432100123\";";
        let token = Sessions::Frappe.token_of(frappe);
        assert_eq!(token.as_deref(), Some("fedcba98765432100123"));
        for page in [
            "",
            "csrf_token",
            "csrf_token: \"short\"",
            "csrf_token: \"<script>0123456789\"",
        ] {
            assert_eq!(Sessions::Odoo.token_of(page.as_bytes()), None, "{page}");
        }
    }

    #[test]
    fn a_session_is_taken_from_its_own_cookie_only() {
        let of = |text| Sessions::Odoo.cookie_of(text);
        assert_eq!(
            of("session_id=aB3-_x; Path=/; HttpOnly").as_deref(),
            Some("session_id=aB3-_x")
        );
        assert_eq!(of("frontend_lang=en_US; Path=/"), None);
        assert_eq!(of("session_id=; Path=/"), None);
        assert_eq!(Sessions::Frappe.cookie_of("sid=Guest; Path=/"), None);
        assert_eq!(
            Sessions::Frappe
                .cookie_of("sid=0123abcd; HttpOnly")
                .as_deref(),
            Some("sid=0123abcd")
        );
    }
}
