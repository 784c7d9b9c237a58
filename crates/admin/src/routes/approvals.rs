//! Calls that wait for another person.

use portcullis_audit::RequestId;
use serde::Deserialize;

use super::read::{Nothing, Which};
use super::{Act, Asked, Done, Needs, Planned, Route};
use crate::approvals::{self, Judge, Verdict, describe};
use crate::part;
use crate::refusal::Refusal;

pub(super) const ROUTES: &[Route] = &[
    route("GET", "/admin/v1/approvals", "list", list),
    route("GET", "/admin/v1/approvals/{id}", "show", show),
    route(
        "POST",
        "/admin/v1/approvals/{id}/approve",
        "approve",
        approve,
    ),
    route("POST", "/admin/v1/approvals/{id}/reject", "reject", reject),
];

type Plan = fn(Asked) -> Result<Planned, Refusal>;

const fn route(verb: &'static str, path: &'static str, does: &'static str, plan: Plan) -> Route {
    Route {
        verb,
        path,
        needs: Needs::Leave(Act::new("approval", does)),
        plan,
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Said {
    reason: Option<String>,
}

fn list(asked: Asked) -> Result<Planned, Refusal> {
    let Which { limit, after } = asked.query()?;
    asked.body_or_default::<Nothing>()?;
    let part = part::asked(limit, after.as_deref())?;
    let (at, _, now) = asked.within()?;
    Ok(Planned::new("", async move {
        let listed = approvals::part(&at, part).await?;
        Ok(Done::with(
            listed.told("approvals", |row| describe(row, now)),
        ))
    }))
}

fn show(asked: Asked) -> Result<Planned, Refusal> {
    asked.nothing()?;
    let id = id(&asked)?;
    let (at, _, now) = asked.within()?;
    let who = asked.who()?.clone();
    Ok(Planned::new(id.to_string(), async move {
        let shown = approvals::show(&at, &Judge::Administrator(&who), id).await?;
        Ok(Done::with(shown.told(now)))
    }))
}

fn approve(asked: Asked) -> Result<Planned, Refusal> {
    decide(asked, Verdict::Approve)
}

fn reject(asked: Asked) -> Result<Planned, Refusal> {
    decide(asked, Verdict::Reject)
}

fn decide(asked: Asked, verdict: Verdict) -> Result<Planned, Refusal> {
    asked.query::<Nothing>()?;
    let Said { reason } = asked.body_or_default()?;
    let id = id(&asked)?;
    let (at, _, now) = asked.within()?;
    let who = asked.who()?.clone();
    Ok(Planned::new(id.to_string(), async move {
        let judge = Judge::Administrator(&who);
        let row = approvals::decide(&at, &judge, (id, verdict, reason), now).await?;
        Ok(Done::with(describe(&row, now)))
    }))
}

fn id(asked: &Asked) -> Result<RequestId, Refusal> {
    let what = "call that waits";
    let text: String = asked.parameter("id", what)?;
    RequestId::parse(&text).ok_or_else(|| Refusal::Absent(format!("such {what}")))
}
