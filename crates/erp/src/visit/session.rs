//! A session of an ERP user at an ERP, for controllers that know no other credential.

use url::form_urlencoded::Serializer;

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
