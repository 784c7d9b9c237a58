//! `portcullis user rotate`: the ERP makes a new key for a user whose credential is kept here,
//! and the old one is retired.

use std::process::ExitCode;
use std::time::Duration;

use portcullis_admin::errand::{Errand, credential};
use portcullis_gateway::control::LONGEST;
use portcullis_gateway::renewal::{Renewal, RenewalError};
use portcullis_identity::{ErpLogin, Timestamp, UpstreamName};
use serde_json::json;

use crate::place::Place;
use crate::show;

pub(super) async fn run(
    place: &Place,
    upstream: &UpstreamName,
    login: &ErpLogin,
    with: Option<&ErpLogin>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let at = place.installation().await?;
    let config = at.configured(upstream)?;
    let errand = Errand::as_user(&at, upstream, login).await?;
    let asker = errand.clerk.asker();
    errand.upstream.prepare(&asker).await?;
    let with = with.or_else(|| config.rotation.as_ref().and_then(|it| it.with.as_ref()));
    let maker = match with {
        None => None,
        Some(with) => Some(credential(&at, config, with).await?),
    };
    let renewal = Renewal {
        upstream: &errand.upstream,
        store: &*at.store,
        sealing: &*at.sealing,
        asker: &asker,
        days: LONGEST,
    };
    // Whoever asks by hand does not wait for what failed before, only for who is at it.
    let done = renewal
        .run(login, maker.as_ref(), Duration::from_secs(60))
        .await;
    errand.clerk.flush();
    let done = match done {
        Ok(done) => done,
        Err(error @ RenewalError::Claimed) => {
            show::aside(&error.to_string())?;
            return Ok(ExitCode::from(1));
        }
        Err(error) => return Err(error.into()),
    };
    let expires = done.expires.map(Timestamp::to_rfc3339);
    let lives = done.old_lives.as_ref().map(ToString::to_string);
    if json {
        show::json(&json!({
            "upstream": upstream, "login": login, "expires": expires, "old-lives": lives,
        }))?;
    } else {
        let ends = done.expires.map_or("never".to_owned(), show::second);
        show::line(&format!(
            "`{login}` at `{upstream}` has a new key, in use from now on; ends: {ends}"
        ))?;
    }
    if let Some(lives) = lives {
        show::aside(&format!("the old key could not be revoked: {lives}"))?;
        return Ok(ExitCode::from(1));
    }
    Ok(ExitCode::SUCCESS)
}
