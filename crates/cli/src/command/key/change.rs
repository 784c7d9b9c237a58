//! `portcullis key suspend`, `resume` and `revoke`.

use std::process::ExitCode;

use portcullis_gateway::clock;
use portcullis_identity::{KeyId, Timestamp};
use portcullis_storage::{KeyRow, Store as _};
use serde_json::json;

use super::describe::describe;
use crate::place::Place;
use crate::show;

pub(super) async fn suspend(place: &Place, id: KeyId, json: bool) -> anyhow::Result<ExitCode> {
    let store = place.house().await?.store;
    let done = store.keys().suspend(&id, clock::now()).await?;
    let found = store.keys().find(&id).await?;
    told(id, found, json, |row| match (done, row.revoked) {
        (true, _) => format!("{id} ({}) is suspended", row.name),
        (false, None) => format!("{id} ({}) is suspended already", row.name),
        (false, Some(_)) => format!("{id} ({}) is revoked", row.name),
    })
}

pub(super) async fn resume(place: &Place, id: KeyId, json: bool) -> anyhow::Result<ExitCode> {
    let store = place.house().await?.store;
    let done = store.keys().resume(&id, clock::now()).await?;
    let found = store.keys().find(&id).await?;
    told(id, found, json, |row| match (done, row.revoked) {
        (true, _) => format!("{id} ({}) is taken again", row.name),
        (false, None) => format!("{id} ({}) is not suspended", row.name),
        (false, Some(_)) => format!("{id} ({}) is revoked, and stays so", row.name),
    })
}

pub(super) async fn revoke(place: &Place, id: KeyId, json: bool) -> anyhow::Result<ExitCode> {
    let store = place.house().await?.store;
    let done = store.keys().revoke(&id, clock::now()).await?;
    let found = store.keys().find(&id).await?;
    told(id, found, json, |row| {
        let revoked = row.revoked.map_or_else(String::new, Timestamp::to_rfc3339);
        if done {
            format!("{id} ({}) is revoked", row.name)
        } else {
            format!("{id} ({}) was revoked already, at {revoked}", row.name)
        }
    })
}

/// Says what became of a key, or that there is none.
fn told(
    id: KeyId,
    found: Option<KeyRow>,
    json: bool,
    say: impl FnOnce(&KeyRow) -> String,
) -> anyhow::Result<ExitCode> {
    let Some(row) = found else {
        if json {
            show::json(&json!({ "id": id, "revoked": null, "state": null }))?;
        }
        show::aside(&format!("there is no key {id}"))?;
        return Ok(ExitCode::from(1));
    };
    if json {
        show::json(&describe(&row, None, clock::now()))?;
    } else {
        show::line(&say(&row))?;
    }
    Ok(ExitCode::SUCCESS)
}
