//! How a request came: from which site's page, if from one, and over what connection.
//!
//! A browser sends a session's cookie along with requests that another site's page makes, and
//! it says so: `Sec-Fetch-Site` cannot be set by pages, nor can `Origin`. A request without
//! either comes from no page of today's browsers (and `SameSite=Lax` keeps the cookie from the
//! older ones' foreign posts).

use http::request::Parts;
use http::{HeaderMap, HeaderName, Method, header};

use crate::origin::Origin;

/// How a request came.
pub(crate) struct Manner {
    /// Whether another site's page may have made it.
    pub(crate) foreign: bool,
    /// Whether it is a form that a page sent: pages under the gateway's name that are not its
    /// own have forms too, and scripts have none.
    pub(crate) form: bool,
    /// The token against forged requests, if one was shown.
    pub(crate) csrf: Option<String>,
    /// Whether it only reads, by its verb.
    pub(crate) reads: bool,
    /// What the client calls itself.
    pub(crate) agent: String,
    /// Whether the client is on this machine, and no proxy says that it came encrypted.
    pub(crate) plain: bool,
}

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
static CSRF: [HeaderName; 2] = [
    HeaderName::from_static("x-frappe-csrf-token"),
    HeaderName::from_static("x-csrf-token"),
];

/// So much of a client's name for itself is looked at, in bytes.
const MOST_AGENT: usize = 1024;

impl Manner {
    /// Reads the headers of a request.
    pub(super) fn of(head: &Parts, origin: Origin) -> Self {
        let headers = &head.headers;
        Self {
            foreign: is_foreign(headers),
            form: head.method != Method::GET && only(headers, &MODE) == Some("navigate"),
            csrf: token(headers),
            reads: matches!(head.method, Method::GET | Method::HEAD),
            agent: agent(headers),
            plain: origin.address.to_canonical().is_loopback() && !origin.encrypted,
        }
    }
}

/// The token that the headers show. Two that differ are one that is wrong.
fn token(headers: &HeaderMap) -> Option<String> {
    let [frappe, own] = &CSRF;
    let mut shown = headers.get_all(frappe).iter().chain(headers.get_all(own));
    let first = shown.next()?;
    let one = shown.all(|other| other == first);
    let text = first.to_str().unwrap_or_default();
    Some(if one { text } else { "" }.to_owned())
}

/// What a client calls itself, as far as that is compared.
pub fn agent(headers: &HeaderMap) -> String {
    let agent = only(headers, &header::USER_AGENT).unwrap_or_default();
    agent.chars().take(MOST_AGENT).collect()
}

/// Whether another site's page may have made a request with these headers.
pub fn is_foreign(headers: &HeaderMap) -> bool {
    if headers.contains_key(SITE) {
        return !matches!(only(headers, &SITE), Some("same-origin" | "none"));
    }
    if !headers.contains_key(header::ORIGIN) {
        return false;
    }
    let host = only(headers, &header::HOST).unwrap_or_default();
    let own = only(headers, &header::ORIGIN).is_some_and(|origin| {
        ["http://", "https://"].iter().any(|scheme| {
            let place = origin.strip_prefix(scheme);
            place.is_some_and(|place| place.eq_ignore_ascii_case(host))
        })
    });
    !own
}

/// The value of a header that stands once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(address: [u8; 4], encrypted: bool) -> Origin {
        Origin {
            address: address.into(),
            encrypted,
            is_clear: !encrypted,
            is_readable: true,
            certificate: None,
        }
    }

    fn foreign(lines: &[(&str, &str)]) -> bool {
        let (mut head, ()) = http::Request::new(()).into_parts();
        let headers = &mut head.headers;
        headers.insert("host", "erp.example:8443".parse().unwrap());
        for (name, value) in lines {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, value.parse().unwrap());
        }
        Manner::of(&head, from([192, 0, 2, 1], false)).foreign
    }

    #[test]
    fn what_another_page_may_have_made_is_foreign() {
        for own in [
            &[][..],
            &[("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "none")],
            &[("origin", "https://erp.example:8443")],
            &[
                ("origin", "https://behind.proxy"),
                ("sec-fetch-site", "same-origin"),
            ],
        ] {
            assert!(!foreign(own), "{own:?}");
        }
        for other in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "")],
            &[
                ("sec-fetch-site", "same-origin"),
                ("sec-fetch-site", "cross-site"),
            ],
            &[("origin", "null")],
            &[("origin", "https://evil.example")],
            &[("origin", "https://erp.example")],
            &[("origin", "https://erp.example:8443.evil.example")],
            &[("origin", "https://erp.example:8443"), ("origin", "null")],
            &[
                ("origin", "https://erp.example:8443"),
                ("sec-fetch-site", "cross-site"),
            ],
        ] {
            assert!(foreign(other), "{other:?}");
        }
    }

    #[test]
    fn a_token_stands_in_either_header_and_two_that_differ_are_none() {
        let shown = |lines: &[(&str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                let name: HeaderName = name.parse().unwrap();
                headers.append(name, value.parse().unwrap());
            }
            token(&headers)
        };
        assert_eq!(shown(&[]), None);
        for name in ["x-csrf-token", "x-frappe-csrf-token"] {
            assert_eq!(shown(&[(name, "a")]).as_deref(), Some("a"));
        }
        let both = [("x-csrf-token", "a"), ("x-frappe-csrf-token", "a")];
        assert_eq!(shown(&both).as_deref(), Some("a"));
        let differ = [("x-csrf-token", "a"), ("x-frappe-csrf-token", "b")];
        assert_eq!(shown(&differ).as_deref(), Some(""));
        let twice = [("x-csrf-token", "a"), ("x-csrf-token", "b")];
        assert_eq!(shown(&twice).as_deref(), Some(""));
    }

    #[test]
    fn only_a_local_client_is_known_to_be_unencrypted() {
        let (head, ()) = http::Request::new(()).into_parts();
        let plain = |address, encrypted| Manner::of(&head, from(address, encrypted)).plain;
        assert!(plain([127, 0, 0, 1], false));
        assert!(!plain([192, 0, 2, 1], false));
        assert!(!plain([127, 0, 0, 1], true));
    }
}
