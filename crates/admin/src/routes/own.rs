//! Who the caller is.

use portcullis_identity::Means;
use serde_json::json;

use super::{Act, Asked, By, Done, Needs, Planned, Route};
use crate::refusal::Refusal;

pub(super) const ROUTES: &[Route] = &[Route {
    verb: "GET",
    path: "/admin/v1/self",
    needs: Needs::Leave(Act::new("self", "show")),
    plan: show,
}];

fn show(asked: Asked) -> Result<Planned, Refusal> {
    asked.nothing()?;
    let By::Administrator(who) = asked.by else {
        return Err(Refusal::Unidentified);
    };
    Ok(Planned::new("", async move {
        Ok(Done::with(json!({
            "name": who.name,
            "roles": who.roles,
            "scope": who.scope,
            "key": match who.by {
                Means::Key(key) => Some(key),
                Means::Session => None,
            },
        })))
    }))
}
