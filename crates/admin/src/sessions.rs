//! Who is logged in, and an end to it.

use std::time::Duration;

use portcullis_gateway::sessions::unseal;
use portcullis_gateway::upstream::ErpUser;
use portcullis_identity::{SessionDigest, Timestamp};
use portcullis_storage::{Opener, Part, SessionRow, Whose};
use serde_json::{Value, json};

use crate::errand::Errand;
use crate::installation::Installation;
use crate::part::{Parted, and_one};
use crate::refusal::Refusal;

/// How long is waited for an ERP to end its sessions.
const WAIT: Duration = Duration::from_secs(10);

/// The sessions that are not over, the newest first.
///
/// # Errors
/// When the store does not answer.
pub async fn list(at: &Installation, now: Timestamp) -> Result<Vec<SessionRow>, Refusal> {
    let mut all = at.store.sessions().all().await?;
    all.retain(|row| now < row.ends);
    Ok(all)
}

/// A part of the same list.
///
/// # Errors
/// When the store does not answer.
pub async fn part(
    at: &Installation,
    part: Part<(Timestamp, SessionDigest)>,
    now: Timestamp,
) -> Result<Parted<SessionRow>, Refusal> {
    let most = part.most;
    let rows = at.store.sessions().part(&and_one(part), now).await?;
    Ok(Parted::of(rows, most, |row| (row.opened, row.digest)))
}

/// Ends the sessions of somebody, and those that the ERP opened for a person; answers how many
/// there were. Who came by Basic is forgotten by each gateway itself, which then ends the ERP's
/// session, too: those are not counted. What the ERP does not end within a moment is forgotten here all the same, and
/// ends there by itself; each question to it is recorded.
///
/// # Errors
/// When the store does not answer.
pub async fn end(at: &Installation, whose: &Whose, now: Timestamp) -> Result<usize, Refusal> {
    let rows = at.store.sessions().end_of(whose, now).await?;
    let ended = rows.len();
    let Whose::Person(upstream, _) = whose else {
        return Ok(ended);
    };
    let people = rows.iter().filter_map(|row| match &row.opener {
        Opener::Person(person) => unseal(&*at.safe, &row.digest, person),
        Opener::Key(_) => None,
    });
    let people: Vec<ErpUser> = people.collect();
    if people.is_empty() || at.config.is_none() {
        return Ok(ended);
    }
    let errand = match Errand::to(at, upstream) {
        Ok(errand) => errand,
        Err(error) => {
            tracing::warn!(%error, upstream.name = %upstream, "the ERP's own sessions go on");
            return Ok(ended);
        }
    };
    if tokio::time::timeout(WAIT, errand.log_out(&people))
        .await
        .is_err()
    {
        tracing::warn!(upstream.name = %upstream, "the ERP did not end all of its own sessions in time");
    }
    Ok(ended)
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
