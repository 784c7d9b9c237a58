//! Names of an ERP, each its own type, so that a model is never taken for a method.
//!
//! They are checked where they enter: a name that no ERP would give is refused, so that no
//! rule has to think of `../`, NUL or a name of a megabyte.

use std::fmt;

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a valid {what} name")]
pub struct NameError {
    what: &'static str,
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal, $max:literal, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(Box<str>);

        impl $type {
            /// Checks a text and makes it a name.
            ///
            /// # Errors
            /// When it is empty, too long, or has a character that such a name cannot have.
            pub fn new(text: &str) -> Result<Self, NameError> {
                let allowed: fn(char) -> bool = $allowed;
                if text.is_empty() || text.len() > $max || !text.chars().all(allowed) {
                    return Err(NameError { what: $what });
                }
                Ok(Self(text.into()))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }
    };
}

name! {
    /// An Odoo model (`res.partner`) or a Frappe DocType (`Sales Order`).
    Model, "model", 140, |c| c.is_alphanumeric() || matches!(c, '.' | '_' | ' ' | '-')
}
name! {
    /// A method: `search_read`, or dotted as Frappe's `frappe.client.get_list`.
    Method, "method", 280, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_')
}
name! {
    /// A field of a model, without a path.
    FieldName, "field", 140, |c| c.is_ascii_alphanumeric() || c == '_'
}
name! {
    /// A database (Odoo) or site (Frappe).
    Database, "database", 128, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}
