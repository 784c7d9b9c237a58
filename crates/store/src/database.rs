//! The store in a database that speaks SQL: SQLite, embedded, or PostgreSQL, shared by several
//! machines.
//!
//! The text of each statement is the same for both and stands here once; what they do not have
//! in common (how they are opened, who waits for whom, how a dead process is known) stands in
//! `sqlite` and `postgres`.

mod admin_keys;
mod administrators;
mod admissions;
mod approvals;
mod buried;
mod changes;
mod claims;
mod erp_users;
mod keys;
mod nonces;
mod originals;
mod presence;
mod roles;
mod row;
mod sessions;
mod settings;
mod statement;
mod transaction;

use std::fmt;
use std::path::PathBuf;

use portcullis_storage::StoreError;
use sqlx::SqlitePool;
use sqlx::error::ErrorKind;

use crate::graves::Graves;
#[cfg(feature = "postgres")]
use crate::postgres;
use crate::sqlite;
use row::Row;
use statement::Statement;
use transaction::Transaction;

/// A store in a database.
pub struct SqlStore {
    database: Database,
    /// The keys that stay revoked, whatever the database says.
    graves: Option<Graves>,
}

/// The database, with what this process needs of it to be known as one that is there.
pub(crate) enum Database {
    Sqlite {
        pool: SqlitePool,
        processes: sqlite::Processes,
    },
    #[cfg(feature = "postgres")]
    Postgres(Box<postgres::Postgres>),
}

impl SqlStore {
    pub(crate) const fn over(database: Database) -> Self {
        Self {
            database,
            graves: None,
        }
    }

    /// Remembers in a file which keys were revoked, so that a database that is brought back
    /// from an older backup does not bring them back, too.
    #[must_use]
    pub fn remembering(self, file: PathBuf) -> Self {
        Self {
            graves: Some(Graves::at(file)),
            ..self
        }
    }

    /// Ends all connections; waits for the operations that are under way.
    pub async fn close(&self) {
        match &self.database {
            Database::Sqlite { pool, .. } => pool.close().await,
            #[cfg(feature = "postgres")]
            Database::Postgres(postgres) => postgres.close().await,
        }
    }

    /// A statement by itself.
    fn query(&self, text: &'static str) -> Statement<'_> {
        match &self.database {
            Database::Sqlite { pool, .. } => Statement::sqlite(text, pool),
            #[cfg(feature = "postgres")]
            Database::Postgres(postgres) => Statement::postgres(text, postgres),
        }
    }

    /// The beginning of several statements that happen as one.
    async fn begin(&self) -> Result<Transaction, sqlx::Error> {
        match &self.database {
            Database::Sqlite { pool, .. } => Transaction::sqlite(pool).await,
            #[cfg(feature = "postgres")]
            Database::Postgres(postgres) => Transaction::postgres(postgres).await,
        }
    }
}

impl fmt::Debug for SqlStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.database {
            Database::Sqlite { .. } => "SqlStore(SQLite)",
            #[cfg(feature = "postgres")]
            Database::Postgres(_) => "SqlStore(PostgreSQL)",
        })
    }
}

pub(crate) fn unavailable(
    what: &'static str,
    error: impl std::error::Error + Send + Sync + 'static,
) -> StoreError {
    StoreError::Unavailable {
        what,
        source: Box::new(error),
    }
}

/// The error of a driver, told apart where a caller can do something about it.
fn failed(what: &'static str, thing: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |error| {
        if let sqlx::Error::Database(database) = &error
            && database.kind() == ErrorKind::UniqueViolation
        {
            return StoreError::Exists { what: thing };
        }
        if matches!(
            error,
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::ColumnNotFound(_)
        ) {
            return StoreError::Damaged { what: thing };
        }
        unavailable(what, error)
    }
}

#[cfg(test)]
mod tests;
