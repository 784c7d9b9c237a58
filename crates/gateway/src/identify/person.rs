//! Somebody who shows the password of the ERP, to log in or as Basic: what is looked at before
//! the ERP is asked.

use std::cell::Cell;
use std::sync::Arc;

use portcullis_erp::asked::Claim;
use portcullis_erp::{Asked, Dialect, Local, SlotCredential};
use portcullis_identity::{
    ApiKey, ErpLogin, Presented, Secret, Style, Timestamp, UpstreamName, looks_like_ours,
};

use super::Desk;
use super::open::is_log_in;
use super::showing::{Showing, Use, meet};
use crate::decode::{Credentials, Manner, Wish, more_than_one};
use crate::denial::Why;
use crate::issuers::Unverified;
use crate::keyring::Holder;
use crate::origin::Origin;
use crate::people::{Basic, People};
use crate::throttle::{Account, Accounts, Try};
use crate::upstream::Upstream;

/// Who somebody claims to be, by a password that is still to be checked.
pub(crate) struct Claimed {
    pub(crate) login: ErpLogin,
    pub(crate) password: Secret<String>,
    /// In which way it is shown: as `Password` to log in, as `Basic` for this request.
    pub(crate) style: Style,
    /// As whom the body says that it calls, beside Basic.
    pub(crate) claim: Option<Claim>,
    /// Whether the account is held since this try.
    pub(crate) held: Cell<bool>,
    account: Account,
    accounts: Arc<Accounts>,
}

impl Claimed {
    /// The ERP is about to be asked.
    ///
    /// # Errors
    /// When too many others have asked it meanwhile, or are about to.
    pub(crate) fn begin(&self, origin: &Origin, now: Timestamp) -> Result<Try, Why> {
        let tried = self.accounts.begin(&self.account, origin.address, now);
        tried.map_err(Why::Held)
    }

    /// The ERP did not accept it.
    pub(crate) fn failed(&self, tried: Try) {
        self.held.set(tried.failed());
    }

    /// The ERP did not say, or accepted it.
    pub(crate) fn give_back(&self, tried: Try, now: Timestamp) {
        self.accounts.give_back(tried, now);
    }

    /// The ERP accepted it.
    pub(crate) fn proved(&self, origin: &Origin, now: Timestamp) {
        self.accounts.proved(self.account, origin.address, now);
    }
}

/// A login and its password, as they are shown.
#[derive(Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) login: &'a str,
    pub(super) password: &'a str,
    pub(super) style: Style,
}

/// What a request says of the ERP that it means.
#[derive(Clone, Copy)]
pub(super) struct Meant<'a> {
    pub(super) upstream: Option<&'a UpstreamName>,
    /// The database that a header names.
    pub(super) database: Option<&'a str>,
    /// What the body says.
    pub(super) slot: Option<&'a SlotCredential>,
    pub(super) dialect: Dialect,
}

impl<'a> Pair<'a> {
    /// What a log-in shows; none where that is no password of an ERP.
    pub(super) fn of_slot(slot: &'a SlotCredential) -> Option<Self> {
        let Claim::Login(login) = &slot.claim else {
            return None;
        };
        let pair = Self {
            login,
            password: &slot.password,
            style: Style::Password,
        };
        (!pair.password.is_empty() && !is_ours(pair.password)).then_some(pair)
    }

    /// What `Authorization: Basic` shows; none where that is no password of an ERP.
    pub(super) fn of_basic(text: &'a str) -> Option<Self> {
        let (login, password) = text.split_once(':')?;
        let pair = Self {
            login,
            password,
            style: Style::Basic,
        };
        let of_ours = is_ours(text) || is_ours(login) || is_ours(password);
        (!login.is_empty() && !password.is_empty() && !of_ours).then_some(pair)
    }
}

/// Whether a text looks like a credential of ours, which goes to no ERP.
fn is_ours(text: &str) -> bool {
    let pair = text.split_once(':');
    looks_like_ours(text)
        || Unverified::is_token(text)
        || pair.is_some_and(|(key, secret)| ApiKey::parse_pair(key, secret).is_ok())
}

/// The ERP that is to check a password; none if the one that is meant takes none in this way.
pub(super) fn host(desk: &Desk<'_>, style: Style, meant: Meant<'_>) -> Option<Arc<Upstream>> {
    let erp = match meant.upstream {
        Some(name) => desk.upstreams.named(name),
        None => desk.upstreams.only_for(meant.dialect),
    };
    erp.filter(|erp| {
        let own = erp.database();
        let takes = |people: &People| style != Style::Basic || people.basic() == Basic::On;
        let said = meant.slot.and_then(|slot| slot.database.as_ref());
        erp.people().is_some_and(takes)
            && erp.speaks(meant.dialect)
            && meant.database.is_none_or(|named| named == own.as_str())
            && said.is_none_or(|named| named == own)
    })
}

/// The login and password of an ERP that a request shows, if it shows any.
pub(super) fn with_pair<R>(
    wish: &Wish,
    credentials: &Credentials,
    look: impl FnOnce(Pair<'_>) -> R,
) -> Option<R> {
    let Credentials {
        presented,
        slot,
        signature,
        vouched,
        beside: _,
        person: _,
    } = credentials;
    if signature.is_some() || vouched.is_some() {
        return None;
    }
    let is_empty = slot.as_ref().is_none_or(|slot| slot.password.is_empty());
    match presented {
        Presented::Nothing if is_log_in(wish) => slot.as_ref().and_then(Pair::of_slot).map(look),
        Presented::Key {
            text,
            style: Style::Basic,
        } if is_empty && !is_log_in(wish) => text.expose(|text| Pair::of_basic(text).map(look)),
        Presented::Nothing | Presented::Key { .. } | Presented::Session(_) => None,
    }
}

/// Whether a text is the login and password of a person, and no credential of ours.
pub(crate) fn is_of_person(text: &str) -> bool {
    Pair::of_basic(text).is_some()
}

/// Whether a person may come beside a key at all, whichever ERP is meant.
pub(super) fn may_come_beside(desk: &Desk<'_>, wish: &Wish, credentials: &Credentials) -> bool {
    let is_of_one = matches!(
        wish,
        Wish::Asked(
            Asked::Batch(_) | Asked::Local(Local::LogIn | Local::LogOut | Local::LogOutEverywhere)
        )
    );
    let slot = credentials.slot.as_ref();
    let is_empty = slot.is_none_or(|slot| slot.password.is_empty());
    let has_more = credentials.signature.is_some() || credentials.vouched.is_some();
    is_empty && !is_of_one && !has_more && desk.upstreams.iter().any(|erp| takes_beside(erp))
}

/// Whether an ERP takes a person beside a key.
fn takes_beside(erp: &Upstream) -> bool {
    let basic = erp.people().map_or(Basic::Off, People::basic);
    matches!(basic, Basic::BesideKey | Basic::On)
}

/// Looks whether the ERP of a key is to be asked who comes beside it.
///
/// # Errors
/// As for [`comes`], or when nobody may come so there.
pub(super) fn beside(
    desk: &Desk<'_>,
    (text, erp): (&Secret<String>, &Upstream),
    slot: Option<&SlotCredential>,
    coming: &Coming<'_>,
) -> Result<Claimed, (Why, Option<UpstreamName>)> {
    if !takes_beside(erp) {
        return Err((Why::Unreadable(more_than_one()), None));
    }
    let shown = text.expose(|text| {
        let pair = Pair::of_basic(text)?;
        Some(comes(desk, (pair, erp), slot, coming))
    });
    shown.unwrap_or(Err((Why::PasswordSent, None)))
}

/// Whether what is shown is a login and password of an ERP, by Basic.
pub(super) fn is_basic(presented: &Presented) -> bool {
    match presented {
        Presented::Key {
            text,
            style: Style::Basic,
        } => text.expose(|text| Pair::of_basic(text).is_some()),
        Presented::Nothing | Presented::Key { .. } | Presented::Session(_) => false,
    }
}

/// How somebody comes, beside what is shown.
pub(super) struct Coming<'a> {
    pub(super) wish: &'a Wish,
    pub(super) manner: &'a Manner,
    pub(super) origin: &'a Origin,
    pub(super) debt: Option<u64>,
    pub(super) now: Timestamp,
}

/// Looks whether the ERP is to be asked.
///
/// # Errors
/// When it is not: the same is said as of a wrong password, or how long to wait; and the ERP, if
/// the account is held since this try.
pub(super) fn comes(
    desk: &Desk<'_>,
    (pair, erp): (Pair<'_>, &Upstream),
    slot: Option<&SlotCredential>,
    coming: &Coming<'_>,
) -> Result<Claimed, (Why, Option<UpstreamName>)> {
    let Pair {
        login: named,
        password,
        style,
    } = pair;
    let Coming {
        wish,
        manner,
        origin,
        debt,
        now,
    } = *coming;
    if origin.is_clear && !desk.ways.in_clear {
        return Err((Why::Clear, None));
    }
    // A browser sends Basic along as it does a cookie, whoever's page asks.
    let is_sent_form = manner.form && matches!(wish, Wish::Asked(_));
    if style == Style::Basic && (manner.foreign || is_sent_form) {
        return Err((Why::Forged, None));
    }
    let address = origin.address;
    let account = Account::login(erp.name(), named);
    if let Some(seconds) = desk.accounts.held(&account, address, now) {
        return Err((Why::Held(seconds), None));
    }
    if let Some(seconds) = debt.filter(|_| !desk.accounts.is_proven(&account, address, now)) {
        return Err((Why::Paced(seconds), None));
    }
    let showing = Showing {
        address,
        style: Some(style),
        used: if style == Style::Basic {
            Use::Request
        } else {
            Use::LogIn
        },
    };
    let met = meet(erp.conditions(), &showing).is_ok() && desk.ways.take(style, address);
    let login = ErpLogin::new(named)
        .ok()
        .filter(|login| met && erp.people().is_some_and(|people| people.admit(login)));
    let Some(login) = login else {
        let tried = desk.accounts.begin(&account, address, now);
        let began = tried
            .map_err(|seconds| (Why::Held(seconds), None))?
            .failed();
        return Err((no_entry(style), began.then(|| erp.name().clone())));
    };
    Ok(Claimed {
        login,
        password: Secret::new(password.to_owned()),
        style,
        claim: slot
            .filter(|_| style == Style::Basic)
            .map(|slot| slot.claim.clone()),
        held: Cell::new(false),
        account,
        accounts: Arc::clone(desk.accounts),
    })
}

/// What is said of a login and password that are not taken. Of Basic it is always the same,
/// whether they are wrong, an administrator's, or never taken: nothing is found out by it.
pub(crate) const fn no_entry(style: Style) -> Why {
    if matches!(style, Style::Basic) {
        Why::PasswordSent
    } else {
        Why::LoginFailed
    }
}

/// Who has entered by Basic with this before, at whichever ERP.
pub(super) fn entered(
    desk: &Desk<'_>,
    text: &str,
    origin: &Origin,
    now: Timestamp,
) -> Option<Arc<Holder>> {
    let pair = Pair::of_basic(text)?;
    desk.upstreams.iter().find_map(|erp| {
        let people = erp.people().filter(|people| people.basic() == Basic::On)?;
        let account = Account::login(erp.name(), pair.login);
        if desk.accounts.held(&account, origin.address, now).is_some() {
            return None;
        }
        let mark = desk.sessions.mark(erp.name(), pair.login, pair.password);
        people.entered.known(&mark, desk.sessions.lasting(), now)
    })
}
