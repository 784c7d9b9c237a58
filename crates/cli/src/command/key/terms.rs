//! On which terms keys are made, whether they are new or taken over.

use ipnet::IpNet;
use portcullis_admin::keys;
use portcullis_identity::RoleName;
use portcullis_storage::RateLimit;

use super::create::network;

#[derive(clap::Args)]
pub(super) struct TermArgs {
    /// What it may do; may be given several times
    #[arg(long = "role", required = true, value_name = "ROLE")]
    pub(super) roles: Vec<RoleName>,

    /// Who answers for it
    #[arg(long, value_name = "TEXT", value_parser = keys::note)]
    pub(super) owner: Option<String>,

    /// What it is for
    #[arg(long, value_name = "TEXT", value_parser = keys::note)]
    pub(super) purpose: Option<String>,

    /// When it ends: a moment (2027-01-31T00:00:00Z), or days from now (90d); 90 days from now
    /// if nothing is said, or what the configuration says
    #[arg(long, value_name = "WHEN")]
    pub(super) expires: Option<String>,

    /// The address or network that it is good from; may be given several times
    #[arg(long = "from", value_name = "NETWORK", value_parser = network)]
    pub(super) networks: Vec<IpNet>,

    /// Calls a minute of each key, where they differ from the configuration's
    #[arg(long, requires = "burst", value_parser = clap::value_parser!(u32).range(1..))]
    per_minute: Option<u32>,

    /// Calls at once
    #[arg(long, requires = "per_minute", value_parser = clap::value_parser!(u32).range(1..))]
    burst: Option<u32>,
}

impl TermArgs {
    /// The rate of each key, where it has one of its own.
    pub(super) fn limit(&self) -> Option<RateLimit> {
        let (per_minute, burst) = self.per_minute.zip(self.burst)?;
        Some(RateLimit { per_minute, burst })
    }
}
