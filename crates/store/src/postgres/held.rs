//! A connection that one operation holds.

use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Executor as _, PgConnection, Postgres as Driver};
use tokio::runtime::Handle;

use super::Postgres;

/// How long a statement may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A connection. Only one that is known to have answered everything, and to be in no
/// transaction, goes back to the others; any other is closed, which undoes what it was at.
pub(crate) struct Held {
    connection: Option<PoolConnection<Driver>>,
    is_settled: bool,
    in_transaction: bool,
    runtime: Handle,
}

/// Where a statement is executed.
pub(crate) enum On<'a> {
    /// On any connection.
    Any(&'a Postgres),
    /// In a transaction.
    Held(&'a mut Held),
}

/// A connection for one statement.
pub(crate) enum Holding<'a> {
    Own(Held),
    Lent(&'a mut Held),
}

/// Waits for an answer for as long as one may take.
///
/// # Errors
/// That of the answer, or that there was none in time.
pub(crate) async fn in_time<T>(
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(late()),
    }
}

/// There was no answer in time.
pub(super) fn late() -> sqlx::Error {
    sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())
}

impl<'a> On<'a> {
    pub(crate) async fn hold(self) -> Result<Holding<'a>, sqlx::Error> {
        Ok(match self {
            Self::Any(postgres) => Holding::Own(postgres.hold().await?),
            Self::Held(held) => Holding::Lent(held),
        })
    }
}

impl Holding<'_> {
    pub(crate) fn connection(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        self.held().connection()
    }

    pub(crate) fn settle<T>(&mut self, done: &Result<T, sqlx::Error>) {
        self.held().settle(done);
    }

    fn held(&mut self) -> &mut Held {
        match self {
            Self::Own(held) => held,
            Self::Lent(held) => held,
        }
    }
}

impl Held {
    pub(super) fn new(connection: PoolConnection<Driver>, runtime: Handle) -> Self {
        Self {
            connection: Some(connection),
            is_settled: true,
            in_transaction: false,
            runtime,
        }
    }

    /// The connection, to ask something; it has to be settled afterwards.
    pub(super) fn connection(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        self.is_settled = false;
        let connection = self.connection.as_mut();
        Ok(&mut *connection.ok_or(sqlx::Error::PoolClosed)?)
    }

    /// Notes what came of the question: the server has answered it, even if it said no.
    pub(super) fn settle<T>(&mut self, done: &Result<T, sqlx::Error>) {
        self.is_settled = matches!(
            done,
            Ok(_) | Err(sqlx::Error::Database(_) | sqlx::Error::RowNotFound)
        );
    }

    /// Begins a transaction.
    pub(crate) async fn begin(&mut self) -> Result<(), sqlx::Error> {
        self.say("BEGIN").await?;
        self.in_transaction = true;
        Ok(())
    }

    /// Ends the transaction, in the way that is said.
    pub(crate) async fn end(mut self, how: &'static str) -> Result<(), sqlx::Error> {
        self.say(how).await?;
        self.in_transaction = false;
        Ok(())
    }

    async fn say(&mut self, text: &'static str) -> Result<(), sqlx::Error> {
        let done = in_time(self.connection()?.execute(text)).await;
        self.settle(&done);
        done.map(drop)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        // It goes back in a task, which must run where the connection lives.
        let _within = self.runtime.enter();
        if self.is_settled && !self.in_transaction {
            drop(connection);
        } else {
            drop(connection.detach());
        }
    }
}
