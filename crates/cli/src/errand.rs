//! A command that asks an ERP, without a running gateway. What it asks is recorded in the
//! ledger, as the gateway's own questions are.

use std::sync::Arc;

use anyhow::Context as _;
use portcullis_gateway::clock;
use portcullis_gateway::config::UpstreamConfig;
use portcullis_gateway::renewal::Sealing as _;
use portcullis_gateway::upstream::{Clerk, CursorSeal, ErpUser, Unready, Upstream};
use portcullis_identity::{ErpLogin, Secret, UpstreamName};
use portcullis_storage::Store as _;
use portcullis_store::{FileJournal, JournalOptions};

use crate::house::{House, WithVault, secret};
use crate::place::Place;

/// An ERP that is asked.
pub(crate) struct Errand {
    /// The ERP, with the one user whose credential is used.
    pub(crate) upstream: Upstream,
    /// With what is asked.
    pub(crate) clerk: Clerk,
}

impl Errand {
    /// Gets ready to ask as this user; what is kept in the store goes before a file.
    pub(crate) async fn as_user(
        place: &Place,
        house: &House,
        name: &UpstreamName,
        login: &ErpLogin,
    ) -> anyhow::Result<Self> {
        let config = configured(place, name)?;
        let errand = Self::at(house, config)?;
        let user = credential(house, config, login).await?;
        let user =
            user.with_context(|| format!("there is no credential for `{login}` at `{name}`"))?;
        errand.upstream.put_user(user);
        Ok(errand)
    }

    fn at(house: &House, config: &UpstreamConfig) -> anyhow::Result<Self> {
        let seal = Arc::new(CursorSeal::new(house.vault.tagger()));
        let options = JournalOptions::new(house.ledger);
        let journal = FileJournal::open(&house.ledger_folder(), 0, options, clock::now())?;
        Ok(Self {
            upstream: Upstream::new(config, seal)?,
            clerk: Clerk::new(Box::new(journal)),
        })
    }

    /// Whether the ERP says that a user is an administrator.
    pub(crate) async fn is_administrator(&self, login: &ErpLogin) -> Result<bool, Unready> {
        let asker = self.clerk.asker();
        self.upstream.prepare(&asker).await?;
        let user = self.upstream.user(login).ok_or(Unready::Unreachable)?;
        let is = self.upstream.is_administrator(&asker, &user).await;
        self.clerk.flush();
        is
    }
}

/// The configuration of an ERP.
pub(crate) fn configured<'a>(
    place: &'a Place,
    name: &UpstreamName,
) -> anyhow::Result<&'a UpstreamConfig> {
    place
        .config
        .iter()
        .flat_map(|config| &config.upstreams)
        .find(|upstream| upstream.name == *name)
        .with_context(|| {
            format!("where `{name}` is stands in the configuration: name it with --config")
        })
}

/// The credential of a user, as calls run with it.
pub(crate) async fn credential(
    house: &House,
    config: &UpstreamConfig,
    login: &ErpLogin,
) -> anyhow::Result<Option<ErpUser>> {
    if let Some(row) = house.store.erp_users().find(&config.name, login).await? {
        let plain: Secret<String> = WithVault(Arc::clone(&house.vault))
            .unseal(&row)
            .context("the credential cannot be opened with this master key")?;
        return Ok(Some(ErpUser::new(row.login, plain, row.uid).kept()));
    }
    let user = config.users.iter().find(|user| user.login == *login);
    user.map(|user| {
        let plain = secret(&user.secret_file)?;
        Ok(ErpUser::new(user.login.clone(), plain, user.uid))
    })
    .transpose()
}
