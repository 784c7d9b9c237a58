//! Everything that is kept: the store in SQLite or PostgreSQL, the journal, the vault.
//!
//! Only `cli` names this crate; all others see the traits of `storage`.
#![warn(missing_docs)]

mod database;
pub mod entropy;
mod graves;
mod journal;
mod ledger;
#[cfg(feature = "postgres")]
mod postgres;
mod sqlite;
mod vault;
mod written;

pub use database::SqlStore;
pub use journal::{Durability, FileJournal, JournalOptions};
pub use ledger::{Follower, Ledger, LedgerError, Record, Selection};
#[cfg(feature = "postgres")]
pub use postgres::Server;
pub use vault::{Place, Vault, VaultError};
