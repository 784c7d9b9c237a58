//! Which ERP users are archived, and who may stand in for them: found out beside the requests.
//!
//! Whose credential an ERP has refused is asked about at once; see `upstream/standing.rs`. It is
//! noted in the store for people to read: each gateway finds out by itself.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use portcullis_identity::{ErpLogin, Timestamp};
use portcullis_storage::Store;
use tokio::sync::watch;

use super::{LOOK, Own};
use crate::clock;
use crate::gateway::Shared;
use crate::upstream::{Asked, Asker, ErpUser, Links, Upstream};

/// How soon whoever is to stand in, and did not tell what it is, is asked again.
const SOON: Duration = Duration::from_secs(5);

/// How often whoever is to stand in for somebody who is archived is asked again whether it is an
/// administrator, also while no key calls: it is known when one does.
const AGAIN: Duration = Duration::from_secs(60);

/// What one upstream is watched with.
pub(super) struct Watch {
    pub(super) upstream: Arc<Upstream>,
    pub(super) shared: Arc<Shared>,
    pub(super) store: Arc<dyn Store>,
    pub(super) own: Rc<Own>,
}

/// Who stands in at an upstream, by the keys of those who are archived.
#[derive(Default)]
struct Deputies {
    /// Of which keys, and of which archived users.
    of: Option<(u64, Vec<ErpLogin>)>,
    /// When each was asked what it is.
    asked: HashMap<ErpLogin, Timestamp>,
}

impl Watch {
    /// Asks about those who must be asked about before the first request is served.
    pub(super) async fn begin(&self) {
        for user in self.upstream.users() {
            user.standing().called();
        }
        self.look().await;
        self.forget_past().await;
    }

    /// Asks about whoever is to be asked about, until the gateway stops.
    pub(super) async fn go_on(self, mut stop: watch::Receiver<bool>) {
        let mut tick = tokio::time::interval(LOOK);
        let mut deputies = Deputies::default();
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
            self.look().await;
            self.ask_deputies(&mut deputies).await;
        }
    }

    async fn look(&self) {
        let family = self.upstream.family();
        for user in self.upstream.users() {
            let now = clock::now();
            if !user.standing().is_due(family, now) {
                continue;
            }
            let links = Links::default();
            let asked = self
                .upstream
                .ask_about(&self.asker(&links), &user, now)
                .await;
            self.own.ledger.flush();
            self.tell(&user, asked, now).await;
        }
    }

    async fn tell(&self, user: &ErpUser, asked: Asked, now: Timestamp) {
        let since = match asked {
            Asked::Same => return,
            Asked::Archived => {
                tracing::warn!(
                    upstream.name = %self.upstream.name(),
                    user = %user.login(),
                    "an ERP user is archived: its keys are refused, but for those for which another one stands in"
                );
                Some(now)
            }
            Asked::Back => {
                tracing::info!(
                    upstream.name = %self.upstream.name(),
                    user = %user.login(),
                    "an ERP user is not archived any more: its keys are taken again"
                );
                None
            }
        };
        self.note(user.login(), since).await;
    }

    async fn note(&self, login: &ErpLogin, since: Option<Timestamp>) {
        let users = self.store.erp_users();
        let noted = users.note_archived(self.upstream.name(), login, since);
        if let Err(error) = noted.await {
            tracing::warn!(%error, "that an ERP user is archived could not be noted");
        }
    }

    /// What was noted of those who came back while no gateway ran is over.
    async fn forget_past(&self) {
        let health = match self.store.erp_users().health().await {
            Ok(health) => health,
            Err(error) => {
                tracing::warn!(%error, "which ERP users were archived could not be told");
                return;
            }
        };
        for noted in health {
            if noted.upstream != *self.upstream.name() || noted.archived.is_none() {
                continue;
            }
            let user = self.upstream.user(&noted.login);
            if user.is_some_and(|user| !user.standing().is_archived()) {
                self.note(&noted.login, None).await;
            }
        }
    }

    /// Asks those who are to stand in for somebody what they are, each with its own credential.
    async fn ask_deputies(&self, deputies: &mut Deputies) {
        let users = self.upstream.users();
        let archived = users.iter().filter(|user| user.standing().is_archived());
        let mut archived: Vec<ErpLogin> = archived.map(|user| user.login().clone()).collect();
        if archived.is_empty() {
            deputies.of = None;
            return;
        }
        archived.sort_by(|one, other| one.as_str().cmp(other.as_str()));
        let of = Some((self.shared.keyring.version(), archived));
        if deputies.of != of {
            let archived = of.iter().flat_map(|(_, archived)| archived);
            let named = self
                .shared
                .keyring
                .stand_ins(self.upstream.name(), archived);
            deputies.asked.retain(|login, _| named.contains(login));
            for login in named {
                deputies.asked.entry(login).or_insert(Timestamp(0));
            }
            deputies.of = of;
        }
        let now = clock::now();
        for (login, asked) in &mut deputies.asked {
            let Some(user) = self.upstream.user(login) else {
                continue;
            };
            let standing = user.standing();
            let after = if standing.has_told() { AGAIN } else { SOON };
            let is_due = is_past(*asked, after, now);
            if !is_due || standing.is_archived() {
                continue;
            }
            *asked = now;
            let links = Links::default();
            let asker = self.asker(&links);
            let is = self.upstream.is_administrator(&asker, &user).await;
            self.own.ledger.flush();
            if let Err(error) = &is {
                tracing::warn!(
                    upstream.name = %self.upstream.name(),
                    user = %login,
                    %error,
                    "an ERP user that is to stand in does not tell what it is, and does not"
                );
            }
            standing.told(is.ok(), clock::now());
        }
    }

    fn asker<'a>(&'a self, links: &'a Links) -> Asker<'a> {
        Asker {
            links,
            ledger: &self.own.ledger,
            ids: &self.own.ids,
        }
    }
}

fn is_past(asked: Timestamp, after: Duration, now: Timestamp) -> bool {
    let micros = i64::try_from(after.as_micros()).unwrap_or(i64::MAX);
    now >= asked.plus_micros(micros)
}
