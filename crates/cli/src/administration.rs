//! The listener of administrators, beside the gateway's doors.

use std::sync::Arc;

use anyhow::Context as _;
use portcullis_admin::api::Api;
use portcullis_admin::listener::Door;
use portcullis_admin::programs::Programs;
use portcullis_gateway::config::{AdminConfig, Config};
use portcullis_gateway::gateway::Shared;
use portcullis_gateway::tls::Tls;
use portcullis_storage::Journal;

use crate::house::House;

/// The listener of administrators, opened.
pub(crate) struct Administration {
    /// The socket.
    pub(crate) door: Door,
    /// What it is served with over TLS.
    pub(crate) tls: Option<Arc<Tls>>,
    /// Where it is.
    pub(crate) url: String,
}

impl Administration {
    /// Takes the address that the configuration names.
    pub(crate) fn open(config: &AdminConfig) -> anyhow::Result<Self> {
        let files = config.files.clone();
        let tls = files.map(Tls::open).transpose()?.map(Arc::new);
        let listen = config.listen;
        let door = Door::open(listen, tls.clone())
            .with_context(|| format!("administrators cannot be listened to on {listen}"))?;
        let scheme = if door.is_encrypted() { "https" } else { "http" };
        let url = format!("{scheme}://{}", door.address()?);
        Ok(Self { door, tls, url })
    }
}

/// The API that is served there.
pub(crate) fn api(
    config: &Arc<Config>,
    house: &House,
    shared: &Arc<Shared>,
    journal: Box<dyn Journal>,
) -> Arc<Api> {
    let programs = Programs::new(Arc::clone(&house.store) as _, house.vault.pepper());
    Arc::new(Api::new(
        (
            Arc::new(house.installation(Some(Arc::clone(config)))),
            Arc::clone(shared),
        ),
        vec![Box::new(programs)],
        config.address_rate,
        journal,
    ))
}
