//! What an ERP answers to the log-in of a person, and how a session is ended there.

use percent_encoding::percent_decode_str;

use super::Sessions;
use crate::dialect::{Outbound, Returned};
use crate::limits::Limits;
use crate::value::{Map, Value, from_json};

/// What came of a log-in.
pub enum LogIn {
    /// There is a session.
    In(Opened),
    /// The ERP did not accept login and password.
    Refused,
    /// The ERP asks for a second factor, which is not passed around.
    SecondFactor,
    /// It answered something else.
    Strange,
}

/// A session that an ERP opened.
pub struct Opened {
    /// `name=value`, to be sent back.
    pub cookie: String,
    /// As whom the ERP knows the person; a login may be written in several ways.
    pub login: String,
    /// Odoo's number of the user.
    pub uid: Option<i64>,
}

impl Sessions {
    /// Reads the answer to a log-in, and the cookies that it sets.
    pub fn read_login(self, answer: Returned<'_>, set_cookies: &[&str]) -> LogIn {
        let body = from_json(answer.body, &Limits::default()).ok();
        let Some(body) = body.as_ref().and_then(Value::as_map) else {
            return LogIn::Strange;
        };
        let cookie = set_cookies.iter().find_map(|line| self.cookie_of(line));
        match self {
            Self::Odoo => odoo(answer.status, body, cookie),
            Self::Frappe => frappe(answer.status, body, cookie, set_cookies),
        }
    }

    /// The request that ends a session; its cookie is added by whoever has it.
    pub fn write_logout(self) -> Outbound {
        let (target, body) = match self {
            Self::Odoo => (
                "/web/session/destroy",
                br#"{"jsonrpc":"2.0","method":"call","params":{},"id":1}"#.to_vec(),
            ),
            Self::Frappe => ("/api/method/logout", b"{}".to_vec()),
        };
        Outbound {
            verb: "POST",
            target: target.to_owned(),
            headers: vec![("content-type", "application/json".to_owned())],
            body,
        }
    }
}

fn odoo(status: u16, body: &Map, cookie: Option<String>) -> LogIn {
    let within = |value: &Value, name: &str| value.as_map()?.get(name).cloned();
    if let Some(error) = body.get("error") {
        let name = within(error, "data").and_then(|data| within(&data, "name"));
        return match name.as_ref().and_then(Value::as_str) {
            Some("odoo.exceptions.AccessDenied") => LogIn::Refused,
            _ => LogIn::Strange,
        };
    }
    let Some(result) = body.get("result").filter(|_| status == 200) else {
        return LogIn::Strange;
    };
    let text = |name| Some(within(result, name)?.as_str()?.to_owned());
    match (within(result, "uid"), cookie, text("username")) {
        (Some(Value::Int(uid)), Some(cookie), Some(login)) if uid > 0 => LogIn::In(Opened {
            cookie,
            login,
            uid: Some(uid),
        }),
        // The password was right, and the session waits for a code.
        (Some(Value::Null | Value::Bool(false)), ..) => LogIn::SecondFactor,
        _ => LogIn::Strange,
    }
}

fn frappe(status: u16, body: &Map, cookie: Option<String>, set_cookies: &[&str]) -> LogIn {
    if ["verification", "tmp_id"]
        .iter()
        .any(|name| body.contains_key(*name))
    {
        return LogIn::SecondFactor;
    }
    let thrown = body.get("exc_type").and_then(Value::as_str);
    match (status, thrown) {
        (401, _) | (_, Some("AuthenticationError" | "SecurityException")) => return LogIn::Refused,
        (200, _) => {}
        _ => return LogIn::Strange,
    }
    let user = set_cookies.iter().find_map(|line| {
        let value = line.split(';').next()?.strip_prefix("user_id=")?;
        let text = percent_decode_str(value).decode_utf8().ok()?;
        Some(text.trim_matches('"').to_owned())
    });
    match (cookie, user) {
        (Some(cookie), Some(login)) if !login.is_empty() && login != "Guest" => LogIn::In(Opened {
            cookie,
            login,
            uid: None,
        }),
        // It was answered well, and nobody is logged in: a password that must be changed first.
        (None, _) => LogIn::Refused,
        (Some(_), _) => LogIn::Strange,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(sessions: Sessions, status: u16, body: &str, cookies: &[&str]) -> String {
        let answer = Returned {
            status,
            content_type: "application/json",
            body: body.as_bytes(),
        };
        match sessions.read_login(answer, cookies) {
            LogIn::In(opened) => format!("{} {:?} {}", opened.login, opened.uid, opened.cookie),
            LogIn::Refused => "refused".to_owned(),
            LogIn::SecondFactor => "second factor".to_owned(),
            LogIn::Strange => "strange".to_owned(),
        }
    }

    #[test]
    fn odoos_answers_to_a_log_in_are_told_apart() {
        let cookie = ["session_id=abc; HttpOnly"];
        let odoo = |body, cookies: &[&str]| said(Sessions::Odoo, 200, body, cookies);
        let good = r#"{"result":{"uid":7,"username":"anna"}}"#;
        assert_eq!(odoo(good, &cookie), "anna Some(7) session_id=abc");
        assert_eq!(odoo(good, &[]), "strange");
        assert_eq!(odoo(r#"{"result":{"uid":null}}"#, &cookie), "second factor");
        assert_eq!(odoo(r#"{"result":{"uid":false}}"#, &[]), "second factor");
        let denied = r#"{"error":{"data":{"name":"odoo.exceptions.AccessDenied"}}}"#;
        assert_eq!(odoo(denied, &cookie), "refused");
        let broken = r#"{"error":{"data":{"name":"psycopg2.OperationalError"}}}"#;
        assert_eq!(odoo(broken, &cookie), "strange");
        for odd in [
            r#"{"result":{}}"#,
            "{}",
            "<html>",
            r#"{"result":{"uid":-1}}"#,
        ] {
            assert_eq!(odoo(odd, &cookie), "strange", "{odd}");
        }
    }

    #[test]
    fn frappes_answers_to_a_log_in_are_told_apart() {
        let cookies = ["sid=abc; HttpOnly", "user_id=anna%40example.com; Path=/"];
        let guest = ["sid=Guest; HttpOnly", "user_id=Guest; Path=/"];
        let frappe = |status, body, cookies: &[&str]| said(Sessions::Frappe, status, body, cookies);
        let good = r#"{"message":"Logged In"}"#;
        assert_eq!(frappe(200, good, &cookies), "anna@example.com None sid=abc");
        assert_eq!(frappe(200, good, &guest), "refused");
        assert_eq!(frappe(200, good, &["sid=abc"]), "strange");
        let second = r#"{"verification":{"method":"OTP App"},"tmp_id":"x"}"#;
        assert_eq!(frappe(200, second, &guest), "second factor");
        assert_eq!(
            frappe(401, r#"{"exc_type":"AuthenticationError"}"#, &guest),
            "refused"
        );
        assert_eq!(
            frappe(500, r#"{"exc_type":"SecurityException"}"#, &[]),
            "refused"
        );
        assert_eq!(
            frappe(500, r#"{"exc_type":"OperationalError"}"#, &[]),
            "strange"
        );
        assert_eq!(frappe(502, "<html>", &[]), "strange");
    }
}
