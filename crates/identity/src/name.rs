//! Names of ours, each its own type, checked where they enter.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a valid {what}: {rule}")]
pub struct NameError {
    pub(crate) what: &'static str,
    pub(crate) rule: &'static str,
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal, $max:literal, $rule:literal, $allowed:expr) => {
        $(#[$doc])*
        ///
        /// Clones share one text.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(Arc<str>);

        impl $type {
            /// Checks a text and makes it a name.
            ///
            /// # Errors
            /// When it is empty, too long, or has a character that such a name cannot have.
            pub fn new(text: &str) -> Result<Self, NameError> {
                let allowed: fn(char) -> bool = $allowed;
                if text.is_empty()
                    || text.len() > $max
                    || text.trim() != text
                    || !text.chars().all(allowed)
                {
                    return Err(NameError { what: $what, rule: $rule });
                }
                Ok(Self(text.into()))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl std::str::FromStr for $type {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }
    };
}

name! {
    /// A role: a named set of rules.
    RoleName, "role name", 64,
    "up to 64 of a-z, A-Z, 0-9, `-`, `_`, `.`",
    |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}
name! {
    /// An upstream: one ERP instance, as the configuration names it. It may stand in a path.
    UpstreamName, "upstream name", 64,
    "up to 64 of a-z, A-Z, 0-9, `-`, `_`",
    |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}
name! {
    /// A route to a custom controller, as the configuration names it.
    RouteName, "route name", 64,
    "up to 64 of a-z, A-Z, 0-9, `-`, `_`, `.`",
    |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}
name! {
    /// A principal: what the operator calls the caller.
    PrincipalName, "principal name", 128,
    "up to 128 letters, digits, inner spaces and `-_.@+:/()'&,#`",
    |c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '@' | '+' | ':' | '/' | '(' | ')' | '\'' | '&' | ',' | '#')
}
name! {
    /// A login name of an ERP user.
    ErpLogin, "ERP login", 254,
    "up to 254 bytes without control characters or outer spaces",
    |c| !c.is_control()
}

impl RoleName {
    /// Stands for what is denied beside all roles. None that could be written is like it.
    #[must_use]
    pub fn beside() -> Self {
        Self("field permissions".into())
    }

    /// The name of what two roles have in common. None that could be written is like it.
    #[must_use]
    pub fn both(one: &Self, other: &Self) -> Self {
        Self(format!("{one}&{other}").into())
    }
}

name! {
    /// Who administers the gateway: what one logs in as. In small letters, so that there is one
    /// spelling.
    AdministratorName, "administrator's name", 64,
    "up to 64 of a-z, 0-9, `-`, `_`, `.`, `@`, `+`",
    |c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.' | '@' | '+')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        assert_eq!(
            RoleName::new("sales.reader")
                .map(|name| name.to_string())
                .as_deref(),
            Ok("sales.reader")
        );
        assert!(RoleName::new("").is_err());
        assert!(RoleName::new("a b").is_err());
        assert!(UpstreamName::new("odoo").is_ok());
        assert!(UpstreamName::new("../odoo").is_err());
        assert!(PrincipalName::new("Shop (Köln)").is_ok());
        assert!(PrincipalName::new(" Shop").is_err());
        assert!(PrincipalName::new("Shop\n").is_err());
        assert!(ErpLogin::new("integration@example.com").is_ok());
        assert!(AdministratorName::new("anna@example.com").is_ok());
        assert!(AdministratorName::new("Anna").is_err());
        assert!(AdministratorName::new("a/b").is_err());
        assert!(ErpLogin::new("a\0").is_err());
        assert!(ErpLogin::new(&"a".repeat(255)).is_err());
    }
}
