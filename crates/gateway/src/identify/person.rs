//! Somebody who logs in with the password of the ERP: what is looked at before the ERP is asked.

use std::cell::Cell;
use std::sync::Arc;

use portcullis_erp::asked::Claim;
use portcullis_erp::{Dialect, SlotCredential};
use portcullis_identity::{ApiKey, ErpLogin, Secret, Style, Timestamp, UpstreamName};

use super::{Desk, Showing, meet};
use crate::denial::Why;
use crate::issuers::Unverified;
use crate::origin::Origin;
use crate::throttle::{Account, Accounts};
use crate::upstream::Upstream;

/// Who somebody claims to be, by a password that is still to be checked.
pub(crate) struct Claimed {
    pub(crate) login: ErpLogin,
    pub(crate) password: Secret<String>,
    /// Whether the account is held since this try.
    pub(crate) held: Cell<bool>,
    account: Account,
    accounts: Arc<Accounts>,
}

impl Claimed {
    /// The ERP did not accept it.
    pub(crate) fn failed(&self, origin: &Origin, now: Timestamp) {
        let began = self.accounts.failed(&self.account, origin.address, now);
        self.held.set(began);
    }

    /// The ERP accepted it.
    pub(crate) fn proved(&self, origin: &Origin, now: Timestamp) {
        self.accounts
            .proved(self.account.clone(), origin.address, now);
    }
}

/// The ERP that is to check a password; none if that is no ERP's password, or the ERP that is
/// meant lets nobody log in with one. What looks like a credential of ours goes to no ERP.
pub(super) fn host(
    desk: &Desk<'_>,
    slot: &SlotCredential,
    upstream: Option<&UpstreamName>,
    database: Option<&str>,
    dialect: Dialect,
) -> Option<Arc<Upstream>> {
    let text = slot.password.as_str();
    let pair = text.split_once(':');
    let is_ours = ["pck_", "pcs_", "pcsign_"]
        .iter()
        .any(|ours| text.starts_with(ours))
        || Unverified::is_token(text)
        || pair.is_some_and(|(key, secret)| ApiKey::parse_pair(key, secret).is_ok());
    if is_ours || text.is_empty() {
        return None;
    }
    let erp = match upstream {
        Some(name) => desk.upstreams.named(name),
        None => desk.upstreams.only_for(dialect),
    };
    erp.filter(|erp| {
        let own = erp.database();
        erp.people().is_some()
            && erp.speaks(dialect)
            && database.is_none_or(|named| named == own.as_str())
            && slot.database.as_ref().is_none_or(|named| named == own)
    })
}

/// Looks whether the ERP is to be asked.
///
/// # Errors
/// When it is not: the same is said as of a wrong password, or how long to wait.
pub(super) fn claimed(
    desk: &Desk<'_>,
    (slot, erp): (&SlotCredential, &Upstream),
    origin: &Origin,
    debt: Option<u64>,
    now: Timestamp,
) -> Result<Claimed, (Why, bool)> {
    let Claim::Login(named) = &slot.claim else {
        return Err((Why::LoginFailed, false));
    };
    let address = origin.address;
    let account = Account::login(erp.name(), named);
    if let Some(seconds) = desk.accounts.held(&account, address, now) {
        return Err((Why::Held(seconds), false));
    }
    if let Some(seconds) = debt.filter(|_| !desk.accounts.is_proven(&account, address, now)) {
        return Err((Why::Paced(seconds), false));
    }
    let showing = Showing {
        address,
        style: Some(Style::Password),
        opens_session: true,
    };
    let met = meet(erp.conditions(), &showing).is_ok() && desk.ways.take(Style::Password, address);
    let login = ErpLogin::new(named)
        .ok()
        .filter(|login| met && erp.people().is_some_and(|people| people.admit(login)));
    let Some(login) = login else {
        let began = desk.accounts.failed(&account, address, now);
        return Err((Why::LoginFailed, began));
    };
    Ok(Claimed {
        login,
        password: Secret::new(slot.password.clone()),
        held: Cell::new(false),
        account,
        accounts: Arc::clone(desk.accounts),
    })
}
