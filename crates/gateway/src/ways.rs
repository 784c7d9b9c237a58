//! In which ways credentials may come: which headers, whether in the query, from where, in clear.

use std::borrow::Cow;
use std::net::IpAddr;

use http::HeaderName;
use percent_encoding::percent_decode_str;
use portcullis_erp::{Fault, FaultKind};
use portcullis_identity::{Networks, Secret, Style};

/// The argument of a query that a key may stand in.
const ARGUMENT: &str = "api_key";

/// The headers that always may hold a key. Old clients of Odoo call theirs a session.
pub(crate) static HEADERS: [HeaderName; 3] = [
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("api-key"),
    HeaderName::from_static("x-openerp-session-id"),
];

/// In which ways credentials may come.
#[derive(Debug, Clone, Default)]
pub struct Ways {
    /// Headers that may hold a key, beside those that always may.
    pub headers: Vec<HeaderName>,
    /// Whether a key may stand in the query, as `api_key`.
    pub in_query: bool,
    /// Whether credentials are taken that others may have read on their way.
    pub in_clear: bool,
    /// Styles that are taken from some networks only.
    pub from: Vec<(Style, Networks)>,
}

impl Ways {
    /// The headers that may hold a key.
    pub(crate) fn headers(&self) -> impl Iterator<Item = &HeaderName> {
        HEADERS.iter().chain(&self.headers)
    }

    /// Whether a style is taken from an address.
    pub(crate) fn take(&self, style: Style, address: IpAddr) -> bool {
        self.from
            .iter()
            .filter(|(named, _)| *named == style)
            .all(|(_, networks)| networks.have(address))
    }

    /// Takes the key out of a query, before anybody reads the rest. Where it is not taken, it
    /// stays, and is an argument that nobody knows.
    ///
    /// # Errors
    /// When it stands there more than once, or is empty.
    pub(crate) fn key_in<'a>(
        &self,
        query: &'a str,
    ) -> Result<(Cow<'a, str>, Option<Secret<String>>), Fault> {
        if !self.in_query || !query.split('&').any(is_key) {
            return Ok((Cow::Borrowed(query), None));
        }
        let (keys, rest): (Vec<&str>, Vec<&str>) = query.split('&').partition(|part| is_key(part));
        let [only] = keys.as_slice() else {
            return Err(malformed("there is more than one credential; send one"));
        };
        let value = only.split_once('=').map(|(_, value)| value);
        let value = value.filter(|value| !value.is_empty());
        let key = value
            .and_then(|value| percent_decode_str(value).decode_utf8().ok())
            .ok_or_else(|| malformed("the credential is not well formed"))?;
        Ok((
            Cow::Owned(rest.join("&")),
            Some(Secret::new(key.into_owned())),
        ))
    }
}

fn is_key(part: &str) -> bool {
    let name = part.split('=').next().unwrap_or_default();
    percent_decode_str(name).eq(ARGUMENT.bytes())
}

fn malformed(message: &'static str) -> Fault {
    Fault::new(FaultKind::Malformed, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(ways: &Ways, query: &str) -> Result<(String, Option<String>), Fault> {
        let (rest, key) = ways.key_in(query)?;
        let key = key.map(|key| key.expose(String::clone));
        Ok((rest.into_owned(), key))
    }

    #[test]
    fn a_key_is_taken_out_of_a_query_where_it_may_stand_there() {
        let open = Ways {
            in_query: true,
            ..Ways::default()
        };
        for (query, rest, key) in [
            ("", "", None),
            ("fields=name&limit=2", "fields=name&limit=2", None),
            ("api_key=pck", "", Some("pck")),
            (
                "fields=name&api_key=p%3Ak&limit=2",
                "fields=name&limit=2",
                Some("p:k"),
            ),
            ("api%5Fkey=pck&a=b", "a=b", Some("pck")),
            ("my_api_key=pck", "my_api_key=pck", None),
        ] {
            let expected = (rest.to_owned(), key.map(str::to_owned));
            assert_eq!(taken(&open, query).unwrap(), expected, "{query}");
        }
        for query in ["api_key=a&api_key=a", "api_key", "api_key=", "api_key=%ff"] {
            assert!(taken(&open, query).is_err(), "{query}");
        }
        let shut = Ways::default();
        let stays = ("api_key=pck".to_owned(), None);
        assert_eq!(taken(&shut, "api_key=pck").unwrap(), stays);
    }

    #[test]
    fn a_style_may_be_for_some_networks() {
        let office = Networks(vec!["192.0.2.0/24".parse().unwrap()]);
        let ways = Ways {
            from: vec![(Style::Basic, office)],
            ..Ways::default()
        };
        let (near, far) = (
            "192.0.2.1".parse().unwrap(),
            "198.51.100.1".parse().unwrap(),
        );
        assert!(ways.take(Style::Basic, near) && !ways.take(Style::Basic, far));
        assert!(ways.take(Style::Bearer, far));
    }
}
