//! The roles of keys.

use portcullis_identity::RoleName;
use portcullis_policy::Role;
use serde::Deserialize;
use serde_json::{Value, json};

use super::read::Nothing;
use super::{Act, Asked, Done, Needs, Planned, Route};
use crate::refusal::Refusal;
use crate::roles::{self, describe};

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: "GET",
        path: "/admin/v1/roles",
        needs: Needs::Leave(Act::new("role", "list")),
        plan: list,
    },
    Route {
        verb: "GET",
        path: "/admin/v1/roles/{name}",
        needs: Needs::Leave(Act::new("role", "show")),
        plan: show,
    },
    Route {
        verb: "PUT",
        path: "/admin/v1/roles/{name}",
        needs: Needs::Leave(Act::new("role", "put")),
        plan: put,
    },
    Route {
        verb: "DELETE",
        path: "/admin/v1/roles/{name}",
        needs: Needs::Leave(Act::new("role", "remove")),
        plan: remove,
    },
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Put {
    /// The file of the role.
    toml: String,
}

fn list(asked: Asked) -> Result<Planned, Refusal> {
    asked.nothing()?;
    let (at, leave, _) = asked.within()?;
    Ok(Planned::new("", async move {
        let (all, unreadable) = roles::list(&at, &leave).await?;
        let told: Vec<Value> = all.iter().map(describe).collect();
        Ok(Done::with(
            json!({ "roles": told, "unreadable": unreadable }),
        ))
    }))
}

fn show(asked: Asked) -> Result<Planned, Refusal> {
    asked.nothing()?;
    let name: RoleName = asked.parameter("name", "role")?;
    let (at, leave, _) = asked.within()?;
    Ok(Planned::new(name.to_string(), async move {
        Ok(Done::with(describe(
            &roles::find(&at, &leave, &name).await?,
        )))
    }))
}

fn put(asked: Asked) -> Result<Planned, Refusal> {
    asked.query::<Nothing>()?;
    let Put { toml } = asked.body()?;
    let name: RoleName = asked.parameter("name", "role")?;
    let role = Role::from_toml(name.clone(), &toml).map_err(|errors| {
        let said = errors.iter().take(10).map(|error| {
            format!(
                "line {}, column {}: {}",
                error.line, error.column, error.message
            )
        });
        let said: Vec<String> = said.collect();
        Refusal::Unfit(format!("`toml`: {}", said.join("; ")))
    })?;
    let (at, _, now) = asked.within()?;
    Ok(Planned::new(name.to_string(), async move {
        let known = roles::put(&at, role, &toml, now).await?;
        Ok(Done::with(describe(&known)))
    }))
}

fn remove(asked: Asked) -> Result<Planned, Refusal> {
    asked.nothing()?;
    let name: RoleName = asked.parameter("name", "role")?;
    let (at, _, _) = asked.within()?;
    Ok(Planned::new(name.to_string(), async move {
        roles::remove(&at, &name).await?;
        Ok(Done::with(json!({ "name": name, "removed": true })))
    }))
}
