//! Calls that wait for another person, and the decisions on them.
//!
//! Whoever decides is another person than the one whose call it is, as far as that is known:
//! see [`own`], which says what is compared. A program decides nothing.

mod own;

use std::time::Duration;

use portcullis_audit::RequestId;
use portcullis_gateway::approve::open_call;
use portcullis_identity::{Administrator, KeyId, Means, Timestamp};
use portcullis_storage::{ApprovalRow, ApprovalState, Decided, Part};
use serde_json::{Value, json};

use crate::administrators;
use crate::installation::Installation;
use crate::keys::note;
use crate::part::{Parted, and_one};
use crate::refusal::Refusal;

pub use own::own;

/// Who decides.
pub enum Judge<'a> {
    /// Somebody of whom the API knows.
    Administrator(&'a Administrator),
    /// Whoever has the machine, by name: nothing is kept from them.
    Operator(&'a str),
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may be sent, once.
    Approve,
    /// It may not.
    Reject,
}

/// An entry, with the call that waits.
pub struct Shown {
    /// The entry.
    pub row: ApprovalRow,
    /// The call; none where its values are forgotten.
    pub call: Option<Value>,
}

impl Shown {
    /// It as JSON, with the call's values.
    pub fn told(&self, now: Timestamp) -> Value {
        let mut told = describe(&self.row, now);
        if let Some(members) = told.as_object_mut() {
            members.insert("call".to_owned(), self.call.clone().unwrap_or(Value::Null));
        }
        told
    }
}

/// A part of the entries, the newest first, without values.
///
/// # Errors
/// When the store does not answer.
pub async fn part(
    at: &Installation,
    part: Part<(Timestamp, RequestId)>,
) -> Result<Parted<ApprovalRow>, Refusal> {
    let most = part.most;
    let rows = at.store.approvals().part(&and_one(part)).await?;
    Ok(Parted::of(rows, most, |row| (row.asked, row.id)))
}

/// An entry with its values, for somebody who may decide.
///
/// # Errors
/// When there is none, it is a program that asks, or the values cannot be opened.
pub async fn show(at: &Installation, judge: &Judge<'_>, id: RequestId) -> Result<Shown, Refusal> {
    let row = find(at, id).await?;
    person(judge)?;
    let call = match &row.sealed {
        None => None,
        Some(_) => {
            let plain =
                open_call(&*at.safe, &row).and_then(|plain| serde_json::from_slice(&plain).ok());
            Some(plain.ok_or_else(|| {
                Refusal::Unfit("this call cannot be opened with this master key".to_owned())
            })?)
        }
    };
    Ok(Shown { row, call })
}

/// Decides an entry.
///
/// # Errors
/// When there is none that waits, or this person may not.
pub async fn decide(
    at: &Installation,
    judge: &Judge<'_>,
    (id, verdict, why): (RequestId, Verdict, Option<String>),
    now: Timestamp,
) -> Result<ApprovalRow, Refusal> {
    let why = why.map(|text| note(&text)).transpose();
    let why = why.map_err(|wrong| Refusal::Unfit(format!("`reason`: {wrong}")))?;
    let row = find(at, id).await?;
    let by = person(judge)?;
    if verdict == Verdict::Approve {
        let (owner, hands) = match &row.key {
            Some(key) => {
                let kept = at.store.keys().find(key).await?;
                let hands = at.store.approvals().hands(key).await?;
                (kept.and_then(|kept| kept.owner), hands)
            }
            None => (None, Vec::new()),
        };
        if let Some(because) = own(by, &row, owner.as_deref(), &hands) {
            return Err(Refusal::OwnCall(because));
        }
    }
    let waits = at.config.as_ref().map(|config| config.keeping.approvals);
    let waits = waits.unwrap_or_default();
    let (state, holds) = match verdict {
        Verdict::Approve => (ApprovalState::Approved, waits.good),
        Verdict::Reject => (ApprovalState::Rejected, waits.wait),
    };
    let decided = Decided {
        by: by.to_owned(),
        at: now,
        why,
    };
    let ends = later(now, holds);
    if !at
        .store
        .approvals()
        .decide(id, state, &decided, ends)
        .await?
    {
        let now = find(at, id).await?.standing(now);
        return Err(Refusal::Conflict(format!(
            "this call does not wait any more: it is {now}"
        )));
    }
    Ok(ApprovalRow {
        state,
        decided: Some(decided),
        ends,
        ..row
    })
}

/// Notes who has had a key in hands, before it is made: an administrator, and whoever made the
/// key by which one asks.
///
/// # Errors
/// When the store does not answer.
pub async fn touched(
    at: &Installation,
    judge: &Judge<'_>,
    key: &KeyId,
    before: Option<&KeyId>,
) -> Result<(), Refusal> {
    let approvals = at.store.approvals();
    match judge {
        Judge::Operator(name) => approvals.touched(key, before, name).await?,
        Judge::Administrator(who) => {
            approvals.touched(key, before, who.name.as_str()).await?;
            if let Some(maker) = administrators::maker(at, who).await? {
                approvals.touched(key, None, maker.as_str()).await?;
            }
        }
    }
    Ok(())
}

/// An entry as JSON, without values.
pub fn describe(row: &ApprovalRow, now: Timestamp) -> Value {
    let decided = row.decided.as_ref().map(|decided| {
        json!({
            "by": decided.by,
            "at": decided.at.to_rfc3339(),
            "reason": decided.why,
        })
    });
    json!({
        "id": row.id.to_string(),
        "state": row.standing(now),
        "asked": row.asked.to_rfc3339(),
        "ends": row.ends.to_rfc3339(),
        "name": row.name,
        "kind": row.kind,
        "key": row.key.as_ref().map(ToString::to_string),
        "upstream": row.upstream.as_str(),
        "user": row.login.as_str(),
        "model": row.model,
        "method": row.method,
        "operation": row.operation,
        "rule": row.rule,
        "decided": decided,
    })
}

/// The person that decides.
fn person<'a>(judge: &Judge<'a>) -> Result<&'a str, Refusal> {
    match judge {
        Judge::Operator(name) => Ok(name),
        Judge::Administrator(who) => match who.by {
            Means::Session => Ok(who.name.as_str()),
            Means::Key(_) => Err(Refusal::NoPerson),
        },
    }
}

async fn find(at: &Installation, id: RequestId) -> Result<ApprovalRow, Refusal> {
    let row = at.store.approvals().find(id).await?;
    row.ok_or_else(|| Refusal::Absent("such call that waits".to_owned()))
}

fn later(now: Timestamp, age: Duration) -> Timestamp {
    now.plus_millis(i64::try_from(age.as_millis()).unwrap_or(i64::MAX))
}
