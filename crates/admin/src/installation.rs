//! What the operations work on: the store, what seals, the ledger, the configuration.

use std::io;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;

use portcullis_gateway::archive::Safe;
use portcullis_gateway::config::{Config, UpstreamConfig};
use portcullis_gateway::people::Basic;
use portcullis_gateway::renewal::Sealing;
use portcullis_gateway::upstream::CursorSeal;
use portcullis_identity::{ErpLogin, Pepper, PrincipalName, RoleName, Secret, UpstreamName};
use portcullis_storage::{Journal, JournalError, Store};

use crate::may::Leave;
use crate::refusal::Refusal;

/// Opens a journal of one's own.
pub type Journals = Box<dyn Fn() -> Result<Box<dyn Journal>, JournalError> + Send + Sync>;

/// An installation that is administered.
pub struct Installation {
    /// Keys, roles, ERP users, sessions.
    pub store: Arc<dyn Store>,
    /// Seals what keys sign with.
    pub safe: Arc<dyn Safe>,
    /// Opens and seals the credentials of ERP users.
    pub sealing: Arc<dyn Sealing>,
    /// What the hashes of keys are keyed with.
    pub pepper: Pepper,
    /// What tags the cursors of lists.
    pub cursors: Arc<CursorSeal>,
    /// Where what is asked of ERPs is written down.
    pub journals: Journals,
    /// The configuration; none: only the data folder is known, and names are not checked.
    pub config: Option<Arc<Config>>,
}

impl Installation {
    /// How long keys may last, in days; none: as long as anybody likes.
    pub fn longest_days(&self) -> Option<NonZeroU32> {
        let keys = self.config.as_ref().map(|config| config.keys);
        keys.unwrap_or_default().longest_days
    }

    /// The upstream that was named, or the only one there is.
    ///
    /// # Errors
    /// When there is none of that name, or several.
    pub fn upstream(&self, named: Option<&UpstreamName>) -> Result<UpstreamName, Refusal> {
        upstream(self.config.as_deref(), named)
    }

    /// Whether gateways remember who comes to an ERP by Basic.
    pub fn remembers_basic(&self, name: &UpstreamName) -> bool {
        let people = self.configured(name).ok().and_then(|it| it.people.as_ref());
        people.is_some_and(|people| people.basic != Basic::Off)
    }

    /// The configuration of an ERP.
    ///
    /// # Errors
    /// When there is no configuration, or none of it there.
    pub fn configured(&self, name: &UpstreamName) -> Result<&UpstreamConfig, Refusal> {
        self.config
            .iter()
            .flat_map(|config| &config.upstreams)
            .find(|upstream| upstream.name == *name)
            .ok_or_else(|| {
                Refusal::Unfit(format!(
                    "where `{name}` is stands in the configuration: name it with --config"
                ))
            })
    }

    /// Checks that there is a credential for this ERP user.
    ///
    /// # Errors
    /// When there is none.
    pub async fn check_user(
        &self,
        upstream: &UpstreamName,
        login: &ErpLogin,
    ) -> Result<(), Refusal> {
        let Some(config) = &self.config else {
            return Ok(());
        };
        let configured = config
            .upstreams
            .iter()
            .filter(|from| from.name == *upstream)
            .flat_map(|from| from.users.iter().map(|user| user.login.clone()));
        let mut known: Vec<ErpLogin> = configured.collect();
        let kept = self.store.erp_users().of(upstream).await?;
        known.extend(kept.into_iter().map(|row| row.login));
        if known.contains(login) {
            return Ok(());
        }
        Err(Refusal::Unfit(format!(
            "there is no credential for `{login}` at `{upstream}`: there is {}; \
             add one with `portcullis user add {login} --upstream {upstream}`",
            list(known.iter())
        )))
    }

    /// Checks that a key may have this name. A `[[route]]` with `callers` lets keys in by their
    /// name: whose keys are bounded by a scope gives none of those.
    ///
    /// # Errors
    /// When it may not.
    pub fn check_name(&self, leave: &Leave, name: &PrincipalName) -> Result<(), Refusal> {
        let mut routes = self.config.iter().flat_map(|config| &config.controllers);
        match leave {
            Leave::Within(_) if routes.any(|route| route.lets_in(name)) => {
                let what = format!("the name `{name}`, which `callers` of a route lets in,");
                Err(Refusal::OutOfScope(what))
            }
            Leave::Within(_) | Leave::All => Ok(()),
        }
    }

    /// Checks that there are these roles.
    ///
    /// # Errors
    /// When one is missing.
    pub async fn check_roles(&self, roles: &[RoleName]) -> Result<(), Refusal> {
        let Some(config) = &self.config else {
            return Ok(());
        };
        let mut known: Vec<RoleName> = config
            .roles
            .iter()
            .map(|role| role.name().clone())
            .collect();
        let kept = self.store.roles().all().await?;
        known.extend(kept.into_iter().map(|(name, _)| name));
        match roles.iter().find(|role| !known.contains(role)) {
            None => Ok(()),
            Some(role) => Err(Refusal::Unfit(format!(
                "there is no role `{role}`; there is {}",
                list(known.iter())
            ))),
        }
    }
}

/// The upstream of a configuration that was named, or the only one there is.
///
/// # Errors
/// When there is none of that name, or several.
pub fn upstream(
    config: Option<&Config>,
    named: Option<&UpstreamName>,
) -> Result<UpstreamName, Refusal> {
    let Some(config) = config else {
        return named
            .cloned()
            .ok_or_else(|| Refusal::Unfit("say which `upstream`".to_owned()));
    };
    let known = || list(config.upstreams.iter().map(|upstream| &upstream.name));
    match (named, config.upstreams.as_slice()) {
        (None, [only]) => Ok(only.name.clone()),
        (None, _) => Err(Refusal::Unfit(format!("say which `upstream`: {}", known()))),
        (Some(name), all) => {
            let is_there = all.iter().any(|upstream| upstream.name == *name);
            is_there.then(|| name.clone()).ok_or_else(|| {
                Refusal::Unfit(format!(
                    "there is no upstream `{name}`; there is {}",
                    known()
                ))
            })
        }
    }
}

/// Reads a secret file; the end of its line is no part of the secret.
///
/// # Errors
/// When it cannot be read.
pub fn secret(file: &Path) -> io::Result<Secret<String>> {
    let text = std::fs::read_to_string(file)?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
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
