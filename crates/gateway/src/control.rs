//! What goes on beside the requests: keys and roles are kept fresh, ERPs are got to know.
//!
//! It runs on a thread of its own, so that a slow store or ERP never holds up a core that
//! serves.

mod ends;
mod keeping;
mod role_files;
mod rotation;
mod standing;

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use portcullis_identity::{RoleName, Timestamp};
use portcullis_policy::{Policy, Role};
use portcullis_storage::{Journal, Store, StoreError};
use tokio::sync::watch;

use crate::audit::Ledger;
use crate::chance::Ids;
use crate::clock;
use crate::gateway::Shared;
use crate::issuers::fetch::Tried;
use crate::renewal::Sealing;
use crate::snapshot::Snapshot;
use crate::tls::Tls;
use crate::upstream::{Asker, ErpUser, Links, Upstream};
pub use role_files::RoleFiles;
pub use rotation::LONGEST;

/// How often the store is asked whether anything has changed.
const LOOK: Duration = Duration::from_millis(200);

/// How often what was learned of an ERP's models is forgotten, and asked for again when needed.
const FORGET: Duration = Duration::from_secs(600);

/// How often it is looked whether an issuer's keys are to be fetched.
const FETCH: Duration = Duration::from_secs(1);

/// How often it is looked what is over, or due.
const SWEEP: Duration = Duration::from_secs(60);

/// How long letters may be filed once the gateway is told to stop.
const FAREWELL: Duration = Duration::from_secs(5);

/// How often an ERP that was not ready is tried again.
const RETRY: Duration = Duration::from_secs(2);

/// What the control thread works with.
pub struct Control {
    /// Opens and seals the credentials of the store's ERP users.
    pub sealing: Arc<dyn Sealing>,
    /// What the cores share.
    pub shared: Arc<Shared>,
    /// The store.
    pub store: Arc<dyn Store>,
    /// The roles of the configuration's files; the store's are added to them.
    pub roles: RoleFiles,
    /// For how long a key may be left unused.
    pub unused: Option<Duration>,
    /// What encrypted connections are served with.
    pub tls: Vec<Arc<Tls>>,
}

/// Runs until `stop` says so. `ready` turns true when every upstream was prepared once, or
/// has failed to be: from then on requests are answered as well as they can be.
///
/// # Errors
/// When the runtime cannot be made.
pub fn run(
    control: &Control,
    journal: Box<dyn Journal>,
    ready: &watch::Sender<bool>,
    stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // What is dropped at the end is dropped within the runtime: a transaction needs it.
    let _within = runtime.enter();
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, control.watch(journal, ready, stop));
    Ok(())
}

impl Control {
    async fn watch(
        &self,
        journal: Box<dyn Journal>,
        ready: &watch::Sender<bool>,
        mut stop: watch::Receiver<bool>,
    ) {
        let own = Rc::new(Own {
            ledger: Ledger::new(journal),
            ids: Ids::new(),
        });
        let mut read = self.refresh(None, &own).await;
        for upstream in self.shared.upstreams.iter() {
            prepare(upstream, &own).await;
            self.standing(upstream, &own).begin().await;
            if upstream.is_ready() {
                rotation::tell_administrators(upstream, &*self.store, &own).await;
            }
        }
        own.ledger.flush();
        ready.send_replace(true);
        let archive = Arc::clone(&self.shared.archive);
        let fetcher = tokio::task::spawn_local(fetch(Arc::clone(&self.shared)));
        let clerk = tokio::task::spawn_local(archive.keep(stop.clone()));
        let renewer = tokio::task::spawn_local(renew_credentials(
            Arc::clone(&self.shared),
            Arc::clone(&self.store),
            Arc::clone(&self.sealing),
            Rc::clone(&own),
            stop.clone(),
        ));
        // Beside the looks: what takes long where there are many keys holds up no look.
        let keeper = tokio::task::spawn_local(self.keeping().go_on(stop.clone()));
        // One for each: an ERP that does not answer holds up nothing of the others.
        for upstream in self.shared.upstreams.iter() {
            let standing = self.standing(upstream, &own);
            tokio::task::spawn_local(standing.go_on(stop.clone()));
        }
        let mut tick = tokio::time::interval(LOOK);
        let mut retry = tokio::time::interval(RETRY);
        let mut forget = tokio::time::interval_at(tokio::time::Instant::now() + FORGET, FORGET);
        loop {
            tokio::select! {
                _ = tick.tick() => read = self.refresh(read, &own).await,
                _ = retry.tick() => {
                    self.prepare_again(&own);
                    self.renew();
                }
                _ = forget.tick() => {
                    for upstream in self.shared.upstreams.iter() {
                        upstream.forget_models();
                    }
                }
                _ = stop.wait_for(|stop| *stop) => {
                    own.ledger.flush();
                    break;
                }
            }
        }
        fetcher.abort();
        if tokio::time::timeout(FAREWELL, keeper).await.is_err() {
            tracing::warn!("when keys were used was not all kept when the gateway stopped");
        }
        // A key that was made must be kept: a Frappe has no other any more.
        if tokio::time::timeout(FAREWELL, renewer).await.is_err() {
            tracing::error!("a credential was being renewed when the gateway stopped");
        }
        if tokio::time::timeout(FAREWELL, clerk).await.is_err() {
            tracing::warn!("what is kept of errors was not all filed when the gateway stopped");
        }
    }

    /// Looks at the store and the role files; reads again what lies beside the keys if that has
    /// changed since the version of the store that was read last. Answers which is read now;
    /// none: not all of one.
    async fn refresh(&self, read: Option<u64>, own: &Rc<Own>) -> Option<u64> {
        let edited = self.roles.look();
        let looked = self.shared.keyring.look().await;
        // A request may have been the one that looked: what counts is what was read here.
        let version = self.shared.keyring.surroundings();
        let result = match looked {
            Ok(_) if read != Some(version) => self.reload(own).await,
            Ok(_) if edited => self.reload_roles().await,
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = result {
            tracing::warn!(%error, "the store could not be asked for changes");
            return None;
        }
        Some(version)
    }

    /// Takes over certificates that were renewed.
    fn renew(&self) {
        for tls in &self.tls {
            match tls.look() {
                Ok(true) => tracing::info!("a TLS certificate was renewed"),
                Ok(false) => {}
                Err(error) => tracing::error!(%error, "a TLS certificate stays the old one"),
            }
        }
    }

    /// What is kept, and what is over.
    fn keeping(&self) -> keeping::Keeping {
        keeping::Keeping {
            shared: Arc::clone(&self.shared),
            store: Arc::clone(&self.store),
            unused: self.unused,
        }
    }

    /// What finds out which users of an ERP are archived.
    fn standing(&self, upstream: &Arc<Upstream>, own: &Rc<Own>) -> standing::Watch {
        standing::Watch {
            upstream: Arc::clone(upstream),
            shared: Arc::clone(&self.shared),
            store: Arc::clone(&self.store),
            own: Rc::clone(own),
        }
    }

    /// Prepares what is not ready yet, beside everything else.
    fn prepare_again(&self, own: &Rc<Own>) {
        own.ledger.flush();
        for upstream in self
            .shared
            .upstreams
            .iter()
            .filter(|upstream| !upstream.is_ready())
        {
            let upstream = Arc::clone(upstream);
            let own = Rc::clone(own);
            tokio::task::spawn_local(async move { prepare(&upstream, &own).await });
        }
    }

    async fn reload(&self, own: &Rc<Own>) -> Result<(), StoreError> {
        self.learn_ends(own).await?;
        self.reload_roles().await?;
        self.reload_users().await
    }

    /// Takes over the ERP users that the store has.
    async fn reload_users(&self) -> Result<(), StoreError> {
        for row in self.store.erp_users().all().await? {
            let Some(upstream) = self.shared.upstreams.named(&row.upstream) else {
                continue;
            };
            let known = upstream.user(&row.login);
            match self.sealing.unseal(&row) {
                Some(secret) if known.as_ref().is_some_and(|known| known.has(&secret)) => {}
                Some(secret) => {
                    let uid = row.uid.or_else(|| known.and_then(|known| known.uid()));
                    upstream.put_user(ErpUser::new(row.login, secret, uid).kept());
                }
                None => tracing::error!(
                    upstream.name = %row.upstream,
                    "the credential of an ERP user cannot be opened; set it again with `portcullis user add`"
                ),
            }
        }
        Ok(())
    }

    /// Makes a new policy of the files' roles and the store's. A role of the store that cannot
    /// be read is left out, which refuses whatever only it would have allowed.
    async fn reload_roles(&self) -> Result<(), StoreError> {
        let (mut roles, permissions) = self.roles.current();
        for (name, text) in self.store.roles().all().await? {
            match read_role(&name, &text) {
                Some(role) => roles.push(role),
                None => {
                    tracing::error!(role.name = %name, "a role of the store cannot be read and is left out")
                }
            }
        }
        let now = clock::now();
        warn_of_monitored(&roles, now);
        let roles: Vec<Role> = roles.into_iter().map(|role| role.as_of(now)).collect();
        self.shared.snapshot.rcu(|old| {
            let version = old.policy.version().saturating_add(1);
            Snapshot {
                policy: Policy::new(version, roles.clone()).permitting(permissions.clone()),
                routes: old.routes.clone(),
                limits: old.limits,
                rpc_body: old.rpc_body,
            }
        });
        Ok(())
    }
}

/// Says which roles let pass what none of their rules allows, so that nobody forgets.
fn warn_of_monitored(roles: &[Role], now: Timestamp) {
    for role in roles {
        let name = role.name();
        if role.monitors(now) {
            tracing::warn!(role.name = %name, "a role is monitored: what no rule of it allows is let pass and written down");
        } else if role.monitors_too_long(now) {
            tracing::warn!(role.name = %name, "`monitor-until` of a role is more than 30 days off: the role is not monitored");
        }
    }
}

/// Fetches the keys of issuers, for ever; an issuer that does not answer holds up nothing else.
async fn fetch(shared: Arc<Shared>) {
    let mut tick = tokio::time::interval(FETCH);
    let mut tried = Tried::default();
    loop {
        tick.tick().await;
        shared.issuers.fetch(&mut tried).await;
    }
}

/// Renews the credentials of ERP users that are old, until the gateway stops.
async fn renew_credentials(
    shared: Arc<Shared>,
    store: Arc<dyn Store>,
    sealing: Arc<dyn Sealing>,
    own: Rc<Own>,
    mut stop: watch::Receiver<bool>,
) {
    let mut tick = tokio::time::interval(SWEEP);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        rotation::rotate(&shared.upstreams, (&*store, &*sealing), &own, &stop).await;
    }
}

/// What the control thread records its own questions with.
struct Own {
    ledger: Ledger,
    ids: Ids,
}

fn read_role(name: &RoleName, text: &str) -> Option<Role> {
    Role::from_toml(name.clone(), text).ok()
}

async fn prepare(upstream: &Upstream, own: &Own) {
    let links = Links::default();
    let asker = Asker {
        links: &links,
        ledger: &own.ledger,
        ids: &own.ids,
    };
    match upstream.prepare(&asker).await {
        Ok(()) => tracing::info!(
            upstream.name = %upstream.name(),
            upstream.version = upstream.version(),
            "an ERP is ready"
        ),
        Err(error) => tracing::warn!(
            upstream.name = %upstream.name(),
            %error,
            "an ERP is not ready; trying again"
        ),
    }
}
