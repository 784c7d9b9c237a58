//! Which headers a route may hand on, and back.
//!
//! Whatever says who calls, from where, over which connection or to which host is the gateway's
//! own affair; so is whatever makes an ERP take the request for another one.

use http::HeaderName;
use toml::Spanned;

use crate::config::Checker;

/// Of the connection, and of the message's framing.
const HOPS: &[&str] = &[
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "date",
    "server",
];

/// What only the gateway's own doing is spoken of with.
const OWN: &[&str] = &["x-dry-run", "x-approval"];

/// What a client must not tell an ERP.
const CLIENT: &[&str] = &[
    "host",
    "cookie",
    "authorization",
    "api-key",
    "x-api-key",
    "forwarded",
    "true-client-ip",
    "x-real-ip",
    "expect",
    "range",
    "user-agent",
    "x-http-method-override",
    "x-method-override",
    "x-http-method",
    "x-original-url",
    "x-rewrite-url",
    "x-openerp-session-id",
    "x-requested-with",
];

/// What an ERP must not tell a client.
const ERP: &[&str] = &[
    "set-cookie",
    "www-authenticate",
    "location",
    "refresh",
    "alt-svc",
    "clear-site-data",
    "service-worker-allowed",
    "x-content-type-options",
    "x-powered-by",
];

/// Whether a client's header may go on to the ERP.
pub(super) fn may_go_on(name: &str) -> bool {
    may_pass(name)
        && !CLIENT.contains(&name)
        && !["accept-encoding", "accept-charset"].contains(&name)
}

/// Whether an ERP's header may come back to the client.
pub(super) fn may_come_back(name: &str) -> bool {
    may_pass(name) && !ERP.contains(&name)
}

/// Whether a header may carry a credential to the ERP.
pub(super) fn may_carry(name: &str) -> bool {
    may_pass(name) && !["host", "cookie", "expect", "forwarded", "range"].contains(&name)
}

/// Whether this looks like a content type without parameters.
pub(super) fn is_media(text: &str) -> bool {
    let good = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
    };
    text.split_once('/')
        .is_some_and(|(kind, form)| good(kind) && good(form))
}

fn may_pass(name: &str) -> bool {
    !HOPS.contains(&name)
        && !OWN.contains(&name)
        && ![
            "content-",
            "proxy-",
            "x-forwarded",
            "x-frappe-",
            "frappe-",
            "x-odoo-",
            "access-control-",
            "sec-",
        ]
        .iter()
        .any(|family| name.starts_with(family))
}

impl Checker<'_> {
    /// Reads names of headers that may pass.
    pub(super) fn headers(
        &mut self,
        names: &[Spanned<String>],
        may_pass: fn(&str) -> bool,
    ) -> Vec<HeaderName> {
        let mut headers = Vec::new();
        for text in names {
            match HeaderName::from_bytes(text.get_ref().as_bytes()) {
                Ok(name) if may_pass(name.as_str()) => headers.push(name),
                Ok(name) => self.at(text.span(), format!("`{name}` is never handed on")),
                Err(_) => self.at(text.span(), "this is no name of a header".to_owned()),
            }
        }
        headers
    }
}
