//! A new key with everything that the old one had, which goes on for a while, so that its holder
//! can change over.

use portcullis_identity::signing::PublicKey;
use portcullis_identity::{ApiKey, KeyId, Timestamp};
use portcullis_storage::{KeyOrigin, KeyRow, KeyState, Signing};
use serde_json::Value;

use super::create::{Made, ends, look_at_user};
use super::list::find;
use super::signing;
use super::stand_in;
use super::when::after;
use crate::installation::Installation;
use crate::may::Leave;
use crate::refusal::Refusal;

/// How a key is taken over.
pub struct Rotation {
    /// For how long the old key goes on: days or hours.
    pub overlap: String,
    /// The new public key, of a key that signs with Ed25519.
    pub public_key: Option<PublicKey>,
    /// When the new key ends.
    pub expires: Option<String>,
}

/// A key that took over.
pub struct Rotated {
    /// The new key.
    pub made: Made,
    /// Until when the old one goes on.
    pub old_ends: Timestamp,
}

impl Rotated {
    /// The new key as JSON, with its secrets, and until when the old one goes on.
    pub fn told(&self, now: Timestamp) -> Value {
        let mut told = self.made.told(now);
        if let Some(members) = told.as_object_mut() {
            members.insert("old-ends".to_owned(), self.old_ends.to_rfc3339().into());
        }
        told
    }
}

/// Makes of `key` the one that takes over from another.
///
/// # Errors
/// When there is none within the leave, it cannot be taken over, or the store does not answer.
pub async fn rotate(
    at: &Installation,
    leave: &Leave,
    (id, key): (KeyId, ApiKey),
    rotation: Rotation,
    now: Timestamp,
) -> Result<Rotated, Refusal> {
    let until = after(&rotation.overlap, now)?;
    let expires = ends(at, rotation.expires.as_deref(), now)?;
    let listed = find(at, leave, &id).await?;
    let old = listed.row;
    if listed.is_administrator == Some(true) && !leave.may_bind_administrators() {
        return Err(Refusal::OfErpAdministrator(id.to_string()));
    }
    at.check_name(leave, &old.name)?;
    if let Some(stand_in) = &old.stand_in {
        stand_in::may_hand_on(leave, &old.upstream, &old.roles, stand_in)?;
    }
    if old.certificate.is_some() {
        return Err(Refusal::Unfit(format!(
            "{id} is a client certificate: renew it at its authority; a new key pair is a new key"
        )));
    }
    if old.state(now) == KeyState::Revoked {
        return Err(Refusal::Conflict(format!(
            "{id} is revoked: make a new key"
        )));
    }
    if old.suspended.is_some() {
        return Err(suspended(&id));
    }
    if old.origin.is_configured() {
        return Err(Refusal::Conflict(format!(
            "{id} is declared by the configuration: change its secret where that says, and \
             start the gateway again"
        )));
    }
    if !leave.may_bind_administrators() {
        // It may have become one since it was asked last, or nobody has asked.
        look_at_user(at, leave, &old.upstream, &old.erp_login, false).await?;
    }
    let scheme = old.signing.as_ref().map(Signing::scheme);
    if scheme.is_none() && rotation.public_key.is_some() {
        return Err(Refusal::Unfit(format!("`public-key`: {id} does not sign")));
    }
    let made = scheme
        .map(|scheme| signing::make(scheme, rotation.public_key, &key.id(), &*at.safe))
        .transpose()?;
    let row = KeyRow {
        id: key.id(),
        digest: key.digest(&at.pepper),
        is_foreign: false,
        origin: KeyOrigin::Made,
        signing: made.as_ref().map(|made| made.kept.clone()),
        created: now,
        expires,
        suspended: None,
        exposed: None,
        successor: None,
        ..old
    };
    if !at.store.keys().succeed(&id, until, &row).await? {
        let found = at.store.keys().find(&id).await?;
        let is_suspended = found.as_ref().is_some_and(|old| old.suspended.is_some());
        return Err(match found.and_then(|old| old.successor) {
            Some(other) => Refusal::Conflict(format!("{id} was taken over already by {other}")),
            None if is_suspended => suspended(&id),
            None => Refusal::Conflict(format!("{id} was changed meanwhile: look, and ask again")),
        });
    }
    let old = at.store.keys().find(&id).await?;
    Ok(Rotated {
        made: Made {
            key,
            secret: made.and_then(|made| made.secret),
            row,
            asides: Vec::new(),
        },
        old_ends: old.and_then(|old| old.expires).unwrap_or(until),
    })
}

/// A new key for a suspended one would lift what somebody has said.
fn suspended(id: &KeyId) -> Refusal {
    Refusal::Conflict(format!("{id} is suspended: resume it first"))
}
