//! `portcullis administrator add` and `password`.

use std::path::Path;
use std::process::ExitCode;

use portcullis_admin::Refusal;
use portcullis_gateway::clock;
use portcullis_identity::{AdminRole, AdministratorName, Scope};
use serde_json::json;

use super::ask;
use super::change::absent;
use super::office::{Office, done};
use crate::place::Place;
use crate::show;

pub(super) async fn add(
    place: &Place,
    name: &AdministratorName,
    (roles, scope): (Vec<AdminRole>, Scope),
    file: Option<&Path>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let office = Office::open(place).await?;
    let desk = office.desk()?;
    office.check(&roles, &scope).await?;
    let password = ask::password(file)?;
    let told = json!({ "name": name, "roles": roles });
    let work = async {
        let added = desk.add(name, (roles, scope), password, clock::now());
        let already = || Refusal::Conflict(format!("there is already an administrator `{name}`"));
        added.await?.then_some(Some(())).ok_or_else(already)
    };
    office.act("add", name, work).await?;
    if json {
        show::json(&told)?;
    } else {
        show::line(&format!("`{name}` is added"))?;
        show::aside(&format!(
            "a second factor is required; enrol one with `portcullis administrator totp {name}` \
             or `portcullis administrator passkey {name}`"
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn password(
    place: &Place,
    name: &AdministratorName,
    file: Option<&Path>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let office = Office::open(place).await?;
    let desk = office.desk()?;
    let password = ask::password(file)?;
    let work = async { Ok(done(desk.set_password(name, password, clock::now()).await?)) };
    if office.act("password", name, work).await?.is_none() {
        return absent(name, json);
    }
    if json {
        show::json(&json!({ "name": name, "changed": true }))?;
    } else {
        show::line(&format!(
            "the password of `{name}` is set, and all sessions have ended"
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}
