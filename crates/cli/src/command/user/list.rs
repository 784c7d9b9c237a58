//! `portcullis user list`: the ERP users, where their credentials lie, and how they fare.

use std::process::ExitCode;

use portcullis_admin::may::Leave;
use portcullis_admin::users::{self, Known};
use portcullis_gateway::clock;
use portcullis_identity::Timestamp;

use crate::place::Place;
use crate::show;

const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// From when on a credential that ends is worth a look, in days.
const SOON: i64 = 7;

/// How a user fares, in a cell.
fn state(user: &Known, now: Timestamp) -> comfy_table::Cell {
    let Some(health) = &user.health else {
        return show::good("-");
    };
    if let Some(since) = health.archived {
        return show::bad(format!(
            "archived in the ERP, known since {}",
            show::second(since)
        ));
    }
    if health.expires.is_some_and(|expires| now >= expires) {
        return show::bad("its key has ended");
    }
    if let (Some(at), Some(why)) = (health.failed, &health.failure) {
        return show::bad(format!("not renewed at {}: {why}", show::second(at)));
    }
    if health
        .expires
        .is_some_and(|expires| now >= expires.plus_micros(-SOON * DAY))
    {
        return show::doubtful("its key ends soon");
    }
    if health.administrator == Some(true) {
        return show::doubtful("an administrator of the ERP");
    }
    show::good("good")
}

pub(super) async fn run(place: &Place, json: bool) -> anyhow::Result<ExitCode> {
    let now = clock::now();
    let all = users::list(&place.installation().await?, &Leave::All).await?;
    if json {
        show::json(&all.iter().map(|user| user.told(now)).collect())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = show::table(&[
        "upstream",
        "login",
        "uid",
        "credential",
        "since",
        "renewed",
        "ends",
        "state",
    ]);
    for user in all {
        let text = |moment: Option<Timestamp>| moment.map_or_else(String::new, show::second);
        let health = user.health.as_ref();
        table.add_row([
            user.upstream.to_string().into(),
            user.login.to_string().into(),
            user.uid
                .map_or_else(String::new, |uid| uid.to_string())
                .into(),
            if user.put.is_some() {
                "store, sealed"
            } else {
                "file"
            }
            .into(),
            text(user.put).into(),
            text(health.and_then(|health| health.rotated)).into(),
            text(health.and_then(|health| health.expires)).into(),
            state(&user, now),
        ]);
    }
    show::print(
        &table,
        "there is no ERP user; `portcullis user add` keeps one",
    )?;
    Ok(ExitCode::SUCCESS)
}
