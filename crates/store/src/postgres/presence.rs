//! Which processes are there. Each holds a lock of the server on a connection of its own; the
//! server lets go of it when the connection ends, in whatever way the process does.
//!
//! A process whose connection broke takes its lock again as soon as it can. Until then others
//! take it for ended, and say of its calls that they do not know how they ended, which is never
//! wrong.

use std::time::Duration;

use portcullis_storage::ProcessId;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};
use tokio::runtime::Handle;

use super::held::{in_time, late};
use crate::entropy::{self, EntropyError};

/// How often the connection is tried.
const TRY: Duration = Duration::from_secs(1);

/// How long after a failure it is tried to connect again.
const AGAIN: Duration = Duration::from_millis(200);

/// Why a process could not enter.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnterError {
    /// It could not be given an id.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The server did not give the lock.
    #[error(transparent)]
    Server(#[from] sqlx::Error),
    /// The store is being closed.
    #[error("the store is being closed")]
    Closed,
}

/// Takes a place, and keeps it for as long as the runtime lives.
pub(super) async fn enter(
    options: &PgConnectOptions,
    runtime: &Handle,
) -> Result<ProcessId, EnterError> {
    let id = ProcessId(u64::from_be_bytes(entropy::bytes()?));
    let own = options.clone();
    let taken = runtime.spawn(async move {
        let connection = take(&own, id).await?;
        tokio::spawn(keep(own, id, connection));
        Ok::<_, sqlx::Error>(())
    });
    taken.await.map_err(|_| EnterError::Closed)??;
    Ok(id)
}

async fn keep(options: PgConnectOptions, id: ProcessId, mut connection: PgConnection) {
    loop {
        tokio::time::sleep(TRY).await;
        let Err(error) = in_time(connection.ping()).await else {
            continue;
        };
        tracing::warn!(%error, "the connection that says that this process is there broke");
        connection = loop {
            if let Ok(taken) = take(&options, id).await {
                break taken;
            }
            tokio::time::sleep(AGAIN).await;
        };
    }
}

async fn take(options: &PgConnectOptions, id: ProcessId) -> Result<PgConnection, sqlx::Error> {
    let mut connection = in_time(options.connect()).await?;
    let asked = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(id.0.cast_signed());
    // It is had by nobody but, for a moment, whoever looks whether this process is there; or by
    // this process's own connection of before, of which the server does not know that it broke.
    let taken: bool = in_time(asked.fetch_one(&mut connection)).await?;
    if taken { Ok(connection) } else { Err(late()) }
}
