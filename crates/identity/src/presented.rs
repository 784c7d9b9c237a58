//! What a request carried to say who is calling, before anybody believed it.

use crate::secret::Secret;

/// Where a credential stood in the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Carrier {
    /// The header `X-API-Key`.
    XApiKey,
    /// The header `API-KEY`.
    ApiKeyHeader,
    /// `Authorization: Bearer …`.
    Bearer,
    /// `Authorization: ApiKey …`.
    ApiKeyScheme,
    /// `Authorization: token KEY:SECRET`.
    Token,
    /// `Authorization: Basic …`, as `KEY:SECRET`.
    Basic,
    /// The password slot of an RPC body.
    Slot,
}

/// What a request carried.
#[derive(Debug)]
pub enum Presented {
    /// No credential at all.
    Nothing,
    /// A text that may be a key; a pair is joined by `:`.
    Key {
        /// The text as it was sent.
        text: Secret<String>,
        /// Where it stood.
        carrier: Carrier,
    },
    /// The text of a session cookie.
    Session(Secret<String>),
    /// A key in the password slot of an RPC body, beside a claim of who is calling.
    Slot(Slot),
}

/// What stood in the credential slots of an RPC body.
#[derive(Debug)]
pub struct Slot {
    /// The password slot.
    pub password: Secret<String>,
    /// The uid that was claimed (`object` calls).
    pub uid: Option<i64>,
    /// The login that was claimed (`authenticate`, `login`).
    pub login: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_debug_shows_a_secret() {
        let key = Presented::Key {
            text: "open sesame".into(),
            carrier: Carrier::Bearer,
        };
        let slot = Presented::Slot(Slot {
            password: "open sesame".into(),
            uid: Some(2),
            login: None,
        });
        let session = Presented::Session("open sesame".into());
        let shown = format!("{key:?} {slot:#?} {session:?}");
        assert!(shown.contains("Bearer"));
        assert!(!shown.contains("sesame"));
    }
}
