//! Which installation a command is for: a configuration, or a data folder alone.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use portcullis_gateway::config::Config;
use portcullis_identity::{ErpLogin, RoleName, UpstreamName};
use portcullis_storage::Store;

use crate::house::{House, embedded};

/// Which installation.
#[derive(clap::Args)]
pub(crate) struct PlaceArgs {
    /// The configuration file
    #[arg(
        long,
        global = true,
        env = "PORTCULLIS_CONFIG",
        default_value = "portcullis.toml",
        value_name = "FILE"
    )]
    config: PathBuf,

    /// The data folder; then no configuration is read, and names are not checked against one
    #[arg(long, global = true, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

/// An installation that was found.
pub(crate) struct Place {
    /// Its configuration; none when only the data folder was named.
    pub(crate) config: Option<Config>,
    data: PathBuf,
}

impl PlaceArgs {
    /// Reads the configuration, if one is wanted.
    pub(crate) fn find(&self) -> anyhow::Result<Place> {
        if let Some(data) = &self.data {
            anyhow::ensure!(data.is_dir(), "there is no data folder {}", data.display());
            return Ok(Place {
                config: None,
                data: data.clone(),
            });
        }
        match Config::read(&self.config) {
            Ok(config) => Ok(Place {
                data: config.data.clone(),
                config: Some(config),
            }),
            Err(problems) => {
                let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
                anyhow::bail!("the configuration cannot be used\n{}", problems.join("\n"))
            }
        }
    }
}

impl Place {
    /// The data folder.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// How long keys may last, in days; none: as long as anybody likes.
    pub(crate) fn longest_days(&self) -> Option<NonZeroU32> {
        let keys = self.config.as_ref().map(|config| config.keys);
        keys.unwrap_or_default().longest_days
    }

    /// Opens store and vault.
    pub(crate) async fn house(&self) -> anyhow::Result<House> {
        // Without a configuration it is not known which other store there is.
        anyhow::ensure!(
            self.config.is_some() || embedded(&self.data).exists(),
            "there is no store in {}; name the configuration with --config",
            self.data.display()
        );
        let shared = self
            .config
            .as_ref()
            .and_then(|config| config.store.as_ref());
        House::open(&self.data, shared).await
    }

    /// The upstream that was named, or the only one there is.
    pub(crate) fn upstream(&self, named: Option<&UpstreamName>) -> anyhow::Result<UpstreamName> {
        let Some(config) = &self.config else {
            return named
                .cloned()
                .ok_or_else(|| anyhow::anyhow!("say which one with --upstream"));
        };
        let known = || list(config.upstreams.iter().map(|upstream| &upstream.name));
        match (named, config.upstreams.as_slice()) {
            (None, [only]) => Ok(only.name.clone()),
            (None, _) => anyhow::bail!("say which one with --upstream: {}", known()),
            (Some(name), all) => {
                let is_there = all.iter().any(|upstream| upstream.name == *name);
                anyhow::ensure!(
                    is_there,
                    "there is no upstream `{name}`; there is {}",
                    known()
                );
                Ok(name.clone())
            }
        }
    }

    /// Checks that there is a credential for this ERP user.
    pub(crate) async fn check_user(
        &self,
        store: &dyn Store,
        upstream: &UpstreamName,
        login: &ErpLogin,
    ) -> anyhow::Result<()> {
        let Some(config) = &self.config else {
            return Ok(());
        };
        let configured = config
            .upstreams
            .iter()
            .filter(|from| from.name == *upstream)
            .flat_map(|from| from.users.iter().map(|user| user.login.clone()));
        let mut known: Vec<ErpLogin> = configured.collect();
        known.extend(
            store
                .erp_users()
                .of(upstream)
                .await?
                .into_iter()
                .map(|row| row.login),
        );
        anyhow::ensure!(
            known.contains(login),
            "there is no credential for `{login}` at `{upstream}`: there is {}; \
             add one with `portcullis user add {login} --upstream {upstream}`",
            list(known.iter())
        );
        Ok(())
    }

    /// Checks that there are these roles.
    pub(crate) async fn check_roles(
        &self,
        store: &dyn Store,
        roles: &[RoleName],
    ) -> anyhow::Result<()> {
        let Some(config) = &self.config else {
            return Ok(());
        };
        let mut known: Vec<RoleName> = config
            .roles
            .iter()
            .map(|role| role.name().clone())
            .collect();
        known.extend(store.roles().all().await?.into_iter().map(|(name, _)| name));
        for role in roles {
            anyhow::ensure!(
                known.contains(role),
                "there is no role `{role}`; there is {}",
                list(known.iter())
            );
        }
        Ok(())
    }
}

/// Names in a row, or a word for none.
fn list<T: std::fmt::Display>(names: impl Iterator<Item = T>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}
