//! `portcullis administrator list` and `show`.

use std::process::ExitCode;

use portcullis_gateway::clock;
use portcullis_identity::{AdministratorName, Timestamp};
use portcullis_storage::{AdministratorRow, FactorRow, Store};
use serde_json::{Value as Json, json};

use super::change::absent;
use crate::place::Place;
use crate::show;

pub(super) async fn run(place: &Place, json: bool) -> anyhow::Result<ExitCode> {
    let house = place.house().await?;
    let store: &dyn Store = &*house.store;
    let all = store.administrators().all().await?;
    let mut told = Vec::new();
    let columns = ["name", "roles", "second factors", "recovery codes", "state"];
    let mut table = show::table(&columns);
    for row in &all {
        let factors = store.administrators().factors(&row.name).await?;
        let left = store.administrators().recovery_left(&row.name).await?;
        let kinds: Vec<&str> = factors.iter().map(|one| one.kind.as_str()).collect();
        table.add_row([
            show::good(&row.name),
            comfy_table::Cell::new(roles(row).join(", ")),
            match kinds.as_slice() {
                [] => show::bad("none: cannot do anything"),
                some => comfy_table::Cell::new(some.join(", ")),
            },
            comfy_table::Cell::new(left),
            match row.locked {
                Some(_) => show::doubtful("locked"),
                None => show::good("open"),
            },
        ]);
        told.push(told_of(row, &factors, left));
    }
    if json {
        show::json(&told.into())?;
    } else {
        show::print(&table, "there are no administrators")?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn one(
    place: &Place,
    name: &AdministratorName,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let house = place.house().await?;
    let store: &dyn Store = &*house.store;
    let Some(row) = store.administrators().find(name).await? else {
        return absent(name, json);
    };
    let factors = store.administrators().factors(name).await?;
    let left = store.administrators().recovery_left(name).await?;
    let now = clock::now();
    let mut sessions = store.admissions().all().await?;
    sessions.retain(|session| session.administrator == *name && now < session.ends);
    if json {
        let mut told = told_of(&row, &factors, left);
        let sessions = sessions.iter().map(|session| {
            json!({
                "standing": session.standing.as_str(),
                "opened": session.opened.to_rfc3339(),
                "seen": session.seen.to_rfc3339(),
                "ends": session.ends.to_rfc3339(),
                "network": session.network,
            })
        });
        show::put(&mut told, "sessions", sessions.collect::<Json>());
        show::json(&told)?;
        return Ok(ExitCode::SUCCESS);
    }
    show::line(&format!("{name}: {}", roles(&row).join(", ")))?;
    if let Some(since) = row.locked {
        show::line(&format!("locked out since {}", show::second(since)))?;
    }
    show::line(&format!("password set {}", show::second(row.password_set)))?;
    show::line(&format!("{left} recovery codes left"))?;
    let mut table = show::table(&["id", "called", "enrolled", "used"]);
    for factor in &factors {
        table.add_row([
            factor.id.clone(),
            factor.label.clone(),
            show::second(factor.created),
            factor.used.map(show::second).unwrap_or_default(),
        ]);
    }
    show::print(
        &table,
        "no second factor: nothing can be done but to enrol one",
    )?;
    let mut table = show::table(&["session", "from", "opened", "seen", "ends"]);
    for session in &sessions {
        table.add_row([
            session.standing.as_str().to_owned(),
            session.network.clone(),
            show::second(session.opened),
            show::second(session.seen),
            show::second(session.ends),
        ]);
    }
    show::print(&table, "not logged in")?;
    Ok(ExitCode::SUCCESS)
}

fn roles(row: &AdministratorRow) -> Vec<&'static str> {
    row.roles.iter().map(|role| role.as_str()).collect()
}

fn told_of(row: &AdministratorRow, factors: &[FactorRow], left: u64) -> Json {
    let factors = factors.iter().map(|factor| {
        json!({
            "id": factor.id,
            "kind": factor.kind.as_str(),
            "label": factor.label,
            "created": factor.created.to_rfc3339(),
            "used": factor.used.map(Timestamp::to_rfc3339),
        })
    });
    json!({
        "name": row.name,
        "roles": row.roles,
        "scope": row.scope,
        "created": row.created.to_rfc3339(),
        "password-set": row.password_set.to_rfc3339(),
        "locked": row.locked.map(Timestamp::to_rfc3339),
        "factors": factors.collect::<Json>(),
        "recovery-codes-left": left,
    })
}
