//! The ERP's own keys: made anew and retired, and what the ERP says of their user.
//!
//! Odoo makes a key for whoever shows one (`res.users.apikeys.generate`, since 19), and goes on
//! taking the old one until it is revoked. Frappe replaces the secret at once, and lets only a
//! System Manager do it. As every question of the gateway's own, each is recorded, and no answer
//! goes to a client.

use portcullis_erp::name::NameError;
use portcullis_erp::{Answer, Call, Fault, FaultKind, RecordId, Release, Value};
use portcullis_identity::{Secret, Timestamp};
use portcullis_policy::Family;

use super::own::{Asker, Unready};
use super::{ErpUser, Upstream};
use crate::clock;

/// The first release of Odoo in which a key makes a key.
const SINCE: Release = Release::new(19);

/// What keys are called at the ERP.
const NAME: &str = "Portcullis";

const GENERATE: &str = "frappe.core.doctype.user.user.generate_keys";
const ROLES: &str = "frappe.core.doctype.user.user.get_roles";
const LOGGED: &str = "frappe.auth.get_logged_user";

/// A native key that was made.
pub struct Made {
    /// The credential, as it is kept: a key, or `KEY:SECRET`.
    pub secret: Secret<String>,
    /// When the ERP ends it, where it was told to.
    pub expires: Option<Timestamp>,
    /// Whether the old one is still taken.
    pub is_old_good: bool,
}

/// Why a native key was not made, or not retired.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NativeError {
    /// This release has no way to do it.
    #[error(
        "this release of the ERP makes no key over its API (Odoo does since the later releases of 19.0): make one in its settings, and give it to `portcullis user add`"
    )]
    Unsupported,
    /// The ERP refused.
    #[error("the ERP refused: {said}{advice}")]
    Refused {
        /// In which words.
        said: String,
        /// What can be done about it.
        advice: &'static str,
    },
    /// It is not known whether it was done.
    #[error("the ERP did not answer; whether it has made a key is not known")]
    Unknown,
    /// It could not be asked.
    #[error(transparent)]
    Unready(#[from] Unready),
    /// It answered something else.
    #[error("the ERP answered something that is no key")]
    Strange,
}

impl Upstream {
    /// Whether the ERP says that a user is an administrator: of Odoo, the two users that it is
    /// born with and whoever has `base.group_system`; of Frappe, Administrator and whoever is
    /// System Manager.
    ///
    /// # Errors
    /// When it does not tell.
    pub async fn is_administrator(
        &self,
        asker: &Asker<'_>,
        user: &ErpUser,
    ) -> Result<bool, Unready> {
        const STRANGE: Unready = Unready::Strange("an ERP that tells who is its administrator");
        let answer = match self.family {
            Family::Odoo => {
                let uid = user.uid().ok_or(STRANGE)?;
                if uid <= 2 {
                    return Ok(true);
                }
                let call = named("res.users", "has_group").map_err(|_| STRANGE)?;
                let call = call.with("group_ext_id", "base.group_system");
                // It was asked of the caller before it was asked of a user.
                let of_user = self
                    .release()
                    .is_none_or(|release| release >= Release::new(18));
                let call = if of_user {
                    call.on(vec![RecordId::Number(uid)])
                } else {
                    call
                };
                self.ask_own(asker, &call, user).await?
            }
            Family::Frappe => {
                let name = self.name_of(asker, user).await?;
                if name == "Administrator" {
                    return Ok(true);
                }
                let mut call = named(Call::NO_MODEL, ROLES).map_err(|_| STRANGE)?;
                call.safe = true;
                self.ask_own(asker, &call.with("uid", name.as_str()), user)
                    .await?
            }
        };
        match answer {
            Answer::Value(Value::Bool(is)) => Ok(is),
            Answer::Value(Value::List(roles)) => Ok(roles
                .iter()
                .any(|role| matches!(role.as_str(), Some("System Manager" | "Administrator")))),
            Answer::Value(_) | Answer::Fault(_) | Answer::DoneWithoutResult => Err(STRANGE),
        }
    }

    /// Whether the ERP takes a user's credential; of an Odoo, its uid is learned.
    ///
    /// # Errors
    /// When it does not, or does not answer.
    pub async fn try_user(&self, asker: &Asker<'_>, user: &ErpUser) -> Result<(), Unready> {
        match self.family {
            Family::Odoo => self.introduce(asker, user).await,
            Family::Frappe => self.name_of(asker, user).await.map(drop),
        }
    }

    /// Whether the ERP takes both credentials, and for the same user.
    ///
    /// # Errors
    /// When it does not take one of them, or does not answer.
    pub async fn is_same_user(
        &self,
        asker: &Asker<'_>,
        one: &ErpUser,
        other: &ErpUser,
    ) -> Result<bool, Unready> {
        match self.family {
            Family::Odoo => {
                self.introduce(asker, one).await?;
                self.introduce(asker, other).await?;
                Ok(one.uid() == other.uid())
            }
            Family::Frappe => {
                Ok(self.name_of(asker, one).await? == self.name_of(asker, other).await?)
            }
        }
    }

    /// As whom Frappe knows the credential.
    pub(super) async fn name_of(
        &self,
        asker: &Asker<'_>,
        user: &ErpUser,
    ) -> Result<String, Unready> {
        let mut call = named(Call::NO_MODEL, LOGGED).map_err(|_| Unready::Strange("Frappe"))?;
        call.safe = true;
        match self.ask_own(asker, &call, user).await? {
            Answer::Value(Value::Text(name)) if name != "Guest" => {
                Ok(user.name.get_or_init(|| name).clone())
            }
            Answer::Fault(fault) if is_denial(&fault) => {
                Err(Unready::Refused(user.login().to_string()))
            }
            Answer::Value(_) | Answer::Fault(_) | Answer::DoneWithoutResult => {
                Err(Unready::Strange("Frappe"))
            }
        }
    }

    /// Makes a new key for a user. `maker` is who asks: of an Odoo always the user itself, of a
    /// Frappe a System Manager. The new one is not tried yet.
    ///
    /// # Errors
    /// When the ERP has no way for it, refuses, or does not answer.
    pub async fn make_key(
        &self,
        asker: &Asker<'_>,
        user: &ErpUser,
        maker: &ErpUser,
        days: u32,
    ) -> Result<Made, NativeError> {
        match self.family {
            Family::Odoo => self.generate(asker, user, days).await,
            Family::Frappe => self.replace(asker, user, maker).await,
        }
    }

    async fn generate(
        &self,
        asker: &Asker<'_>,
        user: &ErpUser,
        days: u32,
    ) -> Result<Made, NativeError> {
        if self.release().is_some_and(|release| release < SINCE) {
            return Err(NativeError::Unsupported);
        }
        let expires = clock::now().plus_millis(i64::from(days) * 24 * 60 * 60 * 1000);
        // As Odoo writes moments.
        let until = expires.to_rfc3339();
        let until = until.get(..19).unwrap_or_default().replacen('T', " ", 1);
        let call = named("res.users.apikeys", "generate").map_err(|_| NativeError::Strange)?;
        let call = call
            .with("key", user.exposed())
            .with("scope", "rpc")
            .with("name", NAME)
            .with("expiration_date", until);
        let Value::Text(key) = self.change(asker, &call, user).await? else {
            return Err(NativeError::Strange);
        };
        if key.is_empty() {
            return Err(NativeError::Strange);
        }
        Ok(Made {
            secret: Secret::new(key),
            expires: Some(expires),
            is_old_good: true,
        })
    }

    async fn replace(
        &self,
        asker: &Asker<'_>,
        user: &ErpUser,
        maker: &ErpUser,
    ) -> Result<Made, NativeError> {
        let key = user
            .with_login(&self.database, |login| {
                let pair = login.secret.split_once(':');
                pair.map(|(key, _)| key.to_owned())
            })
            .ok_or(NativeError::Strange)?;
        // Before anything is changed: whose key it is, so that no other user's is replaced.
        let name = self.name_of(asker, user).await?;
        let call = named(Call::NO_MODEL, GENERATE).map_err(|_| NativeError::Strange)?;
        let call = call.with("user", name.as_str());
        let Value::Map(mut made) = self.change(asker, &call, maker).await? else {
            return Err(NativeError::Strange);
        };
        match made.shift_remove("api_secret") {
            Some(Value::Text(secret)) if !secret.is_empty() => Ok(Made {
                secret: Secret::new(format!("{key}:{secret}")),
                expires: None,
                is_old_good: false,
            }),
            Some(_) | None => Err(NativeError::Strange),
        }
    }

    /// Revokes a key of an Odoo, as the user whose newer key is shown.
    ///
    /// # Errors
    /// When the ERP refuses or does not answer.
    pub async fn revoke_key(
        &self,
        asker: &Asker<'_>,
        old: &ErpUser,
        new: &ErpUser,
    ) -> Result<(), NativeError> {
        if self.family == Family::Frappe || self.release().is_some_and(|release| release < SINCE) {
            return Err(NativeError::Unsupported);
        }
        let call = named("res.users.apikeys", "revoke").map_err(|_| NativeError::Strange)?;
        self.change(asker, &call.with("key", old.exposed()), new)
            .await
            .map(drop)
    }

    /// Asks for something that changes the ERP.
    async fn change(
        &self,
        asker: &Asker<'_>,
        call: &Call,
        user: &ErpUser,
    ) -> Result<Value, NativeError> {
        match self.ask_own(asker, call, user).await {
            Ok(Answer::Value(value)) => Ok(value),
            Ok(Answer::DoneWithoutResult) => Ok(Value::Null),
            Ok(Answer::Fault(fault)) => Err(refusal(&fault)),
            Err(Unready::Unreachable) => Err(NativeError::Unknown),
            Err(error) => Err(error.into()),
        }
    }
}

fn named(model: &str, method: &str) -> Result<Call, NameError> {
    Call::new(model, method)
}

/// Whether a fault says that the ERP does not take the credential.
pub(super) fn is_denial(fault: &Fault) -> bool {
    matches!(
        fault.kind,
        FaultKind::AccessDenied | FaultKind::Stranger | FaultKind::SessionExpired
    )
}

fn refusal(fault: &Fault) -> NativeError {
    if matches!(
        fault.kind,
        FaultKind::UnknownMethod | FaultKind::UnknownModel
    ) {
        return NativeError::Unsupported;
    }
    let advice = if fault.kind == FaultKind::User && fault.message.contains("not enabled") {
        "; let an administrator set the parameter `base.enable_programmatic_api_keys` to 1"
    } else if fault.kind == FaultKind::AccessError {
        "; Frappe lets a System Manager do this only: name one with `rotate-with`"
    } else {
        ""
    };
    NativeError::Refused {
        said: fault.message.clone(),
        advice,
    }
}
