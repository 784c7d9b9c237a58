//! Who is logged in, and an end to it.

use portcullis_identity::Timestamp;
use portcullis_storage::{Opener, SessionRow, Whose};
use serde_json::{Value, json};

use crate::installation::Installation;
use crate::refusal::Refusal;

/// The sessions that are not over, the newest first.
///
/// # Errors
/// When the store does not answer.
pub async fn list(at: &Installation, now: Timestamp) -> Result<Vec<SessionRow>, Refusal> {
    let mut all = at.store.sessions().all().await?;
    all.retain(|row| now < row.ends);
    Ok(all)
}

/// Ends the sessions of somebody; answers how many there were.
///
/// # Errors
/// When the store does not answer.
pub async fn end(at: &Installation, whose: &Whose) -> Result<usize, Refusal> {
    Ok(at.store.sessions().end_of(whose).await?.len())
}

/// A session as JSON.
pub fn describe(row: &SessionRow) -> Value {
    let (kind, upstream, name) = whose(row);
    json!({
        "kind": kind,
        "upstream": upstream,
        "name": name,
        "opened": row.opened.to_rfc3339(),
        "seen": row.seen.to_rfc3339(),
        "ends": row.ends.to_rfc3339(),
        "network": row.network,
    })
}

/// Whose a session is: the kind, the ERP and the name of whoever opened it.
pub fn whose(row: &SessionRow) -> (&'static str, Option<String>, String) {
    match &row.opener {
        Opener::Key(key) => ("key", None, key.to_string()),
        Opener::Person(person) => (
            "person",
            Some(person.upstream.to_string()),
            person.login.to_string(),
        ),
    }
}
