//! `portcullis user list`: the ERP users, where their credentials lie, and how they fare.

use std::process::ExitCode;

use portcullis_gateway::clock;
use portcullis_identity::{ErpLogin, Timestamp, UpstreamName};
use portcullis_storage::{Store as _, UserHealth};
use serde_json::json;

use crate::place::Place;
use crate::show;

const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// From when on a credential that ends is worth a look, in days.
const SOON: i64 = 7;

struct Known {
    upstream: UpstreamName,
    login: ErpLogin,
    uid: Option<i64>,
    /// Since when its credential lies in the store; none where it lies in a file.
    put: Option<Timestamp>,
    health: Option<UserHealth>,
}

impl Known {
    /// Whole days since the credential was put or renewed.
    fn age(&self, now: Timestamp) -> Option<i64> {
        let put = self.put?;
        Some((now.micros() - put.micros()).div_euclid(DAY).max(0))
    }

    fn state(&self, now: Timestamp) -> comfy_table::Cell {
        let Some(health) = &self.health else {
            return show::good("-");
        };
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
}

pub(super) async fn run(place: &Place, json: bool) -> anyhow::Result<ExitCode> {
    let now = clock::now();
    let store = place.house().await?.store;
    let health = store.erp_users().health().await?;
    let of = |upstream: &UpstreamName, login: &ErpLogin| {
        let fits = |one: &&UserHealth| one.upstream == *upstream && one.login == *login;
        health.iter().find(fits).cloned()
    };
    let mut all = Vec::new();
    for upstream in place.config.iter().flat_map(|config| &config.upstreams) {
        all.extend(upstream.users.iter().map(|user| Known {
            upstream: upstream.name.clone(),
            login: user.login.clone(),
            uid: user.uid,
            put: None,
            health: of(&upstream.name, &user.login),
        }));
    }
    for row in store.erp_users().all().await? {
        all.push(Known {
            health: of(&row.upstream, &row.login),
            upstream: row.upstream,
            login: row.login,
            uid: row.uid,
            put: Some(row.updated),
        });
    }
    if json {
        let all = all.iter().map(|user| {
            let health = user.health.as_ref();
            let when = |moment: Option<Timestamp>| moment.map(show::second);
            json!({
                "upstream": user.upstream,
                "login": user.login,
                "uid": user.uid,
                "from": if user.put.is_some() { "store" } else { "file" },
                "updated": when(user.put),
                "age-days": user.age(now),
                "administrator": health.and_then(|health| health.administrator),
                "rotated": when(health.and_then(|health| health.rotated)),
                "expires": when(health.and_then(|health| health.expires)),
                "failed": when(health.and_then(|health| health.failed)),
                "failure": health.and_then(|health| health.failure.clone()),
            })
        });
        show::json(&all.collect())?;
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
            user.state(now),
        ]);
    }
    show::print(
        &table,
        "there is no ERP user; `portcullis user add` keeps one",
    )?;
    Ok(ExitCode::SUCCESS)
}
