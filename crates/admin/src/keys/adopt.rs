//! A client that has a key or password of the ERP gets a gateway key for it. What it had is
//! tried at the ERP once, and not kept.

use portcullis_gateway::upstream::{ErpUser, NativeError};
use portcullis_identity::{ApiKey, Secret, Timestamp};
use serde_json::Value;

use super::create::{Made, Wanted, create};
use crate::errand::{Errand, credential};
use crate::installation::Installation;
use crate::may::Leave;
use crate::refusal::Refusal;

/// A key that was made for a client of the ERP, and what became of what it had.
pub struct Adopted {
    /// The key.
    pub made: Made,
    /// What became of the ERP's key.
    pub native: Native,
}

impl Adopted {
    /// The key as JSON, with its secrets, and what became of the ERP's.
    pub fn told(&self, now: Timestamp) -> Value {
        let mut told = self.made.told(now);
        if let Some(members) = told.as_object_mut() {
            members.insert("native".to_owned(), self.native.as_str().into());
            members.insert("native-said".to_owned(), self.native.said().into());
        }
        told
    }
}

/// What became of the key of the ERP.
pub enum Native {
    /// It stays: calls run with it.
    Own,
    /// It stays: nobody wanted otherwise.
    Kept,
    /// It is revoked.
    Revoked,
    /// It should have been revoked, and was not.
    Lives(NativeError),
}

impl Native {
    /// What became of it, in words.
    pub fn said(&self) -> String {
        match self {
            Self::Own => "the ERP's key stays: calls run with it".to_owned(),
            Self::Kept => "the ERP's key still opens the ERP: revoke it there once the client has changed over, or adopt with --revoke".to_owned(),
            Self::Revoked => "the ERP's key is revoked".to_owned(),
            Self::Lives(NativeError::Unsupported) => "the ERP's key still opens the ERP, which revokes none over its API: do it in its settings".to_owned(),
            Self::Lives(error) => format!("the ERP's key still opens the ERP: {error}"),
        }
    }

    /// It in a word.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Kept => "kept",
            Self::Revoked => "revoked",
            Self::Lives(_) => "lives",
        }
    }
}

/// Tries what a client has at the ERP, and makes what is wanted of this key.
///
/// # Errors
/// When the ERP does not know it, it is of another user, or as for [`create`].
pub async fn adopt(
    at: &Installation,
    leave: &Leave,
    key: ApiKey,
    (wanted, secret, is_to_revoke): (Wanted, Secret<String>, bool),
    now: Timestamp,
) -> Result<Adopted, Refusal> {
    let upstream = at.upstream(wanted.upstream.as_ref())?;
    leave.check(&upstream, &wanted.user, &wanted.roles)?;
    let config = at.configured(&upstream)?;
    let login = wanted.user.clone();
    at.check_user(&upstream, &login).await?;
    let own = credential(at, config, &login).await?;
    let is_own = own.has(&secret);
    if is_own && is_to_revoke {
        return Err(Refusal::Unfit(format!(
            "this is the very credential with which calls run as `{login}`; nothing was done: \
             give `portcullis user add` one of its own first"
        )));
    }
    let native = ErpUser::new(login.clone(), secret, None);
    let errand = Errand::as_user(at, &upstream, &login).await?;
    let asker = errand.clerk.asker();
    let prepared = errand.upstream.prepare(&asker).await;
    prepared.map_err(|error| Refusal::Erp(error.to_string()))?;
    let is_same = errand.upstream.is_same_user(&asker, &native, &own).await;
    errand.clerk.flush();
    if !is_same.map_err(|error| Refusal::Erp(error.to_string()))? {
        return Err(Refusal::Unfit(format!(
            "what the client has is of another user of `{upstream}` than `{login}`"
        )));
    }
    // The new key first: whoever is left with none cannot work.
    let made = create(at, leave, key, wanted, now).await?;
    let native = if is_own {
        Native::Own
    } else if !is_to_revoke {
        Native::Kept
    } else {
        let revoked = errand.upstream.revoke_key(&asker, &native, &own).await;
        errand.clerk.flush();
        revoked.map_or_else(Native::Lives, |()| Native::Revoked)
    };
    Ok(Adopted { made, native })
}
