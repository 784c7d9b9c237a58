//! The sessions of clients.

use portcullis_identity::{ErpLogin, KeyId, UpstreamName};
use portcullis_storage::Whose;
use serde::Deserialize;
use serde_json::json;

use super::read::{Nothing, Which};
use super::{Act, Asked, Done, Needs, Planned, Route};
use crate::errand::apart;
use crate::part;
use crate::refusal::Refusal;
use crate::sessions::{self, describe};

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: "GET",
        path: "/admin/v1/sessions",
        needs: Needs::Leave(Act::new("session", "list")),
        plan: list,
    },
    Route {
        verb: "POST",
        path: "/admin/v1/sessions/end",
        needs: Needs::Leave(Act::new("session", "end")),
        plan: end,
    },
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    key: Option<KeyId>,
    login: Option<ErpLogin>,
    upstream: Option<UpstreamName>,
}

fn list(asked: Asked) -> Result<Planned, Refusal> {
    let Which { limit, after } = asked.query()?;
    asked.body_or_default::<Nothing>()?;
    let part = part::asked(limit, after.as_deref())?;
    let (at, _, now) = asked.within()?;
    Ok(Planned::new("", async move {
        let listed = sessions::part(&at, part, now).await?;
        Ok(Done::with(listed.told("sessions", describe)))
    }))
}

fn end(asked: Asked) -> Result<Planned, Refusal> {
    asked.query::<Nothing>()?;
    let End {
        key,
        login,
        upstream,
    } = asked.body()?;
    let (at, _, now) = asked.within()?;
    let (on, whose) = match (key, login, &upstream) {
        (Some(key), None, None) => (key.to_string(), Whose::Key(key)),
        (None, Some(login), upstream) => {
            let upstream = at.upstream(upstream.as_ref())?;
            (
                format!("{upstream}/{login}"),
                Whose::Person(upstream, login),
            )
        }
        (Some(_) | None, _, _) => {
            let wrong =
                "say whose sessions: a `key`, or the `login` of a person and the `upstream`";
            return Err(Refusal::Unfit(wrong.to_owned()));
        }
    };
    let work = apart(move || async move {
        let ended = sessions::end(&at, &whose, now).await?;
        Ok(Done::with(json!({ "ended": ended })))
    });
    Ok(Planned::new(on, work))
}
