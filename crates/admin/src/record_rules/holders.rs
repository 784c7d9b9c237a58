//! Who runs as which user of an ERP, and with which roles at most.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_gateway::clock;
use portcullis_gateway::issuers::UserFrom;
use portcullis_identity::{ErpLogin, RoleName, UpstreamName};
use portcullis_storage::KeyState;

use super::Wanted;
use crate::installation::Installation;
use crate::refusal::Refusal;

/// The users that are to be narrowed, each with every role with which anybody calls as it: a rule
/// in the ERP cannot tell one key of a user from another.
///
/// # Errors
/// When nobody has one of the roles, or the store does not answer.
pub(super) async fn of(
    at: &Installation,
    upstream: &UpstreamName,
    wanted: &Wanted<'_>,
) -> Result<BTreeMap<ErpLogin, BTreeSet<RoleName>>, Refusal> {
    let mut held: BTreeMap<ErpLogin, BTreeSet<RoleName>> = BTreeMap::new();
    let now = clock::now();
    for row in at.store.keys().all().await? {
        let lives = matches!(row.state(now), KeyState::Valid | KeyState::Suspended);
        if !lives || row.upstream != *upstream {
            continue;
        }
        let stand_in = row.stand_in.as_ref().map(|it| it.login.clone());
        for login in std::iter::once(row.erp_login.clone()).chain(stand_in) {
            held.entry(login).or_default().extend(row.roles.clone());
        }
    }
    // What anybody may have whom an issuer names.
    let mut anybody: BTreeSet<RoleName> = BTreeSet::new();
    let issuers = at.config.iter().flat_map(|config| &config.issuers);
    for issuer in issuers.filter(|issuer| issuer.upstream == *upstream) {
        let roles = issuer
            .roles
            .iter()
            .chain(issuer.meanings.values().flatten());
        match &issuer.user {
            UserFrom::Fixed(login) => {
                held.entry(login.clone())
                    .or_default()
                    .extend(roles.cloned());
            }
            UserFrom::Claim(_) => anybody.extend(roles.cloned()),
        }
    }
    let people = at.configured(upstream).ok();
    let people = people.and_then(|config| config.people.as_ref());
    let mut chosen: BTreeMap<ErpLogin, BTreeSet<RoleName>> = match wanted.users {
        Some(logins) => logins
            .iter()
            .map(|login| {
                let own = held.get(login).into_iter().flatten();
                let roles = own.chain(wanted.roles).cloned().collect();
                (login.clone(), roles)
            })
            .collect(),
        None => held
            .into_iter()
            .filter(|(_, roles)| wanted.roles.iter().any(|role| roles.contains(role)))
            .collect(),
    };
    if chosen.is_empty() {
        return Err(Refusal::Absent(format!(
            "key at `{upstream}` with such a role, so nobody to narrow: name ERP users with --users, or take out what is there with `policy uninstall`"
        )));
    }
    for (login, roles) in &mut chosen {
        roles.extend(anybody.iter().cloned());
        let own = people.and_then(|people| people.roles_of(login));
        roles.extend(own.into_iter().flatten());
    }
    Ok(chosen)
}
