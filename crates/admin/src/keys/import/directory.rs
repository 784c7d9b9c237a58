//! Whom a file means by what it calls an ERP user.

use portcullis_identity::{ErpLogin, UpstreamName};

use super::Importing;
use super::file::Naming;
use crate::installation::Installation;
use crate::refusal::Refusal;

/// The users of an ERP whose credentials there are, with their numbers where those are known.
/// None where only the data folder is known: names are not checked then.
pub(super) struct Directory(Option<Vec<(ErpLogin, Option<i64>)>>);

impl Directory {
    /// The users of this ERP.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(super) async fn of(at: &Installation, upstream: &UpstreamName) -> Result<Self, Refusal> {
        let Some(config) = &at.config else {
            return Ok(Self(None));
        };
        let kept = at.store.erp_users().of(upstream).await?;
        let kept = kept.into_iter().map(|row| (row.login, row.uid));
        let configured = config
            .upstreams
            .iter()
            .filter(|from| from.name == *upstream);
        let configured = configured.flat_map(|from| &from.users);
        let configured = configured.map(|user| (user.login.clone(), user.uid));
        Ok(Self(Some(kept.chain(configured).collect())))
    }

    /// The login of whom a file names so, if it can be one.
    pub(super) fn meant(
        &self,
        named: &str,
        naming: Naming,
        wanted: &Importing,
    ) -> Option<ErpLogin> {
        if let Some(login) = wanted.users.get(named) {
            return Some(login.clone());
        }
        match naming {
            Naming::Number => {
                let number = named.parse().ok()?;
                let mut users = self.0.iter().flatten();
                let found = users.find(|(_, uid)| *uid == Some(number));
                found.map(|(login, _)| login.clone())
            }
            Naming::Login | Naming::Other => ErpLogin::new(named).ok(),
        }
    }

    /// The same, if there is a credential for it; else what to do.
    pub(super) fn login(
        &self,
        named: &str,
        naming: Naming,
        wanted: &Importing,
    ) -> Result<ErpLogin, String> {
        let tell = format!("say who `{named}` is (`--as '{named}=LOGIN'`)");
        let Some(login) = self.meant(named, naming, wanted) else {
            return Err(tell);
        };
        let mut users = self.0.iter().flatten();
        if self.0.is_none() || users.any(|(known, _)| *known == login) {
            return Ok(login);
        }
        let add = format!("add one with `portcullis user add {login}`");
        Err(format!(
            "there is no credential for `{login}`: {add}, or {tell}"
        ))
    }
}
