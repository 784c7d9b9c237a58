//! In which ways a credential is shown.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::name::NameError;

macro_rules! styles {
    ($($(#[$doc:meta])* $style:ident = $name:literal,)+) => {
        /// In which way a credential is shown.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Style {
            $($(#[$doc])* $style,)+
        }

        impl Style {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$style,)+];

            /// The style's name, as it stands in configurations and records.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$style => $name,)+
                }
            }
        }
    };
}

styles! {
    /// A header of its own: `X-API-Key`, `API-KEY`, or one that is configured.
    Header = "header",
    /// `Authorization: Bearer …`.
    Bearer = "bearer",
    /// `Authorization: ApiKey …`.
    ApiKey = "apikey",
    /// `Authorization: token KEY:SECRET`.
    Token = "token",
    /// `Authorization: Basic …`, as `KEY:SECRET`.
    Basic = "basic",
    /// The password slot of an RPC body or of a log-in.
    Password = "password",
    /// The query of the path, as `?api_key=…`.
    Query = "query",
    /// The certificate of a TLS client.
    Certificate = "certificate",
    /// A signature over the request, by RFC 9421.
    Signature = "signature",
    /// A signature of one of the older schemes, which leave something unsigned.
    LegacySignature = "legacy-signature",
}

impl fmt::Display for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for Style {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let named = |style: &&Self| style.as_str() == text;
        Self::ALL.iter().find(named).copied().ok_or(NameError {
            what: "credential style",
            rule: "header, bearer, apikey, token, basic, password, query, certificate, signature or legacy-signature",
        })
    }
}

impl Serialize for Style {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Style {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_style_is_read_by_its_name_and_no_other() {
        for style in Style::ALL {
            assert_eq!(style.as_str().parse(), Ok(*style));
        }
        let told = "Bearer".parse::<Style>().unwrap_err().to_string();
        assert!(told.contains("bearer, apikey"), "{told}");
    }
}
