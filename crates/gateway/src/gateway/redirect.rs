//! The door that only sends on to the encrypted one.
//!
//! Whoever looks at a page is sent on. Whatever carries a credential, or asks for more than to
//! be shown something, goes the road, where its credential is refused and its key is marked:
//! a redirect would let the client go on sending it where others read it.

use http::{HeaderMap, Method, header};

use crate::listener::{Over, RawRequest};
use crate::respond::{self, Response};
use crate::ways::Ways;

/// Where a request is sent; none if it is not.
pub(super) fn page(raw: &RawRequest, ways: &Ways) -> Option<Response> {
    let Over::Redirect(port) = raw.arrival.over else {
        return None;
    };
    let looks = matches!(raw.head.method, Method::GET | Method::HEAD);
    let target = raw.head.uri.path_and_query()?;
    if !looks || carries(&raw.head.headers, ways) || target.query().is_some() {
        return None;
    }
    let host = raw.head.headers.get(header::HOST)?.to_str().ok()?;
    let name = name(host)?;
    let port = if port == 443 {
        String::new()
    } else {
        format!(":{port}")
    };
    Some(respond::elsewhere(&format!(
        "https://{name}{port}{}",
        target.path()
    )))
}

/// Whether there may be a credential in the headers.
fn carries(headers: &HeaderMap, ways: &Ways) -> bool {
    ways.headers().any(|name| headers.contains_key(name))
        || headers.keys().any(|name| {
            let name = name.as_str();
            name == "authorization"
                || name == "cookie"
                || name.contains("key")
                || name.contains("session")
                || name.contains("signature")
        })
}

/// A host without its port, if it is a name or an address.
fn name(host: &str) -> Option<&str> {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    (!name.is_empty() && name.bytes().all(allowed)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_told_from_its_port() {
        for (host, expected) in [
            ("erp.example", Some("erp.example")),
            ("erp.example:8080", Some("erp.example")),
            ("[2001:db8::1]", Some("[2001:db8::1]")),
            ("[2001:db8::1]:80", Some("[2001:db8::1]")),
            ("", None),
            (":80", None),
            ("evil.example/path", None),
            ("user@evil.example", None),
        ] {
            assert_eq!(name(host), expected, "{host}");
        }
    }
}
