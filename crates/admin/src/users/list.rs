//! The ERP users that somebody may see: those of the configuration, then those of the store.

use portcullis_identity::{ErpLogin, UpstreamName};
use portcullis_storage::{ErpUserRow, Part, UserHealth};

use super::Known;
use crate::installation::Installation;
use crate::may::Leave;
use crate::part::{Parted, and_one};
use crate::refusal::Refusal;

/// The ERP users within a leave.
///
/// # Errors
/// When the store does not answer.
pub async fn list(at: &Installation, leave: &Leave) -> Result<Vec<Known>, Refusal> {
    let health = at.store.erp_users().health().await?;
    let mut all = configured(at, &health);
    let rows = at.store.erp_users().all().await?.into_iter();
    all.extend(rows.map(|row| stored(row, &health)));
    all.retain(|user| leave.has(&user.upstream, &user.login, &[]));
    Ok(all)
}

/// A part of the same list, each half of it in the order of the names.
///
/// # Errors
/// When the store does not answer.
pub async fn part(
    at: &Installation,
    leave: &Leave,
    part: Part<(bool, UpstreamName, ErpLogin)>,
) -> Result<Parted<Known>, Refusal> {
    let most = part.most;
    let wanted = usize::try_from(most).unwrap_or(usize::MAX);
    let health = at.store.erp_users().health().await?;
    let is_seen = |user: &Known| leave.has(&user.upstream, &user.login, &[]);
    let mut rows = configured(at, &health);
    rows.sort_by_key(place);
    rows.retain(|user| {
        is_seen(user) && part.after.as_ref().is_none_or(|after| place(user) > *after)
    });
    let after = part.after.filter(|(is_stored, ..)| *is_stored);
    let mut part = and_one(Part {
        after: after.map(|(_, upstream, login)| (upstream, login)),
        most,
    });
    while rows.len() <= wanted {
        let found = at.store.erp_users().part(&part).await?;
        let is_full = u32::try_from(found.len()).is_ok_and(|count| count == part.most);
        part.after = found
            .last()
            .map(|row| (row.upstream.clone(), row.login.clone()));
        let found = found.into_iter().map(|row| stored(row, &health));
        rows.extend(found.filter(is_seen));
        if !is_full {
            break;
        }
    }
    Ok(Parted::of(rows, most, place))
}

fn place(user: &Known) -> (bool, UpstreamName, ErpLogin) {
    let is_stored = user.put.is_some();
    (is_stored, user.upstream.clone(), user.login.clone())
}

fn configured(at: &Installation, health: &[UserHealth]) -> Vec<Known> {
    let upstreams = at.config.iter().flat_map(|config| &config.upstreams);
    let users = upstreams.flat_map(|upstream| {
        upstream.users.iter().map(|user| Known {
            upstream: upstream.name.clone(),
            login: user.login.clone(),
            uid: user.uid,
            put: None,
            health: of(health, &upstream.name, &user.login),
        })
    });
    users.collect()
}

fn stored(row: ErpUserRow, health: &[UserHealth]) -> Known {
    Known {
        health: of(health, &row.upstream, &row.login),
        upstream: row.upstream,
        login: row.login,
        uid: row.uid,
        put: Some(row.updated),
    }
}

fn of(health: &[UserHealth], upstream: &UpstreamName, login: &ErpLogin) -> Option<UserHealth> {
    let fits = |one: &&UserHealth| one.upstream == *upstream && one.login == *login;
    health.iter().find(fits).cloned()
}
