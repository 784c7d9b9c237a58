//! The ERP users as whom calls run, and their sealed credentials.

mod list;

use std::time::Duration;

use portcullis_gateway::control::LONGEST;
use portcullis_gateway::renewal::{Done, Renewal, RenewalError};
use portcullis_identity::{ErpLogin, Secret, Timestamp, UpstreamName};
use portcullis_storage::UserHealth;
use serde_json::{Value, json};

use crate::errand::{Errand, credential};
use crate::installation::Installation;
use crate::refusal::Refusal;
pub use list::{list, part};

const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// An ERP user, and how it fares.
pub struct Known {
    /// The ERP.
    pub upstream: UpstreamName,
    /// The login there.
    pub login: ErpLogin,
    /// Odoo's number of the user.
    pub uid: Option<i64>,
    /// Since when its credential lies in the store; none where it lies in a file.
    pub put: Option<Timestamp>,
    /// What is known of it.
    pub health: Option<UserHealth>,
}

impl Known {
    /// Whole days since the credential was put or renewed.
    pub fn age(&self, now: Timestamp) -> Option<i64> {
        let put = self.put?;
        let since = now.micros().saturating_sub(put.micros());
        Some(since.div_euclid(DAY).max(0))
    }

    /// All that is known, as JSON.
    pub fn told(&self, now: Timestamp) -> Value {
        let health = self.health.as_ref();
        let when = |moment: Option<Timestamp>| moment.map(Timestamp::to_rfc3339);
        json!({
            "upstream": self.upstream,
            "login": self.login,
            "uid": self.uid,
            "from": if self.put.is_some() { "store" } else { "file" },
            "updated": when(self.put),
            "age-days": self.age(now),
            "administrator": health.and_then(|health| health.administrator),
            "archived": when(health.and_then(|health| health.archived)),
            "rotated": when(health.and_then(|health| health.rotated)),
            "expires": when(health.and_then(|health| health.expires)),
            "failed": when(health.and_then(|health| health.failed)),
            "failure": health.and_then(|health| health.failure.clone()),
        })
    }
}

/// Keeps the credential of an ERP user, sealed; replaces one that is there.
///
/// # Errors
/// When it cannot be sealed, or the store does not answer.
pub async fn put(
    at: &Installation,
    (upstream, login): (&UpstreamName, &ErpLogin),
    uid: Option<i64>,
    secret: &Secret<String>,
    now: Timestamp,
) -> Result<(), Refusal> {
    let sealed = at.sealing.seal_user(upstream, login, secret);
    let sealed = sealed.ok_or(Refusal::Failed)?;
    let users = at.store.erp_users();
    Ok(users.put(upstream, login, uid, &sealed, now).await?)
}

/// Forgets the credential of an ERP user.
///
/// # Errors
/// When the store has none, or does not answer.
pub async fn remove(
    at: &Installation,
    upstream: &UpstreamName,
    login: &ErpLogin,
) -> Result<(), Refusal> {
    let removed = at.store.erp_users().remove(upstream, login).await?;
    removed.then_some(()).ok_or_else(|| {
        Refusal::Absent(format!(
            "credential of `{login}` at `{upstream}` in the store"
        ))
    })
}

/// Has the ERP make a new key for a user whose credential is kept, and retires the old one.
/// `with` makes it where users may not do it themselves.
///
/// # Errors
/// When it was not renewed; the old one stays in use.
pub async fn rotate(
    at: &Installation,
    (upstream, login): (&UpstreamName, &ErpLogin),
    with: Option<&ErpLogin>,
) -> Result<Done, Refusal> {
    let config = at.configured(upstream)?;
    let kept = at.store.erp_users().find(upstream, login).await?;
    let row = kept.ok_or_else(|| Refusal::Unfit(RenewalError::Absent.to_string()))?;
    let errand = Errand::as_user(at, upstream, login).await?;
    let asker = errand.clerk.asker();
    let prepared = errand.upstream.prepare(&asker).await;
    prepared.map_err(|error| Refusal::Erp(error.to_string()))?;
    let with = with.or_else(|| config.rotation.as_ref().and_then(|it| it.with.as_ref()));
    let maker = match with {
        None => None,
        Some(with) => Some(credential(at, config, with).await?),
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
        .run(&row, maker.as_ref(), Duration::from_secs(60))
        .await;
    errand.clerk.flush();
    done.map_err(|error| match error {
        RenewalError::Claimed => Refusal::Conflict(error.to_string()),
        RenewalError::Absent | RenewalError::Shut => Refusal::Unfit(error.to_string()),
        RenewalError::Store(error) => Refusal::Store(error),
        RenewalError::Old(_)
        | RenewalError::Native(_)
        | RenewalError::New(_)
        | RenewalError::Only(_)
        | RenewalError::Superseded => Refusal::Erp(error.to_string()),
    })
}
