//! Roles that are kept in the store, as the text that was checked when they were put.

use portcullis_identity::{RoleName, Timestamp};

use crate::error::Stored;

/// The roles of the store (others stand in the configuration).
pub trait Roles: Send + Sync {
    /// Adds or replaces a role.
    fn put<'a>(&'a self, name: &'a RoleName, toml_text: &'a str, now: Timestamp) -> Stored<'a, ()>;

    /// Removes a role; answers whether it was there.
    fn remove<'a>(&'a self, name: &'a RoleName) -> Stored<'a, bool>;

    /// Every role with its text, by name.
    fn all(&self) -> Stored<'_, Vec<(RoleName, String)>>;
}
