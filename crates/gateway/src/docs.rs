//! The documentation page: a shell that reads `openapi.json` with the key that is typed into it.
//!
//! It is the same for everybody and holds nothing of an ERP; so it needs no key and goes no
//! road. Nothing in it is inline and nothing comes from elsewhere, and the policy that it is
//! sent with says so to the browser.

use http::{HeaderName, HeaderValue, Method, StatusCode, header};

use crate::listener::RawRequest;
use crate::respond::{self, Body, Response};

/// Where its parts are, what they are, and their text.
const PARTS: &[(&str, &str, &str)] = &[
    (
        "docs",
        "text/html; charset=utf-8",
        include_str!("docs/page.html"),
    ),
    (
        "docs/page.css",
        "text/css; charset=utf-8",
        include_str!("docs/page.css"),
    ),
    (
        "docs/page.js",
        "text/javascript; charset=utf-8",
        include_str!("docs/page.js"),
    ),
];

/// What the page may load, and from where: its own parts, and answers of the gateway.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// Answers `/api/v1/docs` and its parts, also below `/u/{upstream}`; none for other paths.
pub(crate) fn page(raw: &RawRequest) -> Option<Response> {
    let path = raw.head.uri.path();
    let own = match path.strip_prefix("/u/") {
        Some(rest) => rest.split_once('/').map(|(_, rest)| rest)?,
        None => path.strip_prefix('/')?,
    };
    let name = own.strip_prefix("api/v1/")?;
    let (_, kind, text) = PARTS.iter().find(|(part, _, _)| *part == name)?;
    if raw.head.method != Method::GET {
        let mut response = respond::page(StatusCode::METHOD_NOT_ALLOWED, "this path takes GET\n");
        let headers = response.headers_mut();
        headers.insert(header::ALLOW, HeaderValue::from_static("GET"));
        return Some(response);
    }
    let mut response = http::Response::new(Body::from(text.as_bytes().to_vec()));
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, *kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Some(response)
}
