//! Administrative keys: made, listed, revoked.

use portcullis_identity::{
    AdminKey, AdminKeyId, AdminRole, Administrator, AdministratorName, Means, Networks,
    PrincipalName, Scope, Timestamp,
};
use portcullis_storage::{AdminKeyRow, Part};
use serde_json::{Value, json};

use crate::installation::Installation;
use crate::keys::ends;
use crate::part::{Parted, and_one};
use crate::refusal::Refusal;

/// What an administrative key is to be.
pub struct Wanted {
    /// Who will hold it.
    pub name: PrincipalName,
    /// What it may do.
    pub roles: Vec<AdminRole>,
    /// How far that reaches, for key managers.
    pub scope: Scope,
    /// Who makes it; none at the machine, and for a key that has none itself.
    pub maker: Option<AdministratorName>,
    /// The key by which it is made, if it is by one.
    pub by: Option<AdminKeyId>,
    /// The networks that it is good from.
    pub networks: Networks,
    /// When it ends: a moment, or days from now.
    pub expires: Option<String>,
}

/// An administrative key that was made. It is shown once.
pub struct Made {
    /// The key.
    pub key: AdminKey,
    /// What is kept of it.
    pub row: AdminKeyRow,
}

impl Made {
    /// The key as JSON, with its secret.
    pub fn told(&self, now: Timestamp) -> Value {
        let mut told = describe(&self.row, now);
        if let Some(members) = told.as_object_mut() {
            let put = |whole: &str| members.insert("key".to_owned(), whole.into());
            self.key.expose_whole(put);
        }
        told
    }
}

/// Makes what is wanted of this key.
///
/// # Errors
/// When it cannot be, whoever makes it was removed or their key revoked meanwhile, or the store
/// does not answer.
pub async fn create(
    at: &Installation,
    key: AdminKey,
    wanted: Wanted,
    now: Timestamp,
) -> Result<Made, Refusal> {
    let expires = ends(at, wanted.expires.as_deref(), now)?;
    check(at, &wanted.roles, &wanted.scope).await?;
    let row = AdminKeyRow {
        id: key.id(),
        digest: key.digest(&at.pepper),
        name: wanted.name,
        roles: wanted.roles,
        scope: wanted.scope,
        maker: wanted.maker,
        networks: wanted.networks,
        created: now,
        expires,
        revoked: None,
        exposed: None,
        used: None,
    };
    let keys = at.store.admin_keys();
    if !keys.insert(&row, wanted.by.as_ref()).await? {
        return Err(Refusal::Unidentified);
    }
    Ok(Made { key, row })
}

/// Who counts as the maker of what somebody makes: a person, or the maker of the key that asks.
///
/// # Errors
/// When the store does not answer.
pub async fn maker(
    at: &Installation,
    who: &Administrator,
) -> Result<Option<AdministratorName>, Refusal> {
    match who.by {
        Means::Session => {
            let name = AdministratorName::new(who.name.as_str());
            Ok(Some(name.map_err(|_| Refusal::Failed)?))
        }
        Means::Key(id) => {
            let row = at.store.admin_keys().find(&id).await?;
            Ok(row.and_then(|row| row.maker))
        }
    }
}

/// Checks that there are such roles and a scope that goes with them, whoever they are for.
///
/// # Errors
/// When they do not go together, or the scope names what there is not.
pub async fn check(at: &Installation, roles: &[AdminRole], scope: &Scope) -> Result<(), Refusal> {
    let wrong = |text: &str| Err(Refusal::Unfit(text.to_owned()));
    if roles.is_empty() {
        return wrong("`roles`: say one at least of auditor, approver, key-manager, administrator");
    }
    let is_manager = roles.contains(&AdminRole::KeyManager);
    if is_manager && (scope.roles.is_empty() || scope.users.is_empty()) {
        return wrong(
            "a key manager needs a scope: the roles that it may give, and the ERP users as whom \
             it may let calls run",
        );
    }
    if !is_manager && *scope != Scope::default() {
        return wrong("a scope is for key managers; the other roles reach everywhere");
    }
    at.check_roles(&scope.roles).await?;
    for user in &scope.users {
        at.upstream(Some(&user.upstream))?;
        at.check_user(&user.upstream, &user.login).await?;
    }
    Ok(())
}

/// The administrative keys, oldest first; those that were revoked or have expired only if
/// `is_all`.
///
/// # Errors
/// When the store does not answer.
pub async fn list(
    at: &Installation,
    is_all: bool,
    now: Timestamp,
) -> Result<Vec<AdminKeyRow>, Refusal> {
    let mut rows = at.store.admin_keys().all().await?;
    rows.retain(|row| is_all || row.state(now) == "valid");
    Ok(rows)
}

/// A part of the same list.
///
/// # Errors
/// When the store does not answer.
pub async fn part(
    at: &Installation,
    is_all: bool,
    part: Part<(Timestamp, AdminKeyId)>,
    now: Timestamp,
) -> Result<Parted<AdminKeyRow>, Refusal> {
    let most = part.most;
    let living = (!is_all).then_some(now);
    let rows = at.store.admin_keys().part(&and_one(part), living).await?;
    let mut parted = Parted::of(rows, most, |row| (row.created, row.id));
    // One of them may have been revoked in a store that was lost since.
    parted
        .rows
        .retain(|row| is_all || row.state(now) == "valid");
    Ok(parted)
}

/// Revokes an administrative key: it opens nothing any more. Answers it, and whether this did it.
///
/// # Errors
/// When there is none, or the store does not answer.
pub async fn revoke(
    at: &Installation,
    id: &AdminKeyId,
    now: Timestamp,
) -> Result<(AdminKeyRow, bool), Refusal> {
    let keys = at.store.admin_keys();
    let is_done = keys.revoke(id, now).await?;
    let row = keys.find(id).await?;
    let row = row.ok_or_else(|| Refusal::Absent(format!("administrative key {id}")))?;
    Ok((row, is_done))
}

/// All that is known of an administrative key, as JSON.
pub fn describe(row: &AdminKeyRow, now: Timestamp) -> Value {
    let when = |moment: Option<Timestamp>| moment.map(Timestamp::to_rfc3339);
    json!({
        "id": row.id,
        "name": row.name,
        "roles": row.roles,
        "scope": row.scope,
        "maker": row.maker,
        "from": row.networks.0,
        "created": row.created.to_rfc3339(),
        "expires": when(row.expires),
        "revoked": when(row.revoked),
        "exposed": when(row.exposed),
        "used": row.used.map(|(at, from)| json!({ "at": at.to_rfc3339(), "address": from })),
        "state": row.state(now),
        "look": look(row, now),
    })
}

/// What somebody should do about an administrative key that is good, if anything.
pub fn look(row: &AdminKeyRow, now: Timestamp) -> Option<&'static str> {
    let is_to_go = row.exposed.is_some() && row.state(now) == "valid";
    is_to_go.then_some("others could read it: make another, and revoke it")
}
