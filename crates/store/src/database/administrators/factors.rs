//! Second factors in a database: how they are changed, within one step that has its turn.

use portcullis_identity::{AdministratorName, Timestamp};
use portcullis_storage::{Ending, FactorKind, FactorRow, Removal, Removed, Sealed, StoreError};

use super::super::{Row, Transaction};

const DAMAGED: StoreError = StoreError::Damaged {
    what: "second factor",
};

/// Ends sessions; answers whether the one was there that must be.
pub(super) async fn end(
    all: &mut Transaction,
    name: &str,
    ending: Ending<'_>,
) -> Result<bool, sqlx::Error> {
    if let Ending::AllWith(digest) = ending {
        let text = "SELECT digest FROM administrator_session \
                    WHERE digest = $1 AND administrator = $2";
        let there = all.query(text).bind(digest.as_bytes().as_slice());
        if there.bind(name).fetch_optional().await?.is_none() {
            return Ok(false);
        }
    }
    if ending != Ending::None {
        let text = "DELETE FROM administrator_session WHERE administrator = $1";
        all.query(text).bind(name).execute().await?;
    }
    Ok(true)
}

/// Adds a second factor, or replaces the one with its id.
pub(super) async fn put(all: &mut Transaction, row: &FactorRow) -> Result<(), sqlx::Error> {
    all.query(
        "INSERT INTO administrator_factor \
         (administrator, id, kind, label, sealed, step, created, used) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (administrator, id) \
         DO UPDATE SET kind = excluded.kind, label = excluded.label, \
         sealed = excluded.sealed, step = excluded.step, created = excluded.created, \
         used = excluded.used",
    )
    .bind(row.administrator.as_str())
    .bind(row.id.as_str())
    .bind(row.kind.as_str())
    .bind(row.label.as_str())
    .bind(row.sealed.0.as_slice())
    .bind(row.step)
    .bind(row.created.micros())
    .bind(row.used.map(Timestamp::micros))
    .execute()
    .await?;
    Ok(())
}

/// Removes a second factor, unless it is the last one and must stay.
pub(super) async fn remove(
    all: &mut Transaction,
    name: &str,
    id: &str,
    removal: Removal,
) -> Result<Removed, sqlx::Error> {
    let text = "DELETE FROM administrator_factor WHERE administrator = $1 AND id = $2";
    if all.query(text).bind(name).bind(id).execute().await? == 0 {
        return Ok(Removed::Absent);
    }
    match removal {
        Removal::Any => {
            end(all, name, Ending::All).await?;
        }
        Removal::Own => {
            // Whoever removes another one at the same moment waits for this.
            let text = "SELECT id FROM administrator_factor WHERE administrator = $1";
            if all.query(text).bind(name).fetch_optional().await?.is_none() {
                return Ok(Removed::Last);
            }
        }
    }
    count(all, name).await?;
    Ok(Removed::Done)
}

/// Counts a change.
pub(super) async fn count(all: &mut Transaction, name: &str) -> Result<(), sqlx::Error> {
    let text = "UPDATE administrator SET epoch = epoch + 1 WHERE name = $1";
    all.query(text).bind(name).execute().await?;
    Ok(())
}

pub(super) fn read(row: &Row) -> Result<FactorRow, StoreError> {
    let text = |column: &str| row.get::<&str>(column).map_err(|_| DAMAGED);
    let used: Option<i64> = row.get("used").map_err(|_| DAMAGED)?;
    let kind = match text("kind")? {
        "totp" => FactorKind::Totp,
        "passkey" => FactorKind::Passkey,
        _ => return Err(DAMAGED),
    };
    Ok(FactorRow {
        administrator: AdministratorName::new(text("administrator")?).map_err(|_| DAMAGED)?,
        id: text("id")?.to_owned(),
        kind,
        label: text("label")?.to_owned(),
        sealed: Sealed(row.get("sealed").map_err(|_| DAMAGED)?),
        step: row.get("step").map_err(|_| DAMAGED)?,
        created: row.get("created").map(Timestamp).map_err(|_| DAMAGED)?,
        used: used.map(Timestamp),
    })
}
