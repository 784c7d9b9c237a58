//! In which way a key signs.

use std::fmt;

use crate::name::NameError;

/// In which way a key signs. It is fixed when the key is made, and never the request's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// RFC 9421 with HMAC-SHA256 under a shared secret.
    Hmac,
    /// RFC 9421 with Ed25519; only the public key is here.
    Ed25519,
    /// Base64 of HMAC-SHA256 over verb, endpoint, `X-Timestamp` in seconds and the body's JSON
    /// with sorted keys, a line each.
    LegacySortedJson,
    /// Hexadecimal HMAC-SHA256 over `VERB:endpoint:X-Timestamp`, under the secret half of the
    /// key, which is sent beside it.
    LegacyTimestamp,
    /// The same over `VERB:endpoint:X-Request-Time`.
    LegacyRequestTime,
}

impl Scheme {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Hmac,
        Self::Ed25519,
        Self::LegacySortedJson,
        Self::LegacyTimestamp,
        Self::LegacyRequestTime,
    ];

    /// The scheme's name, on the command line and where keys are kept.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hmac => "hmac",
            Self::Ed25519 => "ed25519",
            Self::LegacySortedJson => "legacy-sorted-json",
            Self::LegacyTimestamp => "legacy-timestamp",
            Self::LegacyRequestTime => "legacy-request-time",
        }
    }

    /// Whether it is one of the older schemes, which leave something unsigned.
    pub const fn is_legacy(self) -> bool {
        self.unsigned().is_some()
    }

    /// Whether it needs a signing secret that is kept here.
    pub const fn has_secret(self) -> bool {
        matches!(self, Self::Hmac | Self::LegacySortedJson)
    }

    /// Whether its secret is the key's own, which is sent beside the signature.
    pub const fn is_beside(self) -> bool {
        matches!(self, Self::LegacyTimestamp | Self::LegacyRequestTime)
    }

    /// What a signature of this scheme leaves open, if it does.
    pub const fn unsigned(self) -> Option<&'static str> {
        match self {
            Self::Hmac | Self::Ed25519 => None,
            Self::LegacySortedJson => {
                Some("it leaves the query unsigned, and repeats within a second")
            }
            Self::LegacyTimestamp | Self::LegacyRequestTime => Some(
                "it leaves query and body unsigned, and the secret that it signs with is sent beside it",
            ),
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for Scheme {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let named = |scheme: &&Self| scheme.as_str() == text;
        Self::ALL.iter().find(named).copied().ok_or(NameError {
            what: "signature scheme",
            rule: "hmac, ed25519, legacy-sorted-json, legacy-timestamp or legacy-request-time",
        })
    }
}
