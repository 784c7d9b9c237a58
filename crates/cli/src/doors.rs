//! The doors of a gateway: each core has a socket of its own at each.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use portcullis_gateway::config::Config;
use portcullis_gateway::engine::{self, Door, Spoken};
use portcullis_gateway::tls::Tls;

/// What was opened.
pub(crate) struct Doors {
    /// The doors of each core.
    pub(crate) cores: Vec<Vec<Door>>,
    /// Where clients connect.
    pub(crate) address: SocketAddr,
    /// What encrypted connections are served with.
    pub(crate) tls: Option<Arc<Tls>>,
}

impl Doors {
    /// Binds what the configuration names.
    pub(crate) fn open(config: &Config, cores: usize) -> anyhow::Result<Self> {
        let tls = match &config.tls {
            Some(tls) => Some(Arc::new(Tls::open(tls.files.clone())?)),
            None => None,
        };
        let spoken = match (&config.tls, &tls) {
            (Some(config), Some(tls)) => Spoken::Tls(Arc::clone(tls), config.strict),
            (Some(_) | None, _) => Spoken::Clear,
        };
        let sockets = bind(config.listen, cores)?;
        let address = sockets.first().context("no core")?.local_addr()?;
        let mut doors: Vec<Vec<Door>> = sockets
            .into_iter()
            .map(|socket| {
                let spoken = spoken.clone();
                vec![Door { socket, spoken }]
            })
            .collect();
        if let Some(from) = config.tls.as_ref().and_then(|tls| tls.redirect) {
            for (core, socket) in doors.iter_mut().zip(bind(from, cores)?) {
                let spoken = Spoken::Redirect(address.port());
                core.push(Door { socket, spoken });
            }
        }
        Ok(Self {
            cores: doors,
            address,
            tls,
        })
    }
}

fn bind(address: SocketAddr, cores: usize) -> anyhow::Result<Vec<std::net::TcpListener>> {
    engine::bind(address, cores).with_context(|| format!("cannot listen on {address}"))
}
