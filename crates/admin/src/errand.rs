//! Something that is asked of an ERP for an administrator, on connections of its own. What it
//! asks is recorded in the ledger, as the gateway's own questions are.

use std::sync::Arc;

use portcullis_erp::{Map, Model};
use portcullis_gateway::config::UpstreamConfig;
use portcullis_gateway::upstream::{Clerk, ErpUser, Unready, Upstream};
use portcullis_identity::{ErpLogin, Secret, UpstreamName};

use crate::installation::Installation;
use crate::refusal::Refusal;

/// An ERP that is asked.
pub struct Errand {
    /// The ERP, with the one user whose credential is used.
    pub upstream: Upstream,
    /// With what is asked.
    pub clerk: Clerk,
}

impl Errand {
    /// Gets ready to ask as this user; what is kept in the store goes before a file.
    ///
    /// # Errors
    /// When there is no such ERP, or no credential for the user.
    pub async fn as_user(
        at: &Installation,
        name: &UpstreamName,
        login: &ErpLogin,
    ) -> Result<Self, Refusal> {
        let config = at.configured(name)?;
        let errand = Self::to(at, name)?;
        let user = credential(at, config, login).await?;
        errand.upstream.put_user(user);
        Ok(errand)
    }

    /// Gets ready to ask as nobody yet.
    ///
    /// # Errors
    /// When there is no such ERP.
    pub fn to(at: &Installation, name: &UpstreamName) -> Result<Self, Refusal> {
        let config = at.configured(name)?;
        let journal = (at.journals)().map_err(|error| {
            tracing::error!(%error, "a journal for what is asked of an ERP could not be opened");
            Refusal::Unrecorded
        })?;
        let seal = Arc::clone(&at.cursors);
        Ok(Self {
            upstream: Upstream::new(config, seal).map_err(|error| {
                tracing::error!(%error, upstream.name = %name, "an ERP cannot be asked");
                Refusal::Erp(format!("`{name}` cannot be asked"))
            })?,
            clerk: Clerk::new(journal),
        })
    }

    /// Ends the ERP's own sessions of people, as far as the ERP answers.
    pub async fn log_out(&self, people: &[ErpUser]) {
        let asker = self.clerk.asker();
        for user in people {
            self.upstream.log_out(&asker, user).await;
        }
        self.clerk.flush();
    }

    /// What the ERP tells a user of models: the answers of `fields_get` (Odoo), or metas of
    /// DocTypes, by model; and the models of which it tells nothing.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn models(
        &self,
        login: &ErpLogin,
        models: &[Model],
    ) -> Result<(Map, Vec<Model>), Unready> {
        let asker = self.clerk.asker();
        self.upstream.prepare(&asker).await?;
        let user = self.upstream.user(login).ok_or(Unready::Unreachable)?;
        let (mut told, mut untold) = (Map::new(), Vec::new());
        for model in models {
            match self.upstream.told_of(&asker, model, &user).await? {
                Some(facts) => drop(told.insert(model.as_str().to_owned(), facts)),
                None => untold.push(model.clone()),
            }
        }
        self.clerk.flush();
        Ok((told, untold))
    }

    /// Whether the ERP says that a user is an administrator.
    ///
    /// # Errors
    /// When it does not say.
    pub async fn is_administrator(&self, login: &ErpLogin) -> Result<bool, Unready> {
        let asker = self.clerk.asker();
        self.upstream.prepare(&asker).await?;
        let user = self.upstream.user(login).ok_or(Unready::Unreachable)?;
        let is = self.upstream.is_administrator(&asker, &user).await;
        self.clerk.flush();
        is
    }
}

/// The credential of a user, as calls run with it.
///
/// # Errors
/// When there is none, or it cannot be opened.
pub async fn credential(
    at: &Installation,
    config: &UpstreamConfig,
    login: &ErpLogin,
) -> Result<ErpUser, Refusal> {
    let name = &config.name;
    if let Some(row) = at.store.erp_users().find(name, login).await? {
        let plain: Secret<String> = at.sealing.unseal(&row).ok_or_else(|| {
            Refusal::Unfit(format!(
                "the credential of `{login}` cannot be opened with this master key"
            ))
        })?;
        return Ok(ErpUser::new(row.login, plain, row.uid).kept());
    }
    let user = config.users.iter().find(|user| user.login == *login);
    let user = user.ok_or_else(|| {
        Refusal::Unfit(format!("there is no credential for `{login}` at `{name}`"))
    })?;
    let plain = user.secret.read().map_err(|error| {
        tracing::error!(%error, "the secret of an ERP user cannot be read");
        Refusal::Unfit(format!(
            "the secret of `{login}` cannot be read: set it as for the gateway"
        ))
    })?;
    Ok(ErpUser::new(user.login.clone(), plain, user.uid))
}

/// Runs what asks an ERP, which keeps its connections on one thread, on a thread of its own.
///
/// # Errors
/// When it panics.
pub async fn apart<T, F>(work: impl FnOnce() -> F + Send + 'static) -> Result<T, Refusal>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Refusal>>,
{
    let runtime = tokio::runtime::Handle::current();
    let apart = tokio::task::spawn_blocking(move || {
        let local = tokio::task::LocalSet::new();
        runtime.block_on(local.run_until(work()))
    });
    apart.await.unwrap_or_else(|error| {
        tracing::error!(%error, "what asks an ERP for an administrator ended");
        Err(Refusal::Failed)
    })
}
