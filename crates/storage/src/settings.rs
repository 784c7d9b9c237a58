//! Small things that a store remembers about itself, such as its id.

use crate::error::Stored;

/// Named values, written once.
pub trait Settings: Send + Sync {
    /// The value of a name.
    fn get<'a>(&'a self, name: &'a str) -> Stored<'a, Option<Vec<u8>>>;

    /// Puts a value unless there is one; answers what is there now. Of several processes that
    /// do this at once, all get the same answer.
    fn put_if_absent<'a>(&'a self, name: &'a str, value: &'a [u8]) -> Stored<'a, Vec<u8>>;
}
