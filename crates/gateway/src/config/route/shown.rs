//! What a page of the ERP may do in a browser.
//!
//! It stands under the gateway's own name, where sessions are: it is shown, and runs nothing.
//! Its forms may be sent to the gateway itself, or they would be of no use; what they can do
//! there by a session wants the session's token. The route may name other places, or none.

use http::HeaderValue;
use url::Url;

use crate::config::Checker;
use crate::config::raw::RawRoute;

const SHOWN: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; \
frame-ancestors 'none'; form-action";

impl Checker<'_> {
    /// The `Content-Security-Policy` of a route's answers.
    pub(super) fn shown(&mut self, raw: &RawRoute) -> HeaderValue {
        let mut policy = SHOWN.to_owned();
        match &raw.form_targets {
            None => policy.push_str(" 'self'"),
            Some(targets) if targets.is_empty() => policy.push_str(" 'none'"),
            Some(targets) => {
                for target in targets {
                    match target.get_ref().as_str() {
                        "self" => policy.push_str(" 'self'"),
                        place if is_origin(place) => {
                            policy.push(' ');
                            policy.push_str(place);
                        }
                        _ => self.at(
                            target.span(),
                            "a form is sent to \"self\", or to an origin such as https://pay.example.com"
                                .to_owned(),
                        ),
                    }
                }
            }
        }
        HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
    }
}

/// Whether a text is scheme, host and port, as a policy has them, and nothing more.
fn is_origin(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/:.-[]".contains(&byte);
    text.bytes().all(plain)
        && Url::parse(text).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text
        })
}
