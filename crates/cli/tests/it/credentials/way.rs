//! The ways of saying who one is, and the states in which that may be.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "what is not named has nothing of its own"
)]

use portcullis_identity::Style;

use super::asked::{Face, Kind};
pub(super) use super::state::State;
use super::state::{FOREIGN, OF_KEYS, SIGNED};

use State::{
    Archived, Denied, Differs, Elsewhere, Expired, Good, InClear, LoggedOut, Mistyped, OtherClient,
    OtherWay, Revoked, StoodIn, Suspended, Unknown, Unsigned, WrongPassword,
};

/// A way of saying who one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// A key in a header of its own.
    Header(&'static str),
    /// A key behind a scheme of `Authorization`.
    Scheme(&'static str),
    Token,
    Basic,
    Query,
    /// A secret that was made elsewhere, where a key is shown by this way.
    Foreign(Place),
    /// A key in the password slot of a call.
    Slot,
    /// A key as the password of a log-in.
    LogIn,
    Certificate,
    Hmac,
    Ed25519,
    Older(&'static str),
    /// A token of an issuer.
    Jwt,
    JwtInSlot,
    /// The cookie of a session that a key opened.
    KeySession,
    /// A person's password, in a log-in.
    PersonLogIn,
    /// The cookie of a person's session.
    PersonSession,
    /// Login and password of a person with the request.
    PersonBasic,
    /// The same, beside a key.
    Beside,
}

/// Where a secret that was made elsewhere is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Header(&'static str),
    Scheme(&'static str),
    Basic,
    Query,
    Slot,
    LogIn,
}

impl Way {
    pub(super) const ALL: &[Self] = &[
        Self::Header("X-API-Key"),
        Self::Header("API-KEY"),
        Self::Header("X-Openerp-Session-Id"),
        Self::Header("X-Shop-Key"),
        Self::Scheme("Bearer"),
        Self::Scheme("bearer"),
        Self::Scheme("ApiKey"),
        Self::Token,
        Self::Basic,
        Self::Query,
        Self::Slot,
        Self::LogIn,
        Self::Foreign(Place::Header("API-KEY")),
        Self::Foreign(Place::Scheme("Bearer")),
        Self::Foreign(Place::Scheme("ApiKey")),
        Self::Foreign(Place::Basic),
        Self::Foreign(Place::Query),
        Self::Foreign(Place::Slot),
        Self::Foreign(Place::LogIn),
        Self::Certificate,
        Self::Hmac,
        Self::Ed25519,
        Self::Older("legacy-sorted-json"),
        Self::Older("legacy-timestamp"),
        Self::Older("legacy-request-time"),
        Self::Jwt,
        Self::JwtInSlot,
        Self::KeySession,
        Self::PersonLogIn,
        Self::PersonSession,
        Self::PersonBasic,
        Self::Beside,
    ];

    pub(super) fn name(self) -> String {
        match self {
            Self::Header("X-Shop-Key") => "a header of the configuration (X-Shop-Key)".to_owned(),
            Self::Header(name) => name.to_owned(),
            Self::Scheme(scheme) => format!("Authorization: {scheme} KEY"),
            Self::Token => "Authorization: token KEY:SECRET".to_owned(),
            Self::Basic => "Authorization: Basic KEY:SECRET".to_owned(),
            Self::Query => "?api_key=KEY".to_owned(),
            Self::Foreign(place) => place.name(),
            Self::Slot => "a key in the password slot of a call".to_owned(),
            Self::LogIn => "a key as the password of a log-in".to_owned(),
            Self::Certificate => "a client certificate".to_owned(),
            Self::Hmac => "a signature by RFC 9421, hmac-sha256".to_owned(),
            Self::Ed25519 => "a signature by RFC 9421, ed25519".to_owned(),
            Self::Older(scheme) => format!("a signature by {scheme}"),
            Self::Jwt => "a token of an issuer (Authorization: Bearer)".to_owned(),
            Self::JwtInSlot => "a token of an issuer in the password slot of a call".to_owned(),
            Self::KeySession => "the session of a key".to_owned(),
            Self::PersonLogIn => "a person's password in a log-in".to_owned(),
            Self::PersonSession => "the session of a person".to_owned(),
            Self::PersonBasic => "Authorization: Basic LOGIN:PASSWORD of a person".to_owned(),
            Self::Beside => "API-KEY, and Authorization: Basic of a person".to_owned(),
        }
    }

    /// The style of a key that it is, if it is one.
    pub(super) fn style(self) -> Option<Style> {
        Some(match self {
            Self::Header(_) => Style::Header,
            Self::Scheme("ApiKey") => Style::ApiKey,
            Self::Scheme(_) => Style::Bearer,
            Self::Token => Style::Token,
            Self::Basic => Style::Basic,
            Self::Query => Style::Query,
            Self::Slot | Self::LogIn => Style::Password,
            Self::Certificate => Style::Certificate,
            Self::Hmac | Self::Ed25519 => Style::Signature,
            Self::Older(_) => Style::LegacySignature,
            Self::Foreign(_)
            | Self::Jwt
            | Self::JwtInSlot
            | Self::KeySession
            | Self::PersonLogIn
            | Self::PersonSession
            | Self::PersonBasic
            | Self::Beside => return None,
        })
    }

    pub(super) const fn logs_in(self) -> bool {
        matches!(
            self,
            Self::LogIn | Self::PersonLogIn | Self::Foreign(Place::LogIn)
        )
    }

    pub(super) const fn states(self) -> &'static [State] {
        match self {
            Self::Header(_)
            | Self::Scheme(_)
            | Self::Token
            | Self::Basic
            | Self::Query
            | Self::Slot
            | Self::LogIn => OF_KEYS,
            Self::Foreign(_) => FOREIGN,
            Self::Certificate => &[
                Good, Unknown, Expired, Revoked, Suspended, Elsewhere, Archived, StoodIn,
            ],
            Self::Hmac | Self::Ed25519 | Self::Older(_) => SIGNED,
            Self::Jwt | Self::JwtInSlot => &[Good, Expired, Differs, Archived, InClear],
            Self::KeySession => &[
                Good,
                Unknown,
                Expired,
                Revoked,
                Suspended,
                Elsewhere,
                LoggedOut,
                OtherClient,
                Archived,
                StoodIn,
                InClear,
            ],
            Self::PersonSession => &[Good, LoggedOut, OtherClient, InClear],
            Self::PersonLogIn | Self::PersonBasic => {
                &[Good, Unknown, WrongPassword, Denied, Elsewhere, InClear]
            }
            Self::Beside => &[
                Good,
                Unknown,
                Mistyped,
                Expired,
                Revoked,
                Suspended,
                Elsewhere,
                OtherWay,
                Unsigned,
                WrongPassword,
                Denied,
                Archived,
                StoodIn,
                InClear,
            ],
        }
    }

    /// Why it is not tried in a dialect, where it is not.
    pub(super) fn lacks(self, face: &Face) -> Option<&'static str> {
        let has_slot = matches!(face.kind, Kind::Xml1 | Kind::Xml2 | Kind::JsonRpc);
        let opens_sessions = matches!(face.kind, Kind::Call | Kind::Method | Kind::V2 | Kind::Rest);
        let has_cookie = !has_slot && !matches!(face.kind, Kind::Json2 | Kind::Doc);
        match self {
            Self::Slot | Self::JwtInSlot | Self::Foreign(Place::Slot) if !has_slot => {
                Some("no password in the body")
            }
            Self::LogIn | Self::Foreign(Place::LogIn) if !has_slot && !opens_sessions => {
                Some("nobody logs in there")
            }
            Self::PersonLogIn if !opens_sessions => Some("no person logs in there"),
            Self::KeySession | Self::PersonSession if !has_cookie => {
                Some("a cookie is no credential there")
            }
            Self::Older("legacy-sorted-json") if matches!(face.kind, Kind::Xml1 | Kind::Xml2) => {
                Some("signs JSON only")
            }
            Self::Beside if face.kind == Kind::Batch => Some("a batch has one credential"),
            _ => None,
        }
    }

    /// Why it is not in the other states.
    pub(super) const fn without(self) -> &'static [&'static str] {
        match self {
            Self::Header(_)
            | Self::Scheme(_)
            | Self::Token
            | Self::Basic
            | Self::Query
            | Self::Slot
            | Self::LogIn => &["wrong signature, too old, replayed: nothing is signed"],
            Self::Foreign(Place::LogIn) => &[
                "must be signed, wrong signature, too old, replayed: nothing is signed",
                "unknown, mistyped: what is nobody's secret may be a person's password",
            ],
            Self::Foreign(_) => {
                &["must be signed, wrong signature, too old, replayed: nothing is signed"]
            }
            Self::Certificate => &[
                "in clear: it is shown within TLS",
                "not in this way, must be signed: a key that is a certificate has no other way, and does not sign",
                "wrong signature, too old, replayed: nothing of the request is signed",
            ],
            Self::Hmac | Self::Ed25519 | Self::Older(_) => {
                &["not in this way: a key that signs may always sign"]
            }
            Self::Jwt | Self::JwtInSlot => &[
                "revoked, suspended, wrong address: its issuer's word lasts until it is over; it has no networks of its own",
                "replayed: it may be shown until it is over",
                "stood in for: nobody is named for a token",
            ],
            Self::KeySession => &[
                "must be signed: such a key opens no session",
                "wrong signature, too old, replayed: nothing is signed",
            ],
            Self::PersonSession => &[
                "unknown: as of a key; no session is told from another by its text",
                "expired, revoked, suspended: a person has no key; what the ERP ends is in people/",
            ],
            Self::PersonLogIn | Self::PersonBasic | Self::Beside => {
                &["wrong signature, too old, replayed: nothing is signed"]
            }
        }
    }
}

impl Place {
    fn name(self) -> String {
        match self {
            Self::Header(name) => format!("{name}: a secret from elsewhere"),
            Self::Scheme(scheme) => format!("Authorization: {scheme} a secret from elsewhere"),
            Self::Basic => "Authorization: Basic a secret from elsewhere and a colon".to_owned(),
            Self::Query => "?api_key= a secret from elsewhere".to_owned(),
            Self::Slot => "a secret from elsewhere in the password slot of a call".to_owned(),
            Self::LogIn => "a secret from elsewhere as the password of a log-in".to_owned(),
        }
    }
}
