//! An ERPNext look-alike to ask, without sockets.

use bytes::Bytes;
use portcullis_sandbox::erpnext::{Credential, ErpNext, Options};
use portcullis_sandbox::{Handler as _, Request, Response};
use serde_json::Value;

pub(crate) fn credential(of: &str) -> Credential {
    Credential {
        password: format!("{of}-password"),
        api_key: format!("{of}-key"),
        api_secret: format!("{of}-secret"),
    }
}

pub(crate) fn options() -> Options {
    Options::new(
        credential("administrator"),
        credential("integration"),
        credential("second"),
        credential("portal"),
    )
}

pub(crate) struct Site(pub(crate) ErpNext);

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.headers
            .iter()
            .filter(|(header, _)| *header == "Set-Cookie")
            .filter_map(|(_, value)| value.split(';').next()?.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned())
    }
}

impl Site {
    pub(crate) fn new() -> Self {
        Self(ErpNext::new(options()))
    }

    /// Asks as a user (`""` for nobody). A body that starts with `{` is JSON, else a form.
    pub(crate) fn ask(&self, user: &str, verb: &str, target: &str, body: &str) -> Answer {
        let mut headers = vec![("accept", "application/json".to_owned())];
        if !user.is_empty() {
            headers.push(("authorization", format!("token {user}-key:{user}-secret")));
        }
        if !body.is_empty() {
            let json = body.starts_with('{');
            let kind = if json {
                "application/json"
            } else {
                "application/x-www-form-urlencoded"
            };
            headers.push(("content-type", kind.to_owned()));
        }
        self.send(verb, target, &headers, body)
    }

    pub(crate) fn send(
        &self,
        verb: &str,
        target: &str,
        headers: &[(&str, String)],
        body: &str,
    ) -> Answer {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut map = http::HeaderMap::new();
        for (name, value) in headers {
            let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
            map.append(name, value.parse().unwrap());
        }
        let Response {
            status,
            headers,
            body,
            ..
        } = self.0.answer(&Request {
            verb: verb.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: map,
            body: Bytes::copy_from_slice(body.as_bytes()),
        });
        Answer {
            status,
            headers,
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        }
    }
}
