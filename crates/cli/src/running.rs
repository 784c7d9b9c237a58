//! A running gateway: one thread for each core, and one for what goes on beside.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::Context as _;
use portcullis_gateway::archive::{Archive, Safe};
use portcullis_gateway::config::Config;
use portcullis_gateway::control::{self, Control, RoleFiles};
use portcullis_gateway::gateway::{Addresses, Gateway, Shared};
use portcullis_gateway::issuers::Issuers;
use portcullis_gateway::keyring::Keyring;
use portcullis_gateway::sessions::Sessions;
use portcullis_gateway::snapshot::{Routes, Snapshot};
use portcullis_gateway::upstream::{CursorSeal, ErpUser, Upstream, Upstreams};
use portcullis_gateway::{clock, engine};
use portcullis_policy::Policy;
use portcullis_store::{Durability, FileJournal, JournalOptions};
use tokio::sync::watch;

use crate::administration::{self, Administration};
use crate::doors::Doors;
use crate::house::{House, WithVault, secret};

/// A gateway that is running; it stops when it is told to, or dropped.
pub(crate) struct Running {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Whether it speaks TLS there.
    pub(crate) encrypted: bool,
    /// Where administrators connect, if anywhere.
    pub(crate) admin: Option<String>,
    stop: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
}

impl Running {
    /// Starts a gateway; returns once its keys are read and each ERP was asked once.
    pub(crate) async fn start(config: Arc<Config>, house: House) -> anyhow::Result<Self> {
        let upstreams = upstreams(&config, &house)?;
        let cores = config.workers.unwrap_or_else(cores);
        let Doors {
            cores: doors,
            address,
            tls,
        } = Doors::open(&config, cores)?;

        let mut routes = Routes::default();
        for upstream in &config.upstreams {
            routes.add(&upstream.name, upstream.family, &upstream.hosts);
        }
        routes.open(&config.controllers);
        routes.serve(config.served.clone());
        let now = clock::now();
        let roles = config.roles.iter().cloned().map(|role| role.as_of(now));
        let snapshot = Snapshot {
            policy: Policy::new(1, roles.collect()).permitting(config.permissions.clone()),
            routes,
            limits: config.request,
            rpc_body: config.rpc_body,
        };
        let ledger_folder = house.ledger_folder();
        let vault = Arc::clone(&house.vault);
        let safe: Arc<dyn Safe> = Arc::new(WithVault(Arc::clone(&vault)));
        let keyring = Keyring::new(
            Arc::clone(&house.store) as _,
            Arc::clone(&safe),
            vault.pepper(),
            config.key_rate,
        );
        let issuers = Issuers::new(&config.issuers, config.key_rate)?;
        let sessions = Sessions::new(
            Arc::clone(&house.store) as _,
            vault.pepper(),
            config.sessions,
            Arc::clone(&safe),
        );
        let archive = Archive::enter(Arc::clone(&house.store) as _, safe, config.keeping).await?;
        let shared = Arc::new(Shared::new(
            snapshot,
            (keyring, issuers),
            sessions,
            Addresses {
                failures: config.address_rate,
                account_failures: config.account_rate,
                proxies: config.proxies.clone(),
                connections: config.connections,
                ways: config.ways.clone(),
            },
            upstreams,
            archive,
        ));

        let (stop, stopped) = watch::channel(false);
        let mut threads = Vec::new();
        let mut options = JournalOptions::new(house.ledger);
        if config.durable {
            options.durability = Durability::Disk;
        }
        // One lane for each core, and one for what the gateway itself asks the ERPs.
        let journal = |lane: usize| -> anyhow::Result<FileJournal> {
            let lane = u16::try_from(lane).context("too many cores")?;
            Ok(FileJournal::open(
                &ledger_folder,
                lane,
                options,
                clock::now(),
            )?)
        };
        let own = journal(doors.len())?;
        let administration = match &config.admin {
            Some(admin) => Some(Administration::open(admin)?),
            None => None,
        };
        let mut all_tls: Vec<_> = tls.iter().cloned().collect();
        let mut admin = None;
        if let Some(administration) = administration {
            all_tls.extend(administration.tls.clone());
            admin = Some(administration.url.clone());
            let journal = journal(doors.len() + 1)?;
            let api = administration::api(&config, &house, &shared, Box::new(journal))?;
            let stopped = stopped.clone();
            threads.push(spawn("admin".to_owned(), move || {
                administration.door.serve(api, stopped)
            })?);
        }
        for (core, doors) in doors.into_iter().enumerate() {
            let journal = journal(core)?;
            let (shared, stopped) = (Arc::clone(&shared), stopped.clone());
            threads.push(spawn(format!("road-{core}"), move || {
                engine::run(doors, Gateway::new(shared, Box::new(journal)), stopped)
            })?);
        }
        let (ready, mut readied) = watch::channel(false);
        let control = Control {
            sealing: Arc::new(WithVault(vault)),
            shared,
            store: house.store,
            roles: RoleFiles::new(&config),
            unused: config.keys.unused,
            tls: all_tls,
        };
        threads.push(spawn("control".to_owned(), move || {
            control::run(&control, Box::new(own), &ready, stopped)
        })?);
        readied
            .wait_for(|ready| *ready)
            .await
            .context("the gateway ended before it was ready")?;
        Ok(Self {
            address,
            encrypted: tls.is_some(),
            admin,
            stop,
            threads,
        })
    }

    /// Lets running requests end, writes what is to be written, and stops.
    pub(crate) fn stop(self) {
        self.stop.send_replace(true);
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the gateway panicked");
            }
        }
    }
}

fn spawn(
    name: String,
    work: impl FnOnce() -> std::io::Result<()> + Send + 'static,
) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name).spawn(move || {
        if let Err(error) = work() {
            tracing::error!(%error, "a thread of the gateway ended");
        }
    })
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
}

fn upstreams(config: &Config, house: &House) -> anyhow::Result<Upstreams> {
    let seal: Arc<CursorSeal> = Arc::new(CursorSeal::new(house.vault.tagger()));
    let mut all = Vec::new();
    for from in &config.upstreams {
        let upstream = Upstream::new(from, Arc::clone(&seal) as _)?;
        for user in &from.users {
            let secret = user.secret.read()?;
            upstream.put_user(ErpUser::new(user.login.clone(), secret, user.uid));
        }
        for route in &config.controllers {
            if let (Some(file), true) = (route.secret_file(), *route.upstream() == from.name) {
                upstream.put_secret(route.name().clone(), secret(file)?);
            }
        }
        all.push(upstream);
    }
    Ok(Upstreams::new(all))
}
