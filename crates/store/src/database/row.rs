//! A row of either database.

use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row as _, Sqlite, Type};

#[cfg(feature = "postgres")]
use crate::postgres;

/// A row that was found.
pub(super) enum Row {
    Sqlite(SqliteRow),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::postgres::PgRow),
}

/// What a column of either database can be read as.
pub(super) trait Read<'r>: Decode<'r, Sqlite> + Type<Sqlite> + Shared<'r> {}

impl<'r, T> Read<'r> for T where T: Decode<'r, Sqlite> + Type<Sqlite> + Shared<'r> {}

#[cfg(feature = "postgres")]
use postgres::Read as Shared;

#[cfg(not(feature = "postgres"))]
pub(super) use crate::sqlite::Anything as Shared;

impl From<SqliteRow> for Row {
    fn from(row: SqliteRow) -> Self {
        Self::Sqlite(row)
    }
}

#[cfg(feature = "postgres")]
impl From<sqlx::postgres::PgRow> for Row {
    fn from(row: sqlx::postgres::PgRow) -> Self {
        Self::Postgres(row)
    }
}

impl Row {
    /// What stands in a column.
    pub(super) fn get<'r, T: Read<'r>>(&'r self, column: &str) -> Result<T, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            #[cfg(feature = "postgres")]
            Self::Postgres(row) => row.try_get(column),
        }
    }
}
