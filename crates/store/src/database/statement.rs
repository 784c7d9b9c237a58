//! A statement that either database understands. Its parameters are written `$1`, `$2`, …

use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Encode, Sqlite, SqliteConnection, SqlitePool, Type};

use super::row::Row;
#[cfg(feature = "postgres")]
use crate::postgres;

/// A statement and where it will be executed.
#[must_use = "a statement does nothing until it is executed"]
pub(super) enum Statement<'a> {
    Sqlite(Query<'a, Sqlite, SqliteArguments>, OnSqlite<'a>),
    #[cfg(feature = "postgres")]
    Postgres(
        Query<'a, sqlx::Postgres, sqlx::postgres::PgArguments>,
        postgres::On<'a>,
    ),
}

/// Where a statement of SQLite is executed.
pub(super) enum OnSqlite<'a> {
    /// Anywhere.
    Pool(&'a SqlitePool),
    /// In a transaction.
    Connection(&'a mut SqliteConnection),
}

/// What can be given to a statement of either database.
pub(super) trait Given<'t>: Encode<'t, Sqlite> + Type<Sqlite> + Shared<'t> {}

impl<'t, T> Given<'t> for T where T: Encode<'t, Sqlite> + Type<Sqlite> + Shared<'t> {}

#[cfg(feature = "postgres")]
use postgres::Given as Shared;

#[cfg(not(feature = "postgres"))]
pub(super) use crate::sqlite::Anything as Shared;

/// Executes a statement where it belongs, in the way that is named, and turns what comes of it.
macro_rules! executed {
    ($statement:expr, $how:ident, $turn:expr) => {
        match $statement {
            Statement::Sqlite(query, OnSqlite::Pool(pool)) => query.$how(pool).await.map($turn),
            Statement::Sqlite(query, OnSqlite::Connection(connection)) => {
                query.$how(connection).await.map($turn)
            }
            #[cfg(feature = "postgres")]
            Statement::Postgres(query, on) => {
                let mut held = on.hold().await?;
                let done = postgres::in_time(query.$how(held.connection()?)).await;
                held.settle(&done);
                done.map($turn)
            }
        }
    };
}

impl<'a> Statement<'a> {
    pub(super) fn sqlite(text: &'static str, pool: &'a SqlitePool) -> Self {
        Self::Sqlite(sqlx::query(text), OnSqlite::Pool(pool))
    }

    #[cfg(feature = "postgres")]
    pub(super) fn postgres(text: &'static str, postgres: &'a postgres::Postgres) -> Self {
        Self::Postgres(sqlx::query(text), postgres::On::Any(postgres))
    }

    /// Gives the next parameter.
    pub(super) fn bind<'t, T: Given<'t>>(self, value: T) -> Self {
        match self {
            Self::Sqlite(query, on) => Self::Sqlite(query.bind(value), on),
            #[cfg(feature = "postgres")]
            Self::Postgres(query, on) => Self::Postgres(query.bind(value), on),
        }
    }

    /// Executes it; answers how many rows it has changed.
    pub(super) async fn execute(self) -> Result<u64, sqlx::Error> {
        executed!(self, execute, |done| done.rows_affected())
    }

    /// The rows that it finds.
    pub(super) async fn fetch_all(self) -> Result<Vec<Row>, sqlx::Error> {
        executed!(self, fetch_all, |rows| rows
            .into_iter()
            .map(Row::from)
            .collect())
    }

    /// The row that it finds.
    pub(super) async fn fetch_one(self) -> Result<Row, sqlx::Error> {
        executed!(self, fetch_one, Row::from)
    }

    /// The row that it finds, if it finds one.
    pub(super) async fn fetch_optional(self) -> Result<Option<Row>, sqlx::Error> {
        executed!(self, fetch_optional, |row| row.map(Row::from))
    }
}
