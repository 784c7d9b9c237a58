//! The ERP's own keys are renewed: a new one is made and tried before the old one is retired.
//!
//! Whatever fails leaves the old one in use, and is noted. Of several gateways over one store
//! one renews a credential; the others take it over within a second, which the old one of an
//! Odoo outlives. A Frappe replaces it at once: what it answers to calls that still show the old
//! one is waited out (see `upstream/ask.rs`).

use std::time::Duration;

use portcullis_identity::{ErpLogin, Secret, Timestamp, UpstreamName};
use portcullis_storage::{ErpUserRow, Renewed, Sealed, Store, StoreError};

use crate::clock;
use crate::upstream::{Asker, ErpUser, Made, NativeError, Unready, Upstream};

/// How long the old key is kept after the new one: every gateway has taken it over by then.
const OVERLAP: Duration = Duration::from_secs(3);

/// How long a claim, or a failure, keeps others from trying.
pub const REST: Duration = Duration::from_secs(3600);

/// Opens and seals the credentials of ERP users.
pub trait Sealing: Send + Sync {
    /// The secret of an ERP user; none if it cannot be opened.
    fn unseal(&self, row: &ErpUserRow) -> Option<Secret<String>>;

    /// Seals the secret of an ERP user; none if there is no randomness.
    fn seal_user(
        &self,
        upstream: &UpstreamName,
        login: &ErpLogin,
        secret: &Secret<String>,
    ) -> Option<Sealed>;
}

/// With what a credential is renewed.
pub struct Renewal<'a> {
    /// Where it opens.
    pub upstream: &'a Upstream,
    /// Where it is kept.
    pub store: &'a dyn Store,
    /// What opens and seals it.
    pub sealing: &'a dyn Sealing,
    /// With what the ERP is asked.
    pub asker: &'a Asker<'a>,
    /// For how many days the new one is made.
    pub days: u32,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// When the ERP ends the new one, where it was told to.
    pub expires: Option<Timestamp>,
    /// Why the old one is still good, where it should not be.
    pub old_lives: Option<NativeError>,
}

/// Why a credential was not renewed.
#[derive(Debug, thiserror::Error)]
pub enum RenewalError {
    /// The store has none.
    #[error("the store has no credential of this user; `portcullis user add` keeps one")]
    Absent,
    /// Somebody else does it.
    #[error("it is being renewed, was just renewed, or failed to be within the hour")]
    Claimed,
    /// It cannot be opened or sealed.
    #[error("the credential cannot be opened or sealed with this master key")]
    Shut,
    /// The old one is not taken.
    #[error("the credential that is kept: {0}")]
    Old(#[source] Unready),
    /// No new one was made.
    #[error(transparent)]
    Native(#[from] NativeError),
    /// The new one is not taken.
    #[error("the new key: {0}; the old one stays in use")]
    New(#[source] Unready),
    /// The new one of a Frappe, which is the only one there is, is not taken.
    #[error(
        "the new key: {0}; the ERP has replaced the old one: make one there, and give it to `portcullis user add`"
    )]
    Only(#[source] Unready),
    /// Somebody put another credential meanwhile.
    #[error("somebody put another credential meanwhile, which is kept")]
    Superseded,
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Renewal<'_> {
    /// Renews the credential of a user as it was found in the store, as `maker` where the user
    /// may not do it itself. What was renewed since it was found is not renewed again.
    ///
    /// # Errors
    /// When it was not renewed; but for those of the claim, it is noted.
    pub async fn run(
        &self,
        row: &ErpUserRow,
        maker: Option<&ErpUser>,
        rest: Duration,
    ) -> Result<Done, RenewalError> {
        let users = self.store.erp_users();
        let (name, login) = (&row.upstream, &row.login);
        let now = clock::now();
        let micros = i64::try_from(rest.as_micros()).unwrap_or(i64::MAX);
        let since = now.plus_micros(micros.saturating_neg());
        let claimed = users.claim_renewal(name, login, row.updated, since, now);
        if !claimed.await? {
            return Err(RenewalError::Claimed);
        }
        let done = self.renew(row, maker).await;
        let failed = match &done {
            Ok(Done {
                old_lives: Some(error),
                ..
            }) => Some(format!("the old key lives on: {error}")),
            Ok(_) => None,
            Err(error) => Some(error.to_string()),
        };
        if let Some(why) = failed {
            users.fail_renewal(name, login, &why, clock::now()).await?;
        }
        done
    }

    async fn renew(&self, row: &ErpUserRow, maker: Option<&ErpUser>) -> Result<Done, RenewalError> {
        let secret = self.sealing.unseal(row).ok_or(RenewalError::Shut)?;
        let old = ErpUser::new(row.login.clone(), secret, row.uid);
        let known = self.upstream.try_user(self.asker, &old).await;
        known.map_err(RenewalError::Old)?;
        let maker = maker.unwrap_or(&old);
        let made = self.upstream.make_key(self.asker, &old, maker, self.days);
        let Made {
            secret,
            expires,
            is_old_good,
        } = made.await?;
        let sealed = self
            .sealing
            .seal_user(&row.upstream, &row.login, &secret)
            .ok_or(RenewalError::Shut)?;
        let new = ErpUser::new(row.login.clone(), secret, old.uid());
        let renewed = Renewed {
            sealed,
            expires,
            at: clock::now(),
        };
        if !is_old_good {
            // It is the only one now: whatever becomes of it, it must not be lost.
            self.put(row, &renewed).await?;
            let tried = self.upstream.try_user(self.asker, &new).await;
            tried.map_err(RenewalError::Only)?;
            return Ok(Done {
                expires,
                old_lives: None,
            });
        }
        let mut tried = self.upstream.try_user(self.asker, &new).await;
        if tried.is_ok() && new.uid() != old.uid() {
            tried = Err(Unready::Refused(row.login.to_string()));
        }
        let put = match tried {
            Ok(()) => self.put(row, &renewed).await,
            Err(error) => Err(RenewalError::New(error)),
        };
        if let Err(error) = put {
            // Nobody will use the new one.
            if let Err(error) = self.upstream.revoke_key(self.asker, &new, &old).await {
                tracing::warn!(upstream.name = %row.upstream, %error, "a key that is not used could not be revoked at the ERP");
            }
            return Err(error);
        }
        tokio::time::sleep(OVERLAP).await;
        let revoked = self.upstream.revoke_key(self.asker, &old, &new).await;
        Ok(Done {
            expires,
            old_lives: revoked.err(),
        })
    }

    async fn put(&self, row: &ErpUserRow, renewed: &Renewed) -> Result<(), RenewalError> {
        let users = self.store.erp_users();
        let done = users.renew(&row.upstream, &row.login, row.updated, renewed);
        done.await?.then_some(()).ok_or(RenewalError::Superseded)
    }
}
