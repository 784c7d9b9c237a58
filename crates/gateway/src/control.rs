//! What goes on beside the requests: keys and roles are kept fresh, ERPs are got to know.
//!
//! It runs on a thread of its own, so that a slow store or ERP never holds up a core that
//! serves.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use portcullis_identity::RoleName;
use portcullis_policy::{Policy, Role};
use portcullis_storage::{Store, StoreError};
use tokio::sync::watch;

use crate::clock;
use crate::gateway::Shared;
use crate::snapshot::Snapshot;
use crate::upstream::{Links, Upstream};

/// How often the store is asked whether anything has changed.
const LOOK: Duration = Duration::from_millis(200);

/// How often an ERP that was not ready is tried again.
const RETRY: Duration = Duration::from_secs(2);

/// What the control thread works with.
pub struct Control {
    /// What the cores share.
    pub shared: Arc<Shared>,
    /// The store.
    pub store: Arc<dyn Store>,
    /// The roles of the configuration's files; the store's are added to them.
    pub roles: Vec<Role>,
}

/// Runs until `stop` says so. `ready` turns true when every upstream was prepared once, or
/// has failed to be: from then on requests are answered as well as they can be.
///
/// # Errors
/// When the runtime cannot be made.
pub fn run(
    control: &Control,
    ready: &watch::Sender<bool>,
    stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, control.watch(ready, stop));
    Ok(())
}

impl Control {
    async fn watch(&self, ready: &watch::Sender<bool>, mut stop: watch::Receiver<bool>) {
        self.refresh().await;
        for upstream in self.shared.upstreams.iter() {
            let first = prepare(upstream).await;
            if !first {
                let upstream = Arc::clone(upstream);
                tokio::task::spawn_local(async move {
                    loop {
                        tokio::time::sleep(RETRY).await;
                        if prepare(&upstream).await {
                            break;
                        }
                    }
                });
            }
        }
        ready.send_replace(true);
        let mut tick = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                _ = tick.tick() => self.refresh().await,
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Looks at the store; reads roles again if anything has changed.
    async fn refresh(&self) {
        let looked = self.shared.keyring.look(clock::now()).await;
        let result = match looked {
            Ok(true) => self.reload_roles().await,
            Ok(false) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = result {
            tracing::warn!(%error, "the store could not be asked for changes");
        }
    }

    /// Makes a new policy of the files' roles and the store's. A role of the store that cannot
    /// be read is left out, which refuses whatever only it would have allowed.
    async fn reload_roles(&self) -> Result<(), StoreError> {
        let mut roles = self.roles.clone();
        for (name, text) in self.store.roles().all().await? {
            match read_role(&name, &text) {
                Some(role) => roles.push(role),
                None => {
                    tracing::error!(role.name = %name, "a role of the store cannot be read and is left out")
                }
            }
        }
        self.shared.snapshot.rcu(|old| {
            let version = old.policy.version().saturating_add(1);
            Snapshot {
                policy: Policy::new(version, roles.clone()),
                routes: old.routes.clone(),
                limits: old.limits,
            }
        });
        Ok(())
    }
}

fn read_role(name: &RoleName, text: &str) -> Option<Role> {
    Role::from_toml(name.clone(), text).ok()
}

/// Prepares an upstream; answers whether it is ready now.
async fn prepare(upstream: &Upstream) -> bool {
    match upstream.prepare(&Links::default()).await {
        Ok(()) => {
            tracing::info!(upstream.name = %upstream.name(), upstream.version = upstream.version(), "an ERP is ready");
            true
        }
        Err(error) => {
            tracing::warn!(upstream.name = %upstream.name(), %error, "an ERP is not ready; trying again");
            false
        }
    }
}
