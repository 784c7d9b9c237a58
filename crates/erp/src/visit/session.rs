//! A session of an ERP user at an ERP, for controllers that know no other credential.

use url::form_urlencoded::Serializer;

use super::{Payload, Verb, Visit};
use crate::dialect::{Outbound, UpstreamLogin, session_login};

/// Whose sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sessions {
    /// Odoo's, in the cookie `session_id`.
    Odoo,
    /// Frappe's, in the cookie `sid`.
    Frappe,
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

#[cfg(test)]
mod tests {
    use super::*;

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
