//! PostgreSQL: one database that processes of several machines share.
//!
//! Connections live on a runtime of the store's own, whichever core asks: its thread has nothing
//! else to do, so that no core waits for another that is busy. Whoever asks waits for so long
//! and no longer; a connection whose answer did not come in time is not used again.

mod held;
mod presence;
mod server;

use std::time::Duration;

use portcullis_storage::{ProcessId, StoreError};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, Decode, Encode, PgPool, Type};
use tokio::runtime::Handle;
use tokio::sync::OnceCell;

use crate::database::{Database, SqlStore, unavailable};
pub(crate) use held::{Held, On, in_time};
pub use server::Server;

/// What the store is asked for first.
const WHAT: &str = "open its database";

/// How many connections a process has; one more says that it is there.
const CONNECTIONS: u32 = 8;

/// How long is waited for a connection.
const ACQUIRE: Duration = Duration::from_secs(2);

/// How long is waited for the first connection.
const OPEN: Duration = Duration::from_secs(10);

/// A connection that was not used for this long is tried before it is used.
const QUIET: Duration = Duration::from_secs(1);

/// The pool, and this process's own place, once it has entered.
pub(crate) struct Postgres {
    pool: PgPool,
    options: PgConnectOptions,
    own: OnceCell<ProcessId>,
    /// Last, so that it ends last.
    runtime: Runtime,
}

/// The runtime that connections live on.
struct Runtime {
    handle: Handle,
    own: Option<tokio::runtime::Runtime>,
}

/// What can be given to a statement.
pub(crate) trait Given<'t>: Encode<'t, sqlx::Postgres> + Type<sqlx::Postgres> {}

impl<'t, T: Encode<'t, sqlx::Postgres> + Type<sqlx::Postgres>> Given<'t> for T {}

/// What a column can be read as.
pub(crate) trait Read<'r>: Decode<'r, sqlx::Postgres> + Type<sqlx::Postgres> {}

impl<'r, T: Decode<'r, sqlx::Postgres> + Type<sqlx::Postgres>> Read<'r> for T {}

impl SqlStore {
    /// Opens the store in a database of PostgreSQL, and brings its tables up to date: of
    /// several processes that do this at once, one does it and the others wait.
    ///
    /// # Errors
    /// When the server cannot be reached or does not let this process in, or the database is of
    /// a newer version of the program.
    pub async fn connect(server: &Server) -> Result<Self, StoreError> {
        let options = server.options().map_err(|error| unavailable(WHAT, error))?;
        let runtime = Runtime::new().map_err(|error| unavailable(WHAT, error))?;
        let opened = runtime.handle.spawn(migrate(options.clone()));
        opened.await.map_err(|error| unavailable(WHAT, error))??;
        let options = server::bounded(options);
        let within = runtime.handle.enter();
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE)
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if meta.idle_for > QUIET {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(options.clone());
        drop(within);
        Ok(Self::over(Database::Postgres(Box::new(Postgres {
            pool,
            options,
            own: OnceCell::new(),
            runtime,
        }))))
    }
}

/// Brings the tables up to date, however long that takes; a server that is just starting is
/// waited for.
async fn migrate(options: PgConnectOptions) -> Result<(), StoreError> {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(OPEN)
        .connect_with(options)
        .await
        .map_err(|error| unavailable(WHAT, error))?;
    sqlx::migrate!("./migrations/postgres")
        .run(&pool)
        .await
        .map_err(|error| unavailable("bring its tables up to date", error))?;
    pool.close().await;
    Ok(())
}

impl Postgres {
    /// A connection, for one operation.
    pub(crate) async fn hold(&self) -> Result<Held, sqlx::Error> {
        let (pool, runtime) = (self.pool.clone(), self.runtime.handle.clone());
        let acquired = self
            .runtime
            .handle
            .spawn(async move { pool.acquire().await });
        let connection = acquired.await.map_err(|_| sqlx::Error::PoolClosed)??;
        Ok(Held::new(connection, runtime))
    }

    /// Says that this process is there.
    pub(crate) async fn enter(&self) -> Result<ProcessId, presence::EnterError> {
        let enter = presence::enter(&self.options, &self.runtime.handle);
        self.own.get_or_try_init(|| enter).await.copied()
    }

    /// Whether this is the process that has entered here.
    pub(crate) fn is_own(&self, process: ProcessId) -> bool {
        self.own.get() == Some(&process)
    }

    pub(crate) async fn close(&self) {
        let pool = self.pool.clone();
        let closed = self.runtime.handle.spawn(async move { pool.close().await });
        if closed.await.is_err() {
            tracing::debug!("the store's runtime ended before its connections");
        }
    }
}

impl Runtime {
    fn new() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("store")
            .enable_all()
            .build()?;
        Ok(Self {
            handle: runtime.handle().clone(),
            own: Some(runtime),
        })
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        // It may be dropped on a thread of another runtime, which must not wait.
        if let Some(runtime) = self.own.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests;
