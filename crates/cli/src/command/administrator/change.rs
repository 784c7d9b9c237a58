//! What is changed about an administrator who is there.

use std::process::ExitCode;

use portcullis_gateway::clock;
use portcullis_identity::{AdminRole, AdministratorName, RecoveryCode, Scope};
use portcullis_storage::{Makes, Removal, Removed};
use serde_json::{Value as Json, json};

use super::office::{Office, done};
use crate::place::Place;
use crate::show;

pub(super) async fn roles(
    place: &Place,
    name: &AdministratorName,
    (roles, scope): (Vec<AdminRole>, Scope),
    json: bool,
) -> anyhow::Result<ExitCode> {
    let office = Office::open(place).await?;
    office.check(&roles, &scope).await?;
    let work = async {
        let set = office.administrators().set_roles(name, &roles, &scope);
        Ok(done(set.await?))
    };
    let is_done = office.act("roles", name, work).await?.is_some();
    let words: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    let text = format!("`{name}` is {}", words.join(", "));
    told(name, json, is_done, ("roles", json!(roles)), &text)
}

pub(super) async fn passkey(
    place: &Place,
    name: &AdministratorName,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let office = Office::open(place).await?;
    let desk = office.desk()?;
    let work = async {
        if office.administrators().find(name).await?.is_none() {
            return Ok(None);
        }
        Ok(Some(desk.enrolment_code(name, clock::now()).await?))
    };
    let Some((code, ends)) = office.act("passkey", name, work).await? else {
        return absent(name, json);
    };
    let code = code.expose(str::to_owned);
    if json {
        show::json(&json!({ "name": name, "code": code, "ends": ends.to_rfc3339() }))?;
    } else {
        show::line(&code)?;
        show::aside(&format!(
            "`{name}` enrols a second factor with this code, once, until {}; see \
             docs/administrators.md",
            show::second(ends)
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn forget(
    place: &Place,
    name: &AdministratorName,
    id: &str,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let office = Office::open(place).await?;
    let work = async {
        // What was opened with it ends, too.
        let administrators = office.administrators();
        let removed = administrators.remove_factor(name, id, Removal::Any).await?;
        Ok(done(removed == Removed::Done))
    };
    let on = format!("{name}/{id}");
    let is_done = office.act_on("forget", &on, work).await?.is_some();
    if !is_done && !json {
        show::aside(&format!("`{name}` has no second factor `{id}`"))?;
        return Ok(ExitCode::from(1));
    }
    let text = format!("`{id}` of `{name}` is removed, and all sessions have ended");
    told(name, json, is_done, ("removed", json!(id)), &text)
}

pub(super) async fn recovery(
    place: &Place,
    name: &AdministratorName,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let office = Office::open(place).await?;
    let desk = office.desk()?;
    let work = async {
        if office.administrators().find(name).await?.is_none() {
            return Ok(None);
        }
        Ok(Some(desk.recovery_codes(name).await?))
    };
    let Some(codes) = office.act("recovery", name, work).await? else {
        return absent(name, json);
    };
    if json {
        show::json(&json!({ "name": name, "recovery-codes": texts(&codes) }))?;
    } else {
        show_codes(&codes)?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn lock(
    place: &Place,
    name: &AdministratorName,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let office = Office::open(place).await?;
    let work = async {
        Ok(done(
            office.administrators().lock(name, clock::now()).await?,
        ))
    };
    let is_done = office.act("lock", name, work).await?.is_some();
    let text = format!("`{name}` is locked out, and all sessions have ended");
    let code = told(name, json, is_done, ("locked", json!(true)), &text)?;
    for key in office.admin_keys().made_by(name).await? {
        show::aside(&format!(
            "the administrative key {} (`{}`), which `{name}` made, goes on: \
             `portcullis administrator key revoke {}` ends it",
            key.id, key.name, key.id
        ))?;
    }
    Ok(code)
}

pub(super) async fn unlock(
    place: &Place,
    name: &AdministratorName,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let office = Office::open(place).await?;
    let work = async { Ok(done(office.administrators().unlock(name).await?)) };
    let is_done = office.act("unlock", name, work).await?.is_some();
    let text = format!("`{name}` may log in again");
    told(name, json, is_done, ("locked", json!(false)), &text)
}

pub(super) async fn log_out(
    place: &Place,
    name: &AdministratorName,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let office = Office::open(place).await?;
    let work = async {
        let ended = office.admissions().end_of(name).await?;
        Ok((ended > 0).then_some(ended))
    };
    let ended = office.act("log-out", name, work).await?.unwrap_or(0);
    let plural = if ended == 1 { "" } else { "s" };
    let text = format!("{ended} session{plural} of `{name}` ended");
    told(name, json, ended > 0, ("ended", json!(ended)), &text)
}

pub(super) async fn remove(
    place: &Place,
    name: &AdministratorName,
    keep_keys: bool,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let office = Office::open(place).await?;
    let (makes, became) = match keep_keys {
        true => (Makes::Stay, "goes on"),
        false => (Makes::End, "is revoked"),
    };
    let work = async {
        let keys = office.admin_keys().made_by(name).await?;
        let removed = office.administrators().remove(name, makes, clock::now());
        Ok(removed.await?.then_some(keys))
    };
    let keys = office.act("remove", name, work).await?;
    let text = format!("`{name}` is removed");
    let code = told(name, json, keys.is_some(), ("removed", json!(true)), &text)?;
    for key in keys.iter().flatten() {
        show::aside(&format!(
            "the administrative key {} (`{}`), which `{name}` made, {became}",
            key.id, key.name
        ))?;
    }
    Ok(code)
}

/// Says that there is nobody of that name.
pub(super) fn absent(name: &AdministratorName, json: bool) -> anyhow::Result<ExitCode> {
    told(name, json, false, ("changed", json!(false)), "")
}

/// Says that something was done, or that there was nothing to do.
fn told(
    name: &AdministratorName,
    json: bool,
    done: bool,
    (what, value): (&str, Json),
    text: &str,
) -> anyhow::Result<ExitCode> {
    if json {
        let mut body = json!({ "name": name, "done": done });
        if done {
            show::put(&mut body, what, value);
        }
        show::json(&body)?;
    } else if done {
        show::line(text)?;
    } else {
        show::aside(&format!(
            "nothing changed: there is no administrator `{name}`, or it was so before"
        ))?;
    }
    Ok(if done {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

/// Recovery codes as text, to be shown this once.
pub(super) fn texts(codes: &[RecoveryCode]) -> Json {
    let texts = codes.iter().map(|code| code.expose(str::to_owned));
    texts.collect()
}

/// Shows recovery codes.
pub(super) fn show_codes(codes: &[RecoveryCode]) -> anyhow::Result<()> {
    show::line("Recovery codes; each counts once, and they are not shown again:")?;
    for code in codes {
        code.expose(|text| show::line(&format!("    {text}")))?;
    }
    Ok(())
}
