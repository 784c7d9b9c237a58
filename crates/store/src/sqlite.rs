//! The embedded store: one SQLite file, which several processes of one machine may share.
//!
//! WAL with `synchronous = FULL`: what was acknowledged survives a kill and a loss of power.
//! Writers wait for each other (`busy_timeout`); each operation is one statement or one
//! immediate transaction. The file is made readable by its owner alone.

mod changes;
mod claims;
mod erp_users;
mod keys;
mod originals;
mod presence;
mod roles;
mod sessions;
mod settings;

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use portcullis_storage::StoreError;
use sqlx::SqlitePool;
use sqlx::error::ErrorKind;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use presence::Processes;

/// The store in a SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    pool: SqlitePool,
    processes: Arc<Processes>,
}

impl SqliteStore {
    /// Opens the store in a file, which is made when it is absent.
    ///
    /// # Errors
    /// When the file cannot be opened, or is of a newer version of the program.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let file = path.to_owned();
        // On a thread of its own: whoever holds the lock may need this one to go on.
        let lock = tokio::task::spawn_blocking(move || prepare(&file))
            .await
            .map_err(|error| unavailable("open its file", error))?
            .map_err(|error| unavailable("open its file", error))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5))
            .foreign_keys(true);
        let pool = SqlitePoolOptions::new().max_connections(4);
        let folder = path.with_file_name("running");
        let store = Self::connect(pool, options, Some(folder)).await;
        drop(lock);
        store
    }

    /// A store in memory, gone when it is dropped.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub async fn in_memory() -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new().in_memory(true);
        // It lives in its one connection, which must therefore never be given up.
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None);
        Self::connect(pool, options, None).await
    }

    /// Ends all connections; waits for the operations that are under way.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    async fn connect(
        pool: SqlitePoolOptions,
        options: SqliteConnectOptions,
        running: Option<PathBuf>,
    ) -> Result<Self, StoreError> {
        let pool = pool
            .acquire_timeout(Duration::from_secs(10))
            .connect_with(options)
            .await
            .map_err(|error| unavailable("open its file", error))?;
        sqlx::migrate!("./migrations/sqlite")
            .run(&pool)
            .await
            .map_err(|error| unavailable("bring its tables up to date", error))?;
        Ok(Self {
            pool,
            processes: Arc::new(Processes::new(running)),
        })
    }
}

/// Makes the file before SQLite would (the mode of its companions follows it), and takes the
/// lock under which migrations run: SQLite's own does not span several of them.
fn prepare(path: &Path) -> std::io::Result<File> {
    let make = |path: &Path| {
        OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path)
    };
    let mut lock_path = path.as_os_str().to_owned();
    lock_path.push(".lock");
    let lock = make(Path::new(&lock_path))?;
    lock.lock()?;
    make(path)?;
    Ok(lock)
}

fn unavailable(
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
