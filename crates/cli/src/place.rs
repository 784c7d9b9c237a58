//! Which installation a command is for: a configuration, or a data folder alone.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use portcullis_admin::{Installation, installation};
use portcullis_gateway::config::Config;
use portcullis_identity::UpstreamName;

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
    pub(crate) config: Option<Arc<Config>>,
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
                config: Some(Arc::new(config)),
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

    /// What the operations of administrators work on.
    pub(crate) async fn installation(&self) -> anyhow::Result<Installation> {
        Ok(self.house().await?.installation(self.config.clone()))
    }

    /// The upstream that was named, or the only one there is.
    pub(crate) fn upstream(&self, named: Option<&UpstreamName>) -> anyhow::Result<UpstreamName> {
        Ok(installation::upstream(self.config.as_deref(), named)?)
    }
}
