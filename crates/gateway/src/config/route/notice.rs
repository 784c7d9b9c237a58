//! What a route says of its own end: `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and a link
//! to what comes after it.

use http::{HeaderName, HeaderValue, header};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use toml::Spanned;

use crate::config::Checker;
use crate::config::raw::RawRoute;

impl Checker<'_> {
    pub(super) fn notice(&mut self, raw: &RawRoute) -> Vec<(HeaderName, HeaderValue)> {
        let mut notice = Vec::new();
        if let Some(value) = self.deprecation(raw.deprecated.as_ref()) {
            notice.extend(pair(HeaderName::from_static("deprecation"), &value));
        }
        if let Some(value) = self.sunset(raw.sunset.as_ref()) {
            notice.extend(pair(HeaderName::from_static("sunset"), &value));
        }
        if let Some(text) = &raw.successor {
            let plain = text
                .get_ref()
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"/-_.~{}:?=&%".contains(&byte));
            if !plain || text.get_ref().is_empty() {
                self.at(
                    text.span(),
                    "`successor` is a path or an address".to_owned(),
                );
            }
            let value = format!("<{}>; rel=\"successor-version\"", text.get_ref());
            notice.extend(pair(header::LINK, &value));
        }
        notice
    }

    /// The value of `Deprecation`.
    pub(in crate::config) fn deprecation(
        &mut self,
        text: Option<&Spanned<String>>,
    ) -> Option<String> {
        let moment = self.moment(text?)?;
        Some(format!("@{}", moment.unix_timestamp()))
    }

    /// The value of `Sunset`.
    pub(in crate::config) fn sunset(&mut self, text: Option<&Spanned<String>>) -> Option<String> {
        let moment = self.moment(text?)?;
        let form = format_description!(
            "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
        );
        moment.to_offset(time::UtcOffset::UTC).format(form).ok()
    }

    /// A day such as 2026-06-01, or a moment as RFC 3339 has it.
    fn moment(&mut self, text: &Spanned<String>) -> Option<OffsetDateTime> {
        let written = text.get_ref();
        let day = format!("{written}T00:00:00Z");
        let moment = OffsetDateTime::parse(written, &Rfc3339)
            .or_else(|_| OffsetDateTime::parse(&day, &Rfc3339));
        if moment.is_err() {
            let message = "this is no day such as 2026-06-01, nor a moment in RFC 3339".to_owned();
            self.at(text.span(), message);
        }
        moment.ok()
    }
}

fn pair(name: HeaderName, value: &str) -> Option<(HeaderName, HeaderValue)> {
    Some((name, HeaderValue::from_str(value).ok()?))
}
