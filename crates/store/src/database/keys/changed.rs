//! What changed of keys, by the log that triggers write in the transaction of each change.

use std::collections::HashSet;

use portcullis_identity::KeyId;
use portcullis_storage::{Changed, Point, StoreError};

use super::{THING, row};
use crate::database::{SqlStore, failed};

const DAMAGED: StoreError = StoreError::Damaged {
    what: "change counter",
};

/// One statement, which sees one state of the database: the log, the keys that it names, whether
/// it goes back to where somebody is, and what the counter says.
const SINCE: &str = "SELECT change_log.n, change_log.key, api_key.*, \
    (SELECT n FROM change WHERE one = 1) AS newest, \
    EXISTS (SELECT 1 FROM change_log WHERE n = $1) AS is_known \
    FROM change_log LEFT JOIN api_key ON api_key.id = change_log.key \
    WHERE (change_log.n, change_log.key) >= ($2, $3) \
    ORDER BY change_log.n, change_log.key LIMIT $4";

pub(in crate::database) async fn since(
    store: &SqlStore,
    point: &Point,
    most: u32,
) -> Result<Option<Changed>, StoreError> {
    let Ok(known) = i64::try_from(point.version) else {
        return Ok(None);
    };
    // From the last entry that is known, itself included, or from the next version.
    let next = (point.version.saturating_add(1), String::new());
    let (n, key) = point.entry.as_ref().unwrap_or(&next);
    // At least one that is new beside the one that is known.
    let most = most.max(2);
    let found = store
        .query(SINCE)
        .bind(known)
        .bind(i64::try_from(*n).map_err(|_| DAMAGED)?)
        .bind(key.as_str())
        .bind(i64::from(most))
        .fetch_all()
        .await
        .map_err(failed("tell what changed", THING))?;
    let Some(last) = found.last() else {
        // The counter says that something changed, and the log does not.
        return Ok(None);
    };
    let number = |row: &crate::database::Row, column| -> Result<u64, StoreError> {
        let n: i64 = row.get(column).map_err(|_| DAMAGED)?;
        u64::try_from(n).map_err(|_| DAMAGED)
    };
    let is_known: bool = last.get("is_known").map_err(|_| DAMAGED)?;
    let newest = number(last, "newest")?;
    let at = (
        number(last, "n")?,
        last.get::<String>("key").map_err(|_| DAMAGED)?,
    );
    let is_rest = found.len() < usize::try_from(most).unwrap_or(usize::MAX);
    if !is_known || (is_rest && at.0 != newest) {
        return Ok(None);
    }
    let (mut rows, mut gone, mut other) = (Vec::new(), Vec::new(), None);
    let mut seen = HashSet::new();
    for row in &found {
        let key: &str = row.get("key").map_err(|_| DAMAGED)?;
        if key.is_empty() {
            other = other.max(Some(number(row, "n")?));
            continue;
        }
        // What is no id opened nothing, and opens nothing.
        let Ok(id) = KeyId::new(key) else { continue };
        if !seen.insert(id) {
            continue;
        }
        let is_there: Option<&str> = row.get("id").map_err(|_| DAMAGED)?;
        match is_there {
            Some(_) => rows.push(row::read(row)?),
            None => gone.push(id),
        }
    }
    store.corrected(&mut rows).await?;
    let point = if is_rest {
        Point::of(newest)
    } else {
        Point {
            version: point.version,
            entry: Some(at),
        }
    };
    Ok(Some(Changed {
        rows,
        gone,
        other,
        point,
    }))
}
