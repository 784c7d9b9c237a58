//! What can go wrong with anything that is kept.

use std::error::Error;
use std::pin::Pin;

/// What an operation of a store gives: a future that a trait object can return.
pub type Stored<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Why something could not be kept or found. Whoever asked refuses.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is already one of that name.
    #[error("there is already a {what} of that name")]
    Exists {
        /// What kind of thing.
        what: &'static str,
    },
    /// A row is there, but it does not say what it should.
    #[error("a {what} in the store cannot be read")]
    Damaged {
        /// What kind of thing.
        what: &'static str,
    },
    /// The store did not answer.
    #[error("the store did not answer while it was asked to {what}")]
    Unavailable {
        /// What it was asked to do.
        what: &'static str,
        /// The driver's own error.
        source: Box<dyn Error + Send + Sync>,
    },
}
