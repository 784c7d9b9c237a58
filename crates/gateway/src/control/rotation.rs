//! Credentials of ERP users that are old are renewed, and administrators are told of.

use std::sync::Arc;

use portcullis_identity::Timestamp;
use portcullis_storage::{ErpUserRow, Store, UserHealth};

use tokio::sync::watch;

use super::Own;
use crate::clock;
use crate::renewal::{REST, Renewal, RenewalError, Sealing};
use crate::upstream::{Asker, Links, Upstream, Upstreams};

const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// A key that ends within these days is renewed, however young it is.
const BEFORE: i64 = 7;

/// For how many days keys are made at the most: Odoo gives its users 90, by its own clock.
pub const LONGEST: u32 = 89;

/// For how many days a key is made that is renewed after so many.
pub(super) fn life(days: u32) -> u32 {
    days.saturating_mul(2).min(LONGEST)
}

/// Renews what is due at every upstream, one after the other.
pub(super) async fn rotate(
    upstreams: &Upstreams,
    (store, sealing): (&dyn Store, &dyn Sealing),
    own: &Own,
    stop: &watch::Receiver<bool>,
) {
    let (rows, health) = match (
        store.erp_users().all().await,
        store.erp_users().health().await,
    ) {
        (Ok(rows), Ok(health)) => (rows, health),
        (Err(error), _) | (_, Err(error)) => {
            tracing::warn!(%error, "which credentials are old could not be told");
            return;
        }
    };
    for row in rows {
        let Some(upstream) = upstreams.named(&row.upstream) else {
            continue;
        };
        let Some(days) = upstream.rotation().and_then(|rotation| rotation.days) else {
            continue;
        };
        if *stop.borrow() {
            return;
        }
        if is_due(&row, &health, days, clock::now()) && upstream.is_ready() {
            renew(&upstream, &row, days, (store, sealing), own).await;
        }
    }
}

fn is_due(row: &ErpUserRow, health: &[UserHealth], days: u32, now: Timestamp) -> bool {
    let expires = health
        .iter()
        .find(|health| health.upstream == row.upstream && health.login == row.login)
        .and_then(|health| health.expires);
    now >= row.updated.plus_micros(i64::from(days).saturating_mul(DAY))
        || expires.is_some_and(|expires| now >= expires.plus_micros(-BEFORE * DAY))
}

async fn renew(
    upstream: &Arc<Upstream>,
    row: &ErpUserRow,
    days: u32,
    (store, sealing): (&dyn Store, &dyn Sealing),
    own: &Own,
) {
    let login = &row.login;
    let links = Links::default();
    let asker = Asker {
        links: &links,
        ledger: &own.ledger,
        ids: &own.ids,
    };
    let renewal = Renewal {
        upstream,
        store,
        sealing,
        asker: &asker,
        days: life(days),
    };
    let maker = upstream
        .rotation()
        .and_then(|rotation| rotation.with.as_ref())
        .and_then(|with| upstream.user(with));
    match renewal.run(row, maker.as_deref(), REST).await {
        Ok(done) => match done.old_lives {
            None => {
                tracing::info!(upstream.name = %upstream.name(), user = %login, "the credential of an ERP user was renewed");
            }
            Some(error) => {
                tracing::error!(upstream.name = %upstream.name(), user = %login, %error, "the credential of an ERP user was renewed, and the old one lives on");
            }
        },
        Err(RenewalError::Claimed) => {}
        Err(error) => {
            tracing::error!(upstream.name = %upstream.name(), user = %login, %error, "the credential of an ERP user could not be renewed");
        }
    }
}

/// Asks what the users of an upstream are, tells of administrators, and notes it.
pub(super) async fn tell_administrators(upstream: &Upstream, store: &dyn Store, own: &Own) {
    let links = Links::default();
    let asker = Asker {
        links: &links,
        ledger: &own.ledger,
        ids: &own.ids,
    };
    for user in upstream.users() {
        if user.standing().is_archived() {
            continue;
        }
        let Ok(is) = upstream.is_administrator(&asker, &user).await else {
            tracing::debug!(upstream.name = %upstream.name(), user = %user.login(), "the ERP does not tell whether a user is an administrator");
            continue;
        };
        if is {
            tracing::warn!(
                upstream.name = %upstream.name(),
                user = %user.login(),
                "an ERP user as whom calls may run is an administrator of the ERP; give keys to one that is not"
            );
        }
        let noted = store.erp_users();
        let noted = noted.note_standing(upstream.name(), user.login(), is);
        if let Err(error) = noted.await {
            tracing::warn!(%error, "what an ERP user is could not be noted");
        }
    }
}

#[cfg(test)]
mod tests {
    use portcullis_identity::{ErpLogin, UpstreamName};
    use portcullis_storage::Sealed;

    use super::*;

    #[test]
    fn what_is_old_or_ends_soon_is_due() {
        let row = ErpUserRow {
            upstream: UpstreamName::new("odoo").unwrap(),
            login: ErpLogin::new("a").unwrap(),
            uid: None,
            sealed: Sealed(Vec::new()),
            updated: Timestamp(0),
        };
        let at = |days: i64| Timestamp(days * DAY);
        assert!(!is_due(&row, &[], 60, at(59)));
        assert!(is_due(&row, &[], 60, at(60)));
        let health = |expires| UserHealth {
            upstream: row.upstream.clone(),
            login: row.login.clone(),
            administrator: None,
            archived: None,
            rotated: None,
            expires: Some(expires),
            failed: None,
            failure: None,
        };
        assert!(!is_due(&row, &[health(at(30))], 60, at(22)));
        assert!(is_due(&row, &[health(at(30))], 60, at(23)));
    }

    #[test]
    fn a_key_lives_longer_than_until_the_next_one() {
        for days in 1..=80 {
            assert!(life(days) > days && life(days) < 90, "{days}");
        }
    }
}
