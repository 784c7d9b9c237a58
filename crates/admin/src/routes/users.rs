//! The ERP users.

use std::sync::Arc;

use portcullis_identity::{ErpLogin, Timestamp, UpstreamName};
use serde::Deserialize;
use serde_json::json;

use super::read::{Hidden, Nothing, Which};
use super::{Act, Asked, Done, Needs, Planned, Route};
use crate::errand::apart;
use crate::part;
use crate::refusal::Refusal;
use crate::users;

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: "GET",
        path: "/admin/v1/users",
        needs: Needs::Leave(Act::new("user", "list")),
        plan: list,
    },
    Route {
        verb: "PUT",
        path: "/admin/v1/users/{upstream}/{login}",
        needs: Needs::Leave(Act::new("user", "put")),
        plan: put,
    },
    Route {
        verb: "DELETE",
        path: "/admin/v1/users/{upstream}/{login}",
        needs: Needs::Leave(Act::new("user", "remove")),
        plan: remove,
    },
    Route {
        verb: "POST",
        path: "/admin/v1/users/{upstream}/{login}/rotate",
        needs: Needs::Leave(Act::new("user", "rotate")),
        plan: rotate,
    },
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Put {
    secret: Hidden,
    uid: Option<i64>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Rotate {
    with: Option<ErpLogin>,
}

fn list(asked: Asked) -> Result<Planned, Refusal> {
    let Which { limit, after } = asked.query()?;
    asked.body_or_default::<Nothing>()?;
    let part = part::asked(limit, after.as_deref())?;
    let (at, leave, now) = asked.within()?;
    Ok(Planned::new("", async move {
        let listed = users::part(&at, &leave, part).await?;
        Ok(Done::with(listed.told("users", |user| user.told(now))))
    }))
}

fn put(asked: Asked) -> Result<Planned, Refusal> {
    asked.query::<Nothing>()?;
    let Put {
        secret: Hidden(secret),
        uid,
    } = asked.body()?;
    let (upstream, login) = named(&asked)?;
    let (at, _, now) = asked.within()?;
    Ok(Planned::new(format!("{upstream}/{login}"), async move {
        users::put(&at, (&upstream, &login), uid, &secret, now).await?;
        Ok(Done::with(
            json!({ "upstream": upstream, "login": login, "uid": uid }),
        ))
    }))
}

fn remove(asked: Asked) -> Result<Planned, Refusal> {
    asked.nothing()?;
    let (upstream, login) = named(&asked)?;
    let (at, _, _) = asked.within()?;
    Ok(Planned::new(format!("{upstream}/{login}"), async move {
        users::remove(&at, &upstream, &login).await?;
        Ok(Done::with(
            json!({ "upstream": upstream, "login": login, "removed": true }),
        ))
    }))
}

fn rotate(asked: Asked) -> Result<Planned, Refusal> {
    asked.query::<Nothing>()?;
    let Rotate { with } = asked.body_or_default()?;
    let (upstream, login) = named(&asked)?;
    let (at, _, _) = asked.within()?;
    let on = format!("{upstream}/{login}");
    let work = apart(move || async move {
        let at = Arc::clone(&at);
        let done = users::rotate(&at, (&upstream, &login), with.as_ref()).await?;
        Ok(Done::with(json!({
            "upstream": upstream,
            "login": login,
            "expires": done.expires.map(Timestamp::to_rfc3339),
            "old-lives": done.old_lives.map(|lives| lives.to_string()),
        })))
    });
    Ok(Planned::new(on, work))
}

/// Of which user the path speaks; the ERP must be there.
fn named(asked: &Asked) -> Result<(UpstreamName, ErpLogin), Refusal> {
    let upstream: UpstreamName = asked.parameter("upstream", "upstream")?;
    let upstream = asked.api.installation().upstream(Some(&upstream));
    let upstream = upstream.map_err(|_| Refusal::Absent("such upstream".to_owned()))?;
    Ok((upstream, asked.parameter("login", "user")?))
}
