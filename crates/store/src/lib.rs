//! Everything that is kept, on real files: the SQLite store, the journal, the vault.
//!
//! Only `cli` names this crate; all others see the traits of `storage`.
#![warn(missing_docs)]

pub mod entropy;
mod journal;
mod ledger;
mod sqlite;
mod vault;

pub use journal::{Durability, FileJournal, JournalOptions};
pub use ledger::{Follower, Ledger, LedgerError, Record, Selection};
pub use sqlite::SqliteStore;
pub use vault::{Place, Vault, VaultError};
