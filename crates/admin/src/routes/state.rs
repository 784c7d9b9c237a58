//! How things are.

use serde_json::{Value, json};

use super::{Act, Asked, Done, Needs, Planned, Route};
use crate::refusal::Refusal;

pub(super) const ROUTES: &[Route] = &[Route {
    verb: "GET",
    path: "/admin/v1/state",
    needs: Needs::Leave(Act::new("state", "show")),
    plan: show,
}];

fn show(asked: Asked) -> Result<Planned, Refusal> {
    asked.nothing()?;
    let (at, leave, now) = asked.within()?;
    let upstreams: Vec<Value> = asked
        .api
        .upstreams()
        .iter()
        .filter(|upstream| leave.has_upstream(upstream.name()))
        .map(|upstream| {
            json!({
                "name": upstream.name(),
                "version": upstream.version(),
                "ready": upstream.is_ready(),
            })
        })
        .collect();
    Ok(Planned::new("", async move {
        let keys = crate::keys::count(&at, &leave, now).await?;
        Ok(Done::with(json!({
            "version": env!("CARGO_PKG_VERSION"),
            "now": now.to_rfc3339(),
            "upstreams": upstreams,
            "keys": keys,
        })))
    }))
}
