//! The administrative keys.

use portcullis_identity::{AdminKeyId, AdminRole, Means, PrincipalName, Scope};
use serde::Deserialize;

use super::read::{Nothing, WhichKeys, networks};
use super::{Act, Asked, Done, Needs, Planned, Route};
use crate::administrators::{self, Wanted, describe};
use crate::chance;
use crate::part;
use crate::refusal::Refusal;

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: "GET",
        path: "/admin/v1/admin-keys",
        needs: Needs::Leave(Act::new("admin-key", "list")),
        plan: list,
    },
    Route {
        verb: "POST",
        path: "/admin/v1/admin-keys",
        needs: Needs::Leave(Act::new("admin-key", "create")),
        plan: create,
    },
    Route {
        verb: "POST",
        path: "/admin/v1/admin-keys/{id}/revoke",
        needs: Needs::Leave(Act::new("admin-key", "revoke")),
        plan: revoke,
    },
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    name: PrincipalName,
    roles: Vec<AdminRole>,
    #[serde(default)]
    scope: Scope,
    #[serde(default)]
    from: Vec<String>,
    expires: Option<String>,
}

fn list(asked: Asked) -> Result<Planned, Refusal> {
    let WhichKeys { all, limit, after } = asked.query()?;
    asked.body_or_default::<Nothing>()?;
    let part = part::asked(limit, after.as_deref())?;
    let (at, _, now) = asked.within()?;
    Ok(Planned::new("", async move {
        let listed = administrators::part(&at, all, part, now).await?;
        Ok(Done::with(
            listed.told("admin-keys", |row| describe(row, now)),
        ))
    }))
}

fn create(asked: Asked) -> Result<Planned, Refusal> {
    asked.query::<Nothing>()?;
    let body: Create = asked.body()?;
    let who = asked.who()?.clone();
    let mut wanted = Wanted {
        name: body.name,
        roles: body.roles,
        scope: body.scope,
        maker: None,
        by: match who.by {
            Means::Key(id) => Some(id),
            Means::Session => None,
        },
        networks: networks(&body.from)?,
        expires: body.expires,
    };
    let key = chance::admin_key()?;
    let on = key.id().to_string();
    let (at, _, now) = asked.within()?;
    Ok(Planned::new(on, async move {
        wanted.maker = administrators::maker(&at, &who).await?;
        let made = administrators::create(&at, key, wanted, now).await?;
        Ok(Done::made(made.told(now)))
    }))
}

fn revoke(asked: Asked) -> Result<Planned, Refusal> {
    asked.nothing()?;
    let id: AdminKeyId = asked.parameter("id", "administrative key")?;
    let (at, _, now) = asked.within()?;
    Ok(Planned::new(id.as_str(), async move {
        let (row, _) = administrators::revoke(&at, &id, now).await?;
        Ok(Done::with(describe(&row, now)))
    }))
}
