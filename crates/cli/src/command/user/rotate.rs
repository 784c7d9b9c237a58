//! `portcullis user rotate`: the ERP makes a new key for a user whose credential is kept here,
//! and the old one is retired.

use std::process::ExitCode;

use portcullis_admin::users;
use portcullis_identity::{ErpLogin, Timestamp, UpstreamName};
use serde_json::json;

use crate::command::{recorded, refused};
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
    let work = users::rotate(&at, (upstream, login), with);
    let on = format!("{upstream}/{login}");
    let done = match recorded(&at, ("user", "rotate"), &on, work).await {
        Ok(done) => done,
        Err(refusal) => return refused(refusal),
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
