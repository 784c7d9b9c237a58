//! The embedded database: one SQLite file, which several processes of one machine may share.
//!
//! WAL with `synchronous = FULL`: what was acknowledged survives a kill and a loss of power.
//! Writers wait for each other (`busy_timeout`); each operation is one statement or one
//! immediate transaction. The file is made readable by its owner alone.

mod presence;

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use portcullis_storage::StoreError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::database::{Database, SqlStore, unavailable};
pub(crate) use presence::Processes;

impl SqlStore {
    /// Opens the store in a SQLite file, which is made when it is absent.
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
        let store = Self::with_sqlite(pool, options, Some(folder)).await;
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
        Self::with_sqlite(pool, options, None).await
    }

    async fn with_sqlite(
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
        Ok(Self::over(Database::Sqlite {
            pool,
            processes: Processes::new(running),
        }))
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

/// What a value is asked to be where SQLite is the only database.
#[cfg(not(feature = "postgres"))]
pub(crate) trait Anything<'t> {}

#[cfg(not(feature = "postgres"))]
impl<T> Anything<'_> for T {}

#[cfg(test)]
mod tests;
