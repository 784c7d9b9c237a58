//! The listener of administrators, beside the gateway's doors.

use std::sync::Arc;

use anyhow::Context as _;
use portcullis_admin::api::Api;
use portcullis_admin::listener::Door;
use portcullis_admin::programs::Programs;
use portcullis_administrators::Passkeys;
use portcullis_gateway::config::{AdminConfig, Config};
use portcullis_gateway::gateway::Shared;
use portcullis_gateway::tls::Tls;
use portcullis_storage::Journal;

use crate::desk;
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
) -> anyhow::Result<Arc<Api>> {
    let origin = config.admin.as_ref();
    let origin = origin.and_then(|admin| admin.origin.as_ref());
    let passkeys = origin.map(Passkeys::at).transpose();
    let passkeys = passkeys.context("`origin` of `[admin]` cannot be used")?;
    let programs = Programs::new(Arc::clone(&house.store) as _, house.vault.pepper());
    let api = Api::new(
        (
            Arc::new(house.installation(Some(Arc::clone(config)))),
            Arc::clone(shared),
        ),
        vec![Box::new(programs)],
        (config.address_rate, config.account_rate),
        journal,
    );
    let desk = desk::open(house, Some(config), passkeys)?;
    Ok(Arc::new(api.with_desk(Arc::new(desk))))
}
