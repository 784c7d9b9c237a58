//! Several statements that happen as one, or not at all.

use sqlx::{Sqlite, SqlitePool};

use super::statement::{OnSqlite, Statement};
#[cfg(feature = "postgres")]
use crate::postgres;

/// Statements that happen as one. Dropped before it was committed, none of them has happened.
#[must_use = "what is not committed does not happen"]
pub(super) enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    #[cfg(feature = "postgres")]
    Postgres(postgres::Held),
}

impl Transaction {
    /// Begins one that writes; it waits for the one that is writing now.
    pub(super) async fn sqlite(pool: &SqlitePool) -> Result<Self, sqlx::Error> {
        pool.begin_with("BEGIN IMMEDIATE").await.map(Self::Sqlite)
    }

    #[cfg(feature = "postgres")]
    pub(super) async fn postgres(postgres: &postgres::Postgres) -> Result<Self, sqlx::Error> {
        let mut held = postgres.hold().await?;
        held.begin().await?;
        Ok(Self::Postgres(held))
    }

    /// A statement of this transaction.
    pub(super) fn query(&mut self, text: &'static str) -> Statement<'_> {
        match self {
            Self::Sqlite(transaction) => {
                Statement::Sqlite(sqlx::query(text), OnSqlite::Connection(&mut *transaction))
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(held) => {
                Statement::Postgres(sqlx::query(text), postgres::On::Held(held))
            }
        }
    }

    /// Waits until no other transaction that asked for a turn under the same name is under way.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(
            clippy::unused_async,
            unused_variables,
            reason = "SQLite has one writer at a time"
        )
    )]
    pub(super) async fn take_turn(&mut self, name: &str) -> Result<(), sqlx::Error> {
        match self {
            // It is the only one that writes.
            Self::Sqlite(_) => Ok(()),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => {
                let text = "SELECT pg_advisory_xact_lock(1, hashtext($1))";
                self.query(text).bind(name).execute().await.map(drop)
            }
        }
    }

    /// Makes it happen.
    pub(super) async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            #[cfg(feature = "postgres")]
            Self::Postgres(held) => held.end("COMMIT").await,
        }
    }

    /// Leaves everything as it was.
    pub(super) async fn roll_back(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(transaction) => transaction.rollback().await,
            #[cfg(feature = "postgres")]
            Self::Postgres(held) => held.end("ROLLBACK").await,
        }
    }
}
